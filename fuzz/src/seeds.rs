//! Small files to begin with: what the fixtures build, and the oddities that a fuzzer would take long to come upon.

use crate::formats;
use musefs_contracts::backing::MemorySource;
use musefs_testkit::fixtures::{
    AiffBuilder, Content, FlacBuilder, Id3Builder, Kind, Mp3Builder, Mp4Builder, Picture, WavBuilder, atom, chunk,
    id3v1, ilst_data,
};
use musefs_testkit::hostile::probe;

/// Names and bytes.
type Seeds = Vec<(String, Vec<u8>)>;

/// The seeds of a target.
pub(crate) fn of(target: &str) -> Seeds {
    match target {
        "flac" | "planted" => [of_kind(Kind::Flac), flac()].concat(),
        "mpeg" => [of_kind(Kind::Mp3), mpeg()].concat(),
        "ogg" => [Kind::Opus, Kind::Vorbis, Kind::OggFlac].map(of_kind).concat(),
        "mp4" => [of_kind(Kind::M4a), mp4()].concat(),
        "wave" => [of_kind(Kind::Wav), wave()].concat(),
        "aiff" => [of_kind(Kind::Aiff), aiff()].concat(),
        "anatomy" => anatomies(),
        "template" => templates(),
        other => panic!("there are no seeds of {other}"),
    }
}

fn named(seeds: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Seeds {
    seeds.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

/// A file without tags, one with some, one with pictures and padding.
fn of_kind(kind: Kind) -> Seeds {
    let bare = Content { blocks: 1, ..Content::new(1) };
    let mut tagged = bare.clone();
    let tags = [("title", "A title"), ("artist", "One"), ("artist", "Two"), ("tracknumber", "3/12"), ("date", "1999")];
    for (key, value) in tags.into_iter().chain([("genre", "Jazz"), ("comment", "Größe"), ("some key", "value")]) {
        tagged.tags.push(key, value);
    }
    let mut full = Content { padding: 200, ..tagged.clone() };
    full.pictures = vec![Picture::png(1, 200), Picture::jpeg(2, 700).of_kind(4).described("back")];
    let contents = [("bare", bare), ("tagged", tagged), ("full", full)];
    contents.map(|(name, content)| (format!("{}-{name}", kind.name()), kind.build(content))).to_vec()
}

/// A tag with frames of every shape.
fn id3(version: u8) -> Id3Builder {
    Id3Builder::new(version)
        .text(b"TIT2", &["A title"])
        .text(b"TPE1", &["One", "Two"])
        .text(b"TCON", &["(17)(4)Eurodisco"])
        .text(if version == 3 { b"TYER" } else { b"TDRC" }, &["1999"])
        .user_text("MOOD", &["calm", "wet"])
        .comment("eng", "", "a comment")
        .comment("deu", "Größe", "noch einer")
        .frame(b"POPM", b"a@b\0\x80\0\0\0\x05")
        .frame(b"UFID", b"http://musicbrainz.org\0id")
        .frame(b"PRIV", b"owner\0\x01\x02")
        .frame(b"CHAP", b"c1\0\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xffTIT2\0\0\0\x03\0\0\0ab")
        .frame_with_flags(
            b"TALB",
            if version == 3 { 0x0080 } else { 0x0009 },
            b"\0\0\0\x03\x78\x01\x01\x03\0\xfc\xff\0ab\0\xc4\0\xc4",
        )
        .picture(&Picture::png(3, 150))
        .padding(40)
}

fn with_flags(mut tag: Vec<u8>, flags: u8) -> Vec<u8> {
    tag[5] = flags;
    tag
}

/// A 2.2 tag, with a picture.
fn id3v22() -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in
        [(b"TT2", &b"\0A title"[..]), (b"TP1", b"\x01\xff\xfea\0b\0"), (b"PIC", b"\0PNG\x03d\0image")]
    {
        body.extend_from_slice(name);
        body.extend_from_slice(&[0, 0, content.len() as u8]);
        body.extend_from_slice(content);
    }
    [b"ID3\x02\0\0\0\0\0".to_vec(), vec![body.len() as u8], body].concat()
}

fn ape() -> Vec<u8> {
    let mut items = Vec::new();
    for (key, flags, value) in
        [("Title", 0u32, &b"A title"[..]), ("Artist", 0, b"One\0Two"), ("Cover Art (Front)", 2, b"c.png\0image")]
    {
        items.extend_from_slice(&(value.len() as u32).to_le_bytes());
        items.extend_from_slice(&flags.to_le_bytes());
        items.extend_from_slice(key.as_bytes());
        items.push(0);
        items.extend_from_slice(value);
    }
    let block = |flags: u32| {
        let numbers = [2_000, items.len() as u32 + 32, 3, flags, 0, 0].map(u32::to_le_bytes).concat();
        [b"APETAGEX".to_vec(), numbers].concat()
    };
    [block(0xa000_0000), items.clone(), block(0x8000_0000)].concat()
}

fn mpeg() -> Seeds {
    let short = || Mp3Builder::new(2).blocks(2).id3v2(None);
    let lyrics = [b"LYRICSBEGININD00002 0EAL00005Album".to_vec(), b"000031LYRICS200".to_vec()].concat();
    let v1 = id3v1("A title", "One", "Album", 7);
    named([
        ("v22", [id3v22(), short().build()].concat()),
        ("v23", [id3(3).build(), short().build()].concat()),
        ("v24", [id3(4).build(), short().build()].concat()),
        ("v23-unsynchronised", [with_flags(id3(3).build(), 0x80), short().build()].concat()),
        ("v24-unsynchronised", [with_flags(id3(4).build(), 0x80), short().build()].concat()),
        (
            "v24-extended",
            [b"ID3\x04\0\x40\0\0\0\x13\0\0\0\x06\x01\0TIT2\0\0\0\x03\0\0\0ab".to_vec(), short().build()].concat(),
        ),
        ("two-tags", [id3(3).build(), id3(4).build(), short().junk(20).build()].concat()),
        ("everything-behind", short().xing().trail(&[ape(), lyrics, v1.clone()].concat()).build()),
        ("front-and-behind", [id3(3).build(), short().trail(&[ape(), v1].concat()).build()].concat()),
    ])
}

fn flac() -> Seeds {
    let short = || FlacBuilder::new(3).blocks(1).tag("title", "A title").tag("artist", "One");
    named([
        ("id3-around", short().lead(&id3(3).build()).trail(&id3v1("Other", "One", "Album", 7)).build()),
        ("without-comments", short().without_comments().build()),
        ("application", short().block(2, b"testdata").padding(30).build()),
    ])
}

fn wave() -> Seeds {
    let short = || WavBuilder::new(4).blocks(1).tag("title", "A title").tag("artist", "One");
    let all = short().info(true).id3v2(Some(3)).picture(Picture::png(1, 150));
    let mut endless = all.clone().build();
    endless[4..8].fill(0xff);
    named([
        ("info-and-id3", all.clone().chunk(b"bext", &[0; 40]).build()),
        ("tags-first", all.tags_first().build()),
        ("endless", endless),
        ("odd", [short().build(), chunk(b"junk", b"odd")].concat()),
    ])
}

fn aiff() -> Seeds {
    named([("picture", AiffBuilder::new(5).blocks(1).tag("title", "A title").picture(Picture::png(1, 150)).build())])
}

fn mp4() -> Seeds {
    let short = || Mp4Builder::new(6).blocks(1).tag("title", "A title").picture(Picture::jpeg(1, 600));
    let chapters = atom(b"chpl", &[b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x02ab"]);
    let items = [
        atom(b"gnre", &[&ilst_data(0, &[0, 18])]),
        atom(b"tmpo", &[&ilst_data(21, &[0, 120])]),
        atom(b"trkn", &[&ilst_data(0, &[0, 0, 0, 3, 0, 12])]),
        atom(b"\xa9ART", &[&ilst_data(1, b"One"), &ilst_data(1, b"Two")]),
    ];
    let nested = atom(b"udta", &[&atom(b"meta", &[&[0; 4], &atom(b"ilst", &[&items.concat()])])]);
    named([
        ("moov-last", short().moov_last().padding(100).build()),
        ("aac", short().aac().build()),
        ("chapters", short().udta(&chapters).padding(50).build()),
        ("items", Mp4Builder::new(7).blocks(1).udta(&nested).build()),
    ])
}

/// The anatomies of all files that the other targets begin with.
fn anatomies() -> Seeds {
    let mut found = Vec::new();
    for (name, bytes) in ["flac", "mpeg", "ogg", "mp4", "wave", "aiff"].into_iter().flat_map(of) {
        for format in formats::all().iter() {
            let extension = format.extensions().first().copied().unwrap_or_default();
            if let Ok(probe) = probe(format.as_ref(), extension, &MemorySource(bytes.clone())) {
                found.push((format!("{name}-{extension}"), probe.anatomy.encode()));
            }
        }
    }
    found
}

fn templates() -> Seeds {
    named([
        ("mount", format!("{}\nUnknown\nA title\nTwo", musefs_template::DEFAULT_MOUNT).into_bytes()),
        ("up", format!("{}\n\n3/12\n\u{1}..", musefs_template::DEFAULT_UP).into_bytes()),
        ("path", b"$!{path|folder}/[${a:02} [$b]]$$$]\nx/../y\n/../a.b//..".to_vec()),
    ])
}
