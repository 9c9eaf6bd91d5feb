//! A project's endpoints, found by id and by branch, and by when they fall idle.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::endpoint::Endpoint;
use crate::clock::Moment;

/// Every change goes through [`Endpoints::change`], which keeps the indexes.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Vec<Endpoint>")]
pub(crate) struct Endpoints {
    /// Shared with copies that are being saved.
    by_number: BTreeMap<u64, Arc<Endpoint>>,
    numbers: HashMap<String, u64>,
    of_branch: HashMap<String, BTreeSet<u64>>,
    falling_idle: BTreeSet<(Moment, u64)>,
    running: usize,
    next: u64,
}

/// Only what is indexed is saved.
impl Serialize for Endpoints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl From<Vec<Endpoint>> for Endpoints {
    fn from(saved: Vec<Endpoint>) -> Self {
        let mut all = Self::default();
        for one in saved {
            all.insert(one);
        }
        all
    }
}

impl Endpoints {
    /// What is saved of them, without the indexes.
    pub(super) fn to_save(&self) -> Self {
        Self {
            by_number: self.by_number.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    /// How many run, or will once what is planned has happened.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Endpoint> {
        self.at(*self.numbers.get(id)?)
    }

    fn at(&self, number: u64) -> Option<&Endpoint> {
        self.by_number.get(&number).map(Arc::as_ref)
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.by_number.values().map(Arc::as_ref)
    }

    pub(crate) fn of_branch(&self, branch_id: &str) -> impl Iterator<Item = &Endpoint> {
        let numbers = self.of_branch.get(branch_id).into_iter().flatten();
        numbers.filter_map(|number| self.at(*number))
    }

    /// The first that falls idle, and when.
    pub(crate) fn next_idle(&self) -> Option<(Moment, &Endpoint)> {
        let (at, number) = self.falling_idle.first()?;
        Some((*at, self.at(*number)?))
    }

    pub(crate) fn insert(&mut self, endpoint: Endpoint) {
        let number = self.next;
        self.next += 1;
        self.put(number, endpoint);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Endpoint> {
        self.take(id).map(|(_, endpoint)| endpoint)
    }

    /// `None` where there is no such endpoint.
    pub(crate) fn change<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Endpoint) -> T,
    ) -> Option<T> {
        let (number, mut endpoint) = self.take(id)?;
        let result = change(&mut endpoint);
        self.put(number, endpoint);
        Some(result)
    }

    fn put(&mut self, number: u64, endpoint: Endpoint) {
        self.numbers.insert(endpoint.id.clone(), number);
        let of_branch = self.of_branch.entry(endpoint.branch_id.clone());
        of_branch.or_default().insert(number);
        if let Some(at) = endpoint.falls_idle_at() {
            self.falling_idle.insert((at, number));
        }
        self.running += usize::from(endpoint.will_run());
        self.by_number.insert(number, Arc::new(endpoint));
    }

    fn take(&mut self, id: &str) -> Option<(u64, Endpoint)> {
        let number = self.numbers.remove(id)?;
        let endpoint = self.by_number.remove(&number)?;
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
        Some((number, Arc::unwrap_or_clone(endpoint)))
    }
}
