//! A project's endpoints, found by ID and by branch, and by when they fall idle.

use std::collections::{BTreeSet, HashMap};

use super::endpoint::Endpoint;
use super::indexed::{Index, Indexed};
use crate::clock::Moment;

/// A project's endpoints.
pub(crate) type Endpoints = Indexed<ByEndpoint>;

#[derive(Debug, Default)]
pub(crate) struct ByEndpoint {
    of_branch: HashMap<String, BTreeSet<u64>>,
    falling_idle: BTreeSet<(Moment, u64)>,
    running: usize,
}

impl Endpoints {
    /// How many run, or will once what is planned has happened.
    pub(crate) fn running(&self) -> usize {
        self.index.running
    }

    pub(crate) fn of_branch(&self, branch_id: &str) -> impl Iterator<Item = &Endpoint> {
        let numbers = self.index.of_branch.get(branch_id).into_iter().flatten();
        numbers.filter_map(|number| self.at(*number))
    }

    /// The first that falls idle, and when.
    pub(crate) fn next_idle(&self) -> Option<(Moment, &Endpoint)> {
        let (at, number) = self.index.falling_idle.first()?;
        Some((*at, self.at(*number)?))
    }
}

impl Index for ByEndpoint {
    type Item = Endpoint;

    fn id(endpoint: &Endpoint) -> &str {
        &endpoint.id
    }

    fn number(_: &Endpoint, next: u64) -> u64 {
        next
    }

    fn add(&mut self, number: u64, endpoint: &Endpoint) {
        let of_branch = self.of_branch.entry(endpoint.branch_id.clone());
        of_branch.or_default().insert(number);
        if let Some(at) = endpoint.falls_idle_at() {
            self.falling_idle.insert((at, number));
        }
        self.running += usize::from(endpoint.will_run());
    }

    fn remove(&mut self, number: u64, endpoint: &Endpoint) {
        if let Some(numbers) = self.of_branch.get_mut(&endpoint.branch_id) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.of_branch.remove(&endpoint.branch_id);
            }
        }
        if let Some(at) = endpoint.falls_idle_at() {
            self.falling_idle.remove(&(at, number));
        }
        self.running -= usize::from(endpoint.will_run());
    }
}
