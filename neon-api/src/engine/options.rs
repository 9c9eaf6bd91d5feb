//! The options of a derived client, which shares its parent's engine.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use neon_api_raw::ids::{InvalidId, ProjectId};
use neon_api_raw::transport::{Exchange, FailureKind};
use neon_api_raw::{Route, TransportError};

use tokio::time::Instant;

use super::Engine;
use super::blocked::Blocked;
use super::guard::Guards;
use super::policy::RetryPolicy;
use super::recorder::Recorder;
use super::request_id::RequestId;
use super::run::CallRun;
use crate::clock;

/// The maximum length of a caller's request ID.
const LONGEST_REQUEST_ID: usize = 128;

/// The options of a derived client. Options that it does not set are its parent's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Timeout of each call as a whole, including waits.
    pub(super) call_timeout: Option<Duration>,
    /// Deadline of all calls.
    pub(super) deadline: Option<Instant>,
    pub(super) policy: Option<RetryPolicy>,
    pub(super) request_id: Option<Arc<HeaderValue>>,
    pub(super) recorder: Option<Recorder>,
    pub(super) is_background: bool,
    pub(crate) guards: Guards,
    /// Which option is not valid, and why.
    fault: Option<OptionFault>,
}

/// An option or an ID that is not valid, or other input. Calls fail with it, since deriving a client
/// and making a handle or a builder cannot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum OptionFault {
    Id(InvalidId),
    Rule(Cow<'static, str>),
    Field {
        field: &'static str,
        rule: Cow<'static, str>,
    },
}

impl fmt::Display for OptionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(fault) => fault.fmt(f),
            Self::Rule(rule) => f.write_str(rule),
            Self::Field { field, rule } => write!(f, "{field}: {rule}"),
        }
    }
}

impl Error for OptionFault {}

/// Why a call must not be made.
#[derive(Debug)]
pub(crate) enum Inadmissible {
    Option(&'static Route, OptionFault),
    Blocked(Box<Blocked>),
}

impl Inadmissible {
    fn into_failure(self) -> TransportError {
        match self {
            Self::Option(_, fault) => TransportError::new(FailureKind::NotSent).with_source(fault),
            Self::Blocked(blocked) => blocked.into_failure(),
        }
    }
}

impl Options {
    pub(crate) fn set_deadline(&mut self, at: Instant) {
        self.deadline = Some(self.deadline.map_or(at, |earlier| earlier.min(at)));
    }

    /// Why calls fail, if an option or an ID is not valid.
    pub(crate) fn fault(&self) -> Option<&OptionFault> {
        self.fault.as_ref()
    }

    /// Makes all calls fail; the first fault is reported.
    pub(crate) fn refuse(&mut self, fault: OptionFault) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn set_call_timeout(&mut self, timeout: Duration) {
        self.call_timeout = Some(timeout);
    }

    /// The deadline of a call that begins now.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let own = self
            .call_timeout
            .map(|time| clock::after(Instant::now(), time));
        own.into_iter().chain(self.deadline).min()
    }

    /// The options for a poll. Many waits may share it, so it has only their lane, which is the
    /// same for all; each wait has passed its own guards before.
    pub(super) fn for_poll(&self) -> Self {
        Self {
            is_background: self.is_background,
            ..Self::default()
        }
    }

    pub(crate) fn set_policy(&mut self, policy: RetryPolicy) {
        if let Err(rule) = policy.check() {
            self.refuse(OptionFault::Rule(rule.into()));
        }
        self.policy = Some(policy);
    }

    pub(crate) fn set_request_id(&mut self, id: &str) {
        let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic());
        let has_length = (1..=LONGEST_REQUEST_ID).contains(&id.len());
        match HeaderValue::from_str(id) {
            Ok(id) if is_plain && has_length => self.request_id = Some(Arc::new(id)),
            _ => {
                let rule = "with_request_id: expected 1 to 128 visible ASCII characters";
                self.refuse(OptionFault::Rule(rule.into()));
            }
        }
    }

    pub(crate) fn set_recorder(&mut self, recorder: &Recorder) {
        self.recorder = Some(recorder.clone());
    }

    pub(crate) fn set_background(&mut self) {
        self.is_background = true;
    }

    /// Whether a call may be made at all.
    fn admit(&self, call: &Exchange, base_path: &str) -> Result<(), Inadmissible> {
        if let Some(fault) = &self.fault {
            return Err(Inadmissible::Option(call.route, fault.clone()));
        }
        self.guards
            .check(call, base_path)
            .map_err(|reason| Inadmissible::Blocked(Box::new(reason.blocks(call.route))))
    }
}

impl Engine {
    /// The same engine with other options.
    pub(crate) fn derive(&self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.options.as_deref().cloned().unwrap_or_default();
        change(&mut options);
        Self {
            shared: Arc::clone(&self.shared),
            options: Some(Arc::new(options)),
            poll: None,
        }
    }

    /// The engine without the options of derived clients.
    pub(super) fn without_options(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            options: None,
            poll: None,
        }
    }

    pub(crate) fn options(&self) -> Option<&Options> {
        self.options.as_deref()
    }

    pub(super) fn is_background(&self) -> bool {
        self.options().is_some_and(|options| options.is_background)
    }

    /// When all calls of this client have to have ended, if they were given a time.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.options()?.deadline
    }

    /// Whether this client may poll the operations of a project. The waits of a project share their
    /// polls, so a client that may not poll must not join them.
    pub(crate) fn admit_polls(&self, project: &ProjectId) -> Result<(), Inadmissible> {
        let route = &neon_api_raw::routes::LIST_PROJECT_OPERATIONS;
        self.admit(route, &[("project_id", project.as_str())])
    }

    /// Whether this client may call an operation with these parameters in its path: for what has to
    /// be done before the request can be made.
    pub(crate) fn admit(
        &self,
        route: &'static Route,
        parameters: &[(&str, &str)],
    ) -> Result<(), Inadmissible> {
        if let Some(blocked) = self.shared.drain.blocks(route) {
            return Err(Inadmissible::Blocked(Box::new(blocked)));
        }
        let Some(options) = self.options() else {
            return Ok(());
        };
        let mut path = format!("{}{}", self.shared.base_path, route.path);
        for (name, value) in parameters {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let mut request = http::Request::new(bytes::Bytes::new());
        *request.uri_mut() = path.parse::<http::Uri>().unwrap_or_default();
        options.admit(&Exchange::new(route, request), &self.shared.base_path)
    }
}

impl<'a> CallRun<'a> {
    /// How this call is retried.
    pub(super) fn policy(&self) -> &'a RetryPolicy {
        let own = self.engine.options().and_then(|o| o.policy.as_ref());
        own.unwrap_or(&self.shared.settings.policy)
    }

    /// The ID of the next request: the caller's own, or a new one.
    pub(super) fn next_request_id(&self) -> RequestId {
        let own = self.engine.options().and_then(|o| o.request_id.clone());
        own.map_or_else(RequestId::new, RequestId::Own)
    }

    /// Fails a call that must not be made.
    pub(super) fn admit(&self) -> Result<(), TransportError> {
        if let Some(blocked) = self.shared.drain.blocks(self.call.route) {
            return Err(blocked.into_failure());
        }
        match self.engine.options() {
            None => Ok(()),
            Some(options) => options
                .admit(&self.call, &self.shared.base_path)
                .map_err(Inadmissible::into_failure),
        }
    }
}
