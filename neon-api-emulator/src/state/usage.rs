//! When computes ran, and what that adds up to.

use std::collections::BTreeMap;

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
    /// How many computes ran: several are counted together once there are too many.
    #[serde(default = "one")]
    pub(crate) computes: f64,
}

fn one() -> f64 {
    1.0
}

/// How many runs are kept as they were.
const RUNS: usize = 1_000;
const HOUR: u64 = 3_600;

/// Joins the older ones of too many runs, as far as they lie in one hour: as long as an hour takes,
/// only so many are longer.
pub(crate) fn compact(runs: &mut Vec<Run>) {
    if runs.len() <= RUNS {
        return;
    }
    runs.sort_by_key(|run| run.from);
    let recent = runs.split_off(runs.len() - RUNS / 2);
    let mut joined: BTreeMap<u64, Run> = BTreeMap::new();
    let mut kept = Vec::new();
    for run in runs.drain(..) {
        let hour = run.from.as_secs() / HOUR;
        if run.to.as_secs() / HOUR != hour {
            kept.push(run);
            continue;
        }
        match joined.get_mut(&hour) {
            Some(others) => others.join(&run),
            None => {
                joined.insert(hour, run);
            }
        }
    }
    runs.extend(joined.into_values());
    runs.extend(kept);
    runs.extend(recent);
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

    /// Adds another to it: the sums stay the same.
    fn join(&mut self, other: &Self) {
        let (from, to) = (self.from.min(other.from), self.to.max(other.to));
        let length = to.saturating_sub(from).as_secs_f64();
        if length > 0.0 {
            let seconds = |run: &Self| run.seconds(run.from, run.to);
            let (mine, theirs) = (seconds(self), seconds(other));
            self.units = (self.units * mine + other.units * theirs) / length;
            self.computes = (self.computes * mine + other.computes * theirs) / length;
        }
        (self.from, self.to) = (from, to);
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
            active += seconds * run.computes;
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
        let forgotten = self.forgotten_runs.iter().cloned();
        retired.chain(forgotten).chain(current)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_runs_add_up_to_the_same() {
        let run = |number: u64| Run {
            from: Moment::from_secs(number * 2),
            to: Moment::from_secs(number * 2 + 1),
            units: 0.25,
            computes: 1.0,
        };
        let all: Vec<Run> = (0..3_000).map(run).collect();
        let mut few = Vec::new();
        for run in all.clone() {
            few.push(run);
            compact(&mut few);
            assert!(few.len() <= RUNS);
        }
        let sum = |runs: Vec<Run>| Usage::of(runs.into_iter(), Moment::ZERO, Moment::MAX);
        assert_eq!(sum(few.clone()), sum(all));
        let hours: Vec<Moment> = few.iter().map(|run| run.from).collect();
        assert!(hours.is_sorted());
        let first = Usage::of(few.into_iter(), Moment::ZERO, Moment::from_secs(HOUR));
        assert_eq!(first.active_seconds, HOUR / 2, "each hour keeps its own");
    }
}
