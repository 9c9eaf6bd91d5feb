//! Faults of requests.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{RequestView, alter};
use crate::rng::Rng;

type Predicate = Arc<dyn Fn(&RequestView<'_>) -> bool + Send + Sync>;

/// One fault: what happens, to which requests, how often.
///
/// ```
/// use std::time::Duration;
/// use neon_api_emulator::{Emulator, Fault};
///
/// let emulator = Emulator::builder().build();
/// let faults = emulator.faults();
/// // The next two lists fail, and say when to come back.
/// faults.inject(Fault::status(503).header("retry-after", "1").on("listProjects").times(2));
/// // The branch is made, but the connection breaks before the answer is there.
/// faults.inject(Fault::reset().after_effect().on("createProjectBranch"));
/// // The third page is cut off.
/// faults.inject(Fault::truncate(100).on("listProjectBranches").after(2));
/// // Everything is slow, and now and then a proxy gives up.
/// faults.inject(Fault::proxy_page(502).probability(0.01).always());
/// faults.inject(Fault::delay(Duration::from_millis(200)).always());
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    /// Empty is any.
    operations: Vec<String>,
    predicate: Option<Predicate>,
    pub(super) often: Often,
    delay: RangeInclusive<Duration>,
    pub(super) effect: Effect,
    pub(super) after_effect: bool,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("effect", &self.effect)
            .field("operations", &self.operations)
            .field("often", &self.often)
            .field("delay", &self.delay)
            .field("after_effect", &self.after_effect)
            .finish_non_exhaustive()
    }
}

/// What is answered in place of the real answer.
#[derive(Debug, Clone)]
pub(crate) struct FaultAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `None` is the API's error form.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

impl FaultAnswer {
    /// Of a connection that breaks.
    pub(crate) fn nothing() -> Self {
        Self {
            status: 500,
            headers: Vec::new(),
            body: Some(("text/plain", Vec::new())),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// Only a delay.
    Late,
    Answer(FaultAnswer),
    Reset,
    /// The real answer, of which at most so many bytes of the body come.
    Truncate(usize),
    RepeatCursor,
    EmptyPage,
    /// How many projects are missing.
    PartialList(usize),
}

impl Effect {
    /// As the request log names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Late => "delay",
            Self::Answer(_) => "answer",
            Self::Reset => "reset",
            Self::Truncate(_) => "truncation",
            Self::RepeatCursor => "repeated cursor",
            Self::EmptyPage => "empty page",
            Self::PartialList(_) => "partial list",
        }
    }
}

/// When a fault happens, of the times at which it could.
#[derive(Debug, Clone)]
pub(super) struct Often {
    /// How many times are let pass first.
    pub(super) skip: u32,
    /// `None` is for ever.
    pub(super) remaining: Option<u32>,
    pub(super) probability: f64,
}

impl Often {
    pub(super) const ONCE: Self = Self {
        skip: 0,
        remaining: Some(1),
        probability: 1.0,
    };

    /// How often it still happens; for ever is once.
    pub(super) fn left(&self) -> usize {
        match self.remaining {
            Some(times) => usize::try_from(times).unwrap_or(usize::MAX),
            None => 1,
        }
    }

    /// Whether it happens now, counted down.
    pub(super) fn happens(&mut self, rng: &mut Rng) -> bool {
        if self.remaining == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.probability < 1.0 && !rng.chance(self.probability) {
            return false;
        }
        if let Some(times) = &mut self.remaining {
            *times -= 1;
        }
        true
    }
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            operations: Vec::new(),
            predicate: None,
            often: Often::ONCE,
            delay: Duration::ZERO..=Duration::ZERO,
            effect,
            after_effect: false,
        }
    }

    /// Answers with this status and an error in the API's form. Once, to any request, unless told
    /// otherwise. A number that is not a status is answered as 500.
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Answer(FaultAnswer {
            status,
            headers: Vec::new(),
            body: None,
        }))
    }

    /// Answers with this status and a page of HTML, as a proxy in front of the API does. Once, to
    /// any request, unless told otherwise.
    pub fn proxy_page(status: u16) -> Self {
        let page = format!(
            "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>a proxy</body></html>"
        );
        Self::status(status).body("text/html", page)
    }

    /// Breaks the connection in place of an answer: before the request takes effect, or
    /// [after it](Self::after_effect). Over TCP the client gets a reset; in process it gets a
    /// `TransportError` of kind `Interrupted`. Once, to any request, unless told otherwise.
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// The request takes effect and is answered, but the connection ends after this many bytes of
    /// the body, and always before its last. An answer without a body arrives whole. Once, to any
    /// request, unless told otherwise.
    pub fn truncate(bytes: usize) -> Self {
        Self::new(Effect::Truncate(bytes))
    }

    /// A page names the cursor that it was asked for as that of the next page. Meets requests that
    /// bring a cursor; once, unless told otherwise.
    pub fn repeat_cursor() -> Self {
        Self::new(Effect::RepeatCursor)
    }

    /// A page without items, whose cursor leads to the items that it should have had. Meets lists
    /// that come in pages; once, unless told otherwise.
    pub fn empty_page() -> Self {
        Self::new(Effect::EmptyPage)
    }

    /// Lists of projects leave out the first so many of the page, and name their ids in
    /// `unavailable_project_ids`. Once, unless told otherwise.
    pub fn partial_list(missing: usize) -> Self {
        Self::new(Effect::PartialList(missing))
    }

    /// Waits this long before answering. Once, to any request, unless told otherwise.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Late).delayed(delay)
    }

    /// Waits so long before answering, each time anew drawn from the emulator's seed. Once, to any
    /// request, unless told otherwise.
    pub fn delay_between(delay: RangeInclusive<Duration>) -> Self {
        Self {
            delay,
            ..Self::new(Effect::Late)
        }
    }

    /// Waits this long before answering, besides what else the fault does.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay..=delay;
        self
    }

    /// Only to this operation; called again, to that one too.
    pub fn on(mut self, operation_id: impl Into<String>) -> Self {
        self.operations.push(operation_id.into());
        self
    }

    /// Only to requests for which this is true. It is asked while the faults are locked, and must
    /// not call them.
    ///
    /// ```
    /// # use neon_api_emulator::Fault;
    /// let fault = Fault::status(500)
    ///     .on("createProjectBranch")
    ///     .when(|request| request.path_parameter("project_id") == Some("late-frost-12345678"));
    /// # let _ = fault;
    /// ```
    pub fn when(
        mut self,
        predicate: impl Fn(&RequestView<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.predicate = Some(Arc::new(predicate));
        self
    }

    /// Lets the first so many requests pass to which the fault applies.
    pub fn after(mut self, requests: u32) -> Self {
        self.often.skip = requests;
        self
    }

    /// This many times.
    pub fn times(mut self, times: u32) -> Self {
        self.often.remaining = Some(times);
        self
    }

    /// Until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.often.remaining = None;
        self
    }

    /// Each time only with this probability, drawn from the emulator's seed.
    pub fn probability(mut self, probability: f64) -> Self {
        self.often.probability = probability;
        self
    }

    /// The request takes effect first: only its answer is replaced, or late.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Adds a header to the answer of [`status`](Self::status) or
    /// [`proxy_page`](Self::proxy_page). A name or value that HTTP cannot carry is left out; so is
    /// every header of a fault that has no answer of its own.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Effect::Answer(answer), Ok(name), Ok(value)) = (
            &mut self.effect,
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

    /// Answers with this body; without effect where the fault has no answer of its own.
    pub fn body(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        if let Effect::Answer(answer) = &mut self.effect {
            answer.body = Some((content_type, body.into()));
        }
        self
    }

    pub(super) fn drawn_delay(&self, rng: &mut Rng) -> Duration {
        rng.within(&self.delay)
    }

    pub(super) fn applies_to(&self, request: &RequestView<'_>) -> bool {
        let id = request.operation_id();
        let named = self.operations.is_empty()
            || self
                .operations
                .iter()
                .any(|wanted| Some(wanted.as_str()) == id);
        let fits = match &self.effect {
            Effect::RepeatCursor => request.cursor().is_some(),
            Effect::EmptyPage => request.operation.is_some_and(alter::has_pages),
            Effect::PartialList(_) => request.operation.is_some_and(alter::may_be_partial),
            _ => true,
        };
        named && fits && self.predicate.as_ref().is_none_or(|wanted| wanted(request))
    }
}
