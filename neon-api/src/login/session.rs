//! Startup, authentication, and the end of a session that is ready.

use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use super::wire::{Messages, of_server, violation};
use super::{Result, broken, within};
use crate::clock;
use crate::connection_string::ConnectionString;
use crate::error::{LoginError, LoginFailure};

/// How long saying goodbye may take. Nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(1);

/// Logs in on a connection, and out again when the server is ready for queries.
pub(super) async fn run<S>(
    mut stream: S,
    target: &ConnectionString,
    binding: Option<Vec<u8>>,
    deadline: Instant,
) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut session = Session {
        stream: &mut stream,
        messages: Messages::new(),
        out: BytesMut::new(),
    };
    within(deadline, "to the startup", session.start(target)).await??;
    let authenticated = session.authenticate(target, binding);
    within(deadline, "to the authentication", authenticated).await??;
    within(deadline, "after the authentication", session.ready()).await??;
    let goodbye = session.end();
    let until = deadline.min(clock::after(Instant::now(), GOODBYE));
    let _ = within(until, "to the goodbye", goodbye).await;
    Ok(())
}

struct Session<'a, S> {
    stream: &'a mut S,
    messages: Messages,
    out: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    async fn start(&mut self, target: &ConnectionString) -> Result<()> {
        let parameters = [
            ("user", target.role()),
            ("database", target.database()),
            ("client_encoding", "UTF8"),
            ("application_name", "neon-api"),
        ];
        let options = target.parameter("options").map(|value| ("options", value));
        frontend::startup_message(parameters.into_iter().chain(options), &mut self.out)
            .map_err(|_| violation("the login cannot be written"))?;
        self.send().await
    }

    async fn authenticate(
        &mut self,
        target: &ConnectionString,
        binding: Option<Vec<u8>>,
    ) -> Result<()> {
        let offered = match self.next().await? {
            // Access without a password.
            Message::AuthenticationOk => return Ok(()),
            Message::AuthenticationSasl(offered) => offered,
            _ => return Err(unsupported()),
        };
        let password = target
            .password()
            .ok_or_else(|| LoginError::new(LoginFailure::NoPassword, ""))?;
        let (mechanism, binding) = chosen(&offered, binding)?;
        let mut scram = ScramSha256::new(password.expose().as_bytes(), binding);
        frontend::sasl_initial_response(mechanism, scram.message(), &mut self.out)
            .map_err(|_| violation("the login cannot be written"))?;
        self.send().await?;
        let Message::AuthenticationSaslContinue(challenge) = self.next().await? else {
            return Err(violation("it broke off the authentication"));
        };
        scram
            .update(challenge.data())
            .map_err(|_| violation("it sent an invalid challenge"))?;
        frontend::sasl_response(scram.message(), &mut self.out)
            .map_err(|_| violation("the login cannot be written"))?;
        self.send().await?;
        let Message::AuthenticationSaslFinal(proof) = self.next().await? else {
            return Err(violation("it broke off the authentication"));
        };
        scram
            .finish(proof.data())
            .map_err(|_| violation("it did not prove that it knows the password"))?;
        match self.next().await? {
            Message::AuthenticationOk => Ok(()),
            _ => Err(violation("it broke off the authentication")),
        }
    }

    async fn ready(&mut self) -> Result<()> {
        loop {
            match self.next().await? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ParameterStatus(_) | Message::BackendKeyData(_) => {}
                _ => return Err(violation("it sent an unexpected message")),
            }
        }
    }

    async fn end(&mut self) -> Result<()> {
        frontend::terminate(&mut self.out);
        self.send().await?;
        self.stream.shutdown().await.map_err(|error| broken(&error))
    }

    /// The next message that is neither a notice nor an error.
    async fn next(&mut self) -> Result<Message> {
        loop {
            match self.messages.next(&mut self.stream).await? {
                Message::NoticeResponse(_) => {}
                Message::ErrorResponse(error) => return Err(of_server(error.fields())),
                message => return Ok(message),
            }
        }
    }

    async fn send(&mut self) -> Result<()> {
        let written = self.stream.write_all(&self.out).await;
        self.out.clear();
        written.map_err(|error| broken(&error))?;
        self.stream.flush().await.map_err(|error| broken(&error))
    }
}

/// The strongest mechanism that both sides know.
fn chosen(
    offered: &AuthenticationSaslBody,
    binding: Option<Vec<u8>>,
) -> Result<(&'static str, ChannelBinding)> {
    let (mut has_plain, mut has_plus) = (false, false);
    let mut mechanisms = offered.mechanisms();
    let next = |_| violation("it sent a message that cannot be read");
    while let Some(mechanism) = mechanisms.next().map_err(next)? {
        has_plain |= mechanism == SCRAM_SHA_256;
        has_plus |= mechanism == SCRAM_SHA_256_PLUS;
    }
    match binding {
        Some(hash) if has_plus => {
            let binding = ChannelBinding::tls_server_end_point(hash);
            Ok((SCRAM_SHA_256_PLUS, binding))
        }
        // It lets the server detect that somebody removed its offer.
        Some(_) if has_plain => Ok((SCRAM_SHA_256, ChannelBinding::unrequested())),
        None if has_plain => Ok((SCRAM_SHA_256, ChannelBinding::unsupported())),
        _ => Err(unsupported()),
    }
}

fn unsupported() -> LoginError {
    LoginError::new(LoginFailure::Unsupported, "only SCRAM-SHA-256 is supported")
}
