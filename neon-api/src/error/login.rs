//! Why a login to Postgres failed.

use std::fmt;

use neon_api_raw::error::{Masked, OneLine};

/// The most characters of a message that are kept.
const LONGEST: usize = 500;

/// Classes of errors that may pass: of the connection, of resources, of the state, by operators, of
/// the system, and internal ones, as which Neon's proxy reports that it could not reach a compute.
const PASSING: [&str; 6] = ["08", "53", "55", "57", "58", "XX"];

/// How a login to Postgres failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginFailure {
    /// The host name was not resolved.
    Dns,
    /// The connection was refused: nothing listens on the port.
    Refused,
    /// No connection for another reason: no route, a reset.
    Unreachable,
    /// The server does not offer TLS. Nothing was sent to it.
    NoTls,
    /// The server's certificate is not trusted. No login was begun.
    Untrusted,
    /// The server's certificate is for another host. No login was begun.
    WrongHost,
    /// The TLS handshake failed for another reason. No login was begun.
    Tls,
    /// The server is starting up or shutting down (57P01, 57P02, 57P03).
    Starting,
    /// The password or the role is wrong, or was not accepted (28P01, 28000).
    WrongPassword,
    /// There is no such database (3D000).
    NoDatabase,
    /// The server refused the login with another error.
    Server,
    /// The server asked for an authentication method other than SCRAM-SHA-256. No password was sent.
    Unsupported,
    /// The connection string has no password, and the server asked for one.
    NoPassword,
    /// The server closed the connection during the login.
    Closed,
    /// The server does not speak the Postgres protocol, or cannot prove that it knows the password.
    Protocol,
    /// The server did not respond in time.
    NoResponse,
}

impl LoginFailure {
    fn describe(self) -> &'static str {
        match self {
            Self::Dns => "the host name was not resolved",
            Self::Refused => "the connection was refused",
            Self::Unreachable => "no connection",
            Self::NoTls => "the server does not offer TLS",
            Self::Untrusted => "the server's certificate is not trusted",
            Self::WrongHost => "the server's certificate is for another host",
            Self::Tls => "the TLS handshake failed",
            Self::Starting => "the server is starting up or shutting down",
            Self::WrongPassword => "the role or its password was not accepted",
            Self::NoDatabase => "there is no such database",
            Self::Server => "the server refused the login",
            Self::Unsupported => "the server requires an unsupported authentication method",
            Self::NoPassword => "the connection string has no password",
            Self::Closed => "the server closed the connection",
            Self::Protocol => "the server sent something other than the Postgres protocol",
            Self::NoResponse => "the server did not respond in time",
        }
    }
}

/// A failed login to Postgres, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginError {
    failure: LoginFailure,
    sqlstate: Option<String>,
    /// Masked.
    message: String,
}

impl LoginError {
    pub(crate) fn new(failure: LoginFailure, message: impl fmt::Display) -> Self {
        let message = Masked(&message.to_string()).to_string();
        Self {
            failure,
            sqlstate: None,
            message: message.chars().take(LONGEST).collect(),
        }
    }

    /// Of an error response.
    pub(crate) fn of_server(sqlstate: &str, message: &str) -> Self {
        let failure = match sqlstate {
            "57P01" | "57P02" | "57P03" => LoginFailure::Starting,
            "28P01" | "28000" => LoginFailure::WrongPassword,
            "3D000" => LoginFailure::NoDatabase,
            _ => LoginFailure::Server,
        };
        let mut error = Self::new(failure, message);
        let is_code = sqlstate.len() == 5 && sqlstate.bytes().all(|b| b.is_ascii_alphanumeric());
        error.sqlstate = is_code.then(|| sqlstate.to_owned());
        error
    }

    /// Whether another attempt could not end in another way.
    pub(crate) fn is_final(&self) -> bool {
        match self.failure {
            LoginFailure::Dns
            | LoginFailure::Refused
            | LoginFailure::Unreachable
            | LoginFailure::Starting
            | LoginFailure::Closed
            | LoginFailure::NoResponse => false,
            LoginFailure::Server => {
                let code = self.sqlstate.as_deref();
                code.is_some_and(|code| !PASSING.iter().any(|class| code.starts_with(class)))
            }
            LoginFailure::NoTls
            | LoginFailure::Untrusted
            | LoginFailure::WrongHost
            | LoginFailure::Tls
            | LoginFailure::WrongPassword
            | LoginFailure::NoDatabase
            | LoginFailure::Unsupported
            | LoginFailure::NoPassword
            | LoginFailure::Protocol => true,
        }
    }

    /// How it failed.
    pub fn failure(&self) -> LoginFailure {
        self.failure
    }

    /// The server's code, such as `57P03`, if it sent an error.
    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }

    /// What the server or the library reported, without secrets; may be empty.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.failure.describe())?;
        if let Some(code) = &self.sqlstate {
            write!(f, " ({code})")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", OneLine(&self.message))?;
        }
        Ok(())
    }
}

impl std::error::Error for LoginError {}
