//! Inodes are found by number, as a server of NFS needs it: `name_to_handle_at` and `open_by_handle_at`, before and after the
//! kernel forgot the inode. Opening by handle is for root.

#![allow(missing_docs)]
#![allow(unsafe_code, reason = "rustix has no file handles; each call says what it relies on")]

mod common;

use common::{Mount, World, eventually, require_root};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Error, Read, Result};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const HANDLE_BYTES: usize = 128;

/// `struct file_handle` with room for any handle.
#[repr(C)]
#[derive(Clone)]
struct Handle {
    bytes: libc::c_uint,
    kind: libc::c_int,
    opaque: [u8; HANDLE_BYTES],
}

fn handle_of(path: &Path) -> Handle {
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    let mut handle = Handle { bytes: HANDLE_BYTES as u32, kind: 0, opaque: [0; HANDLE_BYTES] };
    let mut mount = 0;
    let pointer = (&raw mut handle).cast();
    // SAFETY: the name ends in NUL, and the handle has as much room as its first field says.
    let done = unsafe { libc::name_to_handle_at(libc::AT_FDCWD, name.as_ptr(), pointer, &raw mut mount, 0) };
    assert_eq!(done, 0, "{}: {}", path.display(), Error::last_os_error());
    handle
}

fn open_handle(mount: &File, handle: &Handle) -> Result<File> {
    let mut handle = handle.clone();
    let pointer = (&raw mut handle).cast();
    // SAFETY: the handle has as much room as its first field says; a descriptor that comes back is nobody else's.
    unsafe {
        match libc::open_by_handle_at(mount.as_raw_fd(), pointer, libc::O_RDONLY | libc::O_CLOEXEC) {
            -1 => Err(Error::last_os_error()),
            descriptor => Ok(File::from_raw_fd(descriptor)),
        }
    }
}

/// The kernel drops dentries and inodes that nobody uses.
fn forget() {
    fs::write("/proc/sys/vm/drop_caches", "2").unwrap();
}

const PATHS: [&str; 5] = ["", "Nina", "Nina/Blue", "Nina/Blue/Edited.flac", "Nina/Blue/Two.mp3"];

fn mounted() -> (World, Mount) {
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    let mount = world.mount(&[]);
    (world, mount)
}

#[test]
fn inodes_are_found_by_handle_before_and_after_the_kernel_forgot_them() {
    require_root();
    let (_world, mount) = mounted();
    let root = File::open(&mount.mnt).unwrap();
    let handles: Vec<(u64, u64, Handle)> = PATHS
        .iter()
        .map(|path| {
            let found = fs::metadata(mount.path(path)).unwrap();
            (found.ino(), found.len(), handle_of(&mount.path(path)))
        })
        .collect();
    for forgotten in [false, true] {
        for ((ino, size, handle), path) in handles.iter().zip(PATHS) {
            if forgotten {
                forget();
            }
            let mut file = open_handle(&root, handle).unwrap_or_else(|error| panic!("{path:?}, {forgotten}: {error}"));
            let found = file.metadata().unwrap();
            assert_eq!((found.ino(), found.len()), (*ino, *size), "{path:?}");
            if found.is_file() {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                assert!(bytes == fs::read(mount.path(path)).unwrap(), "{path:?}");
            } else {
                // The kernel finds the way up by `..` of an inode it knows by number alone.
                let above =
                    rustix::fs::openat(&file, "..", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
                let above = rustix::fs::fstat(&above).unwrap().st_ino;
                let parent = mount.path(path).parent().map(|parent| fs::metadata(parent).unwrap().ino()).unwrap();
                assert_eq!(
                    above,
                    if path.is_empty() { fs::metadata(mount.mnt.parent().unwrap()).unwrap().ino() } else { parent }
                );
            }
        }
    }
}

#[test]
fn a_handle_outlives_an_edit_and_a_remount() {
    require_root();
    let (world, mount) = mounted();
    let (file, folder) = (handle_of(&mount.path(PATHS[3])), handle_of(&mount.path(PATHS[2])));
    let ino = fs::metadata(mount.path(PATHS[3])).unwrap().ino();
    world.set_tag("one.flac", "title", "Again");
    eventually("the new name", || mount.path("Nina/Blue/Again.flac").exists());
    forget();
    let root = File::open(&mount.mnt).unwrap();
    assert_eq!(open_handle(&root, &file).unwrap().metadata().unwrap().ino(), ino);
    drop(root);
    assert!(mount.stop().0.success());
    let mount = world.mount(&[]);
    let root = File::open(&mount.mnt).unwrap();
    let mut bytes = Vec::new();
    open_handle(&root, &file).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == fs::read(mount.path("Nina/Blue/Again.flac")).unwrap());
    assert_eq!(
        open_handle(&root, &folder).unwrap().metadata().unwrap().ino(),
        fs::metadata(mount.path(PATHS[2])).unwrap().ino()
    );
}

#[test]
fn a_handle_of_what_is_gone_is_stale_and_never_something_else() {
    require_root();
    let (world, mount) = mounted();
    let (file, folder) = (handle_of(&mount.path(PATHS[3])), handle_of(&mount.path(PATHS[2])));
    world.sql().execute("DELETE FROM tracks", []).unwrap();
    eventually("an empty mount", || fs::read_dir(&mount.mnt).unwrap().count() == 0);
    forget();
    let root = File::open(&mount.mnt).unwrap();
    for handle in [&file, &folder] {
        assert_eq!(open_handle(&root, handle).unwrap_err().raw_os_error(), Some(libc::ESTALE));
    }
}

#[test]
fn a_file_in_several_directories_is_found_by_the_handle_of_any_name() {
    require_root();
    let world = World::with_two_tracks();
    world.scan();
    world.set_tag("one.flac", "title", "Edited");
    let mount = world.mount(&["--view", "all=$artist/$title", "--view", "by-genre=%each{genre}/$title"]);
    let names = ["all/Nina/Edited.flac", "by-genre/Jazz/Edited.flac"];
    let folders = ["all/Nina", "all", "by-genre/Jazz", "by-genre"];
    let [files, folders] = [&names[..], &folders[..]].map(|paths| {
        paths
            .iter()
            .map(|path| (fs::metadata(mount.path(path)).unwrap().ino(), handle_of(&mount.path(path)), *path))
            .collect::<Vec<_>>()
    });
    let bytes = fs::read(mount.path(names[0])).unwrap();
    forget();
    let root = File::open(&mount.mnt).unwrap();
    for (ino, handle, name) in &files {
        let mut file = open_handle(&root, handle).unwrap();
        let found = file.metadata().unwrap();
        assert_eq!((found.ino(), found.nlink()), (*ino, 2), "{name}");
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert!(read == bytes, "{name}");
    }
    assert_eq!(files[0].0, files[1].0);
    forget();
    for (ino, handle, path) in &folders {
        let folder = open_handle(&root, handle).unwrap();
        assert_eq!(folder.metadata().unwrap().ino(), *ino);
        let above = rustix::fs::openat(&folder, "..", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
        let parent = fs::metadata(mount.path(path).parent().unwrap()).unwrap().ino();
        assert_eq!(rustix::fs::fstat(&above).unwrap().st_ino, parent, "{path}");
    }
}
