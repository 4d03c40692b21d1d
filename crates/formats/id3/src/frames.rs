//! Which frame carries which key, in 2.2 and in 2.3/2.4.

/// Text frames with the key they carry: 2.2 id (empty if there is none), 2.3/2.4 id, key.
///
/// Where two frames carry one key, the first is the one that is written.
#[rustfmt::skip]
const TEXT: &[(&str, &str, &str)] = &[
    ("TT1", "TIT1", "grouping"), ("TT2", "TIT2", "title"), ("TT3", "TIT3", "subtitle"), ("TP1", "TPE1", "artist"),
    ("TP2", "TPE2", "albumartist"), ("TP3", "TPE3", "conductor"), ("TP4", "TPE4", "remixer"), ("TAL", "TALB", "album"),
    ("TCM", "TCOM", "composer"), ("TXT", "TEXT", "lyricist"), ("TRK", "TRCK", "tracknumber"),
    ("TPA", "TPOS", "discnumber"), ("TCP", "TCMP", "compilation"), ("TBP", "TBPM", "bpm"), ("TRC", "TSRC", "isrc"),
    ("TPB", "TPUB", "label"), ("TCR", "TCOP", "copyright"), ("TEN", "TENC", "encodedby"),
    ("TSS", "TSSE", "encodersettings"), ("TLA", "TLAN", "language"), ("TMT", "TMED", "media"), ("", "TMOO", "mood"),
    ("", "TSST", "discsubtitle"), ("TKE", "TKEY", "key"), ("TSP", "TSOP", "artistsort"), ("TSA", "TSOA", "albumsort"),
    ("TST", "TSOT", "titlesort"), ("TS2", "TSO2", "albumartistsort"), ("TSC", "TSOC", "composersort"),
    ("", "TDRL", "releasedate"), ("TOT", "TOAL", "originalalbum"), ("TOA", "TOPE", "originalartist"),
    ("TOF", "TOFN", "originalfilename"), ("MVN", "MVNM", "movementname"), ("MVI", "MVIN", "movement"),
    ("", "XSOP", "artistsort"), ("", "XSOA", "albumsort"), ("", "XSOT", "titlesort"),
];

/// Every other frame that readers know: 2.2 id, 2.3/2.4 id.
#[rustfmt::skip]
const OTHER: &[(&str, &str)] = &[
    ("TCO", "TCON"), ("TYE", "TYER"), ("TDA", "TDAT"), ("TIM", "TIME"), ("TRD", "TRDA"), ("TOR", "TORY"), ("TXX", "TXXX"),
    ("COM", "COMM"), ("ULT", "USLT"), ("UFI", "UFID"), ("PIC", "APIC"), ("WAR", "WOAR"), ("WCP", "WCOP"), ("WAF", "WOAF"),
    ("WAS", "WOAS"), ("WCM", "WCOM"), ("WPB", "WPUB"), ("WXX", "WXXX"), ("IPL", "IPLS"), ("BUF", "RBUF"), ("CNT", "PCNT"),
    ("CRA", "AENC"), ("ETC", "ETCO"), ("GEO", "GEOB"), ("GP1", "GRP1"), ("LNK", "LINK"), ("MCI", "MCDI"), ("MLL", "MLLT"),
    ("POP", "POPM"), ("REV", "RVRB"), ("RVA", "RVAD"), ("SLT", "SYLT"), ("STC", "SYTC"), ("TFT", "TFLT"), ("TLE", "TLEN"),
    ("TDY", "TDLY"), ("TSI", "TSIZ"), ("TOL", "TOLY"), ("", "TDRC"), ("", "TDOR"), ("", "ASPI"), ("", "CHAP"),
    ("", "COMR"), ("", "CTOC"), ("", "ENCR"), ("", "EQU2"), ("", "GRID"), ("", "OWNE"), ("", "PCST"), ("", "POSS"),
    ("", "PRIV"), ("", "RVA2"), ("", "SEEK"), ("", "SIGN"), ("", "TCAT"), ("", "TDEN"), ("", "TDES"), ("", "TDTG"),
    ("", "TGID"), ("", "TIPL"), ("", "TKWD"), ("", "TMCL"), ("", "TOWN"), ("", "TPRO"), ("", "TRSN"), ("", "TRSO"),
    ("", "USER"), ("", "WFED"), ("", "WORS"), ("", "WPAY"),
];

/// The 2.3/2.4 id of a 2.2 id.
fn modern(short: &str) -> Option<&'static str> {
    let text = TEXT.iter().find(|(old, _, _)| *old == short).map(|(_, new, _)| *new);
    text.or_else(|| OTHER.iter().find(|(old, _)| *old == short).map(|(_, new)| *new))
}

/// The 2.3/2.4 id by which a frame is understood, whatever version it is of; `None` for ids that are unknown.
///
/// 2.2 ids stand in `id` with a NUL in front, as elements have them; some programs write them into 2.3 tags, with the NUL behind.
pub(crate) fn understood(id: [u8; 4]) -> Option<&'static str> {
    let short = match id {
        [0, a, b, c] | [a, b, c, 0] => [a, b, c],
        _ => {
            let id = std::str::from_utf8(&id).ok()?;
            let text = TEXT.iter().map(|(_, new, _)| *new);
            return text.chain(OTHER.iter().map(|(_, new)| *new)).find(|known| *known == id);
        }
    };
    std::str::from_utf8(&short).ok().filter(|short| !short.is_empty()).and_then(modern)
}

/// Whether a 2.4 frame id is one that readers know, which is what tells right frame sizes from wrong ones.
pub(crate) fn is_known(id: [u8; 4]) -> bool {
    id[0] != 0 && id[3] != 0 && understood(id).is_some()
}

/// The key that a text frame carries.
pub(crate) fn key_of_text(id: &str) -> Option<&'static str> {
    TEXT.iter().find(|(_, new, _)| *new == id).map(|(_, _, key)| *key)
}

/// The text frame that carries a key.
pub(crate) fn text_of_key(version: u8, key: &str) -> Option<[u8; 4]> {
    let id = TEXT.iter().find(|(_, _, known)| *known == key).map(|(_, new, _)| *new)?;
    in_version(version, id)
}

/// A 2.3/2.4 id as it is called in a version; `None` if 2.2 has no such frame.
pub(crate) fn in_version(version: u8, id: &str) -> Option<[u8; 4]> {
    if version != 2 {
        return id.as_bytes().try_into().ok();
    }
    let text = TEXT.iter().find(|(_, new, _)| *new == id).map(|(old, _, _)| *old);
    let old = text.or_else(|| OTHER.iter().find(|(_, new)| *new == id).map(|(old, _)| *old))?;
    let [a, b, c] = old.as_bytes().try_into().ok()?;
    Some([0, a, b, c])
}

/// A frame's id for people.
pub fn id_name(id: [u8; 4]) -> String {
    let shown = id.iter().filter(|byte| **byte != 0).copied().collect::<Vec<_>>();
    String::from_utf8_lossy(&shown).into_owned()
}
