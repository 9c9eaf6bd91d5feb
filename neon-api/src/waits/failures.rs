//! Failed polls, and their summary in errors.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::transport::FailureKind;
use neon_api_raw::{ApiError, TransportError};

use crate::engine;
use crate::error::{Error, is_missing, is_unknown_route};

/// How many failed polls are remembered.
const REMEMBERED: usize = 64;
/// How many kinds of failure a message lists.
const KINDS_SHOWN: usize = 5;
/// How much of the last failure's message is shown, in characters.
const TEXT_SHOWN: usize = 400;
/// The longest `Retry-After` that the next poll waits for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The polls that failed since the last one that did not.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// The number of each poll, and why it failed.
    failed: VecDeque<(u64, Kind)>,
    last: Option<Arc<Error>>,
}

impl Failures {
    pub(super) fn add(&mut self, number: u64, error: Error) {
        if self.failed.len() == REMEMBERED {
            self.failed.pop_front();
        }
        self.failed.push_back((number, Kind::of(&error)));
        self.last = Some(Arc::new(error));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.failed.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.failed.clear();
        self.last = None;
    }

    /// The polls after the one with this number.
    pub(super) fn after(&self, number: u64) -> Option<PollFailures> {
        let last = self.last.as_ref()?;
        let mut failures = PollFailures::new(Arc::clone(last));
        let own = self.failed.iter().filter(|(n, _)| *n > number);
        for (_, kind) in own {
            failures.count(*kind);
        }
        (failures.count > 0).then_some(failures)
    }
}

/// How the last polls of a wait failed.
#[derive(Clone)]
pub(crate) struct PollFailures {
    count: usize,
    kinds: Vec<(Kind, usize)>,
    last: Arc<Error>,
}

impl PollFailures {
    fn new(last: Arc<Error>) -> Self {
        Self {
            count: 0,
            kinds: Vec::new(),
            last,
        }
    }

    /// One failure, without a poll.
    pub(super) fn one(error: Arc<Error>) -> Self {
        let mut failures = Self::new(error);
        failures.count(Kind::of(&failures.last));
        failures
    }

    fn count(&mut self, kind: Kind) {
        self.count += 1;
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
    }

    /// Why the last of them failed.
    pub(crate) fn last(&self) -> &Error {
        &self.last
    }
}

impl fmt::Display for PollFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = Bounded(&self.last);
        if self.count == 1 {
            return write!(f, "the last poll failed: {last}");
        }
        write!(f, "the last {} polls failed: ", self.count)?;
        let mut kinds = self.kinds.clone();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (at, (kind, count)) in kinds.iter().take(KINDS_SHOWN).enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{count} x {kind}")?;
        }
        let others: usize = kinds.iter().skip(KINDS_SHOWN).map(|(_, n)| n).sum();
        if others > 0 {
            write!(f, ", {others} others")?;
        }
        write!(f, "; last: {last}")
    }
}

impl fmt::Debug for PollFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollFailures")
            .field("count", &self.count)
            .field("kinds", &self.kinds)
            .field("last", &self.last)
            .finish()
    }
}

/// Why a poll failed, as counted in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Status(u16),
    Transport(FailureKind),
    Unreadable,
    Other,
}

impl Kind {
    fn of(error: &Error) -> Self {
        if let Some(error) = api_error(error) {
            return Self::Status(error.status.as_u16());
        }
        match error {
            Error::Transport(e) => {
                // A deadline only ended what had failed before.
                let before = source::<TransportError>(error).filter(|_| is_deadline(e));
                Self::Transport(before.map_or(e.kind(), TransportError::kind))
            }
            Error::Decode(_) => Self::Unreadable,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Transport(kind) => f.write_str(match kind {
                FailureKind::Connect => "could not connect",
                FailureKind::UnknownHost => "unknown host",
                FailureKind::Tls => "no TLS session",
                FailureKind::Proxy => "refused by the proxy",
                FailureKind::Timeout | FailureKind::Deadline => "no response in time",
                FailureKind::Interrupted => "connection lost",
                FailureKind::TooLarge => "response too large",
                FailureKind::NotSent => "not sent",
                _ => "transport error",
            }),
            Self::Unreadable => f.write_str("unreadable response"),
            Self::Other => f.write_str("other error"),
        }
    }
}

/// The API's error, even if a deadline ended the retries after it.
pub(super) fn api_error(error: &Error) -> Option<&ApiError> {
    match error {
        Error::Api(e) => Some(e),
        Error::Transport(_) => source(error),
        _ => None,
    }
}

/// Whether polling is pointless: the project ID is not valid in a request, the key lacks
/// permission, the base URL is wrong, or the API cannot be reached for a permanent reason. If
/// requests have succeeded before, that reason is not permanent.
pub(super) fn is_final(error: &Error, is_connected: bool) -> bool {
    match error {
        Error::InvalidInput(_) | Error::Config(_) => true,
        Error::Transport(e) => {
            let kind = e.kind();
            let is_settled = matches!(
                kind,
                FailureKind::UnknownHost | FailureKind::Tls | FailureKind::Proxy
            );
            is_settled && !is_connected
        }
        Error::Api(e) if is_unknown_route(e) => true,
        _ => error.is_auth(),
    }
}

/// Whether the API itself responds that the project does not exist.
pub(super) fn is_missing_project(error: &Error) -> bool {
    matches!(error, Error::Api(e) if is_missing(e))
}

/// The wait before the next poll that the API asks for.
pub(super) fn retry_after(error: &Error) -> Option<Duration> {
    let asked = engine::retry_after(api_error(error)?.headers())?;
    Some(asked.min(LONGEST_RETRY_AFTER))
}

fn source<E: std::error::Error + 'static>(error: &Error) -> Option<&E> {
    std::error::Error::source(error)?.downcast_ref()
}

fn is_deadline(error: &TransportError) -> bool {
    error.kind() == FailureKind::Deadline
}

/// The beginning of an error message.
struct Bounded<'a>(&'a Error);

impl fmt::Display for Bounded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cut after it was masked, so that no part of a secret is left.
        let text = self.0.to_string();
        let mut characters = text.chars();
        for character in characters.by_ref().take(TEXT_SHOWN) {
            f.write_char(character)?;
        }
        if characters.next().is_some() {
            f.write_str("…")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neon_api_raw::routes::LIST_PROJECT_OPERATIONS;

    fn decode() -> Error {
        let fault = crate::error::InputFault::Rule("x".repeat(5000).into());
        crate::error::InvalidInput::new(&LIST_PROJECT_OPERATIONS, fault).into()
    }

    #[test]
    fn a_text_counts_kinds_and_is_bounded() {
        let mut failures = Failures::default();
        for number in 1..=1000 {
            failures.add(number, decode());
        }
        assert!(failures.after(1000).is_none());
        assert_eq!(failures.after(999).unwrap().count, 1);
        let mut all = failures.after(0).unwrap();
        assert_eq!(all.count, REMEMBERED);
        for status in 500..520 {
            all.count(Kind::Status(status));
        }
        all.count(Kind::Status(503));
        let text = all.to_string();
        let begin = "the last 85 polls failed: 64 x other error, 2 x 503, 1 x 500, 1 x 501, 1 x 502, 16 others; last: ";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.chars().count() <= begin.len() + TEXT_SHOWN + 1);
        failures.clear();
        assert!(failures.after(0).is_none());
    }
}
