//! A project's branches, found by id and by name, and walked in the orders that lists offer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use serde::{Deserialize, Serialize, Serializer};

use super::branch::Branch;
use crate::clock::Moment;

/// What a list of branches is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortBy {
    Name,
    CreatedAt,
    UpdatedAt,
}

/// Where a branch stands in an order. Numbers, which grow with every branch of a project, decide
/// between equals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Name(String, u64),
    At(Moment, u64),
}

impl Place {
    fn of(branch: &Branch, sort_by: SortBy) -> Self {
        match sort_by {
            SortBy::Name => Self::Name(branch.name.clone(), branch.number),
            SortBy::CreatedAt => Self::At(branch.created_at, branch.number),
            SortBy::UpdatedAt => Self::At(branch.updated_at, branch.number),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Self::Name(_, number) | Self::At(_, number) => *number,
        }
    }
}

/// Every change goes through [`Branches::change`], which keeps the indexes: no request walks over
/// all branches of a large project.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Vec<Branch>")]
pub(crate) struct Branches {
    /// Shared with copies that are being saved.
    by_number: BTreeMap<u64, Arc<Branch>>,
    numbers: HashMap<String, u64>,
    by_name: BTreeSet<Place>,
    by_creation: BTreeSet<Place>,
    by_update: BTreeSet<Place>,
    /// How many each has.
    children: HashMap<String, usize>,
    expiring: BTreeSet<(DateTime<Utc>, u64)>,
    with_schedules: BTreeSet<u64>,
    protected: usize,
    roots: usize,
}

/// Only what is indexed is saved.
impl Serialize for Branches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl From<Vec<Branch>> for Branches {
    fn from(saved: Vec<Branch>) -> Self {
        let mut all = Self::default();
        for one in saved {
            all.insert(one);
        }
        all
    }
}

impl Branches {
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

    pub(crate) fn protected(&self) -> usize {
        self.protected
    }

    pub(crate) fn roots(&self) -> usize {
        self.roots
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Branch> {
        self.at(*self.numbers.get(id)?)
    }

    fn at(&self, number: u64) -> Option<&Branch> {
        self.by_number.get(&number).map(Arc::as_ref)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Branch> {
        let place = |number| Place::Name(name.to_owned(), number);
        let place = self.by_name.range(place(0)..=place(u64::MAX)).next()?;
        self.at(place.number())
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Branch> {
        self.by_number.values().map(Arc::as_ref)
    }

    pub(crate) fn has_children(&self, id: &str) -> bool {
        self.children.contains_key(id)
    }

    /// Ids of the branches whose parent this is.
    pub(crate) fn children_of(&self, id: &str) -> Vec<String> {
        if !self.has_children(id) {
            return Vec::new();
        }
        let children = self.iter().filter(|branch| branch.parent_id() == Some(id));
        children.map(|branch| branch.id.clone()).collect()
    }

    /// Those whose time has come by `wall`, with the time, the first to expire first.
    pub(crate) fn expired(
        &self,
        wall: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, &Branch)> {
        let due = self.expiring.iter().take_while(move |(at, _)| *at <= wall);
        due.filter_map(|(at, number)| Some((*at, self.at(*number)?)))
    }

    /// Those of which snapshots are taken by a schedule.
    pub(crate) fn with_schedules(&self) -> impl Iterator<Item = &Branch> {
        let numbers = self.with_schedules.iter();
        numbers.filter_map(|number| self.at(*number))
    }

    pub(crate) fn insert(&mut self, branch: Branch) {
        self.index(&branch);
        self.by_number.insert(branch.number, Arc::new(branch));
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Branch> {
        let branch = self.by_number.remove(self.numbers.get(id)?)?;
        self.unindex(&branch);
        Some(Arc::unwrap_or_clone(branch))
    }

    /// `None` where there is no such branch.
    pub(crate) fn change<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Branch) -> T,
    ) -> Option<T> {
        let mut branch = self.remove(id)?;
        let result = change(&mut branch);
        self.insert(branch);
        Some(result)
    }

    /// In this order, from behind `after`.
    pub(crate) fn walk(
        &self,
        sort_by: SortBy,
        descending: bool,
        after: Option<&Place>,
    ) -> Box<dyn Iterator<Item = (Place, &Branch)> + '_> {
        let order = match sort_by {
            SortBy::Name => &self.by_name,
            SortBy::CreatedAt => &self.by_creation,
            SortBy::UpdatedAt => &self.by_update,
        };
        let item = |place: &Place| Some((place.clone(), self.at(place.number())?));
        if descending {
            let end = after.map_or(Bound::Unbounded, Bound::Excluded);
            let range = order.range::<Place, _>((Bound::Unbounded, end));
            Box::new(range.rev().filter_map(item))
        } else {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let range = order.range::<Place, _>((start, Bound::Unbounded));
            Box::new(range.filter_map(item))
        }
    }

    fn index(&mut self, branch: &Branch) {
        self.numbers.insert(branch.id.clone(), branch.number);
        self.by_name.insert(Place::of(branch, SortBy::Name));
        self.by_creation
            .insert(Place::of(branch, SortBy::CreatedAt));
        self.by_update.insert(Place::of(branch, SortBy::UpdatedAt));
        match branch.parent_id() {
            Some(parent) => *self.children.entry(parent.to_owned()).or_default() += 1,
            None => self.roots += 1,
        }
        if let Some(expiry) = &branch.expiry {
            self.expiring.insert((expiry.at, branch.number));
        }
        if !branch.schedule.is_empty() {
            self.with_schedules.insert(branch.number);
        }
        self.protected += usize::from(branch.protected);
    }

    fn unindex(&mut self, branch: &Branch) {
        self.numbers.remove(&branch.id);
        self.by_name.remove(&Place::of(branch, SortBy::Name));
        self.by_creation
            .remove(&Place::of(branch, SortBy::CreatedAt));
        self.by_update.remove(&Place::of(branch, SortBy::UpdatedAt));
        match branch.parent_id() {
            Some(parent) => {
                if let Some(count) = self.children.get_mut(parent) {
                    *count -= 1;
                    if *count == 0 {
                        self.children.remove(parent);
                    }
                }
            }
            None => self.roots -= 1,
        }
        if let Some(expiry) = &branch.expiry {
            self.expiring.remove(&(expiry.at, branch.number));
        }
        self.with_schedules.remove(&branch.number);
        self.protected -= usize::from(branch.protected);
    }
}
