//! What the store holds, and the edits that other programs would make with SQL.

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::backing::Stamp;
use musefs_contracts::catalog::{CatalogError, CatalogResult, TrackRecord, TrackRow};
use musefs_contracts::editing::{Placement, TrackEdit, edited_rows};
use musefs_contracts::ids::{ArtId, Revision, SidecarId, StoreId, TrackId};
use musefs_contracts::sidecars::{Sidecar, SidecarFile};
use musefs_contracts::tags::{ArtLink, TagRow, TagValue, canonical};
use musefs_contracts::writer::is_pristine;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Deleted tracks that the change log remembers before it forgets the oldest.
const TOMBSTONES_KEPT: usize = 10_000;

/// A value with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Text(String),
    Binary(Vec<u8>),
}

impl Stored {
    pub(crate) fn value(&self) -> TagValue {
        match self {
            Self::Text(text) => TagValue::Text(text.clone()),
            Self::Binary(bytes) => TagValue::Binary { len: bytes.len() as u64 },
        }
    }
}

/// A link to a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) art: ArtId,
    pub(crate) picture_type: u8,
    pub(crate) description: String,
}

/// A picture.
#[derive(Clone, Debug)]
pub(crate) struct Art {
    pub(crate) mime: String,
    pub(crate) data: Vec<u8>,
}

/// A track with all that hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) row: TrackRow,
    /// By key as it is spelt, and ordinal: the order a store on disk has.
    pub(crate) tags: BTreeMap<(String, i64), Stored>,
    pub(crate) art: Vec<Link>,
    pub(crate) anatomy: Anatomy,
    pub(crate) fingerprint: Option<String>,
    pub(crate) content_hash: Option<String>,
    /// Sequence number of its latest change.
    pub(crate) changed: i64,
}

impl Track {
    pub(crate) fn tag_rows(&self) -> Vec<TagRow> {
        self.tags
            .iter()
            .map(|((key, ordinal), value)| TagRow { key: key.clone(), value: value.value(), ordinal: *ordinal })
            .collect()
    }

    /// What a change of tags or art does to the row.
    pub(crate) fn touch(&mut self) {
        self.row.content_version += 1;
        self.row.updated_at = now();
    }
}

/// Everything, behind one lock.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tracks: BTreeMap<i64, Track>,
    pub(crate) paths: HashMap<PathBuf, TrackId>,
    pub(crate) art: BTreeMap<i64, Art>,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) sidecars: BTreeMap<i64, Sidecar>,
    sidecar_paths: HashMap<PathBuf, i64>,
    /// The sequence number of the latest change of any of them.
    pub(crate) sidecars_changed: i64,
    last_sidecar: i64,
    /// By omitted keys (sorted) and track: content version and size.
    pub(crate) sizes: BTreeMap<(Vec<String>, i64), (i64, u64)>,
    /// Latest change of each track ever known, by sequence number.
    pub(crate) log: BTreeMap<i64, TrackId>,
    pub(crate) tombstones: BTreeMap<i64, TrackId>,
    pub(crate) floor: i64,
    pub(crate) sequence: i64,
    pub(crate) last_track: i64,
    last_art: i64,
}

impl State {
    /// Notes in the log that a track changed.
    pub(crate) fn note(&mut self, track: TrackId) {
        self.sequence += 1;
        if let Some(known) = self.tracks.get_mut(&track.0) {
            self.log.remove(&known.changed);
            known.changed = self.sequence;
            self.log.insert(self.sequence, track);
        }
    }

    /// Takes a track out, leaving a tombstone in the log.
    pub(crate) fn remove(&mut self, track: TrackId) -> bool {
        let Some(gone) = self.tracks.remove(&track.0) else { return false };
        self.paths.remove(&gone.row.path);
        self.log.remove(&gone.changed);
        self.sizes.retain(|(_, id), _| *id != track.0);
        self.sequence += 1;
        self.tombstones.insert(self.sequence, track);
        while self.tombstones.len() > TOMBSTONES_KEPT {
            if let Some((forgotten, _)) = self.tombstones.pop_first() {
                self.floor = forgotten;
            }
        }
        true
    }

    /// Brings sidecars in and takes others out.
    pub(crate) fn update_sidecars(&mut self, met: &[SidecarFile], gone: &[SidecarId]) {
        if met.is_empty() && gone.is_empty() {
            return;
        }
        for file in met.iter().filter(|file| !file.path.as_os_str().is_empty()) {
            let stamp = Stamp { file: 0, ..file.stamp };
            let known = self.sidecar_paths.get(&file.path).and_then(|id| self.sidecars.get_mut(id));
            if let Some(known) = known {
                known.stamp = stamp;
                continue;
            }
            self.last_sidecar += 1;
            let id = SidecarId(self.last_sidecar);
            self.sidecar_paths.insert(file.path.clone(), id.0);
            self.sidecars.insert(id.0, Sidecar { id, path: file.path.clone(), stamp });
        }
        for sidecar in gone {
            if let Some(known) = self.sidecars.remove(&sidecar.0) {
                self.sidecar_paths.remove(&known.path);
            }
        }
        self.sequence += 1;
        self.sidecars_changed = self.sequence;
    }

    fn edit(&mut self, track: TrackId, edit: impl FnOnce(&mut Track)) -> CatalogResult<()> {
        let known = self.tracks.get_mut(&track.0).ok_or(CatalogError::NotFound)?;
        edit(known);
        known.touch();
        self.note(track);
        Ok(())
    }

    /// The picture of these bytes, which is taken in if it is not there.
    pub(crate) fn picture(&mut self, bytes: &[u8], mime: &str) -> ArtId {
        let known = self.art.iter().find(|(_, art)| art.data == bytes).map(|(id, _)| *id);
        ArtId(known.unwrap_or_else(|| {
            self.last_art += 1;
            self.art.insert(self.last_art, Art { mime: mime.to_owned(), data: bytes.to_vec() });
            self.last_art
        }))
    }

    /// Makes a track hold what an edit says; answers whether anything differed.
    pub(crate) fn apply(&mut self, record: &TrackRecord, edit: &TrackEdit) -> CatalogResult<bool> {
        let by_place = |rows: &[TagRow]| -> BTreeMap<(String, i64), TagValue> {
            rows.iter().map(|row| ((row.key.clone(), row.ordinal), row.value.clone())).collect()
        };
        let wanted = by_place(&edited_rows(&record.tags, &edit.keys));
        let retagged = wanted != by_place(&record.tags);
        let link = |placement: &Placement| Link {
            art: placement.art,
            picture_type: placement.picture_type,
            description: placement.description.clone(),
        };
        let art: Option<Vec<Link>> = edit.art.as_ref().map(|art| art.iter().map(link).collect());
        let known = self.tracks.get(&record.row.id.0).ok_or(CatalogError::NotFound)?;
        let art = art.filter(|art| *art != known.art);
        if !retagged && art.is_none() {
            return Ok(false);
        }
        self.edit(record.row.id, |track| {
            if retagged {
                track.tags.retain(|place, _| wanted.contains_key(place));
                track.tags.extend(wanted.into_iter().filter_map(|(place, value)| match value {
                    TagValue::Text(text) => Some((place, Stored::Text(text))),
                    TagValue::Binary { .. } => None,
                }));
            }
            if let Some(art) = art {
                track.art = art;
            }
            let pristine = is_pristine(&track.row, &track.anatomy, &track.tag_rows(), !track.art.is_empty());
            // The version is raised behind this.
            track.row.pristine_version = pristine.then_some(track.row.content_version + 1);
        })?;
        Ok(true)
    }

    /// The pictures linked to a track.
    pub(crate) fn links(&self, track: &Track) -> Vec<ArtLink> {
        let link = |link: &Link| {
            let art = self.art.get(&link.art.0)?;
            Some(ArtLink {
                art: link.art,
                mime: art.mime.clone(),
                width: None,
                height: None,
                byte_len: art.data.len() as u64,
                picture_type: link.picture_type,
                description: link.description.clone(),
            })
        };
        track.art.iter().filter_map(link).collect()
    }
}

/// The time, in the unit of `updated_at`.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64)
}

/// A store that lives as long as the process.
#[derive(Debug)]
pub struct MemoryCatalog {
    pub(crate) id: StoreId,
    state: Mutex<State>,
}

impl MemoryCatalog {
    /// An empty store, different from every other.
    #[allow(clippy::new_ret_no_self, reason = "every user shares it between a reader and a writer")]
    pub fn new() -> Arc<Self> {
        let id = StoreId(RandomState::new().hash_one(now()));
        Arc::new(Self { id, state: Mutex::new(State { sequence: 1, ..State::default() }) })
    }

    /// A writer of this store.
    pub fn writer(self: &Arc<Self>) -> crate::MemoryWriter {
        crate::MemoryWriter::of(Arc::clone(self))
    }

    /// Replaces all tags of a track by text rows, as another program would. Repeated keys make values in that order.
    ///
    /// Fails with [`CatalogError::NotFound`] without such a track, and if a key cannot be one of the store's.
    pub fn set_tags(&self, track: TrackId, rows: &[(&str, &str)]) -> CatalogResult<()> {
        let mut tags = BTreeMap::new();
        for (key, value) in rows {
            canonical(key).ok_or_else(|| CatalogError::Other(format!("{key:?} is no key")))?;
            let ordinal = tags.keys().filter(|(known, _): &&(String, i64)| known == key).count() as i64;
            tags.insert(((*key).to_owned(), ordinal), Stored::Text((*value).to_owned()));
        }
        self.lock().edit(track, |known| known.tags = tags)
    }

    /// Sets one binary value, as another program would.
    pub fn set_binary(&self, track: TrackId, key: &str, ordinal: i64, bytes: &[u8]) -> CatalogResult<()> {
        self.lock().edit(track, |known| {
            known.tags.insert((key.to_owned(), ordinal), Stored::Binary(bytes.to_vec()));
        })
    }

    /// Links one picture to a track in place of those it had. Equal bytes are one picture.
    pub fn set_art(
        &self,
        track: TrackId,
        bytes: &[u8],
        mime: &str,
        picture_type: u8,
        description: &str,
    ) -> CatalogResult<ArtId> {
        let mut state = self.lock();
        if !state.tracks.contains_key(&track.0) {
            return Err(CatalogError::NotFound);
        }
        let id = state.picture(bytes, mime);
        let link = Link { art: id, picture_type, description: description.to_owned() };
        state.edit(track, |known| known.art = vec![link])?;
        Ok(id)
    }

    /// Unlinks every picture from a track.
    pub fn clear_art(&self, track: TrackId) -> CatalogResult<()> {
        self.lock().edit(track, |known| known.art.clear())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn revision_of(state: &State) -> Revision {
        Revision(state.sequence)
    }
}
