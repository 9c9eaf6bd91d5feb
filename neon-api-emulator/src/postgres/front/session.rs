//! One client of PostgreSQL's protocol, from its first byte to its last.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Front;
use super::messages::{First, Startup, fatal, first};
use super::open::open;
use super::splice::splice;

/// How long a client may take until it has said what it wants.
pub(super) const GREETING: Duration = Duration::from_secs(30);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One that begins in the clear.
pub(super) async fn plain(front: Front, stream: TcpStream) {
    run(&front, greet(&front, stream)).await;
}

/// One that begins with TLS at once.
pub(super) async fn encrypted(front: Front, stream: TcpStream) {
    run(&front, encrypt(&front, stream)).await;
}

async fn run(front: &Front, greeting: impl Future<Output = io::Result<Option<Greeted>>>) {
    // A client that says nothing, or nonsense, or goes away, is its own problem.
    if let Ok(Ok(Some((client, startup, host)))) = timeout(GREETING, greeting).await {
        serve(front, client, startup, host.as_deref()).await.ok();
    }
}

type Greeted = (Box<dyn Stream>, Startup, Option<String>);

/// Up to the startup packet; with the host's name, if there is TLS.
async fn greet(front: &Front, mut stream: TcpStream) -> io::Result<Option<Greeted>> {
    loop {
        match first(&mut stream).await? {
            First::Gss => stream.write_all(b"N").await?,
            First::Ssl => {
                stream.write_all(b"S").await?;
                return encrypt(front, stream).await;
            }
            First::Cancel(key) => {
                front.keys.cancel(&key).await?;
                return Ok(None);
            }
            First::Startup(startup) => return Ok(Some((Box::new(stream), startup, None))),
        }
    }
}

async fn encrypt(front: &Front, stream: TcpStream) -> io::Result<Option<Greeted>> {
    let mut stream = front.tls.accept(stream).await?;
    let host = stream.get_ref().1.server_name().map(str::to_owned);
    match first(&mut stream).await? {
        First::Startup(startup) => Ok(Some((Box::new(stream), startup, host))),
        First::Cancel(key) => {
            front.keys.cancel(&key).await?;
            Ok(None)
        }
        First::Ssl | First::Gss => Err(io::ErrorKind::InvalidData.into()),
    }
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
    tokio::select! {
        ended = splice(client, server, BytesMut::new(), &front.keys, &session.door.place) => ended,
        () = session.is_cut() => Ok(()),
    }
}
