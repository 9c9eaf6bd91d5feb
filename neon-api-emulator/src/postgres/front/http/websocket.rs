//! WebSockets that carry PostgreSQL's protocol.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use http::header::HOST;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::LOGIN;
use super::failure::Failure;
use super::wire::Wire;
use crate::postgres::front::Front;
use crate::postgres::front::messages::{First, Startup, fatal, first};
use crate::postgres::front::open::open;
use crate::postgres::front::session::GREETING;
use crate::postgres::front::splice::splice;

/// PostgreSQL's own bound of a message, which is a frame here.
const LONGEST: usize = 1 << 30;
/// What may be on its way in either direction.
const BUFFER: usize = 64 * 1024;
/// More than any password has.
const LONGEST_PASSWORD: usize = 10_000;

/// What becomes of a connection when it is upgraded: a tunnel to the server that its host names.
#[derive(Clone, Default)]
pub(super) struct Tunnels(Arc<Mutex<Option<Tunnel>>>);

struct Tunnel {
    upgrade: OnUpgrade,
    host: Option<String>,
}

impl Tunnels {
    /// The response that begins a tunnel.
    pub(super) fn open(
        &self,
        mut request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Failure> {
        let response = create_response_with_body(&request, Full::default);
        let response = response.map_err(|error| Failure::bad(error.to_string()))?;
        let host = request.headers().get(HOST);
        let host = host.and_then(|host| host.to_str().ok()).map(str::to_owned);
        let upgrade = hyper::upgrade::on(&mut request);
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(Tunnel { upgrade, host });
        Ok(response)
    }

    /// Runs the tunnel, if one was opened, until either side has ended.
    pub(super) async fn run(&self, front: &Front) {
        let opened = {
            let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            place.take()
        };
        let Some(Tunnel { upgrade, host }) = opened else {
            return;
        };
        // It fails if the client has gone.
        if let Ok(upgraded) = upgrade.await {
            let (near, far) = duplex(BUFFER);
            // Errors are ends: the other side learns of them as such.
            let _ = tokio::join!(pump(upgraded, far), session(front, near, host.as_deref()));
        }
    }
}

/// Passes bytes on, in both directions at once, until there are no more for the client.
async fn pump(upgraded: Upgraded, far: DuplexStream) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
    let stream = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (mut to_client, mut from_client) = socket.split();
    let (mut from_session, mut to_session) = split(far);
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            let passed = match message {
                Message::Binary(bytes) => to_session.write_all(&bytes).await,
                Message::Ping(_) | Message::Pong(_) => Ok(()),
                _ => break,
            };
            if passed.is_err() {
                break;
            }
        }
        to_session.shutdown().await.ok();
        std::future::pending::<()>().await;
    };
    let down = async {
        let mut bytes = BytesMut::with_capacity(BUFFER);
        while from_session.read_buf(&mut bytes).await.is_ok_and(|n| n > 0) {
            let message = Message::Binary(bytes.split().freeze());
            if to_client.send(message).await.is_err() {
                return;
            }
            bytes.reserve(BUFFER);
        }
        to_client.close().await.ok();
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

async fn session(front: &Front, mut client: DuplexStream, host: Option<&str>) -> io::Result<()> {
    let greeted = timeout(GREETING, greet(front, &mut client)).await??;
    let Some(mut startup) = greeted else {
        return Ok(());
    };
    let (session, server) = match open(front, &mut startup, host).await {
        Ok(opened) => opened,
        Err(refused) => return refuse(client, refused.code, &refused.message).await,
    };
    let mut wire = Wire::new(server);
    // The client may have sent its password ahead, and so it is asked for nothing else.
    client.write_all(&authentication(3)).await?;
    let password = timeout(GREETING, password(&mut client)).await??;
    let entered = timeout(LOGIN, wire.authenticate(&password)).await?;
    if let Err(failure) = entered {
        let (code, message) = failure.in_session();
        return refuse(client, code, message).await;
    }
    client.write_all(&authentication(0)).await?;
    let (server, read) = wire.into_parts();
    tokio::select! {
        ended = splice(client, server, read, &front.keys, &session.door.place) => ended,
        () = session.is_cut() => Ok(()),
    }
}

/// Up to the startup packet. There is no other encryption within a WebSocket.
async fn greet(front: &Front, client: &mut DuplexStream) -> io::Result<Option<Startup>> {
    loop {
        match first(client).await? {
            First::Ssl | First::Gss => client.write_all(b"N").await?,
            First::Cancel(key) => {
                front.keys.cancel(&key).await?;
                return Ok(None);
            }
            First::Startup(startup) => return Ok(Some(startup)),
        }
    }
}

async fn refuse(mut client: DuplexStream, code: &str, message: &str) -> io::Result<()> {
    client.write_all(&fatal(code, message)).await?;
    client.shutdown().await
}

/// A request for this kind of proof.
fn authentication(kind: u32) -> Vec<u8> {
    let length: u32 = 8;
    [&b"R"[..], &length.to_be_bytes(), &kind.to_be_bytes()].concat()
}

async fn password(client: &mut DuplexStream) -> io::Result<Vec<u8>> {
    let kind = client.read_u8().await?;
    let length = usize::try_from(client.read_u32().await?).unwrap_or(usize::MAX);
    let length = length.checked_sub(4).filter(|n| *n <= LONGEST_PASSWORD);
    let (b'p', Some(length)) = (kind, length) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut password = vec![0; length];
    client.read_exact(&mut password).await?;
    password.pop_if(|last| *last == 0);
    Ok(password)
}
