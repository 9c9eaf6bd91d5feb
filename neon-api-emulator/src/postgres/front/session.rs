//! One client, from its first byte to its last.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::messages::{First, Startup, fatal, first};
use super::splice::splice;
use super::{Front, endpoint};
use crate::postgres::store::Door;
use crate::postgres::template::SUPERUSER;
use crate::state::backing::{Job, Task};
use crate::state::concluded::Reach;

/// How long a client may take until it has said what it wants.
const GREETING: Duration = Duration::from_secs(30);
/// How long a compute may take to run, which may be behind other work on its branch.
const WAKE: Duration = Duration::from_secs(120);
/// How often a server that is not there, although it should be, is started again.
const REVIVALS: u32 = 50;
/// The pause between two of them: a process that was killed counts as running until the kernel has
/// taken it down, which takes a while on a busy machine.
const REVIVAL_PAUSE: Duration = Duration::from_millis(100);
/// The first byte of TLS.
const HANDSHAKE: u8 = 0x16;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An error as the client sees it.
struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

pub(super) async fn run(front: Front, stream: TcpStream) {
    // A client that says nothing, or nonsense, or goes away, is its own problem.
    let greeted = timeout(GREETING, greet(&front, stream)).await;
    if let Ok(Ok(Some((client, startup, host)))) = greeted {
        serve(&front, client, startup, host.as_deref()).await.ok();
    }
}

type Greeted = (Box<dyn Stream>, Startup, Option<String>);

/// Up to the startup packet; with the host's name, if there is TLS.
async fn greet(front: &Front, mut stream: TcpStream) -> io::Result<Option<Greeted>> {
    let mut begins = [0];
    if stream.peek(&mut begins).await? == 1 && begins == [HANDSHAKE] {
        return encrypted(front, stream).await;
    }
    loop {
        match first(&mut stream).await? {
            First::Gss => stream.write_all(b"N").await?,
            First::Ssl => {
                stream.write_all(b"S").await?;
                return encrypted(front, stream).await;
            }
            First::Cancel(key) => {
                cancel(front, &key).await?;
                return Ok(None);
            }
            First::Startup(startup) => return Ok(Some((Box::new(stream), startup, None))),
        }
    }
}

async fn encrypted(front: &Front, stream: TcpStream) -> io::Result<Option<Greeted>> {
    let mut stream = front.tls.accept(stream).await?;
    let host = stream.get_ref().1.server_name().map(str::to_owned);
    match first(&mut stream).await? {
        First::Startup(startup) => Ok(Some((Box::new(stream), startup, host))),
        First::Cancel(key) => {
            cancel(front, &key).await?;
            Ok(None)
        }
        First::Ssl | First::Gss => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Passes a request to cancel on to the server that it is for.
async fn cancel(front: &Front, key: &[u8]) -> io::Result<()> {
    let Some(place) = front.keys.get(key) else {
        return Ok(());
    };
    let mut server = UnixStream::connect(place.path()).await?;
    let length = u32::try_from(key.len() + 8).unwrap_or(u32::MAX);
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend(80_877_102_u32.to_be_bytes());
    packet.extend(key);
    server.write_all(&packet).await?;
    // It closes the connection when it has passed the request on.
    let mut nothing = [0];
    tokio::io::AsyncReadExt::read(&mut server, &mut nothing).await?;
    Ok(())
}

async fn serve(
    front: &Front,
    mut client: Box<dyn Stream>,
    mut startup: Startup,
    host: Option<&str>,
) -> io::Result<()> {
    let opened = open(front, &mut startup, host).await;
    let (session, server) = match opened {
        Ok(opened) => opened,
        Err(refused) => {
            client
                .write_all(&fatal(refused.code, &refused.message))
                .await?;
            return client.shutdown().await;
        }
    };
    let mut cut = session.door.cut.clone();
    let is_cut = async {
        // A server that stops ends its sessions itself.
        if cut.wait_for(|cut| *cut).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = splice(client, server, &front.keys, &session.door.place) => ended,
        () = is_cut => Ok(()),
    }
}

/// A connection that counts until it is dropped.
struct Session<'a> {
    front: &'a Front,
    endpoint: String,
    door: Door,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let emulator = &self.front.driver.emulator;
        let now = emulator.now();
        emulator.lock_state().disconnected(&self.endpoint, now);
    }
}

/// A connection to the server of the endpoint that the client means, with the startup packet sent.
async fn open<'a>(
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
