//! The cluster that every first branch is a copy of: made once for each version, and kept.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FlockOperation, flock};

use super::error::{PostgresError, Result};
use super::files;
use super::programs::Programs;

/// Changes with what is made below, so that older templates are not used.
const FORM: u32 = 1;

/// Whom the emulator is in the databases; Neon's own name for it, which the API reserves.
pub(super) const SUPERUSER: &str = "cloud_admin";
/// What all roles of the API belong to, as in Neon.
pub(super) const GROUP: &str = "neon_superuser";

/// The only way in is a password, and nobody has one until the run has set it.
const HBA: &str = "local all all scram-sha-256\n";

/// Makes the template of this run at `to`, with this verifier of the superuser's password.
pub(super) async fn prepare(
    programs: &Programs,
    cache: Option<&Path>,
    work: &Path,
    to: &Path,
    verifier: &str,
) -> Result<()> {
    match cache {
        Some(cache) => from_cache(programs, cache, work, to).await?,
        None => make(programs, to).await?,
    }
    let command = format!("ALTER ROLE {SUPERUSER} PASSWORD '{verifier}'\n");
    single(programs, to, &command).await
}

/// A copy of the one in the cache, which is made if it is not there.
async fn from_cache(programs: &Programs, cache: &Path, work: &Path, to: &Path) -> Result<()> {
    let folder = || {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(cache)
    };
    folder()?;
    let kept = cache.join(format!("{}-{FORM}", programs.binaries.key()));
    let user = programs.user;
    // Two runs that begin at the same time make one.
    let lock = lock(cache.join("lock")).await?;
    if !kept.join("PG_VERSION").is_file() {
        let made = work.join("initdb");
        make(programs, &made).await?;
        let partial = cache.join("partial");
        let kept = kept.clone();
        blocking(move || {
            files::remove(&partial)?;
            files::tree(&made, &partial, user, &|_| false)?;
            fs::rename(&partial, &kept)?;
            files::remove(&made)
        })
        .await?;
    }
    let to = to.to_owned();
    blocking(move || files::tree(&kept, &to, user, &|_| false)).await?;
    drop(lock);
    Ok(())
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await??)
}

async fn lock(path: PathBuf) -> Result<File> {
    let locked = move || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    };
    blocking(locked).await
}

async fn make(programs: &Programs, to: &Path) -> Result<()> {
    let user = programs.user;
    files::folder(to, user)?;
    // Not every system has the locale that Neon uses.
    if initdb(programs, to, "C.UTF-8").await.is_err() {
        files::remove(to)?;
        files::folder(to, user)?;
        initdb(programs, to, "C").await?;
    }
    files::write(&to.join("pg_hba.conf"), HBA, user)?;
    let commands = format!(
        "CREATE ROLE {GROUP} NOLOGIN\n\
         GRANT pg_read_all_data, pg_write_all_data, pg_monitor, pg_signal_backend TO {GROUP}\n"
    );
    single(programs, to, &commands).await
}

async fn initdb(programs: &Programs, to: &Path, locale: &str) -> Result<()> {
    let mut command = programs.command("initdb");
    command.arg("--pgdata").arg(to);
    command.args([
        "--username",
        SUPERUSER,
        "--encoding",
        "UTF8",
        "--locale",
        locale,
    ]);
    command.args(["--wal-segsize", "1", "--no-sync", "--no-instructions"]);
    programs.run(command, "").await?;
    Ok(())
}

/// Runs commands, one a line, without a server.
async fn single(programs: &Programs, data: &Path, commands: &str) -> Result<()> {
    let mut command: Command = programs.command("postgres");
    command.arg("--single").arg("-D").arg(data);
    command.args(["-c", "fsync=off", "-c", "exit_on_error=on", "postgres"]);
    let output = programs.run(command, commands).await?;
    let printed = String::from_utf8_lossy(&output.stderr);
    match printed.lines().find(|line| line.contains("ERROR:")) {
        Some(line) => Err(PostgresError::Failed(format!("postgres --single: {line}"))),
        None => Ok(()),
    }
}
