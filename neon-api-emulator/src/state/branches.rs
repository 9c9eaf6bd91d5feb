//! A project's branches, found by ID and by name, and walked in the orders that lists offer.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use chrono::{DateTime, Utc};

use super::branch::Branch;
use super::indexed::{Index, Indexed};
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

/// A project's branches.
pub(crate) type Branches = Indexed<ByBranch>;

#[derive(Debug, Default)]
pub(crate) struct ByBranch {
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

impl Branches {
    pub(crate) fn protected(&self) -> usize {
        self.index.protected
    }

    pub(crate) fn roots(&self) -> usize {
        self.index.roots
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Branch> {
        let place = |number| Place::Name(name.to_owned(), number);
        let place = self
            .index
            .by_name
            .range(place(0)..=place(u64::MAX))
            .next()?;
        self.at(place.number())
    }

    pub(crate) fn has_children(&self, id: &str) -> bool {
        self.index.children.contains_key(id)
    }

    /// IDs of the branches whose parent this is.
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
        let due = self
            .index
            .expiring
            .iter()
            .take_while(move |(at, _)| *at <= wall);
        due.filter_map(|(at, number)| Some((*at, self.at(*number)?)))
    }

    /// Those of which snapshots are taken by a schedule.
    pub(crate) fn with_schedules(&self) -> impl Iterator<Item = &Branch> {
        let numbers = self.index.with_schedules.iter();
        numbers.filter_map(|number| self.at(*number))
    }

    /// In this order, from behind `after`.
    pub(crate) fn walk(
        &self,
        sort_by: SortBy,
        descending: bool,
        after: Option<&Place>,
    ) -> Box<dyn Iterator<Item = (Place, &Branch)> + '_> {
        let order = match sort_by {
            SortBy::Name => &self.index.by_name,
            SortBy::CreatedAt => &self.index.by_creation,
            SortBy::UpdatedAt => &self.index.by_update,
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
}

impl Index for ByBranch {
    type Item = Branch;

    fn id(branch: &Branch) -> &str {
        &branch.id
    }

    fn number(branch: &Branch, _: u64) -> u64 {
        branch.number
    }

    fn add(&mut self, number: u64, branch: &Branch) {
        self.by_name.insert(Place::of(branch, SortBy::Name));
        self.by_creation
            .insert(Place::of(branch, SortBy::CreatedAt));
        self.by_update.insert(Place::of(branch, SortBy::UpdatedAt));
        match branch.parent_id() {
            Some(parent) => *self.children.entry(parent.to_owned()).or_default() += 1,
            None => self.roots += 1,
        }
        if let Some(expiry) = &branch.expiry {
            self.expiring.insert((expiry.at, number));
        }
        if !branch.schedule.is_empty() {
            self.with_schedules.insert(number);
        }
        self.protected += usize::from(branch.protected);
    }

    fn remove(&mut self, number: u64, branch: &Branch) {
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
            self.expiring.remove(&(expiry.at, number));
        }
        self.with_schedules.remove(&number);
        self.protected -= usize::from(branch.protected);
    }
}
