//! Opening, reading, stamps and counts on files of a temporary folder.

use super::*;
use musefs_contracts::backing::read_exact_at;
use musefs_contracts::meter::NoMeter;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect()
}

fn backing() -> FileBacking {
    FileBacking::new(Purpose::Serve, &NoMeter)
}

#[test]
fn reads_at_any_place_and_ends_short_only_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track");
    let bytes = ramp(10_000);
    std::fs::write(&path, &bytes).unwrap();
    for purpose in [Purpose::Serve, Purpose::Scan] {
        let source = FileBacking::new(purpose, &NoMeter).open(&path).unwrap();
        let mut buf = [0; 100];
        assert_eq!(source.read_at(5_000, &mut buf).unwrap(), 100);
        assert_eq!(buf[..], bytes[5_000..5_100]);
        assert_eq!(source.read_at(9_950, &mut buf).unwrap(), 50);
        assert_eq!(source.read_at(10_000, &mut buf).unwrap(), 0);
        assert_eq!(source.read_at(u64::MAX, &mut buf).unwrap(), 0);
        assert_eq!(source.read_at_nowait(u64::MAX, &mut buf).unwrap(), 0);
        assert!(read_exact_at(&*source, 9_950, &mut buf).is_err());
        assert_eq!(source.read_at(0, &mut []).unwrap(), 0);
    }
}

#[test]
fn a_read_that_must_not_wait_gives_the_true_bytes_or_says_that_it_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track");
    let bytes = ramp(100_000);
    std::fs::write(&path, &bytes).unwrap();
    let source = backing().open(&path).unwrap();
    let mut buf = vec![0; 4_096];
    for offset in (0..bytes.len()).step_by(4_096) {
        match source.read_at_nowait(offset as u64, &mut buf) {
            Ok(n) => assert_eq!(buf[..n], bytes[offset..offset + n]),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
}

#[test]
fn only_regular_files_open() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RUSR | Mode::WUSR).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let to_device = folder.path().join("device");
    symlink("/dev/zero", &to_device).unwrap();
    for path in [folder.path(), &fifo, &socket, &to_device] {
        let kind = backing().open(path).err().map(|error| error.kind());
        assert_eq!(kind, Some(io::ErrorKind::InvalidInput), "open {}", path.display());
        let kind = backing().stat(path).err().map(|error| error.kind());
        assert_eq!(kind, Some(io::ErrorKind::InvalidInput), "stat {}", path.display());
    }
    let missing = backing().open(&folder.path().join("missing")).err().map(|error| error.kind());
    assert_eq!(missing, Some(io::ErrorKind::NotFound));
}

/// Takes a write lease, says so, and gives it up when the kernel asks for it.
const LEASE_HOLDER: &str = r"
import fcntl, os, signal, sys
file = os.open(sys.argv[1], os.O_RDWR)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
try:
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError as error:
    print('no leases here:', error, flush=True)
    sys.exit()
print('held', flush=True)
signal.sigwait([signal.SIGIO])
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
";

#[test]
fn a_file_under_another_programs_lease_opens_once_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track");
    std::fs::write(&path, b"audio").unwrap();
    let mut holder = Command::new("python3");
    holder.args(["-c", LEASE_HOLDER]).arg(&path).stdout(Stdio::piped());
    let mut holder = holder.spawn().expect("python3 is needed; `cargo xtask setup` installs it");
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // Without leases there is nothing to wait for, and the file opens all the same.
    let opened = backing().open(&path).map(|source| source.stamp().unwrap().size);
    holder.wait().unwrap();
    assert_eq!(opened.unwrap(), 5, "{line}");
}

#[test]
fn a_descriptor_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("track");
    std::fs::write(&path, b"audio").unwrap();
    let source = backing().open(&path).unwrap();
    assert!(source.file().unwrap().write_all(b"x").is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"audio");
}

#[test]
fn stamps_tell_files_and_changes_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    std::fs::write(&one, b"12345").unwrap();
    std::fs::write(&two, b"12345").unwrap();
    let backing = backing();
    let source = backing.open(&one).unwrap();
    let before = source.stamp().unwrap();
    assert_eq!(before, backing.stat(&one).unwrap());
    assert_eq!(before.size, 5);
    assert!(before.mtime_ns > 0 && before.ctime_ns > 0 && before.file != 0);
    assert_ne!(before.file, backing.stat(&two).unwrap().file);

    std::fs::write(&one, b"123456").unwrap();
    assert!(!source.stamp().unwrap().same_contents(&before));
    assert_eq!(source.stamp().unwrap().file, before.file);

    std::fs::rename(&two, &one).unwrap();
    assert_eq!(source.stamp().unwrap().file, before.file, "an open source stays with its file");
    assert_ne!(backing.stat(&one).unwrap().file, before.file);
}

#[test]
fn times_beyond_the_clock_do_not_overflow() {
    assert_eq!(crate::file::nanoseconds(i64::MAX, 5), i64::MAX);
    assert_eq!(crate::file::nanoseconds(i64::MIN, 5), i64::MIN + 5);
}

mod metered {
    use super::*;
    use musefs_contracts::meter::{Counter, Gauge, Meter};
    use musefs_contracts::metric::{self, Metric};
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Counters(Mutex<BTreeMap<&'static str, Counter>>);

    impl Meter for Counters {
        fn counter(&self, metric: &'static Metric) -> Counter {
            self.0.lock().unwrap().entry(metric.name).or_default().clone()
        }
        fn gauge(&self, _: &'static Metric) -> Gauge {
            Gauge::default()
        }
        fn observe(&self, _: &'static Metric, _: Box<dyn Fn() -> f64 + Send + Sync>) {}
    }

    impl Counters {
        fn moved(&self) -> BTreeMap<&'static str, u64> {
            self.0.lock().unwrap().iter().map(|(name, counter)| (*name, counter.get())).collect()
        }
    }

    fn drive(purpose: Purpose) -> BTreeMap<&'static str, u64> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("track");
        std::fs::write(&path, ramp(1_000)).unwrap();
        let meter = Counters::default();
        let backing = FileBacking::new(purpose, &meter);
        let source = backing.open(&path).unwrap();
        source.read_at(0, &mut [0; 600]).unwrap();
        source.read_at(600, &mut [0; 400]).unwrap();
        source.stamp().unwrap();
        meter.moved()
    }

    #[cfg(feature = "syscalls")]
    #[test]
    fn each_purpose_moves_its_own_counters() {
        let serve = drive(Purpose::Serve);
        let expected = [
            (metric::BACKING_OPENS_TOTAL.name, 1),
            (metric::BACKING_STATS_TOTAL.name, 2),
            (metric::BACKING_PREADS_TOTAL.name, 2),
            (metric::BACKING_PREAD_BYTES_TOTAL.name, 1_000),
        ];
        assert_eq!(serve, BTreeMap::from(expected));
        let scan = drive(Purpose::Scan);
        let expected = [
            (metric::SCAN_OPENS_TOTAL.name, 1),
            (metric::SCAN_PREADS_TOTAL.name, 2),
            (metric::SCAN_BYTES_TOTAL.name, 1_000),
        ];
        assert_eq!(scan, BTreeMap::from(expected));
    }

    #[cfg(not(feature = "syscalls"))]
    #[test]
    fn nothing_is_registered_without_the_feature() {
        let _ = &metric::SCAN_BYTES_TOTAL;
        assert!(drive(Purpose::Serve).is_empty());
        assert!(drive(Purpose::Scan).is_empty());
    }
}
