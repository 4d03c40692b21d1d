"""What other programs do to a store, for `cargo xtask bench`. Prints JSON.

edit DB MOUNT COUNT   retitle COUNT tracks in one transaction, then wait until the mount shows it, asking for nothing but
                      the status of the old paths
touch DB              give every track a comment, which moves no path
retitle DB            give every track another title
clone DB COUNT        repeat the store's tracks under other albums until there are COUNT
"""

import json
import os
import sqlite3
import sys
import time


def connect(path):
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("PRAGMA busy_timeout = 5000")
    store.execute("PRAGMA foreign_keys = ON")
    return store


def expected_paths(store, mount):
    """Tracks whose path under the default template is theirs alone and is there."""
    tags = {}
    rows = store.execute(
        "SELECT track_id, lower(key), value FROM tags WHERE ordinal = 0"
        " AND lower(key) IN ('title', 'album', 'artist', 'albumartist')"
    )
    for track, key, value in rows:
        tags.setdefault(track, {})[key] = value
    backing = dict(store.execute("SELECT id, backing_path FROM tracks"))
    paths, seen = {}, {}
    for track, known in tags.items():
        artist = known.get("albumartist") or known.get("artist")
        if not artist or not known.get("album") or not known.get("title"):
            continue
        extension = os.path.splitext(backing[track])[1]
        path = os.path.join(mount, artist, known["album"], known["title"] + extension)
        seen[path] = seen.get(path, 0) + 1
        paths[track] = path
    return [(track, path) for track, path in sorted(paths.items()) if seen[path] == 1]


def edit(db, mount, count):
    count = int(count)
    store = connect(db)
    known = expected_paths(store, mount)
    stride = max(1, len(known) // count)
    # Three times as many as needed are looked at, as names may be written otherwise.
    chosen = []
    for track, path in known[::stride] + known[1::stride] + known[2::stride]:
        if len(chosen) < count and os.path.lexists(path):
            chosen.append((track, path))
    if len(chosen) < count:
        sys.exit(f"only {len(chosen)} of {count} paths are as expected")
    watched = [path for _, path in chosen[:: max(1, count // 100)]]
    began = time.monotonic()
    store.execute("BEGIN IMMEDIATE")
    store.executemany(
        "UPDATE tags SET value = value || ' (edited)' WHERE track_id = ? AND lower(key) = 'title'",
        [(track,) for track, _ in chosen],
    )
    store.execute("COMMIT")
    committed = time.monotonic()
    for path in watched:
        while os.path.lexists(path):
            if time.monotonic() - committed > 120:
                sys.exit(f"{path} is still there two minutes later")
            time.sleep(0.0005)
    return {"transaction": committed - began, "visible": time.monotonic() - committed}


def touch(db):
    store = connect(db)
    store.execute("BEGIN IMMEDIATE")
    store.execute(
        "INSERT INTO tags (track_id, key, value, ordinal)"
        " SELECT id, 'comment', 'edited by the benchmark', coalesce("
        " (SELECT max(ordinal) + 1 FROM tags WHERE track_id = tracks.id AND key = 'comment'), 0) FROM tracks"
    )
    store.execute("COMMIT")
    return {}


def retitle(db):
    store = connect(db)
    store.execute("UPDATE tags SET value = value || ' (edited)' WHERE lower(key) = 'title'")
    return {}


def clone(db, count):
    count = int(count)
    store = connect(db)
    (tracks, highest) = store.execute("SELECT count(*), max(id) FROM tracks").fetchone()
    triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    store.execute("PRAGMA foreign_keys = OFF")
    store.execute("BEGIN IMMEDIATE")
    for name, _ in triggers:
        store.execute(f'DROP TRIGGER "{name}"')
    # One statement a table: rows of the copies stand in the order of their ids, as a scan leaves them.
    copies = (
        "WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy"
        f" WHERE n < {-(-count // tracks) - 1})"
    )
    limit = f"{{id}} + copy.n * {highest} <= {count}"
    for table in tables:
        columns = store.execute(f'PRAGMA table_info("{table}")').fetchall()
        names = [column[1] for column in columns]
        of_track = "id" if table == "tracks" else "track_id"
        if of_track not in names:
            continue
        # A row number of a table's own is given anew.
        names = [name for name, pk in ((c[1], c[5]) for c in columns) if name == of_track or not (pk and name == "seq")]
        values = []
        for name in names:
            if name == of_track:
                values.append(f"row.{name} + copy.n * {highest}")
            elif table == "tracks" and name == "backing_path":
                values.append("'/copy-' || copy.n || row.backing_path")
            elif table == "tags" and name == "value":
                values.append("CASE WHEN row.key = 'album' THEN row.value || ' ' || copy.n ELSE row.value END")
            else:
                values.append(f"row.{name}")
        store.execute(
            f'{copies} INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)}'
            f' FROM copy CROSS JOIN (SELECT * FROM "{table}" WHERE {of_track} > 0) AS row'
            f" WHERE {limit.format(id='row.' + of_track)} ORDER BY copy.n, row.{of_track}"
        )
    for _, sql in triggers:
        store.execute(sql)
    store.execute("COMMIT")
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {"tracks": store.execute("SELECT count(*) FROM tracks").fetchone()[0]}


print(json.dumps({"edit": edit, "touch": touch, "retitle": retitle, "clone": clone}[sys.argv[1]](*sys.argv[2:])))
