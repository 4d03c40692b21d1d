//! Which files beside the music are of interest, by patterns of file names.

use crate::cli::SidecarArgs;
use crate::errors::Failure;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use musefs_contracts::sidecars::SidecarRules;
use std::path::Path;
use std::sync::Arc;

/// What a scan records. More than is shown without being asked for, so that a mount can be asked for it.
const RECORDED: [&str; 1] =
    ["*.{lrc,cue,log,pdf,nfo,txt,md,rtf,htm,html,xml,json,url,m3u,m3u8,pls,accurip,ffp,md5,sfv,\
     jpg,jpeg,png,webp,gif,bmp,tif,tiff}"];

/// What is shown: texts that belong to the music, and pictures that are known by their names or by their folders'.
const SHOWN: [&str; 3] = [
    "*.{lrc,cue,log,pdf,nfo}",
    "{cover,folder,front,back,inside,inlay,tray,spine,obi,booklet,disc,disk,cd,medium,vinyl,matrix,poster,album,\
     albumart,artist,thumb}*.{jpg,jpeg,png,webp,gif,bmp,tif,tiff}",
    "{scan,scans,art,artwork,artworks,booklet,booklets,cover,covers}/*.{jpg,jpeg,png,webp,gif,bmp,tif,tiff}",
];

/// Patterns without case. One without a `/` is for file names, one with a `/` for the end of whole paths.
struct Patterns {
    names: GlobSet,
    paths: GlobSet,
}

impl Patterns {
    fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, Failure> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let invalid = |pattern: &str, error: &globset::Error| {
            Failure::new(format!(
                "{pattern:?} is no pattern of file names: {}; write one such as '*.lrc'",
                error.kind()
            ))
        };
        for pattern in patterns {
            let is_path = pattern.contains('/');
            let whole = if is_path { format!("**/{}", pattern.trim_start_matches('/')) } else { pattern.to_owned() };
            let glob = GlobBuilder::new(&whole).case_insensitive(true).literal_separator(true).build();
            let glob = glob.map_err(|error| invalid(pattern, &error))?;
            if is_path {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let build = |set: &GlobSetBuilder| set.build().map_err(|error| invalid("", &error));
        Ok(Self { names: build(&names)?, paths: build(&paths)? })
    }

    fn match_path(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.is_match(name)) || self.paths.is_match(path)
    }
}

/// What counts, but for what does not.
struct Rules {
    included: Patterns,
    excluded: Patterns,
    /// All patterns, one a line, those that exclude behind an empty one.
    text: String,
}

impl Rules {
    fn new<'p>(included: &[&'p str], excluded: &[&'p str]) -> Result<Self, Failure> {
        let text = [included, &[""], excluded].concat().join("\n");
        let patterns = |patterns: &[&'p str]| Patterns::new(patterns.iter().copied());
        Ok(Self { included: patterns(included)?, excluded: patterns(excluded)?, text })
    }
}

impl SidecarRules for Rules {
    fn accepts(&self, path: &Path) -> bool {
        self.included.match_path(path) && !self.excluded.match_path(path)
    }

    fn describe(&self) -> String {
        self.text.clone()
    }
}

/// What a scan records, with what the user wants beyond it.
pub(crate) fn recorded(include: &[String]) -> Result<Arc<dyn SidecarRules>, Failure> {
    let included: Vec<&str> = RECORDED.into_iter().chain(include.iter().map(String::as_str)).collect();
    Ok(Arc::new(Rules::new(&included, &[])?))
}

/// What is shown, with what the user wants or does not; `None` if nothing is. `by_default` says whether it is where the user
/// says nothing of that.
pub(crate) fn shown(args: &SidecarArgs, by_default: bool) -> Result<Option<Arc<dyn SidecarRules>>, Failure> {
    let included: Vec<&str> = SHOWN.into_iter().chain(args.sidecar_include.iter().map(String::as_str)).collect();
    let excluded: Vec<&str> = args.sidecar_exclude.iter().map(String::as_str).collect();
    let rules = Rules::new(&included, &excluded)?;
    Ok(args.sidecars.unwrap_or(by_default).then(|| Arc::new(rules) as Arc<dyn SidecarRules>))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_interest_are_recorded_whatever_their_case() {
        let rules = recorded(&[]).unwrap();
        for path in ["/m/Folder.JPG", "/m/a/song.lrc", "/m/Scans/01.tiff", "/m/x.CUE"] {
            assert!(rules.accepts(Path::new(path)), "{path}");
        }
        for path in ["/m/movie.mkv", "/m/README", "/m/x.jpg/y.exe", "/m/jpg"] {
            assert!(!rules.accepts(Path::new(path)), "{path}");
        }
    }

    #[track_caller]
    fn check_shown(include: &[&str], exclude: &[&str], path: &str, wanted: bool) {
        let owned = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let args = SidecarArgs { sidecars: None, sidecar_include: owned(include), sidecar_exclude: owned(exclude) };
        let rules = shown(&args, true).unwrap().unwrap();
        assert_eq!(rules.accepts(Path::new(path)), wanted, "{path}");
        let recorded = recorded(&args.sidecar_include).unwrap();
        assert!(!wanted || recorded.accepts(Path::new(path)), "{path} is shown, but not recorded");
    }

    #[test]
    fn what_is_shown_is_known_by_its_name() {
        for path in
            ["/m/a.LRC", "/m/a.cue", "/m/eac.log", "/m/Booklet.pdf", "/m/x.nfo", "/m/Cover.jpg", "/m/folder.png"]
        {
            check_shown(&[], &[], path, true);
        }
        for path in ["/m/front-1.jpeg", "/m/Scans/01.tif", "/m/x/Artwork/a.png", "/m/Albumart_{1}_Large.jpg"] {
            check_shown(&[], &[], path, true);
        }
        for path in ["/m/a.txt", "/m/holiday.jpg", "/m/Scans/x/01.jpg", "/m/a.m3u", "/m/a.md5", "/m/cover.xcf"] {
            check_shown(&[], &[], path, false);
        }
    }

    #[test]
    fn a_user_has_a_say_in_what_is_shown() {
        check_shown(&["*.txt"], &[], "/m/a.txt", true);
        check_shown(&["*.ass"], &["a.*"], "/m/a.ass", false);
        check_shown(&[], &["scans/*"], "/m/Scans/cover.jpg", false);
        check_shown(&[], &["scans/*"], "/m/cover.jpg", true);
        check_shown(&[], &["*"], "/m/cover.jpg", false);
        assert!(shown(&SidecarArgs::default(), false).unwrap().is_none());
        let off = SidecarArgs { sidecars: Some(false), ..SidecarArgs::default() };
        assert!(shown(&off, true).unwrap().is_none());
        let odd = SidecarArgs { sidecar_exclude: vec!["a[".to_owned()], ..off };
        assert!(shown(&odd, true).is_err_and(|failure| failure.line().contains("\"a[\"")));
    }

    #[test]
    fn a_user_may_want_more() {
        let rules = recorded(&["*.ass".to_owned(), "Extras/*".to_owned()]).unwrap();
        for (path, wanted) in [("/m/x.ASS", true), ("/m/extras/x.exe", true), ("/m/extras/y/x.exe", false)] {
            assert_eq!(rules.accepts(Path::new(path)), wanted, "{path}");
        }
        assert!(recorded(&["a[".to_owned()]).is_err_and(|failure| failure.line().contains("\"a[\"")));
    }
}
