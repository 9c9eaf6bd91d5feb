//! States that change by themselves as time passes.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// The states of one thing, each from its moment on. Nothing runs in the background: what the
/// state is follows from the clock when it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Timeline<S> {
    steps: Vec<(Moment, S)>,
    first: S,
}

impl<S: Copy> Timeline<S> {
    pub(crate) fn new(first: S) -> Self {
        Self {
            steps: Vec::new(),
            first,
        }
    }

    /// Becomes `state` at `at`, after what was planned before.
    pub(crate) fn then(&mut self, at: Moment, state: S) {
        let at = self.steps.last().map_or(at, |(last, _)| at.max(*last));
        self.steps.push((at, state));
    }

    /// What was to happen at `from` happens at `to` instead, or not at all.
    pub(crate) fn move_step(&mut self, from: Moment, to: Option<Moment>) {
        match to {
            Some(to) => {
                let moved = self.steps.iter_mut().filter(|(at, _)| *at == from);
                moved.for_each(|(at, _)| *at = to);
            }
            None => self.steps.retain(|(at, _)| *at != from),
        }
    }

    /// Forgets what has passed.
    pub(crate) fn settle(&mut self, now: Moment) {
        self.first = self.current(now);
        self.steps.retain(|(at, _)| *at > now);
    }

    pub(crate) fn current(&self, now: Moment) -> S {
        let passed = self.steps.iter().rev().find(|(at, _)| *at <= now);
        passed.map_or(self.first, |(_, state)| *state)
    }

    /// What it is on the way to.
    pub(crate) fn pending(&self, now: Moment) -> Option<S> {
        let next = self.steps.iter().find(|(at, _)| *at > now);
        next.map(|(_, state)| *state)
    }

    /// Where it is on the way to, past all states between.
    pub(crate) fn goal(&self, now: Moment) -> Option<S> {
        let last = self.steps.last().filter(|(at, _)| *at > now);
        last.map(|(_, state)| *state)
    }

    /// Where it will be once everything that is planned has happened.
    pub(crate) fn last(&self) -> S {
        self.steps.last().map_or(self.first, |(_, state)| *state)
    }
}
