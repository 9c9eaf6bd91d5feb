//! One program per state file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::path::Path;

use fs4::{FileExt, TryLockError};

/// Held while the file is in use; the system releases it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Locks the file at `state`, by a file beside it: saving replaces the state file itself.
pub(crate) fn take(state: &Path) -> Result<Lock, String> {
    let shown = state.display();
    let Some(name) = state.file_name() else {
        return Err(format!("{shown} is not the path of a file"));
    };
    let mut beside = OsString::from(name);
    beside.push(".lock");
    let path = state.with_file_name(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |error| format!("cannot lock the state in {shown}: {error}");
    let file = options.open(&path).map_err(failed)?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(format!("another program uses the state in {shown}")),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
