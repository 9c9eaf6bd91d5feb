//! Copies of data directories.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::user::User;

/// Creates a folder for the user alone.
pub(super) fn folder(path: &Path, user: User) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    user.own(path)
}

/// Creates a file for the user alone.
pub(super) fn write(path: &Path, content: &str, user: User) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(content.as_bytes())?;
    user.own(path)
}

/// Copies one file; where the file system can, the copy shares its blocks. Files of a server in use
/// may be gone by now.
pub(super) fn file(from: &Path, to: &Path, user: User) -> io::Result<()> {
    match fs::copy(from, to) {
        Ok(_) => user.own(to),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Copies a folder, without the files and the contents of folders that `leave_out` names by their
/// place in it.
pub(super) fn tree(
    from: &Path,
    to: &Path,
    user: User,
    leave_out: &dyn Fn(&Path) -> bool,
) -> io::Result<()> {
    folder(to, user)?;
    below(from, to, Path::new(""), user, leave_out)
}

fn below(
    from: &Path,
    to: &Path,
    place: &Path,
    user: User,
    leave_out: &dyn Fn(&Path) -> bool,
) -> io::Result<()> {
    let entries = match fs::read_dir(from.join(place)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        let place = place.join(entry.file_name());
        if kind.is_dir() {
            folder(&to.join(&place), user)?;
            if !leave_out(&place) {
                below(from, to, &place, user, leave_out)?;
            }
        } else if kind.is_file() && !leave_out(&place) {
            file(&from.join(&place), &to.join(&place), user)?;
        }
    }
    Ok(())
}

/// Removes a folder, which may not exist.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the databases in a data directory take, in bytes.
pub(super) fn size(data: &Path) -> u64 {
    ["base", "global"]
        .iter()
        .map(|name| sum(&data.join(name)))
        .sum()
}

fn sum(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(known) if known.is_dir() => sum(&entry.path()),
        Ok(known) => known.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
