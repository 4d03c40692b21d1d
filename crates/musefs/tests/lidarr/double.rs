//! As much of Lidarr's HTTP interface as its clients ask for, answered from a library that a test may change meanwhile.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub const KEY: &str = "0123456789abcdef";
pub const ARTIST: i64 = 1;
pub const ALBUM: i64 = 20;
/// MusicBrainz' id of the album.
pub const ALBUM_MBID: &str = "9a1c2b34-0000-4000-8000-00000000b1ue";

/// What Lidarr knows: one album of one artist.
pub struct Library {
    pub artist: &'static str,
    pub album: &'static str,
    pub genres: Vec<&'static str>,
    pub cover: Vec<u8>,
    /// Files as Lidarr names them, with the titles of their tracks.
    pub files: Vec<(PathBuf, &'static str)>,
    /// What it is set to do to the files' own tags.
    pub write_audio_tags: &'static str,
}

/// A running double. It ends with the process; each request is answered on a connection of its own.
pub struct Lidarr {
    pub url: String,
    pub library: Arc<Mutex<Library>>,
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Lidarr {
    pub fn start(library: Library) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (library, requests) = (Arc::new(Mutex::new(library)), Arc::new(Mutex::new(Vec::new())));
        let (theirs, noted) = (Arc::clone(&library), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that hangs up is no concern of the next one.
                let _ = answer(&stream, &theirs, &noted);
            }
        });
        Self { url, library, requests }
    }
}

fn answer(mut stream: &TcpStream, library: &Mutex<Library>, requests: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut has_key = false;
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        has_key |=
            line.split_once(": ").is_some_and(|(name, value)| name.eq_ignore_ascii_case("X-Api-Key") && value == KEY);
    }
    let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, body) = match resource(&library.lock().unwrap(), &target) {
        _ if !has_key => ("401 Unauthorized", Vec::new()),
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    requests.lock().unwrap().push(format!("{status} {target}"));
    write!(stream, "HTTP/1.0 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

fn resource(library: &Library, target: &str) -> Option<Vec<u8>> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path == "/MediaCover/Albums/20/cover.png" {
        return Some(library.cover.clone());
    }
    // Lists are asked for by artist or by album; here all belongs to the one of each.
    let is_ours = [format!("artistId={ARTIST}"), format!("albumId={ALBUM}")].iter().any(|part| part == query);
    let answer = match path.strip_prefix("/api/v1/")? {
        "config/metadataprovider" => json!({"writeAudioTags": library.write_audio_tags}),
        "config/mediamanagement" => json!({"fileDate": "none", "setPermissionsLinux": false}),
        "artist" => json!([artist(library)]),
        "artist/1" => artist(library),
        "album/20" => album(library),
        "trackfile" if is_ours => {
            list(library, |n, path, _| json!({"id": 100 + n, "artistId": ARTIST, "albumId": ALBUM, "path": path}))
        }
        "track" if is_ours => list(library, |n, _, title| {
            json!({
                "id": 300 + n, "trackFileId": 100 + n, "artistId": ARTIST, "albumId": ALBUM, "title": title,
                "trackNumber": (n + 1).to_string(), "absoluteTrackNumber": n + 1, "mediumNumber": 1,
                "foreignTrackId": format!("track-{n}"), "foreignRecordingId": format!("recording-{n}"),
            })
        }),
        _ => return None,
    };
    Some(answer.to_string().into_bytes())
}

fn artist(library: &Library) -> Value {
    json!({"id": ARTIST, "artistName": library.artist, "foreignArtistId": "artist-mbid", "genres": []})
}

fn album(library: &Library) -> Value {
    json!({
        "id": ALBUM, "artistId": ARTIST, "title": library.album, "foreignAlbumId": ALBUM_MBID,
        "releaseDate": "1971-06-22T00:00:00Z", "genres": library.genres, "artist": artist(library),
        "images": [
            {"coverType": "disc", "url": "/MediaCover/Albums/20/disc.png"},
            {"coverType": "cover", "url": "/MediaCover/Albums/20/cover.png"},
        ],
    })
}

fn list(library: &Library, entry: impl Fn(usize, &PathBuf, &str) -> Value) -> Value {
    library.files.iter().enumerate().map(|(n, (path, title))| entry(n, path, title)).collect()
}
