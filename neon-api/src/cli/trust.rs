//! Whose a file is, and who can write it: owner and mode of what was opened, so that nothing can be
//! put in its place after the check.
//!
//! Symbolic links are followed, as the CLI does, since the files of whoever keeps a configuration in a
//! repository are such links; but only those of the user or the superuser, and what they lead to is
//! checked like any file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;

const GROUP_CAN_WRITE: u32 = 0o020;
const OTHERS_CAN_WRITE: u32 = 0o002;
/// In a folder with this bit, only the owner of a file can replace it.
const STICKY: u32 = 0o1000;
const SUPERUSER: u32 = 0;

/// Opens a file, without waiting for anybody if it is a pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.union(OFlags::CLOEXEC).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Why a file with credentials is not to be trusted, if so.
pub(super) fn fault(path: &Path, file: &File) -> io::Result<Option<&'static str>> {
    let opened = file.metadata()?;
    Ok(if !opened.is_file() {
        Some("it is not a regular file")
    } else if !is_own(&opened) {
        Some(
            "it belongs to another user: what it contains could be theirs; sign in again as yourself",
        )
    } else if opened.mode() & (GROUP_CAN_WRITE | OTHERS_CAN_WRITE) != 0 {
        Some("other users can write to it: run `chmod 600` on it if its content is yours")
    } else if !is_own(&fs::symlink_metadata(path)?) {
        Some("it is a symbolic link of another user")
    } else {
        folders(path)?
    })
}

/// Whether the file at a path, or what was opened there, is another user's, the superuser's included;
/// or one that everybody can write.
pub(super) fn is_foreign(path: &Path, file: &File) -> io::Result<bool> {
    let user = geteuid().as_raw();
    let (link, opened) = (fs::symlink_metadata(path)?, file.metadata()?);
    let is_open_to_all = opened.mode() & OTHERS_CAN_WRITE != 0;
    Ok(link.uid() != user || opened.uid() != user || is_open_to_all)
}

/// Whether what is at a path, which could not be opened, is another user's.
pub(super) fn is_of_others(path: &Path) -> bool {
    let user = geteuid().as_raw();
    fs::metadata(path).is_ok_and(|found| found.uid() != user)
}

/// Of the user, or of the superuser, who could do anything anyway.
fn is_own(found: &Metadata) -> bool {
    found.uid() == geteuid().as_raw() || found.uid() == SUPERUSER
}

/// Why the folder of a file, or of what a link leads to, is not to be trusted. That a group can write
/// to it is no reason: with the user's own group this is common, and what a member of another group
/// puts there is recognized by its owner.
fn folders(path: &Path) -> io::Result<Option<&'static str>> {
    for file in [path.to_owned(), fs::canonicalize(path)?] {
        let folder = file.parent().unwrap_or(Path::new("/"));
        // A path of one part is in the working directory.
        let found = fs::metadata(Path::new(".").join(folder))?;
        if !is_own(&found) {
            return Ok(Some("its folder belongs to another user"));
        }
        if found.mode() & OTHERS_CAN_WRITE != 0 && found.mode() & STICKY == 0 {
            return Ok(Some(
                "other users can replace it: run `chmod o-w` on its folder",
            ));
        }
    }
    Ok(None)
}
