//! File systems that come and go during a test; for root.

use crate::common::tool;
use std::path::{Path, PathBuf};

/// A folder that is mounted at another place, until dropped.
pub struct Bind {
    from: PathBuf,
    at: PathBuf,
    mounted: bool,
}

impl Bind {
    pub fn new(from: &Path, at: &Path) -> Self {
        let mut bind = Self { from: from.into(), at: at.into(), mounted: false };
        bind.mount();
        bind
    }

    pub fn mount(&mut self) {
        tool("mount", &["--bind", self.from.to_str().unwrap(), self.at.to_str().unwrap()]);
        self.mounted = true;
    }

    /// At once, whoever has something open there.
    pub fn unmount(&mut self) {
        tool("umount", &["-l", self.at.to_str().unwrap()]);
        self.mounted = false;
    }
}

impl Drop for Bind {
    fn drop(&mut self) {
        if self.mounted {
            self.unmount();
        }
    }
}
