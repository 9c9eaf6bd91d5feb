//! A connection to the server of the endpoint that a client means, which is started for it.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout_at};

use super::messages::Startup;
use super::{Front, endpoint};
use crate::postgres::store::Door;
use crate::postgres::template::SUPERUSER;
use crate::state::backing::{Job, Task};
use crate::state::concluded::Reach;

/// How long a compute may take to run, which may be behind other work on its branch.
const WAKE: Duration = Duration::from_secs(120);
/// How often a server that is not there, although it should be, is started again.
const REVIVALS: u32 = 50;
/// The pause between two of them: a process that was killed counts as running until the kernel has
/// taken it down, which takes a while on a busy machine.
const REVIVAL_PAUSE: Duration = Duration::from_millis(100);

/// An error as the client sees it.
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// A connection that counts until it is dropped.
pub(super) struct Session<'a> {
    front: &'a Front,
    endpoint: String,
    pub(super) door: Door,
}

impl Session<'_> {
    /// Returns when the endpoint is suspended while its server goes on: one that stops ends its
    /// sessions itself.
    pub(super) async fn is_cut(&self) {
        let mut cut = self.door.cut.clone();
        if cut.wait_for(|cut| *cut).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let emulator = &self.front.driver.emulator;
        let now = emulator.now();
        emulator.lock_state().disconnected(&self.endpoint, now);
    }
}

/// A connection to the server of the endpoint that the client means, with the startup packet sent.
pub(super) async fn open<'a>(
    front: &'a Front,
    startup: &mut Startup,
    host: Option<&str>,
) -> Result<(Session<'a>, UnixStream), Refused> {
    // As Postgres refuses a wrong password.
    if startup.all("user").any(|user| user == SUPERUSER) {
        let message = format!("password authentication failed for user \"{SUPERUSER}\"");
        return Err(Refused::new("28P01", message));
    }
    let (named, mut options) =
        endpoint::in_options(startup.all("options").next_back().unwrap_or_default());
    let named = named.or_else(|| host.and_then(endpoint::in_host));
    let named = named.ok_or_else(|| {
        let message = "the endpoint is not specified: add options=endpoint%3D<endpoint ID> to \
                       the connection string, or connect with TLS to a host whose name begins \
                       with it";
        Refused::new("08P01", message)
    })?;
    let until = Instant::now() + WAKE;
    let woken = timeout_at(until, wake(front, &named)).await;
    let late = |_| Refused::new("57P03", "the compute did not start in time");
    let (session, read_write, mut server) = woken.map_err(late)??;
    if !read_write {
        let read_only = "-c default_transaction_read_only=on";
        options = format!("{read_only} {options}");
    }
    startup.set_options(&options);
    let gone = |error: io::Error| Refused::new("57P03", format!("the compute is gone: {error}"));
    server.write_all(&startup.bytes()).await.map_err(gone)?;
    Ok((session, server))
}

/// Waits until the endpoint runs, and starts it if it does not.
async fn wake<'a>(
    front: &'a Front,
    endpoint: &str,
) -> Result<(Session<'a>, bool, UnixStream), Refused> {
    let driver = &front.driver;
    let mut progress = driver.progress.subscribe();
    let mut started: Option<String> = None;
    let mut revived = 0;
    loop {
        progress.mark_unchanged();
        let now = driver.emulator.now();
        let reached = driver.emulator.lock_state().reach(endpoint, now);
        let reached = reached.map_err(|error| Refused::new("XX000", error.message))?;
        match reached {
            Reach::Connected { read_write } => {
                if let Some(connected) = connect(front, endpoint).await {
                    let (session, server) = connected;
                    return Ok((session, read_write, server));
                }
                revived += 1;
                if revived > REVIVALS {
                    return Err(Refused::new("57P03", "the compute does not start"));
                }
                if revived > 1 {
                    sleep(REVIVAL_PAUSE).await;
                }
            }
            Reach::Soon => {}
            Reach::Starts(id) => match started.replace(id) {
                Some(failed) => {
                    let why = driver.emulator.lock_state().failure_of(&failed);
                    let why = why.unwrap_or_else(|| "it was suspended again".to_owned());
                    let message = format!("the compute could not be started: {why}");
                    return Err(Refused::new("57P03", message));
                }
                None => driver.emulator.changed(),
            },
        }
        // The driver is part of this front.
        progress.changed().await.ok();
    }
}

/// `None` where the server is not there, although it should be: then it is started again.
async fn connect<'a>(front: &'a Front, endpoint: &str) -> Option<(Session<'a>, UnixStream)> {
    let driver = &front.driver;
    if let Some(door) = driver.store.door(endpoint) {
        let path = door.place.path();
        let session = Session {
            front,
            endpoint: endpoint.to_owned(),
            door,
        };
        if let Ok(server) = UnixStream::connect(path).await {
            return Some((session, server));
        }
    } else {
        let now = driver.emulator.now();
        driver.emulator.lock_state().disconnected(endpoint, now);
    }
    let branch = driver.emulator.lock_state().branch_of(endpoint);
    driver.submit(Job {
        operation: None,
        branch,
        endpoint: Some(endpoint.to_owned()),
        task: Task::Start,
    });
    None
}
