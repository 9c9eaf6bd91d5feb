//! The processes of all servers of a run, so that none is left when it ends.

use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to end at once.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(2);

/// A server's process, which may have ended.
#[derive(Debug)]
pub(super) struct Process(Mutex<Child>);

impl Process {
    /// Whether it still runs.
    pub(super) fn lives(&self) -> bool {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(child.try_wait(), Ok(None))
    }

    pub(super) fn signal(&self, signal: Signal) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Once it was waited for, its ID may be another's.
        if matches!(child.try_wait(), Ok(None))
            && let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
        {
            kill_process(pid, signal).ok();
        }
    }

    /// Waits until it has ended, by force after a while.
    fn end(&self) {
        let until = Instant::now() + PATIENCE;
        while self.lives() {
            if Instant::now() >= until {
                self.signal(Signal::KILL);
            }
            thread::sleep(STEP);
        }
    }
}

/// Who drops a process without ending it was interrupted.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::QUIT);
        self.end();
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Servers(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    running: Vec<Weak<Process>>,
    closed: bool,
}

impl Servers {
    /// `None` where the run has ended: then so has the process.
    pub(super) fn add(&self, child: Child) -> Option<Arc<Process>> {
        let process = Arc::new(Process(Mutex::new(child)));
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.closed {
            return None;
        }
        list.running.retain(|process| process.strong_count() > 0);
        list.running.push(Arc::downgrade(&process));
        Some(process)
    }

    /// Ends all of them, and lets none begin.
    pub(super) fn end_all(&self) {
        let running = {
            let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            list.closed = true;
            std::mem::take(&mut list.running)
        };
        let running: Vec<Arc<Process>> = running.iter().filter_map(Weak::upgrade).collect();
        for process in &running {
            process.signal(Signal::QUIT);
        }
        for process in &running {
            process.end();
        }
    }
}
