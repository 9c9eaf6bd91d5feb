//! A key that was rejected (401) and may have been replaced since.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use tokio::time::Instant;

use super::run::{CallRun, Outcome};
use super::{attempt, trace};
use crate::key::Key;

/// Why a request with a newer key is sent.
pub(super) const UNAUTHORIZED: &str = "unauthorized";

/// The key of a provider, as a call sends it.
#[derive(Debug)]
pub(super) struct SentKey {
    sent: HeaderValue,
    /// The key to send next, after the previous one was rejected.
    newer: Option<HeaderValue>,
    is_renewed: bool,
}

impl CallRun<'_> {
    /// The key that has replaced the rejected one.
    pub(super) fn newer_key(&mut self) -> Option<HeaderValue> {
        self.key.as_mut()?.newer.take()
    }

    /// Records which key is sent, if it comes from a provider.
    pub(super) fn note_key(&mut self, authorization: &HeaderValue) {
        if matches!(self.shared.settings.key, Key::Fixed(_)) {
            return;
        }
        match &mut self.key {
            Some(key) => key.sent.clone_from(authorization),
            None => {
                self.key = Some(Box::new(SentKey {
                    sent: authorization.clone(),
                    newer: None,
                    is_renewed: false,
                }));
            }
        }
    }

    /// Whether the key was rejected and its provider now has another one. The request is then sent
    /// again, once per call: 401 means that nothing was done.
    pub(super) fn may_renew_key(&self, outcome: &Outcome) -> bool {
        let is_refused =
            |answer: &neon_api_raw::transport::Response| answer.status == StatusCode::UNAUTHORIZED;
        let is_first = self.key.as_ref().is_some_and(|key| !key.is_renewed);
        is_first && outcome.as_ref().is_ok_and(is_refused) && !self.policy().is_off
    }

    /// Asks the provider again; whether the key differs from the one that was sent.
    pub(super) async fn renew_key(&mut self) -> bool {
        let Key::Provided(provider) = &self.shared.settings.key else {
            return false;
        };
        let wait = attempt::key_within(self.end_from(Instant::now()), provider.renew());
        let asked = match &self.turn {
            None => wait.await,
            Some(turn) => turn.keep(wait).await,
        };
        let newer = asked.and_then(|key| self.shared.bearer.header(&key));
        let (Ok(newer), Some(key)) = (newer, &mut self.key) else {
            return false;
        };
        key.is_renewed = true;
        let is_other = newer != key.sent;
        if is_other {
            key.newer = Some(newer);
            trace::retry(UNAUTHORIZED, Duration::ZERO);
        }
        is_other
    }
}
