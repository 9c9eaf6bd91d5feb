//! Things that go wrong on purpose.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::rng::Rng;

/// One fault: what happens, to which requests, how often.
///
/// ```
/// use std::time::Duration;
/// use neon_api_emulator::{Emulator, Fault};
///
/// let emulator = Emulator::builder().build();
/// // The next two lists fail, and say when to come back.
/// emulator.faults().inject(Fault::status(503).header("retry-after", "1").on("listProjects").times(2));
/// // The branch is made, but its answer is lost on the way.
/// emulator.faults().inject(Fault::status(502).after_effect().on("createProjectBranch"));
/// // Everything is slow.
/// emulator.faults().inject(Fault::delay(Duration::from_millis(200)).always());
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    operation: Option<String>,
    /// `None` is for ever.
    remaining: Option<u32>,
    probability: f64,
    delay: Duration,
    answer: Option<FaultAnswer>,
    after_effect: bool,
}

/// What is answered in place of the real answer.
#[derive(Debug, Clone)]
pub(crate) struct FaultAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `None` is the API's error form.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

/// What one request meets.
#[derive(Debug, Clone)]
pub(crate) struct Met {
    pub(crate) delay: Duration,
    pub(crate) answer: Option<FaultAnswer>,
    pub(crate) after_effect: bool,
}

impl Fault {
    fn new() -> Self {
        Self {
            operation: None,
            remaining: Some(1),
            probability: 1.0,
            delay: Duration::ZERO,
            answer: None,
            after_effect: false,
        }
    }

    /// Answers with this status and an error in the API's form. Once, to any request, unless told
    /// otherwise. A number that is not a status is answered as 500.
    pub fn status(status: u16) -> Self {
        Self {
            answer: Some(FaultAnswer {
                status,
                headers: Vec::new(),
                body: None,
            }),
            ..Self::new()
        }
    }

    /// Waits this long before answering. Once, to any request, unless told otherwise.
    pub fn delay(delay: Duration) -> Self {
        Self {
            delay,
            ..Self::new()
        }
    }

    /// Waits this long before answering, besides what else the fault does.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Only to this operation.
    pub fn on(mut self, operation_id: impl Into<String>) -> Self {
        self.operation = Some(operation_id.into());
        self
    }

    /// This many times.
    pub fn times(mut self, times: u32) -> Self {
        self.remaining = Some(times);
        self
    }

    /// Until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.remaining = None;
        self
    }

    /// Each time only with this probability, drawn from the emulator's seed.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// The request takes effect first: only its answer is replaced.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Adds a header to the answer. A name or value that HTTP cannot carry is left out; so is
    /// every header of a fault that only delays.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Some(answer), Ok(name), Ok(value)) = (
            &mut self.answer,
            name.parse::<HeaderName>(),
            value.parse::<HeaderValue>(),
        ) {
            answer.headers.push((name, value));
        }
        self
    }

    /// Answers with this JSON in place of the API's error form.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json; charset=utf-8", body.to_string())
    }

    /// Answers with this text: a proxy's page, a body that is cut off.
    pub fn body(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        if let Some(answer) = &mut self.answer {
            answer.body = Some((content_type, body.into()));
        }
        self
    }

    fn applies_to(&self, operation: Option<&str>) -> bool {
        self.remaining != Some(0)
            && self
                .operation
                .as_deref()
                .is_none_or(|id| Some(id) == operation)
    }
}

/// The faults of one emulator. The first that applies to a request is the one that it meets.
#[derive(Debug)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    faults: Vec<Fault>,
    rng: Rng,
    operations: Vec<OperationFault>,
}

#[derive(Debug)]
struct OperationFault {
    action: Option<String>,
    message: String,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            inner: Mutex::new(Inner {
                faults: Vec::new(),
                rng: Rng::for_purpose(seed, "faults"),
                operations: Vec::new(),
            }),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault, behind those that are already there.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// The next operation (in the API's sense: work on a project) with this action, such as
    /// `start_compute`, or the next of any, ends as `failed` with this message.
    pub fn fail_next_operation(&self, action: Option<&str>, message: &str) {
        self.lock().operations.push(OperationFault {
            action: action.map(str::to_owned),
            message: message.to_owned(),
        });
    }

    /// Removes all faults.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.faults.clear();
        inner.operations.clear();
    }

    /// How many faults are still to come; those that are for ever are counted once.
    pub fn remaining(&self) -> usize {
        let inner = self.lock();
        let left = |fault: &Fault| match fault.remaining {
            Some(times) => usize::try_from(times).unwrap_or(usize::MAX),
            None => 1,
        };
        inner.faults.iter().map(left).sum::<usize>() + inner.operations.len()
    }

    /// The fault that this request meets, counted down.
    pub(crate) fn meet(&self, operation: Option<&str>) -> Option<Met> {
        let mut inner = self.lock();
        let Inner { faults, rng, .. } = &mut *inner;
        let index = faults.iter().position(|fault| {
            fault.applies_to(operation)
                && (fault.probability >= 1.0 || rng.chance(fault.probability))
        })?;
        let fault = faults.get_mut(index)?;
        if let Some(times) = &mut fault.remaining {
            *times = times.saturating_sub(1);
        }
        let met = Met {
            delay: fault.delay,
            answer: fault.answer.clone(),
            after_effect: fault.after_effect,
        };
        if fault.remaining == Some(0) {
            drop(faults.remove(index));
        }
        Some(met)
    }

    /// The message with which an operation that is being scheduled will fail.
    pub(crate) fn meet_operation(&self, action: &str) -> Option<String> {
        let operations = &mut self.lock().operations;
        let index = operations
            .iter()
            .position(|fault| fault.action.as_deref().is_none_or(|a| a == action))?;
        Some(operations.remove(index).message)
    }
}
