//! `musefs tag set`, `add` and `remove`.

use super::diff;
use crate::cli::{StoreArgs, TagChangeArgs, TagRemoveArgs, TalkArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, counted, say};
use crate::selection::tracks_to_change;
use crate::wiring::Store;
use musefs_contracts::anatomy::Editability;
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::editing::{KeyEdit, TrackEdit, Unfit, texts_of};
use musefs_contracts::ids::TrackId;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What becomes of the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// They are replaced.
    Set,
    /// They get company.
    Add,
    /// They go; with `binary` also those that are no text.
    Remove { binary: bool },
}

impl How {
    fn program(self) -> &'static str {
        match self {
            Self::Set => "musefs tag set",
            Self::Add => "musefs tag add",
            Self::Remove { .. } => "musefs tag remove",
        }
    }
}

/// What the user asks for.
pub(super) struct Request<'a> {
    how: How,
    query: &'a [OsString],
    changes: &'a [String],
    store: &'a StoreArgs,
    dry_run: bool,
    talk: TalkArgs,
}

impl<'a> Request<'a> {
    pub(super) fn of(args: &'a TagChangeArgs, how: How) -> Self {
        let TagChangeArgs { query, changes, store, dry_run, talk } = args;
        Self { how, query, changes, store, dry_run: *dry_run, talk: *talk }
    }

    pub(super) fn of_removal(args: &'a TagRemoveArgs) -> Self {
        let TagRemoveArgs { query, changes, store, binary, dry_run, talk } = args;
        Self { how: How::Remove { binary: *binary }, query, changes, store, dry_run: *dry_run, talk: *talk }
    }
}

/// Runs the command.
pub(super) fn run(request: &Request<'_>) -> CommandResult {
    let (words, changes) = sorted(request)?;
    let db = request.store.path()?;
    let store = Store::File(Store::lasting(&db)?);
    let catalog = store.open()?;
    let tracks = tracks_to_change(catalog.as_ref(), &words)?;
    let edit = Applied { store: &store, db: &db, program: request.how.program(), talk: request.talk };
    edit.run(&tracks, request.dry_run, &mut |record| plan(request.how, &changes, record))
}

/// Keys with the values that the user names; none stands for all of them.
type Named = Vec<(String, Vec<String>)>;

/// Parts the words of the query from the changes, which may stand among them.
fn sorted(request: &Request<'_>) -> Result<(Vec<OsString>, Named), Failure> {
    let (among, words): (Vec<_>, Vec<_>) = request.query.iter().partition(|word| is_assignment(word));
    let text = |word: &OsString| {
        let shown = word.display();
        word.to_str().map(str::to_owned).ok_or_else(|| Failure::new(format!("{shown}: a value must be UTF-8 text")))
    };
    let among: Vec<String> = among.into_iter().map(text).collect::<Result<_, _>>()?;
    let mut named: Named = Vec::new();
    for text in among.iter().chain(request.changes) {
        let (key, value) = match (text.split_once('='), request.how) {
            (Some((key, value)), _) => (key, Some(value)),
            (None, How::Remove { .. }) => (text.as_str(), None),
            (None, _) => {
                return Err(Failure::new(format!(
                    "{text}: write KEY=VALUE behind the --; to take a key away: musefs tag remove QUERY -- {text}"
                )));
            }
        };
        // Said before anything is looked at or changed.
        let key = KeyEdit::new(key, value.map(str::to_owned).into_iter().collect()).map_err(Failure::new)?;
        let place = named.iter().position(|(known, _)| known == key.key()).unwrap_or_else(|| {
            named.push((key.key().to_owned(), Vec::new()));
            named.len() - 1
        });
        named[place].1.extend(value.filter(|value| !value.is_empty()).map(str::to_owned));
    }
    if named.is_empty() {
        let what = if matches!(request.how, How::Remove { .. }) { "-- KEY, or KEY=VALUE" } else { "KEY=VALUE" };
        return Err(Failure::new(format!("say what to change: {} QUERY {what}", request.how.program())));
    }
    Ok((words.into_iter().cloned().collect(), named))
}

/// `KEY=VALUE`, which is neither `key:=value` nor a path.
fn is_assignment(word: &OsString) -> bool {
    let first = word.as_bytes().iter().find(|c| matches!(c, b'=' | b':' | b'/'));
    first == Some(&b'=') && !word.as_bytes().starts_with(b"^")
}

fn plan(how: How, named: &Named, record: &TrackRecord) -> Result<TrackEdit, Unfit> {
    let key = |(key, values): &(String, Vec<String>)| {
        let has = || texts_of(&record.tags, key).into_iter().map(str::to_owned);
        match how {
            How::Set => KeyEdit::new(key, values.clone()),
            How::Add => {
                let mut all: Vec<String> = has().collect();
                for value in values {
                    if !all.contains(value) {
                        all.push(value.clone());
                    }
                }
                KeyEdit::new(key, all)
            }
            How::Remove { binary } => {
                let stays = |value: &String| !values.is_empty() && !values.contains(value);
                let edit = KeyEdit::new(key, has().filter(stays).collect())?;
                Ok(if binary && values.is_empty() { edit.without_binary() } else { edit })
            }
        }
    };
    Ok(TrackEdit { keys: named.iter().map(key).collect::<Result<_, _>>()?, art: None })
}

/// What an edit of tags needs to be carried out, or shown, and told.
pub(super) struct Applied<'a> {
    pub(super) store: &'a Store,
    pub(super) db: &'a Path,
    pub(super) program: &'a str,
    pub(super) talk: TalkArgs,
}

impl Applied<'_> {
    /// Carries a plan out for these tracks in one transaction, or shows what it would do.
    pub(super) fn run(
        &self,
        tracks: &[TrackId],
        dry_run: bool,
        plan: &mut dyn FnMut(&TrackRecord) -> Result<TrackEdit, Unfit>,
    ) -> CommandResult {
        let mut tally = Tally::default();
        let mut listened_to = true;
        let mut consider = |record: &TrackRecord| match plan(record) {
            Ok(edit) => {
                let changes = diff::changes(record, &edit);
                tally.count(record, changes.len());
                if dry_run && !changes.is_empty() {
                    listened_to = listened_to && diff::print(record, &changes);
                }
                edit
            }
            Err(unfit) => {
                complain(format!("musefs: {}: {unfit}; it is left as it is", record.row.path.display()));
                tally.unfit += 1;
                TrackEdit::default()
            }
        };
        if dry_run {
            self.store.open()?.records(tracks, &mut |record| drop(consider(&record)))?;
        } else {
            let mut editor = self.store.open_editor()?;
            editor.begin_edit(self.program);
            editor.edit(tracks, &mut consider)?;
            editor.finish()?;
        }
        self.tell(&tally, dry_run);
        Ok(if tally.unfit > 0 { Ending::SomeUnreadable } else { Ending::Done })
    }

    fn tell(&self, tally: &Tally, dry_run: bool) {
        if self.talk.quiet {
            return;
        }
        let what = format!("{}, {}", counted(tally.tracks, "track"), counted(tally.keys, "key"));
        say(match (tally.tracks, dry_run) {
            (0, _) => "nothing to change: the store says so already".to_owned(),
            (_, true) => format!("{what} would change"),
            (_, false) => format!("{what} changed; take it back with: musefs undo --db {}", self.db.display()),
        });
        if tally.verbatim > 0 {
            let tracks = counted(tally.verbatim, "track");
            say(format!("{tracks} of a kind that is served as it is: the tags rule where it stands, not its contents"));
        }
    }
}

#[derive(Default)]
struct Tally {
    tracks: usize,
    keys: usize,
    verbatim: usize,
    unfit: usize,
}

impl Tally {
    fn count(&mut self, record: &TrackRecord, keys: usize) {
        if keys > 0 {
            self.tracks += 1;
            self.keys += keys;
            let anatomy = record.anatomy.as_ref();
            self.verbatim += usize::from(anatomy.is_some_and(|a| matches!(a.editability, Editability::Verbatim(_))));
        }
    }
}
