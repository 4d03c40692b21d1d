//! Files of every container around content made to hurt.

use musefs_contracts::format::Format;
use musefs_format_apetagged::ApeTagged;
use musefs_format_dsf::Dsf;
use musefs_format_flac::Flac;
use musefs_format_mp4::Mp4;
use musefs_format_mpeg::Mpeg;
use musefs_format_ogg::Ogg;
use musefs_format_riff::{Aiff, Wave};
use musefs_format_verbatim::{Asf, Dsdiff, Matroska};
use musefs_testkit::fixtures::{
    AacBuilder, AiffBuilder, Content, FlacBuilder, Kind, Mp3Builder, OggWriter, WavBuilder, atom,
};

/// A file: its first bytes, and what the rest of it consists of.
pub(crate) struct Carrier {
    pub(crate) name: &'static str,
    pub(crate) format: Box<dyn Format>,
    pub(crate) bytes: Vec<u8>,
    /// Bytes behind them, all the same.
    pub(crate) behind: u64,
    pub(crate) filler: u8,
}

impl Carrier {
    fn new(name: &'static str, format: impl Format + 'static, bytes: Vec<u8>) -> Self {
        Self { name, format: Box::new(format), bytes, behind: 0, filler: 0 }
    }

    /// A plain file of a container.
    pub(crate) fn of_kind(kind: Kind) -> Self {
        let bytes = kind.build(Content::new(1));
        match kind {
            Kind::Flac => Self::new("FLAC", Flac::new(), bytes),
            Kind::Mp3 => Self::new("MP3", Mpeg::new(), bytes),
            Kind::Aac => Self::new("AAC", Mpeg::new(), bytes),
            Kind::M4a => Self::new("MP4", Mp4::new(), bytes),
            Kind::Opus => Self::new("Opus", Ogg::new(), bytes),
            Kind::Vorbis => Self::new("Vorbis", Ogg::new(), bytes),
            Kind::OggFlac => Self::new("FLAC in Ogg", Ogg::new(), bytes),
            Kind::Wav => Self::new("WAVE", Wave::new(), bytes),
            Kind::Aiff => Self::new("AIFF", Aiff::new(), bytes),
            Kind::Dsf => Self::new("DSF", Dsf::new(), bytes),
        }
    }

    pub(crate) fn extension(&self) -> &'static str {
        self.format.extensions().first().copied().unwrap_or_default()
    }

    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.behind
    }

    fn followed_by(self, behind: u64, filler: u8) -> Self {
        Self { behind, filler, ..self }
    }
}

fn little(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&name[..], &(body.len() as u32).to_le_bytes(), body, &vec![0; body.len() % 2]].concat()
}

fn big(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&name[..], &(body.len() as u32).to_be_bytes(), body, &vec![0; body.len() % 2]].concat()
}

/// A chunk with a size of eight bytes, as DSDIFF has them.
fn wide(name: &[u8; 4], size: u64, body: &[u8]) -> Vec<u8> {
    [&name[..], &size.to_be_bytes(), body, &vec![0; body.len() % 2]].concat()
}

fn wave(chunks: &[u8]) -> Carrier {
    let mut bytes = WavBuilder::new(1).blocks(1).build();
    bytes.extend_from_slice(chunks);
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    Carrier::new("WAVE", Wave::new(), bytes)
}

fn aiff(chunks: &[u8]) -> Carrier {
    let mut bytes = AiffBuilder::new(1).blocks(1).build();
    bytes.extend_from_slice(chunks);
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_be_bytes());
    Carrier::new("AIFF", Aiff::new(), bytes)
}

fn dsf(tag: &[u8]) -> Carrier {
    let mut bytes = Kind::Dsf.build(Content { blocks: 1, ..Content::new(1) });
    let at = bytes.len() as u64;
    bytes.extend_from_slice(tag);
    let size = bytes.len() as u64;
    bytes[12..20].copy_from_slice(&size.to_le_bytes());
    bytes[20..28].copy_from_slice(&at.to_le_bytes());
    Carrier::new("DSF", Dsf::new(), bytes)
}

fn dsdiff(chunks: &[u8]) -> Carrier {
    let rate = wide(b"FS  ", 4, &2_822_400u32.to_be_bytes());
    let properties = [&b"SND "[..], &rate].concat();
    let parts = [
        b"DSD ".to_vec(),
        wide(b"PROP", properties.len() as u64, &properties),
        wide(b"DSD ", 100, &[0x69; 100]),
        chunks.to_vec(),
    ]
    .concat();
    Carrier::new("DSDIFF", Dsdiff::new(), wide(b"FRM8", parts.len() as u64, &parts))
}

/// An ASF object.
fn object(id: u128, size: u64, body: &[u8]) -> Vec<u8> {
    [&id.to_be_bytes()[..], &size.to_le_bytes(), body].concat()
}

const ASF_HEADER: u128 = 0x3026_B275_8E66_CF11_A6D9_00AA_0062_CE6C;
const ASF_CONTENT: u128 = 0x3326_B275_8E66_CF11_A6D9_00AA_0062_CE6C;
const ASF_EXTENDED: u128 = 0x40A4_D0D2_07E3_D211_97F0_00A0_C95E_A850;
const ASF_EXTENSION: u128 = 0xB503_BF5F_2EA9_CF11_8EE3_00C0_0C20_5365;

fn asf(objects: &[u8]) -> Carrier {
    let body = [&u32::MAX.to_le_bytes()[..], &[1, 2], objects].concat();
    Carrier::new("ASF", Asf::new(), object(ASF_HEADER, body.len() as u64 + 24, &body))
}

/// An EBML element whose size takes eight bytes.
fn ebml(id: &[u8], size: u64, body: &[u8]) -> Vec<u8> {
    [id, &(size | 1 << 56).to_be_bytes(), body].concat()
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    ebml(id, body.len() as u64, body)
}

const TAGS: &[u8] = b"\x12\x54\xc3\x67";
const TAG: &[u8] = b"\x73\x73";
const SIMPLE_TAG: &[u8] = b"\x67\xc8";
const TAG_NAME: &[u8] = b"\x45\xa3";

fn matroska(elements: &[u8]) -> Carrier {
    let head = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
    let bytes = [head, element(b"\x18\x53\x80\x67", elements)].concat();
    Carrier::new("Matroska", Matroska::new(), bytes)
}

/// Every container of an ID3v2 tag.
pub(crate) fn with_id3(tag: &[u8]) -> Vec<Carrier> {
    let mp3 = Mp3Builder::new(1).blocks(2).id3v2(None);
    vec![
        Carrier::new("MP3", Mpeg::new(), [tag, &mp3.build()].concat()),
        Carrier::new("MP3, twice", Mpeg::new(), [tag, tag, &mp3.build()].concat()),
        Carrier::new("AAC", Mpeg::new(), [tag, &AacBuilder::new(1).blocks(2).build()].concat()),
        Carrier::new("True Audio", Mpeg::new(), [tag, b"TTA1", &[7; 300]].concat()),
        Carrier::new("FLAC", Flac::new(), FlacBuilder::new(1).blocks(1).lead(tag).build()),
        Carrier::new("Musepack", ApeTagged::new(), [tag, b"MPCK", &[7; 300]].concat()),
        wave(&little(b"id3 ", tag)),
        aiff(&big(b"ID3 ", tag)),
        dsf(tag),
        dsdiff(&wide(b"ID3 ", tag.len() as u64, tag)),
    ]
}

/// Every container of a Vorbis comment header.
pub(crate) fn with_comments(header: &[u8]) -> Vec<Carrier> {
    let ogg = |name, first: &[u8], comments: &[u8], others: &[&[u8]]| {
        let mut ogg = OggWriter::new(1);
        ogg.packets(&[first], 0);
        ogg.packets(&[&[comments, header].concat()], 0);
        ogg.packets(others, 0);
        ogg.packets(&[[9; 500]], 960);
        Carrier::new(name, Ogg::new(), ogg.finish())
    };
    let opus_head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0";
    let vorbis_head = b"\x01vorbis\0\0\0\0\x01\x44\xac\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xb8\x01";
    let mut speex_head = b"Speex   1.2".to_vec();
    speex_head.resize(80, 0);
    speex_head[32] = 80;
    let info = &FlacBuilder::new(1).blocks(1).build()[8..42];
    let flac_head = [&b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22"[..], info].concat();
    let block = (header.len() as u32).to_be_bytes();
    let mut flac_comments = vec![0x84];
    flac_comments.extend_from_slice(&block[1..]);
    let mut all = vec![
        ogg("Opus", opus_head, b"OpusTags", &[b"\xf8audio"]),
        ogg("Vorbis", vorbis_head, b"\x03vorbis", &[b"\x05vorbis setup"]),
        ogg("Speex", &speex_head, b"", &[b"audio"]),
        ogg("FLAC in Ogg", &flac_head, &flac_comments, &[b"\xff\xf8audio"]),
    ];
    if header.len() < 1 << 24 {
        all.push(Carrier::new(
            "FLAC",
            Flac::new(),
            FlacBuilder::new(1).blocks(1).without_comments().block(4, header).build(),
        ));
    }
    all
}

/// Every container of an APEv2 tag, whose footer states `count` items.
pub(crate) fn with_ape(count: u32, items: &[u8]) -> Vec<Carrier> {
    let footer = |size: u32| {
        let numbers = [2_000, size, count, 0, 0, 0].map(u32::to_le_bytes).concat();
        [&b"APETAGEX"[..], &numbers].concat()
    };
    let tag = [items, &footer(items.len() as u32 + 32)].concat();
    let mp3 = Mp3Builder::new(1).blocks(2).id3v2(None).trail(&tag).build();
    let lying = [items, &footer(u32::MAX)].concat();
    vec![
        Carrier::new("WavPack", ApeTagged::new(), [b"wvpk", &[7; 300][..], &tag].concat()),
        Carrier::new("MP3", Mpeg::new(), mp3),
        Carrier::new("FLAC", Flac::new(), [&FlacBuilder::new(1).blocks(1).build()[..], &tag].concat()),
        Carrier::new("TAK whose tag lies", ApeTagged::new(), [b"tBaK", &[7; 300][..], &lying].concat()),
    ]
}

/// `LIST/INFO` of WAVE, which alone has fields of this kind.
pub(crate) fn with_info(fields: &[u8]) -> Vec<Carrier> {
    vec![wave(&little(b"LIST", &[b"INFO", fields].concat()))]
}

pub(crate) fn mp4_with(bytes: &[u8]) -> Carrier {
    Carrier::new("MP4", Mp4::new(), bytes.to_vec())
}

/// An MP4 file with these items.
pub(crate) fn mp4(items: &[u8]) -> Vec<Carrier> {
    let list = atom(b"udta", &[&atom(b"meta", &[&[0; 4], &atom(b"ilst", &[items])])]);
    let moov = atom(b"moov", &[&atom(b"mvhd", &[&[0; 100]]), &list]);
    vec![mp4_with(&[atom(b"ftyp", &[b"M4A \0\0\0\0"]), moov, atom(b"mdat", &[&[7; 300]])].concat())]
}

/// MP4 files whose tables of offsets, of either width and of auxiliary data, claim `count` entries.
pub(crate) fn with_offsets(count: u32) -> Vec<Carrier> {
    let tables: [(&[u8; 4], &[u8]); 4] =
        [(b"stco", &[0; 4]), (b"co64", &[0; 4]), (b"saio", &[0; 4]), (b"saio", b"\x01\0\0\x01cenc\0\0\0\0")];
    let file = |(name, head): (&[u8; 4], &[u8])| {
        let table = atom(name, &[head, &count.to_be_bytes(), &[7; 32]]);
        let media = atom(b"mdia", &[&atom(b"minf", &[&atom(b"stbl", &[&table])])]);
        let moov = atom(b"moov", &[&atom(b"mvhd", &[&[0; 100]]), &atom(b"trak", &[&media])]);
        mp4_with(&[atom(b"ftyp", &[b"M4A \0\0\0\0"]), moov, atom(b"mdat", &[&[7; 300]])].concat())
    };
    tables.map(file).into()
}

/// A FLAC file with a block of this type and content.
pub(crate) fn flac_with(kind: u8, content: &[u8]) -> Carrier {
    Carrier::new("FLAC", Flac::new(), FlacBuilder::new(1).blocks(1).block(kind, content).build())
}

/// Chunks, objects and elements that claim more than there is.
pub(crate) fn lying_sizes() -> Vec<Carrier> {
    let size = u32::MAX;
    let huge = u64::from(size) * 2;
    let lying_dsf = {
        let mut dsf = dsf(b"");
        dsf.bytes[12..28].fill(0xff);
        dsf
    };
    vec![
        wave(&[&b"LIST"[..], &size.to_le_bytes(), b"INFOINAM\x02\0\0\0x\0"].concat()),
        wave(&[&b"id3 "[..], &size.to_le_bytes(), b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\x02\0\0\0x"].concat()),
        aiff(&[&b"NAME"[..], &size.to_be_bytes(), b"Title"].concat()),
        lying_dsf,
        dsdiff(&wide(b"ID3 ", u64::MAX, b"ID3")),
        dsdiff(&wide(b"DIIN", u64::MAX, &wide(b"DITI", huge, &[&size.to_be_bytes()[..], b"Title"].concat()))),
        dsdiff(&wide(b"COMT", 20, &[0xff; 20])),
        asf(&object(ASF_CONTENT, u64::MAX, &[0xff; 30])),
        asf(&object(ASF_EXTENDED, 90, &[0xff; 66])),
        asf(&object(ASF_EXTENSION, huge, &[0xff; 66])),
        matroska(&ebml(TAGS, huge, &ebml(TAG, huge, &ebml(SIMPLE_TAG, huge, &ebml(TAG_NAME, huge, b"TITLE"))))),
        matroska(&[TAGS, &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], TAG, &[0xff]].concat()),
    ]
}

/// Chunks, objects and elements in one another.
pub(crate) fn nested() -> Vec<Carrier> {
    let nest = |seed: &[u8], wrap: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut nested = seed.to_vec();
        while nested.len() < 200_000 {
            nested = wrap(&nested);
        }
        nested
    };
    let simple = nest(&element(TAG_NAME, b"TITLE"), &|body| element(SIMPLE_TAG, body));
    vec![
        wave(&nest(b"INAM\x02\0\0\0x\0", &|body| little(b"LIST", &[b"INFO", body].concat()))),
        aiff(&nest(b"NAME\0\0\0\x02x\0", &|body| big(b"FORM", &[b"AIFF", body].concat()))),
        dsdiff(&nest(b"", &|body| wide(b"DIIN", body.len() as u64, body))),
        dsdiff(&nest(b"", &|body| wide(b"PROP", body.len() as u64 + 4, &[b"SND ", body].concat()))),
        asf(&nest(b"", &|body| {
            let inner = [&[0; 18][..], &(body.len() as u32).to_le_bytes(), body].concat();
            object(ASF_EXTENSION, inner.len() as u64 + 24, &inner)
        })),
        matroska(&element(TAGS, &element(TAG, &simple))),
        matroska(&nest(b"", &|body| element(TAGS, body))),
    ]
}

/// Two hundred thousand of everything that may be repeated.
pub(crate) fn many() -> Vec<Carrier> {
    const MANY: usize = 200_000;
    let comment = [&[0; 2][..], &[0; 4], &1u32.to_be_bytes(), b"x\0"].concat();
    let comments = [&u16::MAX.to_be_bytes()[..], &comment.repeat(MANY)].concat();
    let simple = element(SIMPLE_TAG, &[element(TAG_NAME, b"A"), element(b"\x44\x87", b"b")].concat());
    let attribute = b"\x04\0A\0\0\0\0\0\x04\0b\0\0\0";
    let attributes = [&u16::MAX.to_le_bytes()[..], &attribute.repeat(MANY)].concat();
    vec![
        wave(&little(b"junk", b"x").repeat(MANY)),
        wave(&little(b"LIST", b"INFOINAM\x02\0\0\0x\0").repeat(MANY)),
        aiff(&big(b"ANNO", b"text").repeat(MANY)),
        Carrier::new("DSF", Dsf::new(), {
            let chunk = [&b"some"[..], &12u64.to_le_bytes()].concat();
            [&dsf(b"").bytes[..28], &chunk.repeat(MANY)].concat()
        }),
        dsdiff(&wide(b"junk", 1, b"x").repeat(MANY)),
        dsdiff(&wide(b"COMT", comments.len() as u64, &comments)),
        asf(&object(ASF_CONTENT, 34, &[0; 10]).repeat(MANY)),
        asf(&object(ASF_EXTENDED, attributes.len() as u64 + 24, &attributes)),
        matroska(&element(TAGS, &element(TAG, &simple.repeat(MANY)))),
        matroska(&element(TAGS, &element(TAG, &simple).repeat(MANY))),
        matroska(&element(TAGS, b"").repeat(MANY)),
        mp4_with(&[atom(b"ftyp", &[b"M4A "]), atom(b"free", &[b""]).repeat(MANY), atom(b"moov", &[])].concat()),
        mp4_with(&[atom(b"ftyp", &[b"M4A "]), atom(b"moov", &[&atom(b"free", &[]).repeat(MANY)])].concat()),
        mp4_with(&[atom(b"ftyp", &[b"M4A "]), atom(b"moov", &[&atom(b"udta", &[]).repeat(MANY)])].concat()),
        Carrier::new("FLAC", Flac::new(), {
            let block = b"\x02\0\0\x04test";
            [&b"fLaC\0\0\0\x22"[..], &[0; 34], &block.repeat(MANY), b"\x81\0\0\0\xff\xf8audio"].concat()
        }),
        Carrier::new("Opus", Ogg::new(), {
            let mut ogg = OggWriter::new(1);
            ogg.packets(&[b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0"], 0);
            ogg.packets(&[b"OpusTags\0\0\0\0\0\0\0\0"], 0);
            (0..MANY).for_each(|_| ogg.packets(&[b"\xf8"], 1));
            ogg.finish()
        }),
    ]
}

/// Files whose sizes are true: what they claim is there.
pub(crate) fn vast() -> Vec<Carrier> {
    const GIB: u64 = 1 << 30;
    let four = 4 * GIB;
    let text = b"LIST\xf0\xff\xff\xffINFOINAM\xe0\xff\xff\xff";
    let mut all = vec![
        wave(text).followed_by(four, b'x'),
        wave(b"data\xf0\xff\xff\xff").followed_by(four, 0),
        aiff(b"NAME\xff\xff\xff\xf0").followed_by(four, b'x'),
        dsdiff(&wide(b"DIIN", four, &wide(b"DITI", four - 20, &[0xff; 4]))).followed_by(four, b'x'),
        asf(&object(ASF_CONTENT, four, &[0xff; 10])).followed_by(four, b'x'),
        matroska(&ebml(
            TAGS,
            four,
            &ebml(TAG, four - 20, &ebml(SIMPLE_TAG, four - 40, &ebml(TAG_NAME, four - 60, b""))),
        )),
        mp4_with(&[&atom(b"ftyp", &[b"M4A "])[..], b"\0\0\0\x01moov", &four.to_be_bytes()].concat()),
        mp4_with(&[&atom(b"ftyp", &[b"M4A "])[..], b"\xff\xff\xff\xf0free"].concat()),
        Carrier::new("FLAC", Flac::new(), [&b"fLaC\0\0\0\x22"[..], &[0; 34], b"\x84\xff\xff\xff"].concat()),
        Carrier::new("MP3", Mpeg::new(), b"ID3\x03\0\0\x7f\x7f\x7f\x7fTIT2\x0f\xff\xff\xf0\0\0".to_vec()),
        Carrier::new("MP3 of zeros", Mpeg::new(), Vec::new()),
        Carrier::new("Musepack", ApeTagged::new(), b"MPCK".to_vec()),
        Carrier::new("Ogg", Ogg::new(), Kind::Opus.build(Content::new(1))),
        dsf(b"ID3\x03\0\0\x7f\x7f\x7f\x7fTIT2\x0f\xff\xff\xf0\0\0"),
    ];
    for file in all.iter_mut().filter(|file| file.behind == 0) {
        (file.behind, file.filler) = (four, 0);
    }
    all
}
