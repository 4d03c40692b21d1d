//! `musefs tag get`: what the store says of tracks, for people.

use crate::cli::TagGetArgs;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{counted, plain, say};
use crate::selection::query;
use crate::wiring::Store;
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::tags::{TagValue, canonical};

/// Tracks read at once.
const AT_ONCE: usize = 256;

/// Runs the command.
pub(super) fn run(args: &TagGetArgs) -> CommandResult {
    let catalog = Store::File(Store::lasting(&args.store.path()?)?).open()?;
    let keys = wanted(&args.keys)?;
    let tracks = query(catalog.as_ref(), &args.query)?.select(catalog.as_ref())?;
    let mut listened_to = true;
    for tracks in tracks.chunks(AT_ONCE) {
        catalog.records(tracks, &mut |record| {
            listened_to = listened_to && lines(&record, &keys).into_iter().all(say);
        })?;
        if !listened_to {
            break;
        }
    }
    Ok(Ending::Done)
}

/// The keys that the user wants to see, canonical.
pub(super) fn wanted(keys: &[String]) -> Result<Vec<String>, Failure> {
    let canonical = |key: &String| canonical(key).ok_or_else(|| Failure::new(format!("{key:?} cannot be a key")));
    keys.iter().map(canonical).collect()
}

fn lines(record: &TrackRecord, keys: &[String]) -> Vec<String> {
    let mut rows: Vec<_> = record
        .tags
        .iter()
        .filter_map(|row| Some((canonical(&row.key)?, row)))
        .filter(|(key, _)| keys.is_empty() || keys.contains(key))
        .collect();
    rows.sort_by(|(a, x), (b, y)| (a, x.ordinal).cmp(&(b, y.ordinal)));
    let head = format!("track {}  {}", record.row.id, plain(&record.row.path.display().to_string()));
    let row = |(key, row): &(String, &musefs_contracts::tags::TagRow)| match &row.value {
        TagValue::Text(text) => format!("  {} = {}", plain(key), plain(text)),
        TagValue::Binary { len } => format!("  {} = ({})", plain(key), counted(*len, "byte")),
    };
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}
