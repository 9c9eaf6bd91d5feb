//! What can go wrong.

mod advice;
mod blocked;
mod choices;
mod cli;
mod config;
#[cfg(feature = "connect")]
mod connect;
mod differences;
mod input;
#[cfg(feature = "connect")]
mod login;
mod predicates;
#[cfg(feature = "fleet")]
mod refusals;
mod wait;
mod wait_text;

use std::fmt;

use http::StatusCode;
use neon_api_raw::error::{Failed, OneLine};
use neon_api_raw::ids::ProjectId;
use neon_api_raw::{ApiError, DecodeError, Route, TransportError};

use crate::engine::Blocked;

pub use choices::Choices;
pub use cli::CliError;
pub use config::ConfigError;
#[cfg(feature = "connect")]
pub use connect::ConnectError;
#[cfg(feature = "connect")]
pub(crate) use connect::{ConnectReason, LoginFailures};
pub use differences::{Difference, Differences};
pub(crate) use input::InputFault;
pub use input::InvalidInput;
#[cfg(feature = "connect")]
pub use login::{LoginError, LoginFailure};
pub(crate) use predicates::{is_missing, is_unknown_route};
#[cfg(feature = "fleet")]
pub use refusals::{Refusal, Refusals};
pub(crate) use wait::WaitFailure;
pub use wait::{WaitError, WaitReport};
pub(crate) use wait_text::MaskedOperations;

/// Why a call did not succeed.
///
/// Its `Display` is one line without secrets. It names the operation and the project, branch or
/// endpoint, and what to do, if known:
/// `getProjectBranch (projects/late-frost-1/branches/br-none): the API responded 404: branch not found`.
/// Predicates work on any error, whatever its variant:
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// match project.branches().create("preview").await {
///     Ok(started) => println!("{}", started.branch.id),
///     Err(error) if error.is_conflict() => println!("it exists already"),
///     Err(error) if error.outcome_unknown() => println!("check whether it exists: {error}"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
///
/// and getters return what is known about the call:
///
/// ```
/// fn report(error: &neon_api::Error) {
///     let operation = error.route().map_or("none", |operation| operation.id);
///     let status = error.status().map_or(0, |status| status.as_u16());
///     eprintln!(
///         "operation={operation} status={status} on={:?} code={:?} request={:?} attempts={}: {error}",
///         error.resource(),
///         error.code(),
///         error.request_id(),
///         error.attempts(),
///     );
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client cannot be built from its settings.
    Config(Box<ConfigError>),
    /// The input violates a rule that the client checks; nothing was sent. Rules that only the API
    /// checks give an [`Api`](Self::Api) error.
    InvalidInput(Box<InvalidInput>),
    /// No complete response was received: no connection, a timeout, a reset, a deadline that passed, or
    /// no key.
    Transport(Box<Failed<TransportError>>),
    /// The response is an error, of the API or of a gateway on the way to it
    /// ([`ApiError::is_api_form`]), after all retries that the [`RetryPolicy`](crate::RetryPolicy)
    /// allows.
    Api(Box<Failed<ApiError>>),
    /// The response is a success that could not be read, as when a proxy responds in the API's place.
    /// For a write, it is then unknown whether it took effect:
    /// [`outcome_unknown`](Self::outcome_unknown).
    Decode(Box<Failed<DecodeError>>),
    /// The operations that a call started did not finish: one failed, the time ran out, they could
    /// not be polled, or they do not exist.
    Wait(Box<WaitReport>),
    /// A list returned a cursor that it had returned before, so it would never end.
    RepeatedCursor(&'static Route),
    /// A list returned a hundred empty pages in a row, each with a new cursor, so it may never end.
    /// It can be resumed where it stopped.
    EmptyPages(&'static Route),
    /// A list that was awaited or searched is missing these projects, which the API could not reach
    /// in time in up to three attempts. [`Pager::allow_partial`](crate::Pager::allow_partial)
    /// returns the incomplete list instead.
    Partial {
        /// The list operation.
        route: &'static Route,
        /// The projects that are missing.
        missing: Vec<ProjectId>,
    },
    /// A successful response does not contain the requested value; the error says what to do
    /// instead.
    NotInResponse(&'static str),
    /// The client itself blocked the call, because of a guard rail, because the audit log did not
    /// record it, or because it is shutting down; nothing was sent.
    Blocked(Box<Blocked>),
    /// What was to be [ensured](crate::workflows::Ensured) exists, and is not as asked for. Nothing
    /// was changed.
    Differs(Box<Differences>),
    /// Several projects have the name that was to be [ensured](crate::workflows::EnsureProject), and
    /// none of them was created by this call.
    Ambiguous {
        /// The projects, oldest first.
        ids: Vec<ProjectId>,
    },
    /// The branch does not have exactly one database or role, so that one has to be named.
    Unchosen(Box<Choices>),
    /// A branch cannot be connected to ([`connectable`](crate::branches::BranchHandle::connectable)).
    #[cfg(feature = "connect")]
    Connect(Box<ConnectError>),
    /// The API would refuse what projects were to be transferred
    /// ([`Fleet::transfer`](crate::fleet::Fleet::transfer)). Nothing was changed.
    #[cfg(feature = "fleet")]
    Refused(Box<Refusals>),
    /// The state of a workflow could not be [saved](crate::workflows::Checkpoint). The workflow
    /// stopped where it was, and can be resumed from the state that was saved last.
    Checkpoint(std::io::Error),
}

impl Error {
    /// The operation that was called; `None` if the error belongs to no single call: invalid settings,
    /// an ID parsed on its own, a wait, or a response that lacks something.
    pub fn route(&self) -> Option<&'static Route> {
        match self {
            Self::Config(_)
            | Self::Wait(_)
            | Self::NotInResponse(_)
            | Self::Differs(_)
            | Self::Ambiguous { .. }
            | Self::Unchosen(_)
            | Self::Checkpoint(_) => None,
            #[cfg(feature = "connect")]
            Self::Connect(_) => None,
            #[cfg(feature = "fleet")]
            Self::Refused(_) => None,
            Self::InvalidInput(e) => e.route(),
            Self::Transport(e) => Some(e.route()),
            Self::Api(e) => Some(e.route()),
            Self::Decode(e) => Some(e.route()),
            Self::RepeatedCursor(route) | Self::EmptyPages(route) | Self::Partial { route, .. } => {
                Some(route)
            }
            Self::Blocked(e) => Some(e.route()),
        }
    }

    /// Which project, branch or endpoint the call was about, such as
    /// `projects/late-frost-1/branches/br-none`: the operation's path up to its last ID or name of
    /// a role or database. `None` if its path has none, if nothing was sent, and for errors of
    /// lists and of waits (which contain their project).
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::Transport(e) => e.resource(),
            Self::Api(e) => e.resource(),
            Self::Decode(e) => e.resource(),
            _ => None,
        }
    }

    /// The status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(e) => Some(e.status),
            Self::Decode(e) => e.status(),
            _ => None,
        }
    }

    /// The API's code, such as `BRANCHES_LIMIT_EXCEEDED`; `None` if it sent none.
    pub fn code(&self) -> Option<&str> {
        self.api()
            .map(|e| e.code.as_str())
            .filter(|c| !c.is_empty())
    }

    /// The message of the API or of a gateway, verbatim; `None` if there is none. It may echo the
    /// request, including secrets, which the error's `Display` masks.
    pub fn message(&self) -> Option<&str> {
        self.api()
            .map(|e| e.message.as_str())
            .filter(|m| !m.is_empty())
    }

    /// The reason that distinguishes some errors of the same status, such as
    /// `telemetry_not_enabled`; `None` for most.
    pub fn reason(&self) -> Option<&str> {
        self.api()
            .map(|e| e.reason.as_str())
            .filter(|r| !r.is_empty())
    }

    /// The ID of the last attempt, to quote to Neon support: the API's, or else the one that was
    /// sent. `None` if there was no attempt, and for errors of waits and lists.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Transport(e) => e.request_id(),
            Self::Api(e) => Failed::request_id(e),
            Self::Decode(e) => e.request_id(),
            _ => None,
        }
    }

    /// How many attempts the call made, including failed connections, but not attempts that the
    /// transport did not make. 0 if there was none, and for errors of waits and of lists that do
    /// not end, which involve many calls.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Transport(e) => Failed::attempts(e),
            Self::Api(e) => e.attempts(),
            Self::Decode(e) => e.attempts(),
            Self::Blocked(e) => e.attempts(),
            _ => 0,
        }
    }

    fn api(&self) -> Option<&Failed<ApiError>> {
        match self {
            Self::Api(e) => Some(e),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.route(), self.resource()) {
            (Some(operation), Some(resource)) => write!(f, "{operation} ({resource}): ")?,
            (Some(operation), None) => write!(f, "{operation}: ")?,
            (None, _) => {}
        }
        match self {
            Self::Config(e) => write!(f, "{}", OneLine(e))?,
            Self::InvalidInput(e) => write!(f, "{}", OneLine(e))?,
            Self::Transport(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Api(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Decode(e) => write!(f, "{}", OneLine(&***e))?,
            Self::Wait(e) => write!(f, "{e}")?,
            Self::RepeatedCursor(_) => {
                f.write_str("the API repeated a cursor, so the list would never end")?;
            }
            Self::EmptyPages(_) => {
                f.write_str("the API returned only empty pages, so the list may never end")?;
            }
            Self::Partial { missing, .. } => write!(
                f,
                "the API could not reach {} of the projects in time, so the list is incomplete",
                missing.len()
            )?,
            Self::NotInResponse(what) => f.write_str(what)?,
            Self::Blocked(e) => write!(f, "{e}")?,
            Self::Differs(e) => write!(f, "{e}")?,
            Self::Ambiguous { ids } => {
                f.write_str("several projects have this name:")?;
                for id in ids {
                    write!(f, " {}", OneLine(id))?;
                }
                f.write_str("; use the ID of one, or delete the others")?;
            }
            Self::Unchosen(e) => write!(f, "{e}")?,
            #[cfg(feature = "connect")]
            Self::Connect(e) => write!(f, "{e}")?,
            #[cfg(feature = "fleet")]
            Self::Refused(e) => write!(f, "{e}")?,
            Self::Checkpoint(e) => {
                write!(
                    f,
                    "the state of the workflow could not be saved: {}",
                    OneLine(e)
                )?;
            }
        }
        for advice in self.advice() {
            write!(f, "; {advice}")?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " (request {})", OneLine(id))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(e) => e.source(),
            Self::InvalidInput(e) => e.source(),
            Self::Transport(e) => std::error::Error::source(&***e),
            Self::Blocked(e) => e.source(),
            Self::Wait(e) => e.source(),
            #[cfg(feature = "connect")]
            Self::Connect(e) => e.source(),
            Self::Checkpoint(e) => Some(e),
            _ => None,
        }
    }
}

impl From<neon_api_raw::Error> for Error {
    fn from(error: neon_api_raw::Error) -> Self {
        match error {
            neon_api_raw::Error::InvalidRequest(e) => {
                let operation = e.route();
                InvalidInput::new(operation, InputFault::Request(e)).into()
            }
            neon_api_raw::Error::Transport(e) => Self::from_transport(e),
            neon_api_raw::Error::Api(e) => Self::Api(e),
            neon_api_raw::Error::Decode(e) => Self::Decode(e),
            // The raw error is non-exhaustive; all existing variants are handled above.
            other => {
                let fault = InputFault::Rule(other.to_string().into());
                InvalidInput::new(other.route(), fault).into()
            }
        }
    }
}
