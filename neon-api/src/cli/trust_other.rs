//! Whose a file is, on systems without owners and modes that the standard library shows: the folder
//! of a user's configuration is the user's there by default, and only the kind of file is checked.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Why a file with credentials is not to be trusted, if so.
pub(super) fn fault(_: &Path, file: &File) -> io::Result<Option<&'static str>> {
    let is_file = file.metadata()?.is_file();
    Ok((!is_file).then_some("it is not a regular file"))
}

/// Whether a file is another user's, which is not known here.
pub(super) fn is_foreign(_: &Path, _: &File) -> io::Result<bool> {
    Ok(false)
}

/// Whether what is at a path, which could not be opened, is another user's.
pub(super) fn is_of_others(_: &Path) -> bool {
    false
}
