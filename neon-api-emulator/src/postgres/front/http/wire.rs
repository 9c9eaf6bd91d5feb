//! A session with a server, message by message.

use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_postgres::fallible_iterator::FallibleIterator;

use super::failure::{Failure, Report};

/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// The startup packet was sent.
#[derive(Debug)]
pub(super) struct Wire {
    stream: UnixStream,
    input: BytesMut,
    /// Messages that are sent with the next flush.
    pub(super) output: BytesMut,
}

impl Wire {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
        }
    }

    /// The connection, and what was read of it beyond the last message.
    pub(super) fn into_parts(self) -> (UnixStream, BytesMut) {
        (self.stream, self.input)
    }

    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let written = self.stream.write_all(&self.output).await;
        self.output.clear();
        written.map_err(|_| Failure::closed())
    }

    /// The next message that is not about the session as a whole. The server's errors are errors.
    pub(super) async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            match Message::parse(&mut self.input).map_err(|_| Failure::unexpected())? {
                Some(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields());
                    return Err(Failure::reported(report));
                }
                Some(
                    Message::NoticeResponse(_)
                    | Message::NotificationResponse(_)
                    | Message::ParameterStatus(_),
                ) => {}
                Some(message) => return Ok(message),
                None => {
                    self.input.reserve(CHUNK);
                    let read = self.stream.read_buf(&mut self.input).await;
                    if !read.is_ok_and(|read| read > 0) {
                        return Err(Failure::closed());
                    }
                }
            }
        }
    }

    /// Logs in; the server decides whether the password is right.
    pub(super) async fn authenticate(&mut self, password: &[u8]) -> Result<(), Failure> {
        let mut scram: Option<ScramSha256> = None;
        loop {
            match (self.next().await?, &mut scram) {
                (Message::AuthenticationOk, _) => return Ok(()),
                (Message::AuthenticationSasl(body), None) => {
                    let offered = body.mechanisms().any(|name| Ok(name == SCRAM_SHA_256));
                    if !offered.unwrap_or_default() {
                        return Err(Failure::unexpected());
                    }
                    let begun = ScramSha256::new(password, ChannelBinding::unsupported());
                    let message = begun.message();
                    frontend::sasl_initial_response(SCRAM_SHA_256, message, &mut self.output)
                        .map_err(|_| Failure::unexpected())?;
                    scram = Some(begun);
                    self.flush().await?;
                }
                (Message::AuthenticationSaslContinue(body), Some(scram)) => {
                    scram
                        .update(body.data())
                        .map_err(|_| Failure::unexpected())?;
                    frontend::sasl_response(scram.message(), &mut self.output)
                        .map_err(|_| Failure::unexpected())?;
                    self.flush().await?;
                }
                (Message::AuthenticationSaslFinal(body), Some(scram)) => scram
                    .finish(body.data())
                    .map_err(|_| Failure::unexpected())?,
                _ => return Err(Failure::unexpected()),
            }
        }
    }

    /// Waits until the session takes queries. Returns the key with which they are cancelled.
    pub(super) async fn ready(&mut self) -> Result<Vec<u8>, Failure> {
        let mut key = Vec::new();
        loop {
            match self.next().await? {
                Message::BackendKeyData(body) => {
                    key.extend(body.process_id().to_be_bytes());
                    key.extend(body.secret_key().to_be_bytes());
                }
                Message::ReadyForQuery(_) => return Ok(key),
                _ => return Err(Failure::unexpected()),
            }
        }
    }

    /// A statement without parameters and rows.
    pub(super) async fn execute(&mut self, statement: &str) -> Result<(), Failure> {
        frontend::query(statement, &mut self.output).map_err(|_| Failure::unexpected())?;
        self.flush().await?;
        loop {
            match self.next().await? {
                Message::CommandComplete(_) => {}
                Message::ReadyForQuery(_) => return Ok(()),
                _ => return Err(Failure::unexpected()),
            }
        }
    }
}
