//! The emulator as an HTTP server.

pub(crate) mod access;
mod body;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::Delivery;
use crate::emulator::{BASE_PATH, Emulator};
use crate::error::ApiError;
use crate::ui;
use access::Sharing;
use body::{AnswerBody, Broken};
use socket::{Reset, Socket};

/// What web pages of origins that were let in may do.
const SHARING: Sharing = Sharing {
    methods: "GET, POST, PUT, PATCH, DELETE",
    sent: "authorization, content-type, x-request-id",
    read: "retry-after, x-neon-ret-request-id",
};
/// More than any request of the API needs, including function uploads.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How long requests in progress may take when the server shuts down.
const GRACE: Duration = Duration::from_secs(5);
/// The pause after a failed accept, for example if file descriptors are exhausted.
const BACKOFF: Duration = Duration::from_millis(20);

/// An emulator that serves over TCP. Dropping it stops the server and closes its connections; the
/// state is kept by clones of [`emulator`](Self::emulator).
#[derive(Debug)]
pub struct RunningEmulator {
    emulator: Emulator,
    address: SocketAddr,
    base_url: String,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
    #[cfg(feature = "postgres")]
    pub(crate) postgres: Option<crate::postgres::Running>,
}

impl RunningEmulator {
    pub(crate) async fn bind(emulator: Emulator, address: SocketAddr) -> io::Result<Self> {
        if emulator.has_ui() && !address.ip().is_loopback() {
            let message = "an emulator with a page (ui) is only served on loopback addresses";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, emulator.clone(), stopped));
        Ok(Self {
            emulator,
            address,
            base_url: format!("http://{address}{BASE_PATH}"),
            stop,
            accepting: Some(accepting),
            #[cfg(feature = "postgres")]
            postgres: None,
        })
    }

    /// The base URL for clients: `http://127.0.0.1:PORT/api/v2`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the page for people, if it has one ([`Builder::ui`](crate::Builder::ui)):
    /// `http://127.0.0.1:PORT/`.
    pub fn ui_url(&self) -> Option<String> {
        let has_ui = self.emulator.has_ui();
        has_ui.then(|| format!("http://{}/", self.address))
    }

    /// Where clients of Postgres connect, if it is behind the emulator
    /// ([`Builder::postgres`](crate::Builder::postgres)). SQL over HTTP is at `/sql` of the same
    /// port.
    #[cfg(feature = "postgres")]
    pub fn postgres_address(&self) -> Option<SocketAddr> {
        self.postgres
            .as_ref()
            .map(crate::postgres::Running::address)
    }

    /// The certificate of the server at [`postgres_address`](Self::postgres_address), in DER: for
    /// clients that verify it. It is valid for `localhost`, names below it, and 127.0.0.1, and is
    /// another one after each start.
    #[cfg(feature = "postgres")]
    pub fn postgres_certificate(&self) -> Option<&[u8]> {
        self.postgres
            .as_ref()
            .map(crate::postgres::Running::certificate)
    }

    /// The emulator, with its log and faults.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Stops accepting connections, lets requests in progress finish (for at most five seconds),
    /// and closes the connections.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            // It only fails if it panicked or was aborted: stopped either way.
            accepting.await.ok();
        }
    }
}

impl Drop for RunningEmulator {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            // Also aborts the connections, which are in its join set.
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, emulator: Emulator, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, emulator.clone(), stopped.clone()));
                }
                Err(_) => tokio::time::sleep(BACKOFF).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // What is not finished by then is aborted with the set.
    tokio::time::timeout(GRACE, all).await.ok();
}

async fn serve(stream: TcpStream, emulator: Emulator, mut stopped: watch::Receiver<bool>) {
    // Responses are small: waiting to fill a packet only costs time.
    stream.set_nodelay(true).ok();
    let (socket, reset) = Socket::new(stream);
    let service = service_fn(move |request| {
        let (emulator, reset) = (emulator.clone(), reset.clone());
        async move { respond(&emulator, request, &reset).await }
    });
    let connection = http1::Builder::new().serve_connection(socket, service);
    let mut connection = std::pin::pin!(connection);
    // A broken connection is the client's problem.
    tokio::select! {
        _ = &mut connection => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await.ok();
        }
    }
}

async fn respond(
    emulator: &Emulator,
    request: Request<Incoming>,
    reset: &Reset,
) -> Result<Response<AnswerBody>, Broken> {
    let admitted = match emulator.access().admit(&request) {
        Ok(admitted) => admitted,
        // The body is not read: the connection ends.
        Err(why) => return Ok(emulator.forbidden(why).map(AnswerBody::whole)),
    };
    let mut response = if admitted.is_preflight {
        let mut response = Response::new(AnswerBody::whole(Bytes::new()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else if let Some(response) = ui::respond(emulator, &request) {
        // Not for other origins, not even for those that may use the API.
        return Ok(response.map(AnswerBody::whole));
    } else {
        handle(emulator, request, reset).await?
    };
    admitted.mark(response.headers_mut(), &SHARING);
    Ok(response)
}

async fn handle(
    emulator: &Emulator,
    request: Request<Incoming>,
    reset: &Reset,
) -> Result<Response<AnswerBody>, Broken> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("the body has more than {BODY_LIMIT} bytes");
            Err(ApiError::new(413, message))
        }
        Err(_) => Err(ApiError::bad_request("the body could not be read")),
    };
    let (response, delivery) = emulator.deliver_read(parts, body).await;
    match delivery {
        Delivery::Whole => Ok(response.map(AnswerBody::whole)),
        Delivery::Cut(bytes) => {
            let (mut parts, body) = response.into_parts();
            let length = HeaderValue::from(body.len());
            parts.headers.insert(CONTENT_LENGTH, length);
            Ok(Response::from_parts(parts, AnswerBody::cut(body, bytes)))
        }
        Delivery::Reset => {
            reset.set();
            Err(Broken)
        }
    }
}
