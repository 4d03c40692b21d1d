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
