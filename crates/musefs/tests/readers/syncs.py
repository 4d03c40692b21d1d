"""Syncs tags and art with python-musefs as often as it is asked: one request a line, one answer a line."""

import json
import sys

import musefs_common as musefs

for line in sys.stdin:
    asked = json.loads(line)
    images = [musefs.ArtImage(bytes(image), "image/png") for image in asked["images"]]
    pairs = [tuple(pair) for pair in asked["pairs"]]
    records = [musefs.Record(musefs.realpath_key(file), pairs, images) for file in asked["files"]]
    store = musefs.connect(asked["db"])
    try:
        stats = musefs.sync_files(store, records, merge=asked["merge"])
        store.commit()
        print(json.dumps({"synced": stats.synced}), flush=True)
    except Exception as error:  # noqa: BLE001: whatever it is, the test says it
        print(json.dumps({"error": repr(error)}), flush=True)
    finally:
        store.close()
