//! `musefs tag export` and `import`: tags in a file, and back from it.

use super::change::Applied;
use super::get::wanted;
use super::table::{CsvTable, Row, Tags, document, read_csv, read_jsonl, refuse_too_wide};
use crate::cli::{TableFormat, TagExportArgs, TagImportArgs};
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::complain;
use crate::selection::query;
use crate::wiring::Store;
use musefs_contracts::catalog::{Catalog, TrackRecord};
use musefs_contracts::editing::{KeyEdit, TrackEdit, texts_of};
use musefs_contracts::ids::TrackId;
use musefs_contracts::tags::canonical;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// Tracks read at once.
const AT_ONCE: usize = 256;

/// Writes tags to a file.
pub(super) fn export(args: &TagExportArgs) -> CommandResult {
    let catalog = Store::File(Store::lasting(&args.store.path()?)?).open()?;
    let keys = wanted(&args.keys)?;
    let tracks = query(catalog.as_ref(), &args.query)?.select(catalog.as_ref())?;
    let written = match format(args.format, args.output.as_deref()) {
        TableFormat::Csv => write_csv(catalog.as_ref(), &tracks, &keys, &|| output(args))?,
        TableFormat::Jsonl => write_jsonl(catalog.as_ref(), &tracks, &keys, output(args)?)?,
    };
    match written {
        // Nobody reads on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::Done),
        Err(error) => {
            let place = args.output.as_deref().unwrap_or(Path::new("standard output"));
            Err(Failure::new(format!("{}: {error}; what is there is not complete", place.display())))
        }
        Ok(()) => Ok(Ending::Done),
    }
}

fn format(named: Option<TableFormat>, file: Option<&Path>) -> TableFormat {
    let is_csv = || file.and_then(Path::extension).is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    named.unwrap_or_else(|| if is_csv() { TableFormat::Csv } else { TableFormat::Jsonl })
}

fn output(args: &TagExportArgs) -> Result<Box<dyn Write>, Failure> {
    let Some(path) = args.output.as_ref().filter(|path| path.as_os_str() != "-") else {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    };
    let file = if args.force { File::create(path) } else { File::create_new(path) };
    let file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(format!("{} is there already; name another file, or use --force", path.display()))
        }
        _ => Failure::new(format!("{}: {error}; name a file that you may write", path.display())),
    })?;
    Ok(Box::new(BufWriter::new(file)))
}

type Written = Result<io::Result<()>, Failure>;

fn write_jsonl(catalog: &dyn Catalog, tracks: &[TrackId], keys: &[String], mut output: Box<dyn Write>) -> Written {
    let mut written = Ok(());
    for tracks in tracks.chunks(AT_ONCE) {
        catalog.records(tracks, &mut |record| {
            if written.is_ok() {
                written = writeln!(output, "{}", document(&row_of(&record, keys)));
            }
        })?;
        if written.is_err() {
            break;
        }
    }
    Ok(written.and_then(|()| output.flush()))
}

/// The file is made when it is certain that the tags fit.
fn write_csv(
    catalog: &dyn Catalog,
    tracks: &[TrackId],
    keys: &[String],
    output: &dyn Fn() -> Result<Box<dyn Write>, Failure>,
) -> Written {
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    for tracks in tracks.chunks(AT_ONCE) {
        catalog.records(tracks, &mut |record| {
            for (key, values) in tags_of(&record, keys) {
                let count = columns.entry(key).or_default();
                *count = values.len().max(*count);
            }
        })?;
    }
    refuse_too_wide(&columns)?;
    let mut table = CsvTable::begin(output()?, columns)?;
    let mut written = Ok(());
    for tracks in tracks.chunks(AT_ONCE) {
        catalog.records(tracks, &mut |record| {
            if written.is_ok() {
                written = table.write(&row_of(&record, keys));
            }
        })?;
    }
    Ok(written.and_then(|()| table.finish()).map_err(io::Error::from))
}

fn row_of(record: &TrackRecord, keys: &[String]) -> Row {
    let path = Some(&record.row.path).filter(|path| path.to_str().is_some()).cloned();
    Row { id: Some(record.row.id), path, tags: tags_of(record, keys) }
}

/// The text values of a track, by canonical key.
pub(crate) fn tags_of(record: &TrackRecord, keys: &[String]) -> Tags {
    let known = record.tags.iter().filter_map(|row| canonical(&row.key));
    let known = known.filter(|key| keys.is_empty() || keys.contains(key));
    let mut tags: Tags = known.map(|key| (key, Vec::new())).collect();
    for (key, values) in &mut tags {
        values.extend(texts_of(&record.tags, key).into_iter().map(str::to_owned));
    }
    tags.retain(|_, values| !values.is_empty());
    tags
}

/// Takes tags from a file.
pub(super) fn import(args: &TagImportArgs) -> CommandResult {
    let db = args.store.path()?;
    let store = Store::File(Store::lasting(&db)?);
    let catalog = store.open()?;
    let name = args.file.display();
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let failed = |error| Failure::new(format!("{name}: {error}; name a file that you may read"));
        let file = File::open(&args.file).map_err(failed)?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(Failure::new(format!("{name} is a folder; name a file that musefs tag export wrote")));
        }
        Box::new(BufReader::new(file))
    };
    let rows = match format(args.format, Some(&args.file)) {
        TableFormat::Csv => read_csv(input),
        TableFormat::Jsonl => read_jsonl(input),
    };
    let rows = rows.map_err(|failure| failure.about(&name))?;
    let pass_over = |line: u64, what: &str| {
        complain(format!("musefs: {name}: line {line}: {what}: the store has no such track; the row is passed over"));
    };
    let (edits, unknown) = resolved(catalog.as_ref(), rows, &pass_over).map_err(|failure| failure.about(&name))?;
    let tracks: Vec<TrackId> = edits.keys().copied().collect();
    if tracks.is_empty() {
        return Err(Failure::new(format!("{name} names no track of the store; nothing was changed")));
    }
    let applied = Applied { store: &store, db: &db, program: "musefs tag import", talk: args.talk };
    let plan = |record: &TrackRecord| {
        Ok(TrackEdit { keys: edits.get(&record.row.id).cloned().unwrap_or_default(), art: None })
    };
    let ending = applied.run(&tracks, args.dry_run, &mut { plan })?;
    Ok(if unknown > 0 { Ending::SomeUnreadable } else { ending })
}

/// What each track is to hold, and how many rows name no track; each of these is told.
fn resolved(
    catalog: &dyn Catalog,
    rows: Vec<(u64, Row)>,
    pass_over: &dyn Fn(u64, &str),
) -> Result<(HashMap<TrackId, Vec<KeyEdit>>, usize), Failure> {
    let mut edits: HashMap<TrackId, Vec<KeyEdit>> = HashMap::new();
    let mut unknown = 0;
    for (line, row) in rows {
        // Numbers mean something else in another store, paths do not.
        let track = match (&row.path, row.id) {
            (Some(path), _) => catalog.find_path(path)?,
            (None, Some(id)) => Some(id).filter(|id| catalog.track(*id).is_ok()),
            (None, None) => None,
        };
        let Some(track) = track else {
            let name = row.path.map(|path| path.display().to_string()).or(row.id.map(|id| format!("track {id}")));
            let name = name.unwrap_or_else(|| "a row without path and id".to_owned());
            pass_over(line, &name);
            unknown += 1;
            continue;
        };
        let keys = row.tags.into_iter().map(|(key, values)| KeyEdit::new(&key, values));
        let keys = keys.collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|unfit| Failure::new(format!("line {line}: {unfit}; nothing was changed")))?;
        if edits.insert(track, keys).is_some() {
            return Err(Failure::new(format!(
                "line {line}: track {track} stands in the file twice; nothing was changed"
            )));
        }
    }
    Ok((edits, unknown))
}
