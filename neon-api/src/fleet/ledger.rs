//! The books of a job: what is to be done, may have been begun, and was done.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use neon_api_raw::ids::OrgId;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::event::Status;
use super::failure::Failure;
use super::report::{ItemOutcome, Report};
use super::state::{FleetState, ItemState, VERSION};
use crate::error::Error;

/// What is known of one item.
struct Entry<T> {
    name: Arc<str>,
    slot: Slot<T>,
    attempts: u32,
}

enum Slot<T> {
    Pending,
    Begun,
    Done(T),
    Failed(Failure),
}

/// The items of a job, each by its place.
pub(super) struct Ledger<T> {
    job: &'static str,
    org: Option<OrgId>,
    entries: Vec<Entry<T>>,
    /// What the earlier state has of items that are not among these.
    others: BTreeMap<String, ItemState<T>>,
    /// The places in the order in which they are worked on; first those that may have been begun
    /// before. At the end of a round those that are to be tried again are appended.
    order: Vec<usize>,
    to_retry: Vec<usize>,
    /// How far the order is begun; how far it is marked as begun; and how far it is so in the state
    /// that was saved last.
    begun: usize,
    marked: usize,
    covered: usize,
    done: usize,
    failed: usize,
}

impl<T: Clone + Serialize> Ledger<T> {
    pub(super) fn new(
        job: &'static str,
        earlier: FleetState<T>,
        names: impl Iterator<Item = Arc<str>>,
    ) -> Self {
        let mut others = earlier.items;
        let mut entries = Vec::new();
        let (mut order, mut pending) = (Vec::new(), Vec::new());
        for (place, name) in names.enumerate() {
            let slot = match others.remove(&*name) {
                Some(ItemState::Done(value)) => Slot::Done(value),
                Some(ItemState::Begun) => {
                    order.push(place);
                    Slot::Begun
                }
                None => {
                    pending.push(place);
                    Slot::Pending
                }
            };
            entries.push(Entry {
                name,
                slot,
                attempts: 0,
            });
        }
        let begun_before = order.len();
        order.append(&mut pending);
        Self {
            job,
            org: earlier.org,
            done: entries.len() - order.len(),
            failed: 0,
            entries,
            others,
            order,
            to_retry: Vec::new(),
            begun: 0,
            marked: begun_before,
            covered: begun_before,
        }
    }

    /// Marks items as begun well before they are, so that one save is enough for many; whether any
    /// were.
    pub(super) fn mark(&mut self, concurrency: usize) -> bool {
        let wanted = self.order.len().min(self.begun.saturating_add(concurrency));
        if self.marked >= wanted {
            return false;
        }
        let end = self.order.len().min(wanted.saturating_add(concurrency));
        for place in self.order.get(self.marked..end).unwrap_or_default() {
            if let Some(entry) = self.entries.get_mut(*place)
                && matches!(entry.slot, Slot::Pending)
            {
                entry.slot = Slot::Begun;
            }
        }
        self.marked = end;
        true
    }

    /// How far the order is marked as begun.
    pub(super) fn marked(&self) -> usize {
        self.marked
    }

    /// The state that was saved last has all marks up to here.
    pub(super) fn cover(&mut self, marked: usize) {
        self.covered = self.covered.max(marked);
    }

    /// The next item that may be begun, and which attempt it is.
    pub(super) fn begin(&mut self) -> Option<(usize, u32)> {
        if self.begun >= self.covered {
            return None;
        }
        let place = self.order.get(self.begun).copied()?;
        self.begun += 1;
        let entry = self.entries.get_mut(place)?;
        entry.attempts += 1;
        Some((place, entry.attempts))
    }

    pub(super) fn finish(&mut self, place: usize, value: T) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.slot = Slot::Done(value);
            self.done += 1;
        }
    }

    pub(super) fn fail(&mut self, place: usize, failure: Failure, retry: bool) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.slot = Slot::Failed(failure);
            if retry {
                self.to_retry.push(place);
            } else {
                self.failed += 1;
            }
        }
    }

    /// Begins another round with the items that are to be tried again; whether there are any.
    pub(super) fn next_round(&mut self) -> bool {
        let is_any = !self.to_retry.is_empty();
        self.order.append(&mut self.to_retry);
        // They were begun before.
        self.marked = self.order.len();
        self.covered = self.order.len();
        is_any
    }

    /// Nothing is tried again: what failed has failed.
    pub(super) fn give_up(&mut self) -> Vec<(Arc<str>, Failure)> {
        let places = mem::take(&mut self.to_retry);
        self.failed += places.len();
        let entries = places.iter().filter_map(|place| self.entries.get(*place));
        let failures = entries.filter_map(|entry| match &entry.slot {
            Slot::Failed(failure) => Some((Arc::clone(&entry.name), failure.clone())),
            _ => None,
        });
        failures.collect()
    }

    /// Whether all of the order is begun.
    pub(super) fn is_begun(&self) -> bool {
        self.begun >= self.order.len()
    }

    pub(super) fn name(&self, place: usize) -> Arc<str> {
        let entry = self.entries.get(place);
        entry.map_or_else(|| Arc::from(""), |entry| Arc::clone(&entry.name))
    }

    /// The counts of the items.
    pub(super) fn count(&self, status: &mut Status) {
        status.total = self.entries.len();
        status.done = self.done;
        status.failed = self.failed;
        status.to_retry = self.to_retry.len();
    }

    pub(super) fn into_report(self, error: Option<Error>, status: Status) -> Report<T> {
        let entries = self.entries.into_iter();
        let items = entries.map(|entry| {
            let outcome = match entry.slot {
                Slot::Done(value) => ItemOutcome::Done(value),
                Slot::Failed(failure) => ItemOutcome::Failed(failure),
                Slot::Pending | Slot::Begun => ItemOutcome::NotTried,
            };
            (entry.name, outcome)
        });
        Report {
            items: items.collect(),
            error,
            status,
        }
    }
}

/// The state, in the form of a [`FleetState`].
impl<T: Clone + Serialize> Serialize for Ledger<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct State<'a, I> {
            version: u32,
            job: &'a str,
            org: Option<&'a OrgId>,
            items: I,
        }
        let state = State {
            version: VERSION,
            job: self.job,
            org: self.org.as_ref(),
            items: SavedItems(self),
        };
        state.serialize(serializer)
    }
}

struct SavedItems<'a, T>(&'a Ledger<T>);

impl<T: Serialize> Serialize for SavedItems<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// As [`ItemState`], of what is borrowed.
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Item<'a, T> {
            Begun,
            Done(&'a T),
        }
        let mut map = serializer.serialize_map(None)?;
        for (name, state) in &self.0.others {
            map.serialize_entry(name, state)?;
        }
        for entry in &self.0.entries {
            let item = match &entry.slot {
                Slot::Pending => continue,
                // Also what has failed may have been done in part.
                Slot::Begun | Slot::Failed(_) => Item::Begun,
                Slot::Done(value) => Item::Done(value),
            };
            map.serialize_entry(&*entry.name, &item)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use neon_api_raw::serde_json;

    use super::*;

    fn ledger(earlier: &str, names: &[&str]) -> Ledger<u8> {
        let earlier = serde_json::from_str(earlier).unwrap();
        Ledger::new("test", earlier, names.iter().copied().map(Arc::from))
    }

    fn state(ledger: &Ledger<u8>) -> FleetState<u8> {
        serde_json::from_str(&serde_json::to_string(ledger).unwrap()).unwrap()
    }

    const NOTHING: &str = r#"{"version":1,"job":"test","org":null,"items":{}}"#;

    #[test]
    fn nothing_is_begun_before_a_saved_state_says_so() {
        let mut ledger = ledger(NOTHING, &["a", "b", "c", "d", "e"]);
        assert_eq!(ledger.begin(), None);
        assert!(ledger.mark(2));
        assert_eq!(state(&ledger).begun(), 4);
        assert_eq!(ledger.begin(), None);
        ledger.cover(ledger.marked());
        assert_eq!(ledger.begin(), Some((0, 1)));
        assert_eq!(ledger.begin(), Some((1, 1)));
        assert!(!ledger.mark(2), "there are two more");
        assert_eq!(ledger.begin(), Some((2, 1)));
        assert!(ledger.mark(2));
        assert_eq!(ledger.begin(), Some((3, 1)));
        assert_eq!(ledger.begin(), None, "it is marked, but not saved");
        ledger.cover(5);
        assert_eq!(ledger.begin(), Some((4, 1)));
        assert!(ledger.is_begun());
    }

    #[test]
    fn a_resumed_ledger_begins_with_what_was_begun_and_keeps_what_it_does_not_know() {
        let earlier = r#"{"version":1,"job":"test","org":null,
            "items":{"c":"begun","b":{"done":7},"x":"begun","y":{"done":9}}}"#;
        let mut ledger = ledger(earlier, &["a", "b", "c"]);
        assert_eq!(ledger.begin(), Some((2, 1)));
        assert_eq!(ledger.begin(), None);
        ledger.finish(2, 5);
        let mut expected: FleetState<u8> = serde_json::from_str(earlier).unwrap();
        let items: &mut BTreeMap<_, _> = &mut expected.items;
        items.insert("c".to_owned(), ItemState::Done(5));
        assert_eq!(state(&ledger), expected);
        let mut status = Status::default();
        ledger.count(&mut status);
        assert_eq!((status.total, status.done, status.failed), (3, 2, 0));
    }

    #[test]
    fn what_failed_is_tried_again_when_the_others_are_through() {
        let mut ledger = ledger(NOTHING, &["a", "b"]);
        ledger.mark(9);
        ledger.cover(2);
        let failure = || Failure::from(Error::NotInResponse("nothing"));
        assert_eq!(ledger.begin(), Some((0, 1)));
        ledger.fail(0, failure(), true);
        assert_eq!(ledger.begin(), Some((1, 1)));
        assert_eq!(ledger.begin(), None);
        assert!(ledger.next_round());
        assert_eq!(ledger.begin(), Some((0, 2)));
        ledger.fail(0, failure(), false);
        assert!(!ledger.next_round());
        assert_eq!(
            state(&ledger).begun(),
            2,
            "also what failed may be done in part"
        );
        ledger.finish(1, 1);
        let report = ledger.into_report(None, Status::default());
        assert_eq!(report.failed().count(), 1);
        assert_eq!(report.done().collect::<Vec<_>>(), [("b", &1)]);
    }
}
