//! `musefs query`: all that the store knows of tracks, for programs.

use super::tag::tags_of;
use crate::cli::QueryArgs;
use crate::errors::{CommandResult, Ending};
use crate::output::say;
use crate::selection::query;
use crate::wiring::Store;
use musefs_contracts::catalog::TrackRecord;
use musefs_contracts::edit::Edit;
use serde_json::{Value, json};

/// Tracks read at once.
const AT_ONCE: usize = 256;

/// Runs the command.
pub(crate) fn run(args: &QueryArgs) -> CommandResult {
    let catalog = Store::File(Store::lasting(&args.store.path()?)?).open()?;
    let tracks = query(catalog.as_ref(), &args.query)?.select(catalog.as_ref())?;
    let mut listened_to = true;
    for tracks in tracks.chunks(AT_ONCE) {
        catalog.records(tracks, &mut |record| listened_to = listened_to && say(document(&record)))?;
        if !listened_to {
            break;
        }
    }
    Ok(Ending::Done)
}

fn document(record: &TrackRecord) -> Value {
    let row = &record.row;
    let edited = record.anatomy.as_ref().map(|anatomy| {
        !row.is_certainly_pristine() && !Edit::between(row.id, anatomy, &record.tags, &record.art, &[]).is_empty()
    });
    json!({
        "id": row.id.0,
        "path": row.path.to_str(),
        "format": row.format.as_str(),
        "bytes": row.stamp.size,
        "edited": edited,
        "tags": tags_of(record, &[]),
        "pictures": pictures(record),
    })
}

/// The pictures that are shown: the store's, or the file's own.
fn pictures(record: &TrackRecord) -> Vec<Value> {
    let linked = record.art.iter().map(|art| {
        json!({ "from": "store", "art": art.art.0, "type": art.picture_type, "mime": art.mime, "description": art.description,
            "width": art.width, "height": art.height, "bytes": art.byte_len })
    });
    let own = record.anatomy.iter().flat_map(|anatomy| &anatomy.pictures).map(|picture| {
        json!({ "from": "file", "type": picture.picture_type, "mime": picture.mime, "description": picture.description })
    });
    if record.art.is_empty() { own.collect() } else { linked.collect() }
}
