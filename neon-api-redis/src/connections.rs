//! Connections: one for each Tokio runtime, since a connection is driven by a task of the runtime
//! that opened it, and an idle runtime must not stall another.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionAddr, ErrorKind, RedisError, Script, ServerErrorKind};
use tokio::runtime::{Handle, Id};
use tokio::time::timeout;

use crate::error::Error;
use crate::request::{self, Reply, Request};

/// How long a permit waits for Redis.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(100);
/// How long a connection may take to open where no permit waits for it.
const CONNECT: Duration = Duration::from_secs(1);
/// How long building a limiter waits for Redis.
const FIRST: Duration = Duration::from_secs(3);
/// Connections that are kept, in case that runtimes come and go.
const RUNTIMES: usize = 8;

/// A call that failed: a message without secrets.
pub(crate) type Failure = String;

pub(crate) struct Connections {
    client: Client,
    script: Script,
    managers: Mutex<Vec<(Id, ConnectionManager)>>,
}

/// Without the client, which has the password.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.managers().len();
        f.debug_struct("Connections")
            .field("open", &open)
            .finish_non_exhaustive()
    }
}

impl Connections {
    /// Parses the URL.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        #[cfg(feature = "tls-rustls")]
        if url.starts_with("rediss") {
            // Without one, or with two that are compiled in, rustls panics.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let client = Client::open(url).map_err(|error| {
            let detail = error.detail().unwrap_or_default().to_owned();
            let reason = if detail.is_empty() {
                error.to_string()
            } else {
                detail
            };
            Error::Settings(format!(
                "the URL of Redis is not valid ({reason}): expected redis://, rediss:// or \
                 redis+unix://, see the documentation"
            ))
        })?;
        Ok(Self {
            client,
            script: request::script(),
            managers: Mutex::default(),
        })
    }

    /// The first call. `None` if Redis cannot be reached now, which may change.
    pub(crate) async fn first(&self, request: &Request) -> Result<Option<Reply>, Error> {
        self.resolve().await?;
        let call = async {
            let mut manager = self.manager()?;
            // Redis says that access is denied in response to short commands only.
            redis::cmd("PING").exec_async(&mut manager).await?;
            request.invoke(&self.script, &mut manager).await
        };
        match timeout(FIRST, call).await {
            Err(_) => {
                self.forget();
                Ok(None)
            }
            Ok(Ok(reply)) => Ok(Some(reply)),
            Ok(Err(error)) => {
                self.forget();
                classify(error).map(|()| None)
            }
        }
    }

    async fn resolve(&self) -> Result<(), Error> {
        let (host, port) = match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                (host.as_str(), *port)
            }
            _ => return Ok(()),
        };
        match timeout(FIRST, tokio::net::lookup_host((host, port))).await {
            Ok(Err(error)) => Err(Error::UnknownHost(error)),
            _ => Ok(()),
        }
    }

    /// One call, with a new connection if the one before is broken.
    pub(crate) async fn call(&self, request: &Request) -> Result<Reply, Failure> {
        let result = timeout(TIMEOUT, self.attempt(request)).await;
        let failure = match result {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => describe(&error),
            Err(_) => format!("no response within {} ms", TIMEOUT.as_millis()),
        };
        // A connection that hangs, or leads to a server that is no longer the right one.
        self.forget();
        Err(failure)
    }

    async fn attempt(&self, request: &Request) -> Result<Reply, RedisError> {
        let mut manager = self.manager()?;
        match request.invoke(&self.script, &mut manager).await {
            // Closed while it was idle, for example: the manager opens another one.
            Err(error) if error.is_unrecoverable_error() => {
                request.invoke(&self.script, &mut manager).await
            }
            result => result,
        }
    }

    /// The same, where nobody waits for the response and a connection has to be opened first.
    pub(crate) async fn probe(&self, request: &Request) -> Result<Reply, Failure> {
        let connect = async {
            let mut manager = self.manager()?;
            redis::cmd("PING").exec_async(&mut manager).await
        };
        let failure = match timeout(CONNECT, connect).await {
            Ok(Ok(())) => return self.call(request).await,
            Ok(Err(error)) => describe(&error),
            Err(_) => format!("not connected within {} ms", CONNECT.as_millis()),
        };
        self.forget();
        Err(failure)
    }

    /// The connection of the current runtime, which may not be open yet.
    fn manager(&self) -> Result<ConnectionManager, RedisError> {
        let runtime = Handle::current().id();
        let mut managers = self.managers();
        if let Some((_, manager)) = managers.iter().find(|(id, _)| *id == runtime) {
            return Ok(manager.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CONNECT));
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        if managers.len() >= RUNTIMES {
            managers.remove(0);
        }
        managers.push((runtime, manager.clone()));
        Ok(manager)
    }

    fn forget(&self) {
        let runtime = Handle::current().id();
        self.managers().retain(|(id, _)| *id != runtime);
    }

    fn managers(&self) -> MutexGuard<'_, Vec<(Id, ConnectionManager)>> {
        self.managers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a limiter can be built although its first call failed.
fn classify(error: RedisError) -> Result<(), Error> {
    if error.is_connection_refusal() || error.is_timeout() || error.is_connection_dropped() {
        return Ok(());
    }
    match error.kind() {
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ReadOnly,
        ) => Ok(()),
        ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
            Err(Error::Denied(error.into()))
        }
        _ if matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM")) => {
            Err(Error::Denied(error.into()))
        }
        _ => Err(Error::Unusable(error.into())),
    }
}

/// Kind and code, without what a server may repeat.
fn describe(error: &RedisError) -> Failure {
    match error.code() {
        Some(code) => format!("Redis responded with {code}"),
        None => format!("{:?} error of the connection to Redis", error.kind()),
    }
}
