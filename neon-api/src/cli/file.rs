//! Files of others, read whole.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::error::CliError;

use super::trust;

/// The largest file that is read: the CLI's own have a few kilobytes.
pub(super) const LARGEST: u64 = 256 << 10;

/// Reads a file that only the user can have written; `None` if there is none.
pub(super) fn read_trusted(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    let failed = |error: io::Error| CliError::Unreadable {
        file: path.to_owned(),
        kind: error.kind(),
    };
    let file = match trust::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if let Some(rule) = trust::fault(path, &file).map_err(failed)? {
        return Err(CliError::Untrusted {
            file: path.to_owned(),
            rule,
        });
    }
    read(path, file).map(Some)
}

/// Reads what was opened, up to the largest size.
pub(super) fn read(path: &Path, file: File) -> Result<Vec<u8>, CliError> {
    let mut content = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut content);
    match read {
        Ok(length) if length as u64 <= LARGEST => Ok(content),
        Ok(_) => Err(CliError::TooLarge {
            file: path.to_owned(),
            largest: LARGEST,
        }),
        Err(error) => Err(CliError::Unreadable {
            file: path.to_owned(),
            kind: error.kind(),
        }),
    }
}
