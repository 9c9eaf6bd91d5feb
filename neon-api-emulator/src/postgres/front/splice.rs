//! A session: bytes go both ways, and the server's first messages are read for the key of the
//! session.

use std::io::{self, Cursor};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::UnixStream;

use super::keys::{Keys, Known};
use crate::postgres::server::SocketPlace;

/// Messages before a session is ready are short; what is longer is passed on unread.
const LONGEST: usize = 64 * 1024;

/// Runs until either side has ended. Of the server so much was read already.
pub(super) async fn splice(
    client: impl AsyncRead + AsyncWrite + Unpin,
    server: UnixStream,
    read: BytesMut,
    keys: &Keys,
    place: &SocketPlace,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = split(client);
    let (from_server, mut to_server) = server.into_split();
    let mut from_server = Cursor::new(read).chain(from_server);
    let up = async {
        copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let down = async {
        let _known = beginning(&mut from_server, &mut to_client, keys, place).await?;
        copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::pin!(up, down);
    tokio::select! {
        // The server ends a session whose client has gone.
        ended = &mut up => match ended {
            Ok(()) => down.await,
            Err(error) => Err(error),
        },
        ended = &mut down => ended,
    }
}

/// Passes messages on until the session is ready.
async fn beginning(
    server: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
    keys: &Keys,
    place: &SocketPlace,
) -> io::Result<Option<Known>> {
    let mut known = None;
    loop {
        let mut head = [0; 5];
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match server.read(rest).await? {
                0 => return Ok(known),
                read => filled += read,
            }
        }
        let [kind, a, b, c, d] = head;
        client.write_all(&head).await?;
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some(length) = length.checked_sub(4).filter(|length| *length <= LONGEST) else {
            return Ok(known);
        };
        let mut body = vec![0; length];
        server.read_exact(&mut body).await?;
        client.write_all(&body).await?;
        client.flush().await?;
        match kind {
            b'K' => known = Some(keys.add(body, place.clone())),
            b'Z' => return Ok(known),
            _ => {}
        }
    }
}
