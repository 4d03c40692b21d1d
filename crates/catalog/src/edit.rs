//! [`CatalogEditor`]: edits that a user asks for.

use crate::history::{self, Recorder};
use crate::writer::SqliteWriter;
use crate::{difference, reading};
use musefs_contracts::catalog::{CatalogError, CatalogResult, TrackRecord};
use musefs_contracts::editing::{CatalogEditor, NewPicture, Placement, TrackEdit, edited_rows};
use musefs_contracts::ids::{ArtId, TrackId};
use musefs_contracts::limits::{MAX_ART_BYTES, MAX_ART_DESCRIPTION_CHARS};
use musefs_contracts::tags::ArtLink;
use rusqlite::{Connection, OptionalExtension, Result, params};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

impl CatalogEditor for SqliteWriter {
    fn store_picture(&mut self, picture: NewPicture<'_>) -> CatalogResult<ArtId> {
        if picture.data.len() > MAX_ART_BYTES {
            return Err(CatalogError::Other(format!("a picture of more than {MAX_ART_BYTES} bytes does not fit")));
        }
        self.write(|transaction, _| store(transaction, picture))
    }

    fn edit(&mut self, tracks: &[TrackId], plan: &mut dyn FnMut(&TrackRecord) -> TrackEdit) -> CatalogResult<u64> {
        let mut missing = false;
        let edited = self.write(|transaction, recorder| {
            let mut changed = 0;
            for track in tracks {
                let Some(record) = reading::record(transaction, true, *track)? else { continue };
                let edit = plan(&record);
                match apply(transaction, recorder, &record, &edit)? {
                    Applied::Nothing => {}
                    Applied::Changed => {
                        history::touch(transaction, *track)?;
                        changed += 1;
                    }
                    Applied::NoSuchPicture => {
                        missing = true;
                        // Whatever the error: it rolls the transaction back.
                        return Err(rusqlite::Error::QueryReturnedNoRows);
                    }
                }
            }
            Ok(changed)
        });
        edited.map_err(|error| if missing { CatalogError::NotFound } else { error })
    }
}

enum Applied {
    Nothing,
    Changed,
    NoSuchPicture,
}

fn apply(connection: &Connection, recorder: &Recorder, record: &TrackRecord, edit: &TrackEdit) -> Result<Applied> {
    let track = record.row.id;
    let wanted = edited_rows(&record.tags, &edit.keys);
    let mut changed = difference::write(connection, recorder, track, (&record.tags, &wanted), false)?;
    if let Some(art) = edit.art.as_ref().filter(|art| !is_shown(&record.art, art)) {
        for placement in art {
            if !connection.prepare_cached("SELECT 1 FROM art WHERE id = ?1")?.exists([placement.art.0])? {
                return Ok(Applied::NoSuchPicture);
            }
        }
        recorder.unlink(connection, track)?;
        for (ordinal, placement) in art.iter().enumerate() {
            recorder.link(connection, track, ordinal as i64, placement)?;
        }
        changed = true;
    }
    Ok(if changed { Applied::Changed } else { Applied::Nothing })
}

fn is_shown(links: &[ArtLink], art: &[Placement]) -> bool {
    let same = |(link, placement): (&ArtLink, &Placement)| {
        link.art == placement.art
            && link.picture_type == placement.picture_type
            && link.description == placement.description
    };
    links.len() == art.len() && links.iter().zip(art).all(same)
}

fn store(connection: &Connection, picture: NewPicture<'_>) -> Result<ArtId> {
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(picture.data) {
        let _ = write!(sha256, "{byte:02x}");
    }
    let known: Option<i64> = connection
        .prepare_cached("SELECT id FROM art WHERE sha256 = ?1")?
        .query_row([&sha256], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(ArtId(known));
    }
    let (width, height) = picture.pixels.unzip();
    let mime: String = picture.mime.chars().take(255).collect();
    connection
        .prepare_cached(
            "INSERT INTO art (sha256, mime, width, height, byte_len, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![sha256, mime, width, height, picture.data.len() as i64, picture.data])?;
    Ok(ArtId(connection.last_insert_rowid()))
}

/// A description as the store takes it.
pub(crate) fn fitted(description: &str) -> String {
    description.chars().take(MAX_ART_DESCRIPTION_CHARS).collect()
}
