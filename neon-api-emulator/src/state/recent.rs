//! What is remembered of what is gone: the latest so many, so that memory does not grow for ever.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

use serde::{Deserialize, Serialize, Serializer};

/// The latest `MOST` that were added, found by value.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    from = "Vec<T>",
    bound(deserialize = "T: Clone + Eq + Hash + Deserialize<'de>")
)]
pub(crate) struct Recent<T, const MOST: usize> {
    /// The oldest first.
    order: VecDeque<T>,
    known: HashSet<T>,
}

impl<T, const MOST: usize> Default for Recent<T, MOST> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            known: HashSet::new(),
        }
    }
}

impl<T: Clone + Eq + Hash, const MOST: usize> Recent<T, MOST> {
    /// Returns whether it was not there yet.
    pub(crate) fn add(&mut self, item: T) -> bool {
        let added = self.known.insert(item.clone());
        if added {
            self.order.push_back(item);
        }
        while self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        added
    }

    pub(crate) fn contains(&self, item: &T) -> bool {
        self.known.contains(item)
    }
}

impl<T: Clone + Eq + Hash, const MOST: usize> From<Vec<T>> for Recent<T, MOST> {
    fn from(saved: Vec<T>) -> Self {
        let mut all = Self::default();
        for item in saved {
            all.add(item);
        }
        all
    }
}

impl<T: Serialize, const MOST: usize> Serialize for Recent<T, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.order)
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent: Recent<u32, 2> = Recent::default();
        assert!(recent.add(1) && recent.add(2));
        assert!(!recent.add(1), "known");
        assert!(recent.add(3));
        assert!(!recent.contains(&1), "added before the others");
        assert!(recent.contains(&2) && recent.contains(&3));
        assert_eq!(recent.order.len(), recent.known.len());
    }
}
