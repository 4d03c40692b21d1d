"""Does with python-musefs what its users do: scan, then sync tags and art of one file into a store being served."""

import pathlib
import sys

import musefs_common as musefs

binary, db, music, file, step = sys.argv[1:]
if step == "scan":
    musefs.run_scan(binary, db, [music])
    musefs.run_scan(binary, db, music, force=True)
    musefs.run_scan(binary, db, music, revalidate=True, prune=True)
else:
    store = musefs.connect(db)
    musefs.check_schema_version(store)
    pairs = [("title", "Synced – Größe"), ("artist", "Nina"), ("genre", "Jazz"), ("genre", "Soul")]
    image = musefs.ArtImage(b"\x89PNG\r\n\x1a\n" + bytes(5000), "image/png")
    record = musefs.Record(musefs.realpath_key(str(pathlib.Path(music) / file)), pairs, [image])
    stats = musefs.sync_files(store, [record], merge=(step == "merge"))
    store.commit()
    assert (stats.synced, stats.art_linked, stats.skipped) == (1, 1, 0), stats
