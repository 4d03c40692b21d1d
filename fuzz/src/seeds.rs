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

/// The targets of containers that can be edited.
const EDITABLE: [&str; 8] = ["flac", "mpeg", "ogg", "mp4", "wave", "aiff", "dsf", "apetagged"];

/// The seeds of a target.
pub(crate) fn of(target: &str) -> Seeds {
    match target {
        "flac" | "planted" => [of_kind(Kind::Flac), flac()].concat(),
        "mpeg" => [of_kind(Kind::Mp3), of_kind(Kind::Aac), mpeg()].concat(),
        "ogg" => [Kind::Opus, Kind::Vorbis, Kind::OggFlac].map(of_kind).concat(),
        "mp4" => [of_kind(Kind::M4a), mp4()].concat(),
        "wave" => [of_kind(Kind::Wav), wave()].concat(),
        "aiff" => [of_kind(Kind::Aiff), aiff()].concat(),
        "dsf" => [of_kind(Kind::Dsf), dsf()].concat(),
        "apetagged" => apetagged(),
        "dsdiff" => named([("tagged", dsdiff())]),
        "asf" => named([("tagged", asf())]),
        "matroska" => named([("tagged", matroska())]),
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
    let mut totals = bare.clone();
    for (key, value) in [("tracknumber", "3"), ("tracktotal", "12"), ("discnumber", "1/2"), ("disctotal", "2")] {
        totals.tags.push(key, value);
    }
    let mut full = Content { padding: 200, ..tagged.clone() };
    full.pictures = vec![Picture::png(1, 200), Picture::jpeg(2, 700).of_kind(4).described("back")];
    let contents = [("bare", bare), ("tagged", tagged), ("totals", totals), ("full", full)];
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

/// A Lyrics3 block of the first or second version, which stands before an ID3v1 tag.
fn lyrics3(version: u8) -> Vec<u8> {
    if version == 1 {
        return b"LYRICSBEGINsome words\r\nmoreLYRICSEND".to_vec();
    }
    let fields = b"LYRICSBEGININD0000200LYR00010some wordsETT00007A titleEAL00005Album";
    [&fields[..], format!("{:06}LYRICS200", fields.len()).as_bytes()].concat()
}

/// Zeros or junk in front of a file.
fn behind(front: &[u8], file: &[u8]) -> Vec<u8> {
    [front, file].concat()
}

fn mpeg() -> Seeds {
    let short = || Mp3Builder::new(2).blocks(2).id3v2(None);
    let lyrics = lyrics3(2);
    let v1 = id3v1("A title", "One", "Album", 7);
    let true_audio = [&b"TTA1"[..], &[0x55; 300]].concat();
    let footer = [id3(4).build(), b"3DI\x04\0\0\0\0\0\0".to_vec()].concat();
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
        ("lyrics3", short().trail(&[lyrics3(1), v1.clone()].concat()).build()),
        ("lyrics3-v2", short().trail(&[lyrics3(2), v1.clone()].concat()).build()),
        ("tag-at-the-end", short().trail(&with_footer(&footer)).build()),
        ("two-ape-tags", short().trail(&[ape(), ape(), v1.clone()].concat()).build()),
        ("tta", true_audio.clone()),
        ("tta-tagged", [id3(3).build(), true_audio.clone(), ape(), lyrics3(2), v1.clone()].concat()),
        ("tta-behind-zeros", behind(&[0; 40], &true_audio)),
        ("front-and-behind", [id3(3).build(), short().trail(&[ape(), v1].concat()).build()].concat()),
    ])
}

/// The tag with the flag that says that a footer follows, and the size of the tag in that.
fn with_footer(tag: &[u8]) -> Vec<u8> {
    let mut tag = with_flags(tag.to_vec(), 0x10);
    let footer = tag.len() - 10;
    tag.copy_within(3..10, footer + 3);
    tag
}

fn flac() -> Seeds {
    let short = || FlacBuilder::new(3).blocks(1).tag("title", "A title").tag("artist", "One");
    let v1 = id3v1("Other", "One", "Album", 7);
    named([
        ("id3-around", short().lead(&id3(3).build()).trail(&id3v1("Other", "One", "Album", 7)).build()),
        ("lyrics3-behind", short().trail(&[lyrics3(1), v1.clone()].concat()).build()),
        ("everything-behind", short().trail(&[ape(), lyrics3(2), v1].concat()).build()),
        ("unsynchronised-in-front", short().lead(&with_flags(id3(3).build(), 0x80)).build()),
        ("junk-in-front", short().lead(b"junk").build()),
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
        ("junk-in-front", behind(b"junk", &short().info(true).build())),
        ("odd-names", odd_names()),
    ])
}

/// A list with a field that has no proper name and one that claims to pass the end.
fn odd_names() -> Vec<u8> {
    let mut fields = [chunk(b"I\x03RK", b"odd"), chunk(b"ICRD", b"1999"), chunk(b"IGNR", b"Jazz")].concat();
    let size = fields.len() - 8;
    fields[size..size + 4].fill(0x57);
    let list = chunk(b"LIST", &[b"INFO".to_vec(), chunk(b"INAM", b"A title"), fields].concat());
    let fmt = chunk(b"fmt ", &[1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);
    chunk(b"RIFF", &[b"WAVE".to_vec(), fmt, list, chunk(b"data", &[0x55; 40])].concat())
}

fn aiff() -> Seeds {
    let picture = AiffBuilder::new(5).blocks(1).tag("title", "A title").picture(Picture::png(1, 150)).build();
    named([("zeros-in-front", behind(&[0; 9], &picture)), ("picture", picture)])
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
        ("junk-in-front", behind(b"junk before it", &short().build())),
        ("chapters", short().udta(&chapters).padding(50).build()),
        ("items", Mp4Builder::new(7).blocks(1).udta(&nested).build()),
    ])
}

fn dsf() -> Seeds {
    let bare = Kind::Dsf.build(Content { blocks: 1, ..Content::new(8) });
    let mut tagged = bare.clone();
    // The place of the tag, and the size of the file with it.
    let tag = id3(3).build();
    tagged[20..28].copy_from_slice(&(bare.len() as u64).to_le_bytes());
    tagged.extend_from_slice(&tag);
    let size = tagged.len() as u64;
    tagged[12..20].copy_from_slice(&size.to_le_bytes());
    named([("v23", tagged)])
}

fn apetagged() -> Seeds {
    let stream = |magic: &[u8]| [magic, &[0x55; 300]].concat();
    let v1 = id3v1("Old", "One", "Album", 7);
    named([
        ("wavpack", [stream(b"wvpk"), ape()].concat()),
        ("monkeys-audio", [stream(b"MAC "), ape(), v1.clone()].concat()),
        ("musepack", [id3(3).build(), stream(b"MPCK"), ape()].concat()),
        ("tak", [stream(b"tBaK"), v1.clone()].concat()),
        ("lyrics3", [stream(b"wvpk"), ape(), lyrics3(2), v1].concat()),
        ("optimfrog", [stream(b"OFR "), ape(), ape()].concat()),
    ])
}

fn dsdiff() -> Vec<u8> {
    let chunk = |name: &[u8], body: &[u8]| {
        let padding = vec![0; body.len() % 2];
        [name, &(body.len() as u64).to_be_bytes(), body, &padding].concat()
    };
    let artist = chunk(b"DIAR", b"\0\0\0\x03One");
    let parts = [
        chunk(b"FVER", &[1, 5, 0, 0]),
        chunk(b"PROP", &[&b"SND "[..], &chunk(b"FS  ", &2_822_400u32.to_be_bytes())].concat()),
        chunk(b"DSD ", &[0x69; 200]),
        chunk(b"DIIN", &[artist, chunk(b"DITI", b"\0\0\0\x07A title")].concat()),
        chunk(b"COMT", b"\0\x01\x07\xd0\x01\x01\0\0\0\0\0\0\0\0\0\x02ab"),
        chunk(b"ID3 ", &id3(4).build()),
    ];
    chunk(b"FRM8", &[b"DSD ".to_vec(), parts.concat()].concat())
}

fn asf() -> Vec<u8> {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
    let object =
        |id: u128, body: &[u8]| [&id.to_be_bytes()[..], &(body.len() as u64 + 24).to_le_bytes(), body].concat();
    let (title, artist) = (wide("A title"), wide("One"));
    let lens = [title.len() as u16, artist.len() as u16, 0, 0, 0].map(u16::to_le_bytes).concat();
    let content = object(0x3326_B275_8E66_CF11_A6D9_00AA_0062_CE6C, &[lens, title, artist].concat());
    let (name, value) = (wide("WM/AlbumTitle"), wide("Album"));
    let mut extended = vec![1, 0];
    extended.extend_from_slice(&(name.len() as u16).to_le_bytes());
    extended.extend_from_slice(&name);
    extended.extend_from_slice(&[0, 0]);
    extended.extend_from_slice(&(value.len() as u16).to_le_bytes());
    extended.extend_from_slice(&value);
    let extended = object(0x40A4_D0D2_07E3_D211_97F0_00A0_C95E_A850, &extended);
    let parts = [&[2, 0, 0, 0, 1, 2][..], &content, &extended].concat();
    let data = object(0x3626_B275_8E66_CF11_A6D9_00AA_0062_CE6C, &[7; 200]);
    [object(0x3026_B275_8E66_CF11_A6D9_00AA_0062_CE6C, &parts), data].concat()
}

fn matroska() -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| {
        let size = (body.len() as u16 | 0x4000).to_be_bytes();
        [id, &size, body].concat()
    };
    let head = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
    let tag = |name: &[u8], value: &[u8]| {
        element(b"\x67\xc8", &[element(b"\x45\xa3", name), element(b"\x44\x87", value)].concat())
    };
    let target = element(b"\x63\xc0", &element(b"\x68\xca", &[30]));
    let tags = [target, tag(b"TITLE", b"A title"), tag(b"ARTIST", b"One")].concat();
    let info = element(b"\x15\x49\xa9\x66", &element(b"\x7b\xa9", b"Segment title"));
    let track = element(b"\xae", &[element(b"\xd7", &[1]), element(b"\x83", &[2])].concat());
    let cover =
        [element(b"\x46\x6e", b"cover.png"), element(b"\x46\x60", b"image/png"), element(b"\x46\x5c", &[9; 99])];
    let parts = [
        info,
        element(b"\x16\x54\xae\x6b", &track),
        element(b"\x12\x54\xc3\x67", &element(b"\x73\x73", &tags)),
        element(b"\x19\x41\xa4\x69", &element(b"\x61\xa7", &cover.concat())),
        element(b"\x1f\x43\xb6\x75", &[5; 200]),
    ];
    [head, element(b"\x18\x53\x80\x67", &parts.concat())].concat()
}

/// The anatomies of all files that the other targets begin with.
fn anatomies() -> Seeds {
    let mut found = Vec::new();
    for (name, bytes) in EDITABLE.into_iter().flat_map(of) {
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
        ("functions", b"%if{$a,%upper{%left{$a,1}},#}/%title{$b} (%year{${date|c}})\n\nx; y\n1999-01-01".to_vec()),
        ("lists", b"%ifdef{a|bc,%first{$a,2,1,; ,$, },%asciify{none$}}}/%right{$$$%$[x,3}\nu\na; b; c".to_vec()),
        ("each", b"%each{a}/[%each{b} - ]%lower{%each{dd}}\n\none\ntwo\ncon.\n\xc3\x89?".to_vec()),
        ("path", b"$!{path|folder}/[${a:02} [$b]]$$$]\nx/../y\n/../a.b//..".to_vec()),
    ])
}
