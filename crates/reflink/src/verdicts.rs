//! What is known of file systems: whether they share extents.

use crate::errno;
use rustix::io::Errno;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a file system is left alone after a failure that may pass, such as a full disk.
const PAUSE: Duration = Duration::from_secs(60);

/// What is known of one file system.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Works,
    Never,
    NotBefore(Instant),
}

/// File systems by device number.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Mutex<HashMap<u64, Verdict>>);

impl Verdicts {
    /// Whether an attempt makes sense.
    pub(crate) fn may_try(&self, device: u64) -> bool {
        match self.lock().get(&device) {
            None | Some(Verdict::Works) => true,
            Some(Verdict::Never) => false,
            Some(Verdict::NotBefore(when)) => *when <= Instant::now(),
        }
    }

    /// An attempt succeeded. Told the first time.
    pub(crate) fn worked(&self, device: u64, folder: &Path) {
        if self.lock().insert(device, Verdict::Works).is_none() {
            tracing::info!(folder = %folder.display(), "edited files share the extents of the originals here");
        }
    }

    /// An attempt failed. What cannot get better is told once and never tried again; `elsewhere` says whether the files were
    /// to be made in a folder that the user named.
    pub(crate) fn failed(&self, device: u64, folder: &Path, error: &io::Error, elsewhere: bool) {
        let errno = errno(error);
        // A name that leads to another file system, or a folder that may not be written to: others may do.
        if !elsewhere && matches!(errno, Some(Errno::XDEV | Errno::ACCESS | Errno::NOENT)) {
            tracing::debug!(folder = %folder.display(), %error, "an edited file cannot share its original's extents");
            return;
        }
        let never =
            [Errno::OPNOTSUPP, Errno::XDEV, Errno::ROFS, Errno::NOSYS, Errno::NOTTY, Errno::ISDIR, Errno::ACCESS];
        if errno.is_some_and(|errno| never.contains(&errno)) {
            let before = self.lock().insert(device, Verdict::Never);
            if !matches!(before, Some(Verdict::Never)) {
                let folder = folder.display();
                tracing::info!(%folder, %error, "edited files cannot share the extents of the originals; read through the daemon");
            }
            return;
        }
        self.lock().insert(device, Verdict::NotBefore(Instant::now() + PAUSE));
        tracing::warn!(folder = %folder.display(), %error, "an edited file could not share its original's extents");
    }

    /// Nothing between the entries can break, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Verdict>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(verdicts: &Verdicts, errno: Errno, elsewhere: bool) {
        verdicts.failed(1, Path::new("/music"), &errno.into(), elsewhere);
    }

    #[test]
    fn what_cannot_is_never_asked_again() {
        for errno in [Errno::OPNOTSUPP, Errno::ROFS, Errno::NOTTY] {
            let verdicts = Verdicts::default();
            assert!(verdicts.may_try(1));
            failed(&verdicts, errno, false);
            assert!(!verdicts.may_try(1));
            assert!(verdicts.may_try(2));
        }
    }

    #[test]
    fn one_folder_does_not_speak_for_its_file_system_unless_the_user_named_it() {
        for errno in [Errno::XDEV, Errno::ACCESS] {
            let verdicts = Verdicts::default();
            failed(&verdicts, errno, false);
            assert!(verdicts.may_try(1));
            failed(&verdicts, errno, true);
            assert!(!verdicts.may_try(1));
        }
    }

    #[test]
    fn what_may_pass_is_left_alone_for_a_while() {
        let verdicts = Verdicts::default();
        failed(&verdicts, Errno::NOSPC, false);
        assert!(!verdicts.may_try(1));
        verdicts.lock().insert(1, Verdict::NotBefore(Instant::now()));
        assert!(verdicts.may_try(1));
        verdicts.worked(1, Path::new("/music"));
        assert!(verdicts.may_try(1));
    }
}
