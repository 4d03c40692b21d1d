-- What keeps the history of edits true whoever writes: one insert for each row that changes. Built-in SQL of SQLite 3.31.
--
-- `flags`: 1 there was a row before, 2 there is one after, 4 the row before stands in the way of one that is being written.
-- A row that REPLACE displaces fires no delete trigger, so the triggers before insert and update note it with flag 4. That
-- note counts only where the entry of the row that took its place follows at once; OR IGNORE and upserts leave it without.
--
-- `mark` tells connections apart: it never falls within one. Rows of a track that is being deleted are not noted one by
-- one; the trigger before the track's deletion has kept them together.

CREATE TRIGGER musefs_history_tags_displace_insert BEFORE INSERT ON tags
WHEN EXISTS (SELECT 1 FROM tags WHERE track_id = NEW.track_id AND key = NEW.key AND ordinal = NEW.ordinal) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_blob)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), track_id, 0, 5, key, ordinal,
        value, value_blob
    FROM tags WHERE track_id = NEW.track_id AND key = NEW.key AND ordinal = NEW.ordinal;
END;
CREATE TRIGGER musefs_history_tags_insert AFTER INSERT ON tags BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, new_value, new_blob)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 0, 2, NEW.key,
        NEW.ordinal, NEW.value, NEW.value_blob);
END;
CREATE TRIGGER musefs_history_tags_update AFTER UPDATE ON tags
WHEN OLD.track_id IS NEW.track_id AND OLD.key IS NEW.key AND OLD.ordinal IS NEW.ordinal
    AND (OLD.value IS NOT NEW.value OR OLD.value_blob IS NOT NEW.value_blob) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_blob, new_value, new_blob)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 0, 3, NEW.key,
        NEW.ordinal, OLD.value, OLD.value_blob, NEW.value, NEW.value_blob);
END;
CREATE TRIGGER musefs_history_tags_displace_update BEFORE UPDATE ON tags
WHEN (OLD.track_id IS NOT NEW.track_id OR OLD.key IS NOT NEW.key OR OLD.ordinal IS NOT NEW.ordinal)
    AND EXISTS (SELECT 1 FROM tags WHERE track_id = NEW.track_id AND key = NEW.key AND ordinal = NEW.ordinal) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_blob)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), track_id, 0, 5, key, ordinal,
        value, value_blob
    FROM tags WHERE track_id = NEW.track_id AND key = NEW.key AND ordinal = NEW.ordinal;
END;
-- The entry of the new place comes first, so that it follows that of a row it displaced.
CREATE TRIGGER musefs_history_tags_move AFTER UPDATE ON tags
WHEN OLD.track_id IS NOT NEW.track_id OR OLD.key IS NOT NEW.key OR OLD.ordinal IS NOT NEW.ordinal BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, new_value, new_blob)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 0, 2, NEW.key,
        NEW.ordinal, NEW.value, NEW.value_blob);
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_blob)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), OLD.track_id, 0, 1, OLD.key,
        OLD.ordinal, OLD.value, OLD.value_blob);
END;
CREATE TRIGGER musefs_history_tags_delete AFTER DELETE ON tags
WHEN EXISTS (SELECT 1 FROM tracks WHERE id = OLD.track_id) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_blob)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), OLD.track_id, 0, 1, OLD.key,
        OLD.ordinal, OLD.value, OLD.value_blob);
END;

CREATE TRIGGER musefs_history_art_displace_insert BEFORE INSERT ON track_art
WHEN EXISTS (SELECT 1 FROM track_art WHERE track_id = NEW.track_id AND ordinal = NEW.ordinal) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_art, old_type)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), track_id, 1, 5, '', ordinal,
        description, art_id, picture_type
    FROM track_art WHERE track_id = NEW.track_id AND ordinal = NEW.ordinal;
END;
CREATE TRIGGER musefs_history_art_insert AFTER INSERT ON track_art BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, new_value, new_art, new_type)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 1, 2, '',
        NEW.ordinal, NEW.description, NEW.art_id, NEW.picture_type);
END;
CREATE TRIGGER musefs_history_art_update AFTER UPDATE ON track_art
WHEN OLD.track_id IS NEW.track_id AND OLD.ordinal IS NEW.ordinal
    AND (OLD.art_id IS NOT NEW.art_id OR OLD.picture_type IS NOT NEW.picture_type
        OR OLD.description IS NOT NEW.description) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_art, old_type, new_value,
        new_art, new_type)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 1, 3, '',
        NEW.ordinal, OLD.description, OLD.art_id, OLD.picture_type, NEW.description, NEW.art_id, NEW.picture_type);
END;
CREATE TRIGGER musefs_history_art_displace_update BEFORE UPDATE ON track_art
WHEN (OLD.track_id IS NOT NEW.track_id OR OLD.ordinal IS NOT NEW.ordinal)
    AND EXISTS (SELECT 1 FROM track_art WHERE track_id = NEW.track_id AND ordinal = NEW.ordinal) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_art, old_type)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), track_id, 1, 5, '', ordinal,
        description, art_id, picture_type
    FROM track_art WHERE track_id = NEW.track_id AND ordinal = NEW.ordinal;
END;
CREATE TRIGGER musefs_history_art_move AFTER UPDATE ON track_art
WHEN OLD.track_id IS NOT NEW.track_id OR OLD.ordinal IS NOT NEW.ordinal BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, new_value, new_art, new_type)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), NEW.track_id, 1, 2, '',
        NEW.ordinal, NEW.description, NEW.art_id, NEW.picture_type);
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_art, old_type)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), OLD.track_id, 1, 1, '',
        OLD.ordinal, OLD.description, OLD.art_id, OLD.picture_type);
END;
CREATE TRIGGER musefs_history_art_delete AFTER DELETE ON track_art
WHEN EXISTS (SELECT 1 FROM tracks WHERE id = OLD.track_id) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal, old_value, old_art, old_type)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), OLD.track_id, 1, 1, '',
        OLD.ordinal, OLD.description, OLD.art_id, OLD.picture_type);
END;

-- The trigger on `musefs_history` below keeps what belongs to the track.
CREATE TRIGGER musefs_history_tracks_delete BEFORE DELETE ON tracks BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal)
    VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), OLD.id, 2, 1, '', 0);
END;
CREATE TRIGGER musefs_history_tracks_displace_insert BEFORE INSERT ON tracks
WHEN EXISTS (SELECT 1 FROM tracks WHERE backing_path = NEW.backing_path) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), id, 2, 5, '', 0
    FROM tracks WHERE backing_path = NEW.backing_path;
END;
CREATE TRIGGER musefs_history_tracks_displace_update BEFORE UPDATE OF backing_path ON tracks
WHEN EXISTS (SELECT 1 FROM tracks WHERE backing_path = NEW.backing_path AND id <> OLD.id) BEGIN
    INSERT INTO musefs_history (at, mark, track_id, kind, flags, key, ordinal)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), total_changes(), id, 2, 5, '', 0
    FROM tracks WHERE backing_path = NEW.backing_path;
END;
CREATE TRIGGER musefs_history_keep_removed AFTER INSERT ON musefs_history WHEN NEW.kind = 2 AND (NEW.flags & 1) = 1 BEGIN
    INSERT INTO musefs_removed (seq, track_id, backing_path, format, audio_offset, audio_length, backing_size,
        backing_mtime_ns, backing_ctime_ns, content_version, updated_at, fingerprint, content_hash, prober, anatomy)
    SELECT NEW.seq, t.id, t.backing_path, t.format, t.audio_offset, t.audio_length, t.backing_size,
        t.backing_mtime_ns, t.backing_ctime_ns, t.content_version, t.updated_at, t.fingerprint, t.content_hash, m.prober,
        a.anatomy
    FROM tracks AS t LEFT JOIN musefs_marks AS m ON m.track_id = t.id LEFT JOIN musefs_anatomy AS a ON a.track_id = t.id
    WHERE t.id = NEW.track_id;
    INSERT INTO musefs_removed_tags (seq, key, ordinal, value, value_blob)
    SELECT NEW.seq, key, ordinal, value, value_blob FROM tags WHERE track_id = NEW.track_id;
    INSERT INTO musefs_removed_art (seq, ordinal, art_id, picture_type, description)
    SELECT NEW.seq, ordinal, art_id, picture_type, description FROM track_art WHERE track_id = NEW.track_id;
END;
-- Programs that write for months, with no command of ours to trim the history, must not let it grow without bound.
CREATE TRIGGER musefs_history_bound AFTER INSERT ON musefs_history WHEN NEW.seq % 1024 = 0 BEGIN
    DELETE FROM musefs_removed_tags WHERE seq <= NEW.seq - 400000;
    DELETE FROM musefs_removed_art WHERE seq <= NEW.seq - 400000;
    DELETE FROM musefs_removed WHERE seq <= NEW.seq - 400000;
    DELETE FROM musefs_history WHERE seq <= NEW.seq - 400000;
END;
