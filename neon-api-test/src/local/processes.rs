//! The processes of servers: finding and ending them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::time::{Instant, sleep};

use super::place::Place;
use crate::error::{Error, Result};

const STOP: Duration = Duration::from_secs(10);
/// How long a server may take to end in order.
const PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(3);

/// Ends the server of a place at once, and the guard with this process ID.
pub(super) async fn end(place: &Place, guard: Option<i32>) {
    let guard = guard.filter(|pid| runs(*pid, place.users_file().as_path()));
    let data = place.data();
    let left = [guard, noted(&data).filter(|pid| runs(*pid, &data))];
    let left: Vec<Pid> = left
        .into_iter()
        .flatten()
        .filter_map(Pid::from_raw)
        .collect();
    for signal in [Signal::QUIT, Signal::KILL] {
        let alive = |pid: &&Pid| test_kill_process(**pid).is_ok();
        for pid in left.iter().filter(alive) {
            kill_process(*pid, signal).ok();
        }
        let end = Instant::now() + STOP;
        while left.iter().any(|pid| alive(&pid)) && Instant::now() < end {
            sleep(STEP).await;
        }
    }
}

/// Ends a server in order, whose guard does so only when nobody holds the lock of its place.
pub(super) async fn stop(place: &Place) -> Result<()> {
    let data = place.data();
    let server = noted(&data).filter(|pid| runs(*pid, &data));
    if let Some(pid) = server.and_then(Pid::from_raw) {
        kill_process(pid, Signal::INT).ok();
    }
    let end = Instant::now() + PATIENCE;
    while lives(&data) {
        if Instant::now() >= end {
            return Err(Error::Database("a server does not end".to_owned()));
        }
        sleep(STEP).await;
    }
    Ok(())
}

/// Whether a server runs in this data directory.
pub(super) fn lives(data: &Path) -> bool {
    noted(data).is_some_and(|pid| runs(pid, data))
}

/// The process ID that a server has written into its data directory.
fn noted(data: &Path) -> Option<i32> {
    let noted = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    noted.lines().next()?.trim().parse().ok()
}

/// Whether the process has this path as an argument: its ID may be another's by now.
fn runs(pid: i32, path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    if Path::new("/proc/self/cmdline").exists() {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        return arguments.split(|byte| *byte == 0).any(|one| one == path);
    }
    let mut command = Command::new("ps");
    command.args(["-ww", "-o", "command=", "-p", &pid.to_string()]);
    let printed = command.output().map(|output| output.stdout);
    let printed = printed.unwrap_or_default();
    printed.windows(path.len().max(1)).any(|part| part == path)
}
