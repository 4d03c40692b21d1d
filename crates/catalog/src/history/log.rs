//! The entries put together to edits.
//!
//! Entries of our own commands name their edit. Those of other programs do not: no trigger of built-in SQL can tell where a
//! transaction begins. Theirs are one edit as long as they follow each other at once, on what may be one connection, and
//! never change again what the edit had already written.

use super::{DISPLACED, HAD, HAS, TRACK};
use crate::rows;
use rusqlite::{Connection, Result, Row};
use std::collections::HashMap;
use std::rc::Rc;

/// A pause after which what another program writes is another edit.
const PAUSE_MS: u64 = 250;

/// A row of the history, displaced rows joined with what displaced them.
struct Entry {
    seq: i64,
    at: i64,
    mark: i64,
    track: i64,
    kind: i64,
    key: Rc<str>,
    ordinal: i64,
    flags: i64,
    /// The entry that holds what was there before.
    before: i64,
    own: Option<Own>,
}

struct Own {
    edit: i64,
    program: Option<Rc<str>>,
    undoes: Option<i64>,
}

/// What an edit did to one place, first state to last.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(crate) track: i64,
    pub(crate) kind: i64,
    pub(crate) key: Rc<str>,
    pub(crate) ordinal: i64,
    /// The entry whose old columns are what was there before; `None` where nothing was.
    pub(crate) before: Option<i64>,
    /// The entry whose new columns are what is there after; `None` where nothing is.
    pub(crate) after: Option<i64>,
    /// Any entry at the place.
    pub(crate) seq: i64,
    at: i64,
}

impl Net {
    fn starting_with(entry: &Entry) -> Self {
        let mut net = Self {
            track: entry.track,
            kind: entry.kind,
            key: Rc::clone(&entry.key),
            ordinal: entry.ordinal,
            before: (entry.flags & HAD != 0).then_some(entry.before),
            after: None,
            seq: entry.seq,
            at: entry.at,
        };
        net.go_on(entry);
        net
    }

    fn go_on(&mut self, entry: &Entry) {
        self.after = (entry.flags & HAS != 0).then_some(entry.seq);
        self.at = entry.at;
    }
}

/// The entries of one edit.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: i64,
    pub(crate) last: i64,
    pub(crate) at: i64,
    pub(crate) program: Option<Rc<str>>,
    pub(crate) undoes: Option<i64>,
    pub(crate) undone_by: Option<i64>,
    pub(crate) places: Vec<Net>,
    index: HashMap<(i64, i64, Rc<str>, i64), usize>,
    mark: i64,
}

impl Group {
    fn starting_with(entry: &Entry) -> Self {
        let own = entry.own.as_ref();
        let mut group = Self {
            id: own.map_or(entry.before, |own| own.edit),
            last: entry.seq,
            at: entry.at,
            program: own.and_then(|own| own.program.clone()),
            undoes: own.and_then(|own| own.undoes),
            undone_by: None,
            places: Vec::new(),
            index: HashMap::new(),
            mark: entry.mark,
        };
        group.push(entry);
        group
    }

    fn place(&self, entry: &Entry) -> Option<usize> {
        self.index.get(&(entry.track, entry.kind, Rc::clone(&entry.key), entry.ordinal)).copied()
    }

    fn push(&mut self, entry: &Entry) {
        if let Some(place) = self.place(entry) {
            self.places[place].go_on(entry);
        } else {
            let key = (entry.track, entry.kind, Rc::clone(&entry.key), entry.ordinal);
            self.index.insert(key, self.places.len());
            self.places.push(Net::starting_with(entry));
        }
        (self.last, self.at, self.mark) = (entry.seq, entry.at, entry.mark);
    }

    /// Whether an entry of another program, the next after this group's last, belongs to the same edit.
    fn goes_on_with(&self, entry: &Entry) -> bool {
        let same_statement = entry.at == self.at;
        let same_connection = entry.mark > self.mark || entry.mark == self.mark && same_statement;
        let again = self.place(entry).is_some_and(|place| {
            let known = &self.places[place];
            known.after.is_some() && entry.flags & HAD != 0 && entry.at != known.at
        });
        same_connection && entry.at.abs_diff(self.at) <= PAUSE_MS && !again
    }
}

/// Every edit that the history remembers, in the order in which they ended.
pub(crate) fn groups(connection: &Connection) -> Result<Vec<Group>> {
    let mut statement = connection.prepare(
        "SELECT h.seq, h.at, coalesce(h.mark, 0), h.track_id, h.kind, h.flags, h.key, h.ordinal, h.edit, h.program,
             h.undoes
         FROM musefs_history AS h
         WHERE h.kind <> ?1 OR h.flags & ?2 = 0 OR NOT EXISTS (SELECT 1 FROM tracks WHERE id = h.track_id)
         ORDER BY h.seq",
    )?;
    let mut found = statement.query([TRACK, DISPLACED])?;
    let mut gathering = Gathering::default();
    while let Some(row) = found.next()? {
        gathering.take(row)?;
    }
    let mut groups = gathering.groups;
    groups.sort_by_key(|group| group.last);
    mark_undone(&mut groups);
    Ok(groups)
}

#[derive(Default)]
struct Gathering {
    groups: Vec<Group>,
    own: HashMap<i64, usize>,
    /// The last edit of another program, as long as nothing of ours followed.
    open: Option<usize>,
    displaced: Option<Entry>,
    keys: HashMap<String, Rc<str>>,
}

impl Gathering {
    fn take(&mut self, row: &Row<'_>) -> Result<()> {
        let Some(mut entry) = self.entry(row)? else { return Ok(()) };
        let displaced = self.displaced.take();
        if entry.flags & DISPLACED != 0 && entry.kind != TRACK {
            self.displaced = Some(entry);
            return Ok(());
        }
        if let Some(displaced) = displaced {
            let same = displaced.track == entry.track
                && displaced.kind == entry.kind
                && displaced.key == entry.key
                && displaced.ordinal == entry.ordinal;
            if same && entry.flags == HAS && displaced.seq + 1 == entry.seq {
                entry.flags |= HAD;
                entry.before = displaced.seq;
            }
        }
        entry.flags &= !DISPLACED;
        self.put(&entry);
        Ok(())
    }

    fn put(&mut self, entry: &Entry) {
        let own = entry.own.as_ref().map(|own| own.edit);
        let place = match own {
            Some(edit) => self.own.get(&edit).copied(),
            None => self.open.filter(|open| self.groups[*open].goes_on_with(entry)),
        };
        let place = if let Some(place) = place {
            self.groups[place].push(entry);
            place
        } else {
            self.groups.push(Group::starting_with(entry));
            self.groups.len() - 1
        };
        self.open = own.is_none().then_some(place);
        if let Some(edit) = own {
            self.own.insert(edit, place);
        }
    }

    fn entry(&mut self, row: &Row<'_>) -> Result<Option<Entry>> {
        let number = |column| Ok::<i64, rusqlite::Error>(rows::integer(row, column)?.unwrap_or(0));
        let key = match rows::text(row, 6)? {
            Some(key) => self.shared(&key),
            None => return Ok(None),
        };
        let program = rows::text(row, 9)?.map(|program| self.shared(&program));
        let undoes = rows::integer(row, 10)?;
        let own = rows::integer(row, 8)?.map(|edit| Own { edit, program, undoes });
        let seq = number(0)?;
        Ok(Some(Entry {
            seq,
            at: number(1)?,
            mark: number(2)?,
            track: number(3)?,
            kind: number(4)?,
            key,
            ordinal: number(7)?,
            flags: number(5)?,
            before: seq,
            own,
        }))
    }

    fn shared(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.keys.get(text) {
            return Rc::clone(known);
        }
        let shared: Rc<str> = text.into();
        self.keys.insert(text.to_owned(), Rc::clone(&shared));
        shared
    }
}

/// An undo counts as long as it was not undone itself.
fn mark_undone(groups: &mut [Group]) {
    let mut undone: HashMap<i64, i64> = HashMap::new();
    for group in groups.iter_mut().rev() {
        group.undone_by = undone.get(&group.id).copied();
        if let (None, Some(undoes)) = (group.undone_by, group.undoes) {
            undone.entry(undoes).or_insert(group.id);
        }
    }
}

/// Whether what stood before and after is the same, so that the edit did nothing here in the end.
pub(crate) fn is_nothing(connection: &Connection, net: &Net) -> Result<bool> {
    match (net.before, net.after) {
        (Some(before), Some(after)) if net.kind != TRACK => connection
            .prepare_cached(
                "SELECT 1 FROM musefs_history AS b JOIN musefs_history AS a ON a.seq = ?2
                 WHERE b.seq = ?1 AND b.old_value IS a.new_value AND b.old_blob IS a.new_blob
                     AND b.old_art IS a.new_art AND b.old_type IS a.new_type",
            )?
            .exists([before, after]),
        (before, after) => Ok(before.is_some() == after.is_some()),
    }
}
