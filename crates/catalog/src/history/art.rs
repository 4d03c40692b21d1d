//! Pictures: collecting those that nothing links to, and having them back.

use rusqlite::{Connection, OptionalExtension, Result};

/// Pictures that an entry of the history names.
const NAMED: &str = "SELECT old_art FROM musefs_history WHERE old_art IS NOT NULL
     UNION SELECT new_art FROM musefs_history WHERE new_art IS NOT NULL
     UNION SELECT art_id FROM musefs_removed_art WHERE art_id IS NOT NULL";

/// Drops pictures that no track links to, keeping those aside that an undo may need; answers how many.
pub(crate) fn collect(connection: &Connection) -> Result<u64> {
    const UNLINKED: &str = "NOT EXISTS (SELECT 1 FROM track_art WHERE art_id = art.id)";
    connection.execute(
        &format!(
            "INSERT OR REPLACE INTO musefs_kept_art (id, sha256, mime, width, height, byte_len, data)
             SELECT id, sha256, mime, width, height, byte_len, data FROM art WHERE {UNLINKED} AND id IN ({NAMED})"
        ),
        [],
    )?;
    Ok(connection.execute(&format!("DELETE FROM art WHERE {UNLINKED}"), [])? as u64)
}

/// Forgets kept pictures that no entry names any more.
pub(crate) fn forget(connection: &Connection) -> Result<()> {
    connection.execute(&format!("DELETE FROM musefs_kept_art WHERE id NOT IN ({NAMED})"), []).map(drop)
}

/// The id under which a picture that once had this id is there now, after bringing it back if need be.
pub(crate) fn bring_back(connection: &Connection, art: i64) -> Result<Option<i64>> {
    let id = |sql: &str| connection.prepare_cached(sql)?.query_row([art], |row| row.get(0)).optional();
    if let Some(there) = id("SELECT id FROM art WHERE id = ?1")? {
        return Ok(Some(there));
    }
    // The same image may have been inserted again meanwhile, under another id.
    if let Some(twin) =
        id("SELECT a.id FROM art AS a JOIN musefs_kept_art AS k ON k.sha256 = a.sha256 WHERE k.id = ?1")?
    {
        return Ok(Some(twin));
    }
    let back = connection
        .prepare_cached(
            "INSERT INTO art (id, sha256, mime, width, height, byte_len, data)
             SELECT id, sha256, mime, width, height, byte_len, data FROM musefs_kept_art WHERE id = ?1",
        )?
        .execute([art])?;
    connection.prepare_cached("DELETE FROM musefs_kept_art WHERE id = ?1")?.execute([art])?;
    Ok((back > 0).then_some(art))
}
