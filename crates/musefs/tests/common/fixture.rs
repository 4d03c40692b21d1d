//! The smallest files that decoders take for music: FLAC of constant samples, MP3 of silence.

use std::fmt::Write as _;

/// A FLAC file (RFC 9639) with these comments and some audio of its own for each `seed`.
pub fn flac(comments: &[(&str, &str)], seed: u16) -> Vec<u8> {
    flac_of(comments, None, seed, 8)
}

/// The same with a picture and a number of frames of 4,096 samples.
pub fn flac_of(comments: &[(&str, &str)], picture: Option<&[u8]>, seed: u16, frames: u32) -> Vec<u8> {
    let mut file = b"fLaC".to_vec();
    let mut streaminfo = vec![0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0];
    let samples = u64::from(frames) * 4096;
    // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
    streaminfo.extend((44_100u64 << 44 | 1 << 41 | 15 << 36 | samples).to_be_bytes());
    streaminfo.extend([0; 16]);
    block(&mut file, 0, &streaminfo);
    let mut body = Vec::new();
    little_text(&mut body, "musefs tests");
    body.extend((comments.len() as u32).to_le_bytes());
    for (key, value) in comments {
        little_text(&mut body, &format!("{key}={value}"));
    }
    block(&mut file, 4, &body);
    if let Some(image) = picture {
        let mut body = Vec::new();
        body.extend(3u32.to_be_bytes());
        big_text(&mut body, b"image/png");
        big_text(&mut body, b"cover");
        body.extend([0; 16]);
        big_text(&mut body, image);
        block(&mut file, 6, &body);
    }
    block(&mut file, 0x81, &[0; 512]);
    for number in 0..frames {
        frame(&mut file, number, seed.wrapping_add(number as u16));
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u8, body: &[u8]) {
    file.extend((u32::from(kind) << 24 | body.len() as u32).to_be_bytes());
    file.extend(body);
}

fn little_text(body: &mut Vec<u8>, text: &str) {
    body.extend((text.len() as u32).to_le_bytes());
    body.extend(text.as_bytes());
}

fn big_text(body: &mut Vec<u8>, text: &[u8]) {
    body.extend((text.len() as u32).to_be_bytes());
    body.extend(text);
}

/// Two channels of 4,096 equal samples of 16 bits.
fn frame(file: &mut Vec<u8>, number: u32, sample: u16) {
    let start = file.len();
    file.extend([0xff, 0xf8, 0xc9, 0x18]);
    let mut text = String::new();
    let _ = write!(text, "{}", char::from_u32(number).unwrap_or('\0'));
    file.extend(text.as_bytes());
    file.push(crc(&file[start..], 8, 0x07) as u8);
    for _ in 0..2 {
        file.push(0);
        file.extend(sample.to_be_bytes());
    }
    let crc = crc(&file[start..], 16, 0x8005);
    file.extend(crc.to_be_bytes());
}

fn crc(bytes: &[u8], width: u32, polynomial: u32) -> u16 {
    let top = 1 << (width - 1);
    let step = |crc: u32| if crc & top == 0 { crc << 1 } else { crc << 1 ^ polynomial };
    bytes.iter().fold(0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte) << (width - 8), |crc, _| step(crc))) as u16
}

/// An MP3 file with an ID3v2.4 tag of these text frames and silence of a length of its own for each `seed`.
pub fn mp3(frames: &[(&str, &str)], seed: u16) -> Vec<u8> {
    let mut tag = Vec::new();
    for (id, text) in frames {
        tag.extend(id.as_bytes());
        tag.extend(synchsafe(text.len() as u32 + 1));
        tag.extend([0, 0, 3]);
        tag.extend(text.as_bytes());
    }
    tag.resize(tag.len() + 64, 0);
    let mut file = b"ID3\x04\0\0".to_vec();
    file.extend(synchsafe(tag.len() as u32));
    file.extend(tag);
    for number in 0..16 + seed {
        // MPEG 1, Layer III, 128 kbit/s, 44.1 kHz, joint stereo: 417 bytes; empty side information is silence.
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x64]);
        // Bytes behind the (empty) main data are of no meaning, and tell one file from another.
        frame[400..402].copy_from_slice(&(number * 7 + seed).to_be_bytes());
        file.extend(frame);
    }
    file
}

fn synchsafe(n: u32) -> [u8; 4] {
    [n >> 21, n >> 14, n >> 7, n].map(|part| part as u8 & 0x7f)
}
