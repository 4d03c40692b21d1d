-- The tables external programs read and write, with the rules on their rows. Built-in SQL of SQLite 3.31 alone: these
-- constraints run inside whatever SQLite the other program brings.
--
-- An affinity converts what it can before a CHECK sees it; `typeof` refuses the rest, because text compares as greater
-- than any number. `length` of text counts characters and stops at NUL, hence the casts to blob where bytes count.

CREATE TABLE tracks (
    -- An inode number is made of the id shifted by a byte with bit 62 clear, which bounds it.
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 18014398509481983),
    -- Text, or a blob where the path is not UTF-8.
    backing_path TEXT NOT NULL UNIQUE CHECK (length(CAST(backing_path AS BLOB)) > 0),
    format TEXT NOT NULL CHECK (typeof(format) = 'text' AND length(format) BETWEEN 1 AND 64),
    audio_offset INTEGER NOT NULL CHECK (typeof(audio_offset) = 'integer' AND audio_offset >= 0),
    audio_length INTEGER NOT NULL CHECK (typeof(audio_length) = 'integer' AND audio_length >= 0),
    backing_size INTEGER NOT NULL CHECK (typeof(backing_size) = 'integer' AND backing_size >= 0),
    backing_mtime_ns INTEGER NOT NULL CHECK (typeof(backing_mtime_ns) = 'integer'),
    backing_ctime_ns INTEGER NOT NULL CHECK (typeof(backing_ctime_ns) = 'integer'),
    content_version INTEGER NOT NULL DEFAULT 0 CHECK (typeof(content_version) = 'integer'),
    updated_at INTEGER NOT NULL DEFAULT 0 CHECK (typeof(updated_at) = 'integer'),
    fingerprint TEXT
        CHECK (fingerprint IS NULL OR (length(fingerprint) = 64 AND fingerprint NOT GLOB '*[^0-9a-fA-F]*')),
    content_hash TEXT
        CHECK (content_hash IS NULL OR (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-fA-F]*')),
    CHECK (audio_length <= backing_size - audio_offset)
);

CREATE TABLE tags (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    key TEXT NOT NULL CHECK (
        typeof(key) = 'text' AND length(key) BETWEEN 1 AND 256
        AND key NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
        AND instr(CAST(key AS BLOB), X'00') = 0),
    value TEXT NOT NULL DEFAULT '' CHECK (typeof(value) = 'text' AND length(CAST(value AS BLOB)) <= 262144),
    ordinal INTEGER NOT NULL DEFAULT 0 CHECK (typeof(ordinal) = 'integer' AND ordinal >= 0),
    value_blob BLOB CHECK (
        value_blob IS NULL
        OR (typeof(value_blob) = 'blob' AND length(value_blob) <= 16711680 AND value = '')),
    PRIMARY KEY (track_id, key, ordinal)
) WITHOUT ROWID;

CREATE TABLE art (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE CHECK (typeof(sha256) = 'text' AND length(sha256) = 64),
    mime TEXT NOT NULL CHECK (typeof(mime) = 'text' AND length(mime) <= 255),
    width INTEGER CHECK (width IS NULL OR (typeof(width) = 'integer' AND width >= 0)),
    height INTEGER CHECK (height IS NULL OR (typeof(height) = 'integer' AND height >= 0)),
    byte_len INTEGER NOT NULL CHECK (typeof(byte_len) = 'integer' AND byte_len BETWEEN 0 AND 16711680),
    data BLOB NOT NULL CHECK (typeof(data) = 'blob'),
    CHECK (byte_len = length(data))
);

CREATE TABLE track_art (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    art_id INTEGER NOT NULL REFERENCES art (id),
    picture_type INTEGER NOT NULL DEFAULT 3
        CHECK (typeof(picture_type) = 'integer' AND picture_type BETWEEN 0 AND 20),
    description TEXT NOT NULL DEFAULT '' CHECK (typeof(description) = 'text' AND length(description) <= 1024),
    ordinal INTEGER NOT NULL DEFAULT 0 CHECK (typeof(ordinal) = 'integer' AND ordinal >= 0),
    PRIMARY KEY (track_id, ordinal)
) WITHOUT ROWID;
