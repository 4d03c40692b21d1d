"""What independent readers see in audio files, in the same words for every container.

fields.py read PATH...    prints as JSON, by path, what mutagen and TagLib read: {"mutagen": {key: [values], ...}, "taglib": ...},
                          pictures as "#pictures", a list of SHA-256 digests. A reader that knows nothing of the container: null.
fields.py write PATH...   writes the tags that the test edits into files whose container has APEv2 or Vorbis comments, or ID3 in front.
fields.py rich PATH       writes an ID3v2.4 tag with one of everything that an edit must not touch.
fields.py frames PATH     prints the raw frames of an ID3v2.3 or v2.4 tag: [[id, body as hex], ...], in their order.
fields.py numbers PATH     prints all that mutagen calls a number or a total of tracks or discs, by its names in the file.
fields.py chapters PATH   prints the chapters of an MPEG-4 file: [[start, title], ...].
"""

import base64
import hashlib
import json
import sys

import mutagen
import mutagen.flac
import mutagen.id3 as id3
import mutagen.mp4
import taglib

BEFORE = {"Title": "Before", "Artist": "Alone", "Album": "Record", "Comment": "to be removed"}
NAMES = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "COMM": "comment",
         "\xa9nam": "title", "\xa9ART": "artist", "\xa9alb": "album", "\xa9cmt": "comment"}


def digest(image):
    return hashlib.sha256(bytes(image)).hexdigest()


def by_mutagen(path):
    fields, pictures = {}, []
    # Mutagen's readers of AAC and MPEG Layer II streams have no tags; those in front are read by themselves.
    try:
        file = id3.ID3(path) if path.endswith(".aac") else mutagen.File(path)
    except mutagen.MutagenError:
        return None
    if file is None:
        return None
    tags = file if isinstance(file, id3.ID3) else file.tags
    if isinstance(tags, id3.ID3):
        for frame in tags.values():
            if frame.FrameID == "APIC":
                pictures.append(digest(frame.data))
            elif frame.FrameID in NAMES:
                fields.setdefault(NAMES[frame.FrameID], []).extend(str(text) for text in frame.text)
    elif isinstance(tags, mutagen.mp4.MP4Tags):
        fields = {NAMES[name]: list(values) for name, values in tags.items() if name in NAMES}
        pictures = [digest(image) for image in tags.get("covr", [])]
    elif isinstance(tags, mutagen.apev2.APEv2):
        for name, value in tags.items():
            if name.lower().startswith("cover art"):
                pictures.append(digest(value.value.partition(b"\0")[2]))
            else:
                fields[name.lower()] = list(value)
    else:
        for name, value in tags:
            if name.lower() == "metadata_block_picture":
                pictures.append(digest(mutagen.flac.Picture(base64.b64decode(value)).data))
            else:
                fields.setdefault(name.lower(), []).append(value)
    pictures += [digest(picture.data) for picture in getattr(file, "pictures", [])]
    return fields | {"#pictures": pictures}


def by_taglib(path):
    try:
        file = taglib.File(path)
    except OSError:
        return None
    fields = {name.lower(): values for name, values in file.tags.items()}
    return fields | {"#pictures": [digest(picture.data) for picture in file.pictures]}


def numbers(path):
    tags = mutagen.File(path).tags
    if isinstance(tags, id3.ID3):
        own = {frame.FrameID: frame.text for frame in tags.values() if frame.FrameID in ("TRCK", "TPOS")}
        free = {frame.desc: frame.text for frame in tags.getall("TXXX") if "total" in frame.desc.lower()}
        return own | free
    if isinstance(tags, mutagen.mp4.MP4Tags):
        wanted = lambda name: name in ("trkn", "disk") or "total" in name.lower()
        return {name: values for name, values in tags.items() if wanted(name)}
    found = {}
    for name, value in tags:
        if "number" in name.lower() or "total" in name.lower():
            found.setdefault(name.lower(), []).append(value)
    return found


def write(path):
    if path.endswith((".aac", ".mp2")):
        tag = id3.ID3()
        frames = {id3.TIT2: "Title", id3.TPE1: "Artist", id3.TALB: "Album", id3.COMM: "Comment"}
        for frame, name in frames.items():
            tag.add(frame(encoding=3, text=BEFORE[name]))
        return tag.save(path)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for name in list(file.tags.keys()):
        del file.tags[name]
    for name, value in BEFORE.items():
        file.tags[name] = value
    file.save()


def rich(path):
    tag = id3.ID3()
    frames = [
        id3.TIT2(encoding=3, text="Before"),
        id3.CTOC(element_id="toc", flags=3, child_element_ids=["one", "two"], sub_frames=[id3.TIT2(text="Contents")]),
        id3.CHAP(element_id="one", start_time=0, end_time=500, sub_frames=[id3.TIT2(encoding=3, text="Erstes")]),
        id3.CHAP(element_id="two", start_time=500, end_time=900, sub_frames=[id3.TIT2(encoding=3, text="Zweites")]),
        id3.GRP1(encoding=1, text="Work"),
        id3.TXXX(encoding=3, desc="Two", text=["first", "second"]),
        id3.TXXX(encoding=1, desc="Zwölf", text=["größer"]),
        id3.COMM(encoding=3, lang="eng", desc="", text="English"),
        id3.COMM(encoding=0, lang="deu", desc="", text="Deutsch"),
        id3.COMM(encoding=1, lang="fra", desc="note", text="Français"),
        id3.USLT(encoding=3, lang="eng", desc="", text="la\nla"),
        id3.USLT(encoding=1, lang="deu", desc="zwei", text="lo\nlo"),
        id3.POPM(email="who@example.org", rating=196, count=7),
        id3.PRIV(owner="example.org", data=bytes(range(256))),
        id3.GEOB(encoding=0, mime="text/plain", filename="a.txt", desc="object", data=b"\xff\xe0 object \0"),
        id3.SYLT(encoding=3, lang="eng", format=2, type=1, desc="sung", text=[("la", 10), ("lo", 90)]),
        id3.UFID(owner="http://musicbrainz.org", data=b"2a7a9cbd-0000-4000-8000-000000000000"),
        id3.WXXX(encoding=0, desc="home", url="http://example.org/"),
    ]
    for kind, name in enumerate(["front", "back", "artist"]):
        image = b"\x89PNG\r\n\x1a\n" + bytes([kind]) * (1000 + kind)
        frames.append(id3.APIC(encoding=3, mime="image/png", type=3 + kind, desc=name, data=image))
    for frame in frames:
        tag.add(frame)
    tag.save(path, v2_version=4)


def frames(path):
    with open(path, "rb") as file:
        head = file.read(10)
        synchsafe = lambda four: sum(byte << shift for byte, shift in zip(four, (21, 14, 7, 0)))
        tag = file.read(synchsafe(head[6:]))
    assert head[:3] == b"ID3" and head[3] in (3, 4) and head[5] == 0, head
    found, at = [], 0
    while at + 10 <= len(tag) and tag[at]:
        size = synchsafe(tag[at + 4 : at + 8]) if head[3] == 4 else int.from_bytes(tag[at + 4 : at + 8], "big")
        found.append([tag[at : at + 4].decode("ascii"), tag[at : at + 10 + size].hex()])
        at += 10 + size
    return found


def main(command, paths):
    if command == "read":
        json.dump({path: {"mutagen": by_mutagen(path), "taglib": by_taglib(path)} for path in paths}, sys.stdout)
    elif command == "frames":
        json.dump(frames(paths[0]), sys.stdout)
    elif command == "numbers":
        json.dump(numbers(paths[0]), sys.stdout)
    elif command == "chapters":
        json.dump([[chapter.start, chapter.title] for chapter in mutagen.mp4.MP4(paths[0]).chapters], sys.stdout)
    else:
        for path in paths:
            {"write": write, "rich": rich}[command](path)


main(sys.argv[1], sys.argv[2:])
