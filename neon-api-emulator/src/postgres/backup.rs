//! Copies of data directories, in use or not.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::admin::random;
use super::error::{PostgresError, Result};
use super::files;
use super::programs::Programs;
use super::server::Server;
use super::template::blocking;

/// What means nothing to another server: contents of folders, and files at the top.
const OF_A_SERVER: [&str; 9] = [
    "pg_dynshmem",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
    "postmaster.pid",
    "postmaster.opts",
];

/// What is rebuilt at the next start, wherever it is.
fn is_passing(place: &Path) -> bool {
    let name = place
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    let top = place.parent() == Some(Path::new(""));
    (top && OF_A_SERVER.contains(&name))
        || name.starts_with("pgsql_tmp")
        || name.starts_with("pg_internal.init")
}

/// Copies what no server uses.
pub(super) async fn cold(programs: &Programs, from: &Path, to: &Path) -> Result<()> {
    let (from, to, user) = (from.to_owned(), to.to_owned(), programs.user);
    let is_left_out =
        |place: &Path| place.starts_with("postmaster.pid") || place.starts_with("postmaster.opts");
    blocking(move || files::tree(&from, &to, user, &is_left_out)).await
}

/// Copies what a server uses; nobody who is connected to it notices.
pub(super) async fn live(
    programs: &Programs,
    server: &Server,
    from: &Path,
    to: &Path,
) -> Result<()> {
    let client = server.connect("postgres").await?;
    // Keeps the log of this time from being recycled. It goes with the session, which may still be
    // ending when the next copy begins: so each has a name of its own.
    let name = format!("emulator_{}", random::<8>()?);
    let slot = format!("SELECT pg_create_physical_replication_slot('{name}', true, true)");
    let old = programs.binaries.version < 15;
    let (begin, end) = if old {
        (
            "SELECT pg_start_backup('branch', true, false)",
            "pg_stop_backup(false, false)",
        )
    } else {
        (
            "SELECT pg_backup_start('branch', true)",
            "pg_backup_stop(false)",
        )
    };
    client.batch_execute(&slot).await?;
    client.batch_execute(begin).await?;
    copy(from, to, programs, |place| {
        is_passing(place) || place == Path::new("pg_wal")
    })
    .await?;
    let ended = format!("SELECT pg_walfile_name(lsn), labelfile FROM {end}");
    let ended = client.query_one(&ended, &[]).await?;
    let (last, label): (String, String) = (ended.try_get(0)?, ended.try_get(1)?);
    let first = first_segment(&label)
        .ok_or_else(|| PostgresError::Failed("the backup's label names no file".to_owned()))?;
    let needed = move |place: &Path| {
        let name = place.to_str().unwrap_or_default();
        is_segment(name) && name >= first.as_str() && name <= last.as_str()
    };
    copy_log(&from.join("pg_wal"), &to.join("pg_wal"), programs, needed).await?;
    let drop_slot = format!("SELECT pg_drop_replication_slot('{name}')");
    client.batch_execute(&drop_slot).await?;
    let label_file = to.join("backup_label");
    let user = programs.user;
    blocking(move || files::write(&label_file, &label, user)).await
}

async fn copy(
    from: &Path,
    to: &Path,
    programs: &Programs,
    is_left_out: impl Fn(&Path) -> bool + Send + 'static,
) -> Result<()> {
    let (from, to, user) = (from.to_owned(), to.to_owned(), programs.user);
    blocking(move || files::tree(&from, &to, user, &is_left_out)).await
}

/// The folder itself was copied, empty.
async fn copy_log(
    from: &Path,
    to: &Path,
    programs: &Programs,
    is_needed: impl Fn(&Path) -> bool + Send + 'static,
) -> Result<()> {
    let (from, to, user): (PathBuf, PathBuf, _) = (from.to_owned(), to.to_owned(), programs.user);
    blocking(move || {
        files::folder(&to.join("archive_status"), user)?;
        for entry in std::fs::read_dir(&from)? {
            let name = entry?.file_name();
            if is_needed(Path::new(&name)) {
                files::file(&from.join(&name), &to.join(&name), user)?;
            }
        }
        Ok(())
    })
    .await
}

fn is_segment(name: &str) -> bool {
    name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `START WAL LOCATION: 0/2000028 (file 000000010000000000000002)`.
fn first_segment(label: &str) -> Option<String> {
    let line = label.lines().next()?.strip_prefix("START WAL LOCATION:")?;
    let (_, file) = line.split_once("(file ")?;
    let name = file.strip_suffix(')')?;
    is_segment(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{first_segment, is_passing};
    use std::path::Path;

    #[test]
    fn the_first_segment_is_read_from_the_label() {
        let label = "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\nCHECKPOINT LOCATION: 0/2000060\n";
        let first = first_segment(label);
        assert_eq!(first.as_deref(), Some("000000010000000000000002"));
        assert_eq!(first_segment("START WAL LOCATION: 0/2000028\n"), None);
    }

    #[test]
    fn only_what_a_server_makes_anew_is_left_out() {
        for place in [
            "postmaster.pid",
            "pg_replslot",
            "base/5/pg_internal.init",
            "base/pgsql_tmp",
        ] {
            assert!(is_passing(Path::new(place)), "{place}");
        }
        for place in [
            "base/5/1259",
            "global/pg_control",
            "pg_xact/0000",
            "base/pg_notify",
        ] {
            assert!(!is_passing(Path::new(place)), "{place}");
        }
    }
}
