//! The folder of one run: data directories and sockets, and the lock that says whether the run is
//! still going on.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};

use super::admin::random;
use super::files;
use super::user::User;

const PREFIX: &str = "neon-emulator-";
const LOCK: &str = "lock";
/// A path of a socket is at most 107 bytes, of which the longest name here takes 40.
const LONGEST: usize = 60;
/// How long servers that were left behind may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Removed when it is dropped.
#[derive(Debug)]
pub(super) struct RunFolder {
    pub(super) path: PathBuf,
    /// In a folder with a short path.
    pub(super) sockets: PathBuf,
    _locks: [Option<File>; 2],
}

impl RunFolder {
    /// In `parent`, from which what ended runs left behind is removed first.
    pub(super) fn new(parent: &Path, user: User) -> io::Result<Self> {
        let parent = parent.canonicalize()?;
        sweep(&parent);
        let (path, lock) = locked(&parent, user)?;
        let mut locks = [Some(lock), None];
        let mut sockets = path.clone();
        if path.as_os_str().len() > LONGEST {
            let short = Path::new("/tmp").canonicalize()?;
            sweep(&short);
            let (other, lock) = locked(&short, user)?;
            sockets = other;
            locks = [locks[0].take(), Some(lock)];
        }
        Ok(Self {
            path,
            sockets,
            _locks: locks,
        })
    }

    /// What cannot be removed now, the next run removes.
    pub(super) fn remove(&self) {
        for _ in 0..5 {
            // A copy that was interrupted may still add a file.
            if files::remove(&self.path).is_ok() && files::remove(&self.sockets).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        self.remove();
    }
}

fn locked(parent: &Path, user: User) -> io::Result<(PathBuf, File)> {
    let name = random::<6>()?;
    let path = parent.join(format!("{PREFIX}{name}"));
    files::folder(&path, user)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let lock = options.open(path.join(LOCK))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    Ok((path, lock))
}

/// Ends the servers of runs that have ended, and removes their folders.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_one {
            sweep_one(&entry.path());
        }
    }
}

/// Only what this user has made, whatever others put in a shared folder: the lock is this user's own
/// file in a folder that is not a link.
fn sweep_one(path: &Path) {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|known| known.is_dir());
    let lock = path.join(LOCK);
    let own = geteuid().as_raw();
    let is_own =
        fs::symlink_metadata(&lock).is_ok_and(|known| known.is_file() && known.uid() == own);
    if !is_folder || !is_own {
        return;
    }
    let Ok(lock) = File::open(lock) else {
        return;
    };
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return;
    }
    end_servers(path);
    files::remove(path).ok();
}

fn end_servers(path: &Path) {
    let left: Vec<Pid> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| server_of(&entry.path()))
        .collect();
    for pid in &left {
        kill_process(*pid, Signal::QUIT).ok();
    }
    let end = Instant::now() + PATIENCE;
    let lives = |pid: &&Pid| test_kill_process(**pid).is_ok();
    while Instant::now() < end && left.iter().any(|pid| lives(&pid)) {
        thread::sleep(Duration::from_millis(10));
    }
    for pid in left.iter().filter(lives) {
        kill_process(*pid, Signal::KILL).ok();
    }
}

/// The server that runs in this data directory, if it is one: its process ID may be another's by now.
fn server_of(data: &Path) -> Option<Pid> {
    let noted = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid = noted.lines().next()?.trim().parse().ok()?;
    runs_in(pid, data).then(|| Pid::from_raw(pid)).flatten()
}

fn runs_in(pid: i32, data: &Path) -> bool {
    let data = data.as_os_str().as_encoded_bytes();
    if Path::new("/proc/self/cmdline").exists() {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = arguments.split(|byte| *byte == 0);
        return arguments.any(|argument| argument == data);
    }
    let mut command = Command::new("ps");
    command.args(["-ww", "-o", "command=", "-p", &pid.to_string()]);
    let printed = command.output().map(|output| output.stdout);
    let printed = printed.unwrap_or_default();
    printed.windows(data.len().max(1)).any(|part| part == data)
}
