//! Messages of the Postgres protocol, within bounds.

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{ErrorFields, Message};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Result, broken};
use crate::error::{LoginError, LoginFailure};

/// The longest message that is read: those of a login have less than a kilobyte.
const LONGEST: u32 = 64 * 1024;

/// The most messages of a login, which has about twenty.
const MOST: u32 = 500;

/// What a server sends.
pub(super) struct Messages {
    read: u32,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self { read: 0 }
    }

    pub(super) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Message> {
        self.read += 1;
        if self.read > MOST {
            return Err(violation("it sent too many messages"));
        }
        let mut head = [0; 5];
        let read = stream.read_exact(&mut head).await;
        read.map_err(|error| broken(&error))?;
        let [_, a, b, c, d] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        if !(4..=LONGEST).contains(&length) {
            return Err(violation("it sent a message of an invalid length"));
        }
        let mut message = BytesMut::from(&head[..]);
        let rest = u64::from(length - 4);
        let mut rest = (&mut *stream).take(rest);
        // Into a buffer that grows with what comes, not with what was announced.
        while rest.read_buf(&mut message).await.map_err(|e| broken(&e))? > 0 {}
        match Message::parse(&mut message) {
            Ok(Some(message)) => Ok(message),
            // Its end did not come.
            Ok(None) => Err(LoginError::new(LoginFailure::Closed, "within a message")),
            Err(_) => Err(violation("it sent a message that cannot be read")),
        }
    }
}

/// An error that the server sent.
pub(super) fn of_server(mut fields: ErrorFields<'_>) -> LoginError {
    let (mut code, mut message) = (String::new(), String::new());
    while let Ok(Some(field)) = fields.next() {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => code = value(),
            b'M' => message = value(),
            _ => {}
        }
    }
    LoginError::of_server(&code, &message)
}

pub(super) fn violation(what: &'static str) -> LoginError {
    LoginError::new(LoginFailure::Protocol, what)
}
