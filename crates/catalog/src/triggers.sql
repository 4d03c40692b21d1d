-- What keeps content versions and the change log true whoever writes. The ON CONFLICT policy of the outer statement
-- overrides the one of statements in a trigger, so nothing here relies on OR REPLACE or OR IGNORE: a log entry is
-- deleted and inserted. A row that REPLACE displaces fires no delete trigger, hence the triggers before insert and update.

CREATE TRIGGER musefs_tags_insert AFTER INSERT ON tags BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = NEW.track_id;
END;
CREATE TRIGGER musefs_tags_update AFTER UPDATE ON tags BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id IN (OLD.track_id, NEW.track_id);
END;
CREATE TRIGGER musefs_tags_delete AFTER DELETE ON tags BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = OLD.track_id;
END;
CREATE TRIGGER musefs_track_art_insert AFTER INSERT ON track_art BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = NEW.track_id;
END;
CREATE TRIGGER musefs_track_art_update AFTER UPDATE ON track_art BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id IN (OLD.track_id, NEW.track_id);
END;
CREATE TRIGGER musefs_track_art_delete AFTER DELETE ON track_art BEGIN
    UPDATE tracks SET content_version = coalesce(content_version, 0) + 1,
        updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = OLD.track_id;
END;

CREATE TRIGGER musefs_tracks_displace_insert BEFORE INSERT ON tracks
WHEN EXISTS (SELECT 1 FROM tracks WHERE backing_path = NEW.backing_path) BEGIN
    DELETE FROM musefs_changes WHERE track_id = (SELECT id FROM tracks WHERE backing_path = NEW.backing_path);
    INSERT INTO musefs_changes (track_id) SELECT id FROM tracks WHERE backing_path = NEW.backing_path;
END;
CREATE TRIGGER musefs_tracks_displace_update BEFORE UPDATE OF backing_path ON tracks
WHEN EXISTS (SELECT 1 FROM tracks WHERE backing_path = NEW.backing_path AND id <> OLD.id) BEGIN
    DELETE FROM musefs_changes WHERE track_id = (SELECT id FROM tracks WHERE backing_path = NEW.backing_path);
    INSERT INTO musefs_changes (track_id) SELECT id FROM tracks WHERE backing_path = NEW.backing_path;
END;
CREATE TRIGGER musefs_tracks_insert AFTER INSERT ON tracks BEGIN
    DELETE FROM musefs_anatomy WHERE track_id = NEW.id;
    DELETE FROM musefs_marks WHERE track_id = NEW.id;
    DELETE FROM musefs_sizes WHERE track_id = NEW.id;
    DELETE FROM musefs_changes WHERE track_id = NEW.id;
    INSERT INTO musefs_changes (track_id) VALUES (NEW.id);
END;
CREATE TRIGGER musefs_tracks_update AFTER UPDATE ON tracks BEGIN
    DELETE FROM musefs_changes WHERE track_id = NEW.id;
    INSERT INTO musefs_changes (track_id) VALUES (NEW.id);
END;
CREATE TRIGGER musefs_tracks_renumber AFTER UPDATE OF id ON tracks WHEN OLD.id <> NEW.id BEGIN
    DELETE FROM musefs_changes WHERE track_id = OLD.id;
    INSERT INTO musefs_changes (track_id) VALUES (OLD.id);
END;
-- Another program that says a file is now a different one makes what we recorded of it worthless.
CREATE TRIGGER musefs_tracks_restamp
AFTER UPDATE OF id, format, backing_size, backing_mtime_ns, backing_ctime_ns ON tracks
WHEN OLD.id <> NEW.id OR OLD.format IS NOT NEW.format OR OLD.backing_size IS NOT NEW.backing_size
    OR OLD.backing_mtime_ns IS NOT NEW.backing_mtime_ns OR OLD.backing_ctime_ns IS NOT NEW.backing_ctime_ns BEGIN
    DELETE FROM musefs_anatomy WHERE track_id IN (OLD.id, NEW.id);
    DELETE FROM musefs_marks WHERE track_id IN (OLD.id, NEW.id);
    DELETE FROM musefs_sizes WHERE track_id IN (OLD.id, NEW.id);
END;
-- Cascades need foreign_keys on, which is up to the program that deletes.
CREATE TRIGGER musefs_tracks_delete AFTER DELETE ON tracks BEGIN
    DELETE FROM tags WHERE track_id = OLD.id;
    DELETE FROM track_art WHERE track_id = OLD.id;
    DELETE FROM musefs_anatomy WHERE track_id = OLD.id;
    DELETE FROM musefs_marks WHERE track_id = OLD.id;
    DELETE FROM musefs_sizes WHERE track_id = OLD.id;
    DELETE FROM musefs_changes WHERE track_id = OLD.id;
    INSERT INTO musefs_changes (track_id) VALUES (OLD.id);
END;

CREATE TRIGGER musefs_art_update BEFORE UPDATE ON art
WHEN NEW.id IS NOT OLD.id OR NEW.sha256 IS NOT OLD.sha256 OR NEW.mime IS NOT OLD.mime OR NEW.width IS NOT OLD.width
    OR NEW.height IS NOT OLD.height OR NEW.byte_len IS NOT OLD.byte_len OR NEW.data IS NOT OLD.data BEGIN
    SELECT RAISE(ABORT, 'a row of art never changes: insert another');
END;
CREATE TRIGGER musefs_art_replace BEFORE INSERT ON art
WHEN EXISTS (SELECT 1 FROM art WHERE id = NEW.id AND sha256 IS NOT NEW.sha256) BEGIN
    SELECT RAISE(ABORT, 'a row of art never changes: insert another');
END;
