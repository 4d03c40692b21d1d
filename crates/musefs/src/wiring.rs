//! Where implementations meet: the formats, the stores, the scanner.

use crate::errors::Failure;
use crate::progress::Reporter;
use crate::selection::mounted_devices;
use musefs_backing::{FileBacking, Purpose};
use musefs_catalog::{SqliteCatalog, SqliteWriter};
use musefs_catalog_memory::MemoryCatalog;
use musefs_contracts::backing::Backing;
use musefs_contracts::catalog::Catalog;
use musefs_contracts::editing::CatalogEditor;
use musefs_contracts::format::Formats;
use musefs_contracts::history::CatalogHistory;
use musefs_contracts::meter::Meter;
use musefs_contracts::writer::CatalogWriter;
use musefs_format_apetagged::ApeTagged;
use musefs_format_dsf::Dsf;
use musefs_format_flac::Flac;
use musefs_format_mp4::Mp4;
use musefs_format_mpeg::Mpeg;
use musefs_format_ogg::Ogg;
use musefs_format_riff::{Aiff, Wave};
use musefs_format_verbatim::{Asf, Dsdiff, Matroska};
use musefs_scan::Scanner;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The name of a store that lives as long as the process.
const IN_MEMORY: &str = ":memory:";

/// Every container format, the likelier first.
pub(crate) fn formats() -> Formats {
    Formats::new(vec![
        Arc::new(Flac::new()),
        Arc::new(Mpeg::new()),
        Arc::new(Mp4::new()),
        Arc::new(Ogg::new()),
        Arc::new(Wave::new()),
        Arc::new(Aiff::new()),
        Arc::new(ApeTagged::new()),
        Arc::new(Dsf::new()),
        Arc::new(Dsdiff::new()),
        Arc::new(Asf::new()),
        Arc::new(Matroska::new()),
    ])
}

/// A store, by the name the user gave it.
#[derive(Clone)]
pub(crate) enum Store {
    /// A file.
    File(PathBuf),
    /// In memory.
    Memory(Arc<MemoryCatalog>),
}

impl Store {
    /// Whether this names a store in memory.
    pub(crate) fn is_in_memory(name: &Path) -> bool {
        name.as_os_str() == IN_MEMORY
    }

    /// The store of this name.
    pub(crate) fn named(name: &Path) -> Self {
        if Self::is_in_memory(name) { Self::Memory(MemoryCatalog::new()) } else { Self::File(name.to_owned()) }
    }

    /// The store of a command that ends at once, so that one in memory would be of no use.
    pub(crate) fn lasting(name: &Path) -> Result<PathBuf, Failure> {
        match Self::named(name) {
            Self::File(path) => Ok(path),
            Self::Memory(_) => {
                Err(Failure::new("a store in memory ends with the command; use: musefs up --db :memory:"))
            }
        }
    }

    /// The store for writing; made if it is not there.
    pub(crate) fn open_or_create(&self) -> Result<Box<dyn CatalogWriter>, Failure> {
        Ok(match self {
            Self::File(path) => {
                refuse_folder(path)?;
                Box::new(SqliteWriter::open_or_create(path)?)
            }
            Self::Memory(catalog) => Box::new(catalog.writer()),
        })
    }

    /// The store for writing.
    pub(crate) fn open_writer(&self) -> Result<Box<dyn CatalogWriter>, Failure> {
        Ok(match self {
            Self::File(path) => {
                refuse_folder(path)?;
                Box::new(SqliteWriter::open(path)?)
            }
            Self::Memory(catalog) => Box::new(catalog.writer()),
        })
    }

    /// The store for edits that a user asks for.
    pub(crate) fn open_editor(&self) -> Result<Box<dyn CatalogEditor>, Failure> {
        Ok(match self {
            Self::File(path) => {
                refuse_folder(path)?;
                Box::new(SqliteWriter::open(path)?)
            }
            Self::Memory(catalog) => Box::new(catalog.writer()),
        })
    }

    /// The store with its history. One in memory has none, and ends with the command.
    pub(crate) fn open_history(name: &Path) -> Result<Box<dyn CatalogHistory>, Failure> {
        let path = Self::lasting(name)?;
        refuse_folder(&path)?;
        Ok(Box::new(SqliteWriter::open(&path)?))
    }

    /// Which file is there now; `None` if there is none. While anybody has the former open, another file is told from it.
    pub(crate) fn place(&self) -> Option<(u64, u64)> {
        match self {
            Self::File(path) => path.metadata().ok().map(|file| (file.dev(), file.ino())),
            Self::Memory(_) => None,
        }
    }

    /// The store for reading.
    pub(crate) fn open(&self) -> Result<Arc<dyn Catalog>, Failure> {
        Ok(match self {
            Self::File(path) => {
                refuse_folder(path)?;
                SqliteCatalog::open(path)?
            }
            Self::Memory(catalog) => catalog.clone(),
        })
    }
}

fn refuse_folder(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(format!("{} is a folder; --db wants a file, such as library.db", path.display())));
    }
    Ok(())
}

/// Opens files for scanning. Made once a process, since each metric is handed out once.
pub(crate) fn scan_backing(meter: &dyn Meter) -> Arc<dyn Backing> {
    Arc::new(FileBacking::new(Purpose::Scan, meter))
}

/// A scanner that tells how far it is and ends when `cancelled` is set.
pub(crate) fn scanner(
    jobs: Option<u16>,
    backing: Arc<dyn Backing>,
    cancelled: Arc<AtomicBool>,
    reporter: Arc<Reporter>,
) -> Scanner {
    let scanner = Scanner::new(backing, formats()).cancelled_by(cancelled).progress(reporter);
    let scanner = scanner.leave_out(Arc::new(mounted_devices));
    match jobs {
        Some(jobs) => scanner.jobs(jobs.into()),
        None => scanner,
    }
}
