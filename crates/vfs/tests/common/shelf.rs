//! Backing files in memory, which a test can exchange, overwrite, take away and count.

use musefs_contracts::backing::{Backing, Source, Stamp};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct File(Mutex<(Vec<u8>, Stamp)>);

/// The files.
#[derive(Default)]
pub struct Shelf {
    files: Mutex<HashMap<PathBuf, Arc<File>>>,
    time: AtomicI64,
    pub opens: AtomicU64,
    pub failure: Mutex<Option<io::ErrorKind>>,
    /// Happens once, in the middle of the next open.
    pub meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Shelf {
    fn stamp(&self, len: usize) -> Stamp {
        let time = 1_000_000 * (1 + self.time.fetch_add(1, Ordering::Relaxed));
        Stamp { size: len as u64, mtime_ns: time, ctime_ns: time + 1, file: 0 }
    }

    /// Puts a new file in place, as a rename over the old one does: that one loses its name, which moves its ctime.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let stamp = self.stamp(bytes.len());
        let old = self.files.lock().unwrap().insert(path.into(), Arc::new(File(Mutex::new((bytes, stamp)))));
        if let Some(old) = old {
            old.0.lock().unwrap().1.ctime_ns = stamp.ctime_ns;
        }
    }

    /// Overwrites a file in its place.
    pub fn overwrite(&self, path: &Path, bytes: Vec<u8>) {
        let stamp = self.stamp(bytes.len());
        *self.files.lock().unwrap()[path].0.lock().unwrap() = (bytes, stamp);
    }

    /// Takes a file away.
    pub fn remove(&self, path: &Path) {
        self.files.lock().unwrap().remove(path);
    }

    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        self.files.lock().unwrap()[path].0.lock().unwrap().0.clone()
    }

    fn find(&self, path: &Path) -> io::Result<Arc<File>> {
        if let Some(kind) = *self.failure.lock().unwrap() {
            return Err(kind.into());
        }
        self.files.lock().unwrap().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Backing for Shelf {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        self.opens.fetch_add(1, Ordering::Relaxed);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = meanwhile {
            happens();
        }
        Ok(Arc::new(Open(self.find(path)?)))
    }
    fn stat(&self, path: &Path) -> io::Result<Stamp> {
        self.find(path)?;
        Ok(self.find(path)?.0.lock().unwrap().1)
    }
}

struct Open(Arc<File>);

impl Source for Open {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let file = self.0.0.lock().unwrap();
        let start = usize::try_from(offset).unwrap().min(file.0.len());
        let n = buf.len().min(file.0.len() - start);
        buf[..n].copy_from_slice(&file.0[start..start + n]);
        Ok(n)
    }
    /// Only the first half of each MiB-free hundred bytes is "in memory", so that both answers occur.
    fn read_at_nowait(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let at_hand = 50usize.saturating_sub((offset % 100) as usize).min(buf.len());
        if at_hand == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { self.read_at(offset, &mut buf[..at_hand]) }
    }
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(self.0.0.lock().unwrap().1)
    }
}
