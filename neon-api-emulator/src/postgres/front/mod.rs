//! What clients connect to: it finds the endpoint, wakes it, and passes everything on. Who somebody
//! is, PostgreSQL itself checks.

mod endpoint;
mod http;
mod keys;
mod messages;
mod open;
mod session;
mod splice;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::driver::Driver;
use super::error::Result;
use keys::Keys;

/// The pause after a failed accept, for example if file descriptors are exhausted.
const BACKOFF: Duration = Duration::from_millis(20);
/// The first byte of TLS.
const HANDSHAKE: u8 = 0x16;

#[derive(Clone)]
pub(super) struct Front {
    driver: Arc<Driver>,
    keys: Keys,
    tls: TlsAcceptor,
}

impl Front {
    /// The front, and its certificate in DER.
    pub(super) fn new(driver: Arc<Driver>) -> Result<(Self, Vec<u8>)> {
        let (tls, certificate) = tls::acceptor()?;
        let keys = Keys::default();
        Ok((Self { driver, keys, tls }, certificate))
    }

    /// Runs until it is dropped, and all sessions with it.
    pub(super) async fn serve(self, listener: TcpListener) {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        stream.set_nodelay(true).ok();
                        sessions.spawn(meet(self.clone(), stream));
                    }
                    Err(_) => tokio::time::sleep(BACKOFF).await,
                },
                Some(_) = sessions.join_next() => {}
            }
        }
    }
}

/// What a client speaks is seen by its first byte: a packet of PostgreSQL begins with its length,
/// which is short, and a request of HTTP with the name of its method.
async fn meet(front: Front, stream: TcpStream) {
    let mut begins = [0];
    match timeout(session::GREETING, stream.peek(&mut begins)).await {
        Ok(Ok(1)) if begins == [HANDSHAKE] => session::encrypted(front, stream).await,
        Ok(Ok(1)) if begins[0].is_ascii_uppercase() => http::serve(front, stream).await,
        Ok(Ok(1)) => session::plain(front, stream).await,
        _ => {}
    }
}
