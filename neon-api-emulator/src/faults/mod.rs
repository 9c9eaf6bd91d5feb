//! Fault injection.

mod alter;
mod fault;
mod operation;
mod shown;
mod view;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::rng::Rng;
use crate::spec::Operation;

pub(crate) use fault::{Effect, FaultAnswer};
pub(crate) use operation::Ending;

pub use fault::Fault;
pub use operation::OperationFault;
pub use view::RequestView;

/// The faults that apply to one request.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
    pub(crate) after_effect: bool,
}

/// The faults of one emulator. Only the first fault that matches a request applies.
///
/// Probabilities are drawn from the emulator's seed: the same requests in the same order get the
/// same faults in every run.
#[derive(Debug)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    faults: Vec<Fault>,
    rng: Rng,
    operations: Vec<OperationFault>,
    operations_rng: Rng,
    /// Cursors of empty pages, and the cursors that they replace.
    cursors: HashMap<String, Option<String>>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            inner: Mutex::new(Inner {
                faults: Vec::new(),
                rng: Rng::for_purpose(seed, "faults"),
                operations: Vec::new(),
                operations_rng: Rng::for_purpose(seed, "operation faults"),
                cursors: HashMap::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a fault.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Appends a fault of operations (in the API's sense: work on a project).
    pub fn inject_operation(&self, fault: OperationFault) {
        self.lock().operations.push(fault);
    }

    /// The next operation with this action, such as `start_compute`, or with any, ends as `failed`
    /// with this message.
    pub fn fail_next_operation(&self, action: Option<&str>, message: &str) {
        let fault = OperationFault::fail(message);
        self.inject_operation(match action {
            Some(action) => fault.on(action),
            None => fault,
        });
    }

    /// Removes all faults.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.faults.clear();
        inner.operations.clear();
    }

    /// The number of faults that are still to happen; unlimited ones count once.
    pub fn remaining(&self) -> usize {
        let inner = self.lock();
        let faults = inner.faults.iter().map(|fault| fault.often.left());
        let operations = inner.operations.iter().map(|fault| fault.often.left());
        faults.chain(operations).sum()
    }

    /// The fault that applies to this request; counts down.
    pub(crate) fn meet(&self, request: &RequestView<'_>) -> Option<Met> {
        let mut inner = self.lock();
        let Inner { faults, rng, .. } = &mut *inner;
        let met = faults.iter_mut().find_map(|fault| {
            let happens = fault.applies_to(request) && fault.often.happens(rng);
            happens.then_some(fault)
        })?;
        let met = Met {
            delay: met.drawn_delay(rng),
            effect: met.effect.clone(),
            after_effect: met.after_effect,
        };
        faults.retain(|fault| fault.often.left() > 0);
        Some(met)
    }

    /// How an operation that is being scheduled will end.
    pub(crate) fn meet_operation(&self, action: &str) -> Ending {
        let mut inner = self.lock();
        let Inner {
            operations,
            operations_rng: rng,
            ..
        } = &mut *inner;
        let met = operations.iter_mut().find_map(|fault| {
            let happens = fault.applies_to(action) && fault.often.happens(rng);
            happens.then_some(fault)
        });
        let ending = met.map_or(Ending::Finished, |fault| fault.ending.clone());
        operations.retain(|fault| fault.often.left() > 0);
        ending
    }

    /// Alters a successful response according to the fault. Responses that it does not fit are
    /// unchanged.
    pub(crate) fn alter(
        &self,
        effect: &Effect,
        operation: &Operation,
        asked: Option<&str>,
        answer: &mut Value,
    ) {
        match effect {
            Effect::RepeatCursor => {
                if let Some(cursor) = asked {
                    alter::set_cursor(operation, answer, cursor);
                }
            }
            Effect::EmptyPage => {
                let mut inner = self.lock();
                let cursor = format!("behind-an-empty-page-{}", inner.cursors.len());
                let real = match asked {
                    // An empty page may be followed by another.
                    Some(asked) => match inner.cursors.get(asked) {
                        Some(real) => real.clone(),
                        None => Some(asked.to_owned()),
                    },
                    None => None,
                };
                inner.cursors.insert(cursor.clone(), real);
                alter::empty(answer);
                alter::set_cursor(operation, answer, &cursor);
            }
            Effect::PartialList(missing) => alter::withhold(answer, *missing),
            _ => {}
        }
    }

    /// The query with the real cursor, if it has that of an empty page.
    pub(crate) fn real_query<'a>(
        &self,
        query: &'a [(String, String)],
    ) -> Cow<'a, [(String, String)]> {
        let inner = self.lock();
        let stands_for = |(name, value): &(String, String)| match name.as_str() {
            "cursor" => inner.cursors.get(value).cloned(),
            _ => None,
        };
        if inner.cursors.is_empty() || !query.iter().any(|pair| stands_for(pair).is_some()) {
            return Cow::Borrowed(query);
        }
        let real = |pair: &(String, String)| match stands_for(pair) {
            Some(real) => real.map(|cursor| (pair.0.clone(), cursor)),
            None => Some(pair.clone()),
        };
        Cow::Owned(query.iter().filter_map(real).collect())
    }

    /// The same for a cursor in the body.
    pub(crate) fn real_body(&self, body: &mut Value) {
        let inner = self.lock();
        if inner.cursors.is_empty() {
            return;
        }
        let Some(map) = body.as_object_mut() else {
            return;
        };
        let real = map.get("cursor").and_then(Value::as_str);
        match real.and_then(|cursor| inner.cursors.get(cursor)) {
            Some(Some(real)) => {
                map.insert("cursor".to_owned(), Value::from(real.clone()));
            }
            Some(None) => {
                map.remove("cursor");
            }
            None => {}
        }
    }
}
