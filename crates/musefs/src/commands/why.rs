//! `musefs why`: where an original stands in the view, what a path of the view shows, or why there is nothing.

use crate::cli::{ServeArgs, WhyArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{counted, say};
use crate::selection::mounts;
use crate::serve::{Prepared, template};
use crate::sidecars;
use crate::wiring::{Store, formats};
use musefs_backing::{FileBacking, Purpose};
use musefs_contracts::anatomy::Editability;
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::ids::{Ino, TrackId};
use musefs_contracts::meter::NoMeter;
use musefs_contracts::sidecars::{Sidecar, SidecarRules};
use musefs_scan::{Examined, examine};
use musefs_vfs::{Found, Standing, Vfs};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the command.
pub(crate) fn run(args: &WhyArgs) -> CommandResult {
    let template = template(&args.view, args.store.usual_template())?;
    let db = args.store.path()?;
    let store = Store::File(Store::lasting(&db)?);
    let catalog = store.open()?;
    let serve = ServeArgs::unserved().map_err(Failure::new)?;
    let shown = sidecars::shown(&args.sidecars, true)?;
    let library = Library {
        sidecars: shown.is_some(),
        is_unsaid: args.sidecars.sidecars.is_none(),
        recorded: sidecars::recorded(&args.sidecars.sidecar_include)?,
        vfs: Prepared::new(catalog.clone(), template, &args.view, &serve, shown)?.vfs,
        catalog,
        store: &store,
        db: db.display(),
    };
    let mut is_shown = true;
    for path in &args.paths {
        let answer = library.explain(path)?;
        is_shown &= answer.is_shown;
        say(path.display());
        for line in &answer.lines {
            say(format!("  {line}"));
        }
    }
    Ok(if is_shown { Ending::Done } else { Ending::NotShown })
}

/// What is known of a path.
struct Answer {
    /// Whether the view shows it.
    is_shown: bool,
    lines: Vec<String>,
}

impl Answer {
    fn shown(line: String) -> Self {
        Self { is_shown: true, lines: vec![line] }
    }

    fn not_shown(reason: impl Into<String>) -> Self {
        Self { is_shown: false, lines: vec![format!("not shown: {}", reason.into())] }
    }
}

struct Library<'s> {
    catalog: Arc<dyn Catalog>,
    vfs: Arc<Vfs>,
    /// Whether files beside the music are shown.
    sidecars: bool,
    /// Whether the user said nothing of that.
    is_unsaid: bool,
    /// Which of them a scan records.
    recorded: Arc<dyn SidecarRules>,
    store: &'s Store,
    /// The store's name, for the commands that are recommended.
    db: std::path::Display<'s>,
}

impl Library<'_> {
    fn explain(&self, path: &Path) -> Result<Answer, Failure> {
        let found = std::fs::symlink_metadata(path).and_then(|_| std::fs::metadata(path));
        if let Ok(metadata) = &found {
            if let Some((_, mountpoint)) = mounts().into_iter().find(|(device, _)| *device == metadata.dev()) {
                let ino = Ino(metadata.ino());
                if let Some(sidecar) = Vfs::beside_at(ino) {
                    return Ok(self.beside(&self.catalog.sidecar(sidecar)?));
                }
                return match ino.track() {
                    Some(track) => self.track(track),
                    None => Ok(self
                        .in_view(&below(path, &mountpoint))
                        .unwrap_or_else(|| Answer::shown("a file or folder that the mount itself adds".to_owned()))),
                };
            }
            let canonical =
                path.canonicalize().map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            return if metadata.is_dir() { self.folder(&canonical) } else { self.original(&canonical) };
        }
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if let Some(track) = self.catalog.find_path(&absolute)? {
            return self.track(track);
        }
        if let Some(sidecar) = self.find_beside(&absolute)? {
            return Ok(self.beside(&sidecar));
        }
        if let Some((_, mountpoint)) = mounts().into_iter().find(|(_, mountpoint)| absolute.starts_with(mountpoint)) {
            return self.of_view(&below(&absolute, &mountpoint));
        }
        match found.err().map(|error| error.kind()) {
            // It may be a path of the view, written from its root on.
            Some(ErrorKind::NotFound | ErrorKind::NotADirectory) | None => self.of_view(path),
            Some(_) => self.original(&absolute),
        }
    }

    /// A path that the view alone can have.
    fn of_view(&self, path: &Path) -> Result<Answer, Failure> {
        match self.vfs.at_path(path) {
            Some(Found::Track(track)) => return self.track(track),
            Some(Found::Beside(sidecar)) => return Ok(self.beside(&self.catalog.sidecar(sidecar)?)),
            Some(Found::Folder(_)) | None => {}
        }
        Ok(self.in_view(path).unwrap_or_else(|| {
            let above = path.ancestors().skip(1).find(|above| self.vfs.at_path(above).is_some());
            let nearest = above.filter(|above| !above.as_os_str().is_empty() && *above != Path::new("/"));
            let nearest = nearest.map(|above| format!("; the view goes as far as {}", above.display()));
            let reason = "neither a file nor a path of the view with these options";
            Answer::not_shown(format!("{reason}{}", nearest.unwrap_or_default()))
        }))
    }

    /// A folder of the view.
    fn in_view(&self, path: &Path) -> Option<Answer> {
        match self.vfs.at_path(path)? {
            Found::Folder(tracks) => {
                Some(Answer::shown(format!("a folder of the view, with {} below it", counted(tracks, "track"))))
            }
            Found::Track(_) | Found::Beside(_) => None,
        }
    }

    /// A folder of the library.
    fn folder(&self, folder: &Path) -> Result<Answer, Failure> {
        let (mut all, mut shown) = (0u64, 0u64);
        let mut ids = Vec::new();
        self.catalog.for_each_track(&[], &mut |track| {
            if track.row.path.starts_with(folder) {
                ids.push(track.row.id);
            }
        })?;
        for id in ids {
            all += 1;
            shown += u64::from(matches!(self.vfs.standing(id)?, Standing::At(_)));
        }
        if all == 0 {
            return Ok(Answer::not_shown(format!("the store has no track below this folder; {}", self.remedy(folder))));
        }
        let line =
            format!("a folder of the library: {} of the store below it, {shown} of them shown", counted(all, "track"));
        Ok(Answer { is_shown: shown > 0, lines: vec![line] })
    }

    /// A file of the library.
    fn original(&self, path: &Path) -> Result<Answer, Failure> {
        if let Some(track) = self.catalog.find_path(path)? {
            return self.track(track);
        }
        if let Some(sidecar) = self.find_beside(path)? {
            return Ok(self.beside(&sidecar));
        }
        let backing = FileBacking::new(Purpose::Scan, &NoMeter);
        Ok(Answer::not_shown(match examine(&backing, &formats(), path) {
            Examined::Audio { .. } => format!("it was never scanned; {}", self.remedy(path)),
            Examined::NotAudio if self.recorded.accepts(path) => {
                format!("it is no audio file, and no scan recorded it beside the music; {}", self.remedy(path))
            }
            Examined::NotAudio => "it is no audio file of a kind that musefs knows".to_owned(),
            Examined::Vanished => "there is no such file".to_owned(),
            Examined::Unreadable(reason) => format!("it cannot be read: {reason}"),
        }))
    }

    /// The file beside the music that the store has of this path.
    fn find_beside(&self, path: &Path) -> Result<Option<Sidecar>, Failure> {
        let mut found = None;
        self.catalog.for_each_sidecar(&mut |sidecar| {
            if sidecar.path == path {
                found = Some(sidecar);
            }
        })?;
        Ok(found)
    }

    fn beside(&self, sidecar: &Sidecar) -> Answer {
        let mut lines = vec![format!("a file beside the music, {}", sidecar.path.display())];
        let paths = if self.sidecars { self.vfs.standing_beside(sidecar.id) } else { Some(Vec::new()) };
        let is_shown = paths.as_ref().is_some_and(|paths| !paths.is_empty());
        match paths {
            _ if !self.sidecars => lines.push("not shown: --sidecars is off".to_owned()),
            None => lines.push("not shown: its name is none of those that are shown; see --sidecar-include".to_owned()),
            Some(paths) if paths.is_empty() => lines.push(
                "not shown: no track that is shown is in its folder, in the discs' folders below it, or close above it"
                    .to_owned(),
            ),
            Some(paths) => lines.extend(paths.iter().map(|path| format!("shown as {}", path.display()))),
        }
        if is_shown && self.is_unsaid {
            lines.push("by musefs up; a mount shows it with --sidecars".to_owned());
        }
        lines.extend(self.state_of_file(&sidecar.path, &sidecar.stamp).filter(|_| is_shown));
        Answer { is_shown, lines }
    }

    /// How a path gets into the store.
    fn remedy(&self, path: &Path) -> String {
        let roots = self.store.open_writer().and_then(|mut writer| Ok(writer.roots()?)).unwrap_or_default();
        let is_inside = roots.iter().any(|root| path.starts_with(root));
        let root = if is_inside { "" } else { "it is in none of the scanned folders; " };
        format!("{root}run: musefs scan {} --db {}", path.display(), self.db)
    }

    fn track(&self, track: TrackId) -> Result<Answer, Failure> {
        let record = self.catalog.track(track)?;
        let mut lines = vec![format!("track {track}, {}", record.row.path.display())];
        let standing = self.vfs.standing(track)?;
        let is_shown = matches!(standing, Standing::At(_));
        match standing {
            Standing::At(paths) => lines.extend(paths.iter().map(|path| format!("shown as {}", path.display()))),
            Standing::LeftOut(lacking) if lacking.is_empty() => {
                lines.push("not shown: the template leaves it out".to_owned());
            }
            Standing::LeftOut(lacking) => {
                let fields: Vec<String> = lacking.iter().map(|field| format!("${field}")).collect();
                lines.push(format!(
                    "not shown: it has no value for {}, and such tracks are left out",
                    fields.join(" or ")
                ));
            }
            Standing::NoNumber => lines.push("not shown: no inode number fits its id".to_owned()),
            Standing::Unknown => lines.push("not shown: it left the store just now".to_owned()),
        }
        lines.extend(self.state_of_file(&record.row.path, &record.row.stamp));
        if let Some(Editability::Verbatim(reason)) = record.anatomy.map(|anatomy| anatomy.editability) {
            lines.push(format!("served as it is, whatever the store says of it: {reason}"));
        }
        Ok(Answer { is_shown, lines })
    }

    /// What is wrong with the original, if anything is.
    fn state_of_file(&self, path: &Path, known: &musefs_contracts::backing::Stamp) -> Option<String> {
        let backing = FileBacking::new(Purpose::Scan, &NoMeter);
        match backing.open(path).and_then(|source| source.stamp()) {
            Ok(stamp) if known.same_contents(&stamp) => None,
            Ok(_) => {
                let remedy = format!("musefs revalidate {} --db {}", path.display(), self.db);
                Some(format!("the original changed since it was scanned; run: {remedy}"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let scan = format!("musefs scan FOLDER --db {}", self.db);
                Some(format!("the original is gone, so that it does not open; if it was moved, run: {scan}"))
            }
            Err(error) => Some(format!("the original cannot be read, so that it does not open: {error}")),
        }
    }
}

/// A path below a mountpoint, from there on.
fn below(path: &Path, mountpoint: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.strip_prefix(mountpoint).map_or(path.clone(), Path::to_owned)
}
