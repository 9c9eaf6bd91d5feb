//! Input that the API does not accept.

use std::borrow::Cow;
use std::fmt;

use neon_api_raw::error::Failed;
use neon_api_raw::ids::InvalidId;
use neon_api_raw::strict::Refused;
use neon_api_raw::{InvalidRequest, Route};

use super::Error;
use crate::engine::OptionFault;

/// Input that the API does not accept. Nothing was sent.
///
/// ```
/// use neon_api::Error;
/// use neon_api::ids::ProjectId;
///
/// /// A project ID from the command line.
/// fn parse(argument: &str) -> Result<ProjectId, Error> {
///     Ok(ProjectId::new(argument)?)
/// }
///
/// match parse("My Project") {
///     Err(Error::InvalidInput(fault)) => {
///         assert_eq!(fault.invalid_id().map(|id| id.kind()), Some("project"));
///         assert_eq!(fault.rule(), Some("1 to 60 lowercase letters, digits and hyphens"));
///     }
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug)]
pub struct InvalidInput {
    operation: Option<&'static Route>,
    fault: InputFault,
}

#[derive(Debug)]
pub(crate) enum InputFault {
    Id(InvalidId),
    Request(Box<Failed<InvalidRequest>>),
    Body(Box<Refused>),
    Rule(Cow<'static, str>),
    Field {
        field: &'static str,
        rule: Cow<'static, str>,
    },
}

impl From<OptionFault> for InputFault {
    fn from(fault: OptionFault) -> Self {
        match fault {
            OptionFault::Id(fault) => Self::Id(fault),
            OptionFault::Rule(rule) => Self::Rule(rule),
            OptionFault::Field { field, rule } => Self::Field { field, rule },
        }
    }
}

impl InvalidInput {
    pub(crate) fn new(operation: &'static Route, fault: InputFault) -> Self {
        let operation = Some(operation);
        Self { operation, fault }
    }

    pub(crate) fn without_route(fault: InputFault) -> Self {
        let operation = None;
        Self { operation, fault }
    }

    pub(crate) fn field_of(
        route: &'static Route,
        field: &'static str,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        let rule = rule.into();
        Self::new(route, InputFault::Field { field, rule })
    }

    /// For a value that was checked on its own.
    pub(crate) fn of_value(field: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        let rule = rule.into();
        Self {
            operation: None,
            fault: InputFault::Field { field, rule },
        }
    }

    /// The operation that would have been called; `None` for an ID or a value of
    /// [`input`](crate::input) that was checked on its own.
    pub fn route(&self) -> Option<&'static Route> {
        self.operation
    }

    /// The string that is not a valid ID, if that is the fault.
    pub fn invalid_id(&self) -> Option<&InvalidId> {
        match &self.fault {
            InputFault::Id(e) => Some(e),
            InputFault::Body(e) => e.invalid_id(),
            _ => None,
        }
    }

    /// The JSON that is not taken for a request body ([`strict`](crate::strict)), if that is the
    /// fault.
    pub fn refused_body(&self) -> Option<&Refused> {
        match &self.fault {
            InputFault::Body(e) => Some(e),
            _ => None,
        }
    }

    /// Why the request cannot be sent, if that is the fault.
    pub fn invalid_request(&self) -> Option<&InvalidRequest> {
        match &self.fault {
            InputFault::Request(e) => Some(e),
            _ => None,
        }
    }

    /// The violated rule, in a few words, if that is the fault.
    pub fn rule(&self) -> Option<&str> {
        match &self.fault {
            InputFault::Id(e) => Some(e.rule()),
            InputFault::Body(e) => e.invalid_id().map(InvalidId::rule),
            InputFault::Request(e) => match &***e {
                InvalidRequest::Rule(rule) => Some(rule),
                _ => None,
            },
            InputFault::Rule(rule) | InputFault::Field { rule, .. } => Some(rule),
        }
    }

    /// The request field or path parameter that violates the rule, such as `parent_lsn`, if it is a
    /// single one.
    pub fn field(&self) -> Option<&'static str> {
        match &self.fault {
            InputFault::Field { field, .. } => Some(field),
            InputFault::Request(e) => match &***e {
                InvalidRequest::PathParameter(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            InputFault::Id(e) => e.fmt(f),
            InputFault::Body(e) => e.fmt(f),
            InputFault::Request(e) => (***e).fmt(f),
            InputFault::Rule(rule) => f.write_str(rule),
            InputFault::Field { field, rule } => write!(f, "{field}: {rule}"),
        }
    }
}

impl std::error::Error for InvalidInput {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            InputFault::Id(e) => Some(e),
            InputFault::Body(e) => Some(&**e),
            InputFault::Request(e) => Some(&***e),
            InputFault::Rule(_) | InputFault::Field { .. } => None,
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput(Box::new(error))
    }
}

/// Lets `?` be used when parsing IDs.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, argument: String) -> Result<(), neon_api::Error> {
/// use neon_api::ids::ProjectId;
///
/// let project = neon.project(ProjectId::new(argument)?).get().await?;
/// # Ok(())
/// # }
/// ```
impl From<InvalidId> for Error {
    fn from(error: InvalidId) -> Self {
        let fault = InputFault::Id(error);
        let operation = None;
        InvalidInput { operation, fault }.into()
    }
}

/// Lets `?` be used when request bodies are read strictly.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, arguments: String) -> Result<(), neon_api::Error> {
/// use neon_api::strict;
/// use neon_api::types::ProjectBranchLogsQueryRequest;
///
/// // As a language model made them up.
/// let query: ProjectBranchLogsQueryRequest = strict::from_str(&arguments)?;
/// let branch = neon.project("late-frost-12345678").branch("br-noisy-breeze-a5e59rrb");
/// let records = branch.logs().query(query);
/// # Ok(())
/// # }
/// ```
impl From<Refused> for Error {
    fn from(error: Refused) -> Self {
        let fault = InputFault::Body(Box::new(error));
        let operation = None;
        InvalidInput { operation, fault }.into()
    }
}
