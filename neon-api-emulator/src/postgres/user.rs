//! As whom PostgreSQL runs: it refuses to run as root.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::error::{PostgresError, Result};

/// Another user than the one that the emulator runs as, if that is root.
#[derive(Debug, Clone, Copy)]
pub(super) struct User(Option<(u32, u32)>);

impl User {
    /// `name` matters to root only.
    pub(super) fn resolve(name: &str) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let missing = || PostgresError::NoUser(name.to_owned());
        match ids(name, &fs::read_to_string("/etc/passwd")?) {
            Some((0, _)) | None => Err(missing()),
            Some(ids) => Ok(Self(Some(ids))),
        }
    }

    /// Gives a file or folder to the user.
    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        match self.0 {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// User and group, if it is another one.
    pub(super) fn ids(self) -> Option<(u32, u32)> {
        self.0
    }

    pub(super) fn run(self, command: &mut Command) {
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
    }
}

fn ids(name: &str, passwd: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some(name);
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        is_it.then_some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:a,,,:/:/bin/sh\n";
        assert_eq!(ids("postgres", passwd), Some((101, 104)));
        assert_eq!(ids("root", passwd), Some((0, 0)));
        assert_eq!(ids("post", passwd), None);
    }
}
