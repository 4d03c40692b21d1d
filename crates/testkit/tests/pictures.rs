//! The pictures that formats take out of files, against those that mutagen reads.

use musefs_contracts::anatomy::PictureEncoding;
use musefs_contracts::backing::{MemorySource, read_exact_at};
use musefs_contracts::format::{Formats, Head, leading_id3v2_len};
use musefs_contracts::layout::OfFile;
use musefs_testkit::fixtures::{Content, FlacBuilder, Id3Builder, Kind, Mp3Builder, Picture, apev2_cover};
use musefs_testkit::tools;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const MUTAGEN: &str = r"
import base64, hashlib, sys, mutagen, mutagen.apev2, mutagen.id3
from mutagen.flac import Picture
for path in sys.argv[1:]:
    # Mutagen's reader of AAC has no tags; the ID3 tag in front of it is read by itself.
    file = mutagen.id3.ID3(path) if path.endswith('.aac') else mutagen.File(path)
    tags = file if isinstance(file, mutagen.id3.ID3) else file.tags
    images = [picture.data for picture in getattr(file, 'pictures', [])]
    if isinstance(tags, mutagen.id3.ID3):
        images += [picture.data for picture in tags.getall('APIC')]
    elif tags is None:
        images += [mutagen.apev2.APEv2(path)['Cover Art (Front)'].value.split(b'\0', 1)[1]]
    elif 'covr' in tags:
        images += [bytes(cover) for cover in tags['covr']]
    else:
        images += [Picture(base64.b64decode(text)).data for text in tags.get('metadata_block_picture', [])]
        images += [base64.b64decode(text) for text in tags.get('coverart', [])]
    print(path, ' '.join(sorted(hashlib.sha256(image).hexdigest() for image in images)))
";

fn formats() -> Formats {
    Formats::new(vec![
        std::sync::Arc::new(musefs_format_flac::Flac::new()),
        std::sync::Arc::new(musefs_format_mpeg::Mpeg::new()),
        std::sync::Arc::new(musefs_format_mp4::Mp4::new()),
        std::sync::Arc::new(musefs_format_ogg::Ogg::new()),
        std::sync::Arc::new(musefs_format_riff::Wave::new()),
        std::sync::Arc::new(musefs_format_riff::Aiff::new()),
        std::sync::Arc::new(musefs_format_apetagged::ApeTagged::new()),
        std::sync::Arc::new(musefs_format_dsf::Dsf::new()),
    ])
}

/// The images that a file's format takes out of it, and the encodings they had.
fn images(path: &Path, bytes: Vec<u8>) -> (Vec<Vec<u8>>, BTreeSet<String>) {
    let extension = path.extension().unwrap().to_str().unwrap();
    let source = MemorySource(bytes);
    let bytes = &source.0;
    let behind = leading_id3v2_len(bytes.len() as u64, |at, header| read_exact_at(&source, at, header).is_ok());
    let head = Head {
        bytes: &bytes[..bytes.len().min(64 << 10)],
        content: &bytes[behind as usize..bytes.len().min(behind as usize + (4 << 10))],
        content_offset: behind,
        extension,
    };
    let formats = formats();
    let format = formats.candidates(&head)[0];
    let anatomy = format.probe(&source, &head).unwrap().anatomy;
    let mut images = Vec::new();
    for picture in &anatomy.pictures {
        let layout = format.picture(&source, &anatomy, picture).unwrap();
        let layout = layout.unwrap_or_else(|| panic!("{}: {picture:?} cannot be taken out", path.display()));
        let mut image = vec![0; layout.len() as usize + 1];
        let n = layout.read_at(&OfFile(&source), 0, &mut image).unwrap();
        image.truncate(n);
        assert_eq!(n as u64, layout.len());
        // In pieces that begin and end anywhere, from the back to the front.
        let mut end = n;
        while end > 0 {
            let mut part = vec![0; end.min(7_919)];
            let start = end - part.len();
            assert_eq!(layout.read_at(&OfFile(&source), start as u64, &mut part).unwrap(), part.len());
            assert!(part == image[start..end], "{}: bytes from {start}", path.display());
            end = start;
        }
        images.push(image);
    }
    (images, anatomy.pictures.iter().map(|picture| format!("{:?}", picture.encoding)).collect())
}

fn content(seed: u64) -> Content {
    let mut content = Content::new(seed);
    content.tags.push("title", "Pictures");
    content.tags.push("artist", "Of every size");
    // The second is longer than a page of Ogg, the others end at every place in a group of three bytes.
    content.pictures = vec![Picture::png(seed, 900), Picture::jpeg(seed + 1, 200_001), Picture::jpeg(seed + 2, 30_002)];
    for (kind, picture) in [3, 4, 6].into_iter().zip(&mut content.pictures) {
        picture.kind = kind;
        picture.description = "x".repeat(usize::from(kind));
    }
    content
}

/// A tag of ID3v2.3 that is unsynchronised as a whole.
fn unsynchronised(seed: u64) -> Vec<u8> {
    let tag = Id3Builder::from_content(3, &content(seed)).build();
    let mut body = Vec::new();
    for (at, byte) in tag[10..].iter().enumerate() {
        body.push(*byte);
        let next = tag.get(10 + at + 1).copied().unwrap_or(0);
        if *byte == 0xff && (next >= 0xe0 || next == 0) {
            body.push(0);
        }
    }
    assert!(body.len() > tag.len(), "there is something to stuff");
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f);
    [&b"ID3\x03\0\x80"[..], &size, &body, &Mp3Builder::new(seed).id3v2(None).build()].concat()
}

#[test]
fn formats_take_out_of_files_what_mutagen_reads() {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(String, Vec<u8>)> = Kind::ALL
        .iter()
        .map(|kind| (format!("track.{}", kind.extension()), kind.build(content(*kind as u64))))
        .collect();
    let cover = apev2_cover("cover.png", &Picture::png(1, 4_000).bytes);
    files.push(("ape.mp3".into(), Mp3Builder::new(1).id3v2(None).blocks(20).trail(&cover).build()));
    files.push(("old.mp3".into(), Mp3Builder::from_content(content(50)).id3v2(Some(3)).build()));
    files.push(("unsynchronised.mp3".into(), unsynchronised(60)));
    let in_comments = FlacBuilder::new(2).tag("metadata_block_picture", &base64(&content(70).pictures[1].flac_block()));
    files.push(("comment.flac".into(), in_comments.build()));
    let bare = FlacBuilder::new(2).tag("coverart", &base64(&Picture::jpeg(3, 5_000).bytes));
    files.push(("bare.flac".into(), bare.build()));

    let (mut paths, mut expected, mut encodings) = (Vec::<PathBuf>::new(), String::new(), BTreeSet::new());
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let (images, found) = images(&path, bytes);
        assert!(!images.is_empty(), "{}", path.display());
        encodings.extend(found);
        let mut digests: Vec<String> = images
            .iter()
            .enumerate()
            .map(|(at, image)| {
                let image_path = path.with_extension(format!("{at}.image"));
                std::fs::write(&image_path, image).unwrap();
                let printed = String::from_utf8(tools::run("sha256sum", [&image_path]).unwrap()).unwrap();
                printed.split(' ').next().unwrap().to_owned()
            })
            .collect();
        digests.sort();
        writeln!(expected, "{} {}", path.display(), digests.join(" ")).unwrap();
        paths.push(path);
    }
    assert_eq!(tools::python(MUTAGEN, &paths).unwrap(), expected);
    let all = [PictureEncoding::Raw, PictureEncoding::Base64, PictureEncoding::Unsynchronised, PictureEncoding::Opaque];
    assert_eq!(encodings, all.iter().map(|encoding| format!("{encoding:?}")).collect(), "every encoding occurred");
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
