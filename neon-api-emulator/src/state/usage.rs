//! When computes ran, and what that adds up to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::project::Project;
use crate::clock::Moment;

/// A span in which a compute was active.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    /// Compute units: the smallest size, as nothing makes a compute grow.
    pub(crate) units: f64,
}

impl Run {
    /// A bound that was at `from` is at `to`.
    pub(super) fn move_bound(&mut self, from: Moment, to: Moment) {
        for bound in [&mut self.from, &mut self.to] {
            if *bound == from {
                *bound = to;
            }
        }
    }

    /// Its part between `from` and `to`, in seconds.
    fn seconds(&self, from: Moment, to: Moment) -> f64 {
        let (from, to) = (self.from.max(from), self.to.min(to));
        to.saturating_sub(from).as_secs_f64()
    }
}

/// Whole seconds, rounded down, as many as the API's integers hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) active_seconds: u64,
    pub(crate) compute_seconds: u64,
}

impl Usage {
    /// What `runs` add up to between `from` and `to`.
    pub(crate) fn of(runs: impl Iterator<Item = Run>, from: Moment, to: Moment) -> Self {
        let (mut active, mut compute) = (0.0, 0.0);
        for run in runs {
            let seconds = run.seconds(from, to);
            active += seconds;
            compute += seconds * run.units;
        }
        Self {
            active_seconds: whole(active),
            compute_seconds: whole(compute),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is beyond the type's bounds becomes its bound"
)]
fn whole(seconds: f64) -> u64 {
    (seconds as u64).min(i64::MAX.unsigned_abs())
}

impl Project {
    /// Every run of the project's computes, those that were deleted included, until `now`.
    pub(crate) fn runs(&self, now: Moment) -> impl Iterator<Item = Run> {
        let retired = self.retired_runs.values().flatten().cloned();
        let current = self.endpoints.iter().flat_map(move |e| e.runs(now));
        retired.chain(current)
    }

    pub(crate) fn runs_of_branch(&self, id: &str, now: Moment) -> impl Iterator<Item = Run> {
        let retired = self.retired_runs.get(id).into_iter().flatten().cloned();
        let endpoints = self.endpoints.of_branch(id);
        retired.chain(endpoints.flat_map(move |e| e.runs(now)))
    }

    pub(crate) fn usage(&self, now: Moment) -> Usage {
        Usage::of(self.runs(now), Moment::ZERO, now)
    }

    pub(crate) fn usage_of_branch(&self, id: &str, now: Moment) -> Usage {
        Usage::of(self.runs_of_branch(id, now), Moment::ZERO, now)
    }

    /// The quota of compute time that is used up, by its name.
    pub(crate) fn used_up_quota(&self, now: Moment) -> Option<&'static str> {
        let quota = self.settings.get("quota")?;
        let usage = self.usage(now);
        let is_used_up = |name: &str, used: u64| {
            let limit = quota.get(name).and_then(Value::as_u64);
            // Zero is none.
            limit.is_some_and(|limit| limit > 0 && used >= limit)
        };
        [
            ("active_time_seconds", usage.active_seconds),
            ("compute_time_seconds", usage.compute_seconds),
        ]
        .into_iter()
        .find_map(|(name, used)| is_used_up(name, used).then_some(name))
    }
}
