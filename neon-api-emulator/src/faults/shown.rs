//! Faults as they may be shown: without the bodies, headers and predicates of tests.

use serde::Serialize;

use super::Faults;
use super::fault::{Effect, Fault, Often};
use super::operation::{Ending, OperationFault};
use crate::clock::millis;

/// A fault that is still to happen.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShownFault {
    /// What happens.
    what: String,
    /// Whether to the work on a project, rather than to requests.
    is_of_operations: bool,
    /// IDs of operations, or the action of work; empty means any.
    on: Vec<String>,
    /// Whether a predicate decides as well.
    has_condition: bool,
    /// After how many matching ones.
    skips: u32,
    /// `None` means always.
    remaining: Option<u32>,
    probability: f64,
    after_effect: bool,
    /// The shortest and the longest, in milliseconds.
    delay_ms: Option<[u64; 2]>,
}

impl ShownFault {
    fn new(what: String, often: &Often) -> Self {
        Self {
            what,
            is_of_operations: false,
            on: Vec::new(),
            has_condition: false,
            skips: often.skip,
            remaining: often.remaining,
            probability: often.probability,
            after_effect: false,
            delay_ms: None,
        }
    }

    fn of_requests(fault: &Fault) -> Self {
        let what = match &fault.effect {
            Effect::Answer(answer) => match answer.body {
                Some((kind, _)) => format!("status {}, {kind}", answer.status),
                None => format!("status {}", answer.status),
            },
            Effect::Truncate(bytes) => format!("body truncated after {bytes} bytes"),
            Effect::PartialList(missing) => format!("list without {missing} projects"),
            Effect::Reset => "connection reset".to_owned(),
            effect => effect.name().to_owned(),
        };
        let [low, high] = [*fault.delay.start(), *fault.delay.end()].map(millis);
        Self {
            on: fault.operations.clone(),
            has_condition: fault.predicate.is_some(),
            after_effect: fault.after_effect,
            delay_ms: (high > 0).then_some([low, high]),
            ..Self::new(what, &fault.often)
        }
    }

    fn of_operations(fault: &OperationFault) -> Self {
        let what = match &fault.ending {
            Ending::Never => "never ends".to_owned(),
            ending => format!("ends as {}", ending.status()),
        };
        Self {
            is_of_operations: true,
            on: fault.action.iter().cloned().collect(),
            ..Self::new(what, &fault.often)
        }
    }
}

impl Faults {
    /// Those that are still to happen, in the order in which they are tried; at most `most` of each
    /// kind.
    pub(crate) fn shown(&self, most: usize) -> Vec<ShownFault> {
        let inner = self.lock();
        let of_requests = inner.faults.iter().take(most).map(ShownFault::of_requests);
        let operations = inner.operations.iter().take(most);
        let of_operations = operations.map(ShownFault::of_operations);
        of_requests.chain(of_operations).collect()
    }
}
