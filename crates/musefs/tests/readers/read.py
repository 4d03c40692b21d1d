"""Prints as JSON what mutagen reads of an audio file: format, tags, pictures, length in seconds."""

import hashlib
import json
import sys

import mutagen
from mutagen.id3 import APIC

# The names of easy tags, so that a test need not know the container.
FRAMES = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "TPE2": "albumartist", "TCON": "genre", "TRCK": "tracknumber"}


def main(path):
    file = mutagen.File(path)
    tags, pictures = {}, []
    for key, values in (file.tags or {}).items():
        if isinstance(values, APIC):
            pictures.append([int(values.type), values.mime, hashlib.sha256(values.data).hexdigest()])
        elif key[:4] in FRAMES:
            tags[FRAMES[key[:4]]] = [str(value) for value in values.text]
        elif hasattr(values, "text"):
            text = values.text if isinstance(values.text, list) else [values.text]
            tags[getattr(values, "desc", "") or key] = [str(value) for value in text]
        else:
            # A frame such as UFID holds one value that is no text.
            values = values if hasattr(values, "__iter__") else [values]
            tags[key.lower()] = [str(value) for value in values]
    for picture in getattr(file, "pictures", []):
        pictures.append([int(picture.type), picture.mime, hashlib.sha256(picture.data).hexdigest()])
    kind = type(file).__name__.lower()
    json.dump({"kind": kind, "tags": tags, "pictures": pictures, "length": file.info.length}, sys.stdout)


main(sys.argv[1])
