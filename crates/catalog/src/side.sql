-- Tables of our own, beside the contract's. Versioned by `side_version` in `musefs_meta`; made where they are absent.

CREATE TABLE IF NOT EXISTS musefs_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- The change log: one row a track that ever changed, with the sequence number of its latest change. Deleted tracks stay
-- as tombstones until they are trimmed, which raises `changes_floor`. AUTOINCREMENT, because a number must not come back
-- when the row that held the highest one is replaced.
CREATE TABLE IF NOT EXISTS musefs_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    track_id INTEGER NOT NULL UNIQUE
);

-- Narrow marks, apart from the anatomies because a mount scans them all.
CREATE TABLE IF NOT EXISTS musefs_marks (
    track_id INTEGER PRIMARY KEY,
    prober INTEGER NOT NULL,
    pristine_version INTEGER
);

CREATE TABLE IF NOT EXISTS musefs_anatomy (track_id INTEGER PRIMARY KEY, anatomy BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS musefs_sizes (
    track_id INTEGER NOT NULL,
    omitted INTEGER NOT NULL,
    content_version INTEGER NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (track_id, omitted)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS musefs_roots (path TEXT PRIMARY KEY) WITHOUT ROWID;

-- Deleting a picture looks for links to it; without this index that reads the whole table.
CREATE INDEX IF NOT EXISTS musefs_track_art_by_art ON track_art (art_id);

-- Keys with blanks around them, which mean the same without. There are hardly ever any, and knowing so spares every row of
-- `tags` a look when all of them are read.
CREATE INDEX IF NOT EXISTS musefs_tags_blank ON tags (track_id) WHERE length(trim(key)) <> length(key);

INSERT OR IGNORE INTO musefs_meta (key, value) VALUES ('store_id', random());
INSERT OR IGNORE INTO musefs_meta (key, value) VALUES ('changes_floor', 0);

-- The history of edits, one row a change. `kind`: 0 a tag, 1 a link to a picture (its description is the value), 2 a track.
-- `flags` and `mark` are explained where the triggers are. `edit` is the `seq` of the first row of the same edit, in rows
-- that our own commands write; for other programs the rows of an edit are found by how they follow each other. `at` is in
-- milliseconds of unix time.
CREATE TABLE IF NOT EXISTS musefs_history (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    mark INTEGER,
    track_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    key NOT NULL,
    ordinal NOT NULL,
    old_value,
    old_blob,
    new_value,
    new_blob,
    old_art,
    old_type,
    new_art,
    new_type,
    edit INTEGER,
    program TEXT,
    undoes INTEGER
);

-- Tracks that were removed, whole, by the `seq` of their entry.
CREATE TABLE IF NOT EXISTS musefs_removed (
    seq INTEGER PRIMARY KEY,
    track_id INTEGER NOT NULL,
    backing_path, format, audio_offset, audio_length, backing_size, backing_mtime_ns, backing_ctime_ns, content_version,
    updated_at, fingerprint, content_hash, prober, anatomy
);
CREATE INDEX IF NOT EXISTS musefs_removed_by_track ON musefs_removed (track_id);
CREATE TABLE IF NOT EXISTS musefs_removed_tags (
    seq INTEGER NOT NULL, key, ordinal, value, value_blob, PRIMARY KEY (seq, key, ordinal)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS musefs_removed_art (
    seq INTEGER NOT NULL, ordinal, art_id, picture_type, description, PRIMARY KEY (seq, ordinal)
) WITHOUT ROWID;

-- Pictures that were collected although an edit that can still be undone used them.
CREATE TABLE IF NOT EXISTS musefs_kept_art (
    id INTEGER PRIMARY KEY, sha256, mime, width, height, byte_len, data
);
