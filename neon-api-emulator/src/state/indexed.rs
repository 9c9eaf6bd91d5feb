//! Things of a project: found by their IDs, walked in the order in which they were made, saved as a
//! list.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// What is kept beside things of one kind, so that no request walks over all of a large project's.
pub(crate) trait Index: Default {
    type Item: Clone;

    fn id(item: &Self::Item) -> &str;

    /// What the item is ordered by, and keeps while it changes; `next` is behind all others.
    fn number(item: &Self::Item, next: u64) -> u64;

    fn add(&mut self, number: u64, item: &Self::Item);

    /// Undoes [`add`](Self::add) of the same.
    fn remove(&mut self, number: u64, item: &Self::Item);
}

/// Every change goes through [`Indexed::change`], which keeps the index.
#[derive(Debug, Deserialize)]
#[serde(
    from = "Vec<I::Item>",
    bound(deserialize = "I::Item: Deserialize<'de>")
)]
pub(crate) struct Indexed<I: Index> {
    /// Shared with copies that are being saved.
    by_number: BTreeMap<u64, Arc<I::Item>>,
    numbers: HashMap<String, u64>,
    pub(super) index: I,
}

impl<I: Index> Default for Indexed<I> {
    fn default() -> Self {
        Self {
            by_number: BTreeMap::new(),
            numbers: HashMap::new(),
            index: I::default(),
        }
    }
}

/// Only what is indexed is saved.
impl<I: Index<Item: Serialize>> Serialize for Indexed<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<I: Index> From<Vec<I::Item>> for Indexed<I> {
    fn from(saved: Vec<I::Item>) -> Self {
        let mut all = Self::default();
        for item in saved {
            all.insert(item);
        }
        all
    }
}

impl<I: Index> Indexed<I> {
    /// What is saved of them, without the index.
    pub(super) fn to_save(&self) -> Self {
        Self {
            by_number: self.by_number.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&I::Item> {
        self.at(*self.numbers.get(id)?)
    }

    pub(super) fn at(&self, number: u64) -> Option<&I::Item> {
        self.by_number.get(&number).map(Arc::as_ref)
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &I::Item> {
        self.by_number.values().map(Arc::as_ref)
    }

    pub(crate) fn insert(&mut self, item: I::Item) {
        let last = self.by_number.last_key_value();
        let next = last.map_or(0, |(last, _)| last.saturating_add(1));
        self.put(I::number(&item, next), item);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<I::Item> {
        self.take(id).map(|(_, item)| item)
    }

    /// `None` where there is none with this ID.
    pub(crate) fn change<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut I::Item) -> T,
    ) -> Option<T> {
        let (number, mut item) = self.take(id)?;
        let result = change(&mut item);
        self.put(number, item);
        Some(result)
    }

    fn put(&mut self, number: u64, item: I::Item) {
        self.numbers.insert(I::id(&item).to_owned(), number);
        self.index.add(number, &item);
        self.by_number.insert(number, Arc::new(item));
    }

    fn take(&mut self, id: &str) -> Option<(u64, I::Item)> {
        let number = self.numbers.remove(id)?;
        let item = self.by_number.remove(&number)?;
        self.index.remove(number, &item);
        Some((number, Arc::unwrap_or_clone(item)))
    }
}
