//! `musefs art set` and `remove`.

use super::plan::{Brought, Origin, Shown, Wish, planned, shown, shown_after};
use super::{last, own};
use crate::cli::{ArtRemoveArgs, ArtSetArgs, TalkArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{complain, counted, plain, say};
use crate::selection::tracks_to_change;
use crate::wiring::{Store, scan_backing};
use musefs_contracts::anatomy::{Editability, PictureLocation};
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::{Catalog, TrackRecord};
use musefs_contracts::editing::{CatalogEditor, NewPicture, Placement, TrackEdit};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::limits::{MAX_ART_BYTES, MAX_ART_DESCRIPTION_CHARS};
use musefs_contracts::meter::NoMeter;
use musefs_format_picture::sniff_image;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Gives tracks a picture.
pub(super) fn set(args: &ArtSetArgs) -> CommandResult {
    let (image, words) = last(&args.words)?;
    if args.description.chars().count() > MAX_ART_DESCRIPTION_CHARS {
        return Err(Failure::new(format!(
            "the description is too long; shorten it to {MAX_ART_DESCRIPTION_CHARS} characters"
        )));
    }
    let data = read_image(image)?;
    let info = sniff_image(&data).ok_or_else(|| {
        Failure::new(format!(
            "{}: it is no image of a known kind; name a JPEG, PNG, WebP, GIF, BMP or TIFF",
            image.display()
        ))
    })?;
    // Only a picture that is there as a whole says at once how large it is. The other kinds are not looked into that far.
    if info.size.is_none() && matches!(info.mime, "image/jpeg" | "image/png" | "image/gif" | "image/bmp") {
        return Err(Failure::new(format!(
            "{}: the image is damaged or not complete; name a whole one",
            image.display()
        )));
    }
    let brought =
        Brought { picture_type: args.picture_type, description: &args.description, info, data: data.as_slice() };
    let (wish, backing) = (Wish::Set(brought), scan_backing(&NoMeter));
    let job = Job { program: "musefs art set", db: &args.store.path()?, wish, talk: args.talk, backing };
    job.run(words, args.dry_run)
}

fn read_image(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: io::Error| Failure::new(format!("{}: {error}; name last an image that you may read", path.display()));
    let mut data = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_ART_BYTES as u64 + 1).read_to_end(&mut data)).map_err(failed)?;
    if data.len() > MAX_ART_BYTES {
        return Err(Failure::new(format!(
            "{}: it is larger than {MAX_ART_BYTES} bytes; make it smaller",
            path.display()
        )));
    }
    Ok(data)
}

/// Takes pictures away.
pub(super) fn remove(args: &ArtRemoveArgs) -> CommandResult {
    let wish = Wish::Remove(args.picture_type);
    let backing = scan_backing(&NoMeter);
    let job = Job { program: "musefs art remove", db: &args.store.path()?, wish, talk: args.talk, backing };
    job.run(&args.query, args.dry_run)
}

/// What the user asks for.
struct Job<'a> {
    program: &'static str,
    db: &'a Path,
    wish: Wish<'a>,
    talk: TalkArgs,
    backing: Arc<dyn Backing>,
}

/// What each track is to be linked with, and what there is to tell.
#[derive(Default)]
struct Plan {
    links: Vec<(TrackId, i64, Vec<Shown>)>,
    /// Tracks that go back to their file's own pictures.
    own: usize,
    /// Tracks of which only their file's own pictures are to go, all of them.
    stuck: usize,
    /// Tracks that are served as they are.
    verbatim: usize,
}

impl Job<'_> {
    fn run(&self, words: &[OsString], dry_run: bool) -> CommandResult {
        let store = Store::File(Store::lasting(self.db)?);
        let catalog = store.open()?;
        let tracks = tracks_to_change(catalog.as_ref(), words)?;
        let plan = self.plan(&catalog, &tracks, dry_run)?;
        if !dry_run && !plan.links.is_empty() {
            self.carry_out(&store, &catalog, &plan)?;
        }
        self.tell(&plan, dry_run);
        Ok(Ending::Done)
    }

    fn plan(&self, catalog: &Arc<dyn Catalog>, tracks: &[TrackId], dry_run: bool) -> Result<Plan, Failure> {
        let mut plan = Plan::default();
        let mut listened_to = true;
        for track in tracks {
            let record = catalog.track(*track)?;
            let Some(links) = planned(catalog.as_ref(), &record, self.wish) else {
                plan.stuck += usize::from(self.is_stuck(&record));
                continue;
            };
            let after = shown_after(&record, &links);
            if dry_run {
                // What would end the change is to be said now.
                for link in &links {
                    own_picture(self.backing.as_ref(), &record, link)?;
                }
                listened_to = listened_to && print(&record, &after);
            }
            plan.own += usize::from(links.is_empty() && !after.is_empty());
            let anatomy = record.anatomy.as_ref();
            plan.verbatim += usize::from(anatomy.is_some_and(|a| matches!(a.editability, Editability::Verbatim(_))));
            plan.links.push((*track, record.row.content_version, links));
        }
        Ok(plan)
    }

    /// Whether pictures stay though they are to go, since a store cannot say that a file's own are not to be shown.
    fn is_stuck(&self, record: &TrackRecord) -> bool {
        let Wish::Remove(kind) = self.wish else { return false };
        record.art.is_empty()
            && shown(record).iter().any(|picture| kind.is_none_or(|kind| kind == picture.picture_type))
    }

    fn carry_out(&self, store: &Store, catalog: &Arc<dyn Catalog>, plan: &Plan) -> Result<(), Failure> {
        let mut editor = store.open_editor()?;
        editor.begin_edit(self.program);
        let brought = match self.wish {
            Wish::Set(Brought { info, data, .. }) => {
                Some(editor.store_picture(NewPicture { mime: info.mime, pixels: info.size, data })?)
            }
            Wish::Remove(_) => None,
        };
        let mut wanted: HashMap<TrackId, (i64, Vec<Placement>)> = HashMap::new();
        for (track, version, links) in &plan.links {
            // Links stand in the place of all pictures of the file, so those that are to stay are linked, too.
            let taken = if links.iter().any(|picture| matches!(picture.origin, Origin::File(_))) {
                take_over(editor.as_mut(), self.backing.as_ref(), &catalog.track(*track)?, links)?
            } else {
                HashMap::new()
            };
            let placed = |picture: &Shown| {
                let art = match picture.origin {
                    Origin::Store(art) => Some(art),
                    Origin::File(index) => taken.get(&index).copied(),
                    Origin::New => brought,
                };
                let Shown { picture_type, description, .. } = picture.clone();
                art.map(|art| Placement { art, picture_type, description })
            };
            wanted.insert(*track, (*version, links.iter().filter_map(placed).collect()));
        }
        let mut meanwhile = None;
        let tracks: Vec<TrackId> = plan.links.iter().map(|(track, ..)| *track).collect();
        editor.edit(&tracks, &mut |record| match wanted.remove(&record.row.id) {
            Some((version, art)) if version == record.row.content_version => {
                TrackEdit { keys: Vec::new(), art: Some(art) }
            }
            _ => {
                meanwhile.get_or_insert_with(|| record.row.path.clone());
                TrackEdit::default()
            }
        })?;
        editor.finish()?;
        let Some(path) = meanwhile else { return Ok(()) };
        let path = path.display();
        Err(Failure::new(format!("{path}: another program changed it meanwhile, so it was left alone; run this again")))
    }

    fn tell(&self, plan: &Plan, dry_run: bool) {
        if plan.stuck > 0 {
            complain(format!(
                "musefs: {} left with their file's own pictures, which a store cannot hide altogether; put another in \
                 their place with: musefs art set",
                counted(plan.stuck, "track")
            ));
        }
        if self.talk.quiet {
            return;
        }
        let what = counted(plan.links.len(), "track");
        say(match (plan.links.len(), dry_run) {
            (0, _) => "nothing to change".to_owned(),
            (_, true) => format!("{what} would change"),
            (_, false) => format!("{what} changed; take it back with: musefs undo --db {}", self.db.display()),
        });
        if plan.own > 0 {
            say(format!("{} with their file's own pictures again", counted(plan.own, "track")));
        }
        if plan.verbatim > 0 {
            let tracks = counted(plan.verbatim, "track");
            say(format!("{tracks} of a kind that is served as it is: the pictures in the file stay"));
        }
    }
}

/// Puts those of a file's own pictures into the store that a plan keeps; answers their ids by index.
fn take_over(
    editor: &mut dyn CatalogEditor,
    backing: &dyn Backing,
    record: &TrackRecord,
    links: &[Shown],
) -> Result<HashMap<usize, ArtId>, Failure> {
    let mut taken = HashMap::new();
    for link in links {
        let Some((index, picture, data)) = own_picture(backing, record, link)? else { continue };
        let info = sniff_image(&data);
        let mime = info.map_or(picture.mime.as_str(), |info| info.mime);
        let pixels = info.and_then(|info| info.size);
        taken.insert(index, editor.store_picture(NewPicture { mime, pixels, data: &data })?);
    }
    Ok(taken)
}

/// A picture of a file itself: its index, what is known of it, and its bytes.
type Own<'r> = (usize, &'r PictureLocation, Vec<u8>);

/// The picture of the file itself that a link is to take over.
fn own_picture<'r>(backing: &dyn Backing, record: &'r TrackRecord, link: &Shown) -> Result<Option<Own<'r>>, Failure> {
    let (Origin::File(index), Some(anatomy)) = (link.origin, &record.anatomy) else { return Ok(None) };
    let Some(picture) = anatomy.pictures.get(index) else { return Ok(None) };
    let path = record.row.path.display();
    let data = own::read(backing, record, anatomy, picture)
        .map_err(|reason| Failure::new(format!("{path}: {reason}; nothing was changed")))?;
    Ok(Some((index, picture, data)))
}

/// Prints what changes of a track; `false` once nobody reads it any more.
fn print(record: &TrackRecord, after: &[Shown]) -> bool {
    let before = shown(record);
    let head = format!("track {}  {}", record.row.id, plain(&record.row.path.display().to_string()));
    let gone =
        before.iter().filter(|picture| !after.contains(picture)).map(|picture| format!("  - {}", picture.line()));
    let new = after.iter().filter(|picture| !before.contains(picture)).map(|picture| format!("  + {}", picture.line()));
    std::iter::once(head).chain(gone).chain(new).all(say)
}
