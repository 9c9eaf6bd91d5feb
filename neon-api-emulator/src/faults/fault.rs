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

/// A fault: what happens, to which requests, and how often.
///
/// ```
/// use std::time::Duration;
/// use neon_api_emulator::{Emulator, Fault};
///
/// let emulator = Emulator::builder().build();
/// let faults = emulator.faults();
/// // The next two lists fail with `Retry-After`.
/// faults.inject(Fault::status(503).header("retry-after", "1").on("listProjects").times(2));
/// // The branch is made, but the connection breaks before the response arrives.
/// faults.inject(Fault::reset().after_effect().on("createProjectBranch"));
/// // The third page is truncated.
/// faults.inject(Fault::truncate(100).on("listProjectBranches").after(2));
/// // Everything is slow, and a proxy sometimes fails.
/// faults.inject(Fault::proxy_page(502).probability(0.01).always());
/// faults.inject(Fault::delay(Duration::from_millis(200)).always());
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    /// Empty means any.
    pub(super) operations: Vec<String>,
    pub(super) predicate: Option<Predicate>,
    pub(super) often: Often,
    pub(super) delay: RangeInclusive<Duration>,
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

/// A response that replaces the real one.
#[derive(Debug, Clone)]
pub(crate) struct FaultAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `None` means the API's error form.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

impl FaultAnswer {
    /// A broken connection.
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
    /// The real response, with at most this many bytes of the body.
    Truncate(usize),
    RepeatCursor,
    LastCursor,
    EmptyPage,
    /// How many projects are missing.
    PartialList(usize),
}

impl Effect {
    /// Its name in the request log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Late => "delay",
            Self::Answer(_) => "response",
            Self::Reset => "reset",
            Self::Truncate(_) => "truncation",
            Self::RepeatCursor => "repeated cursor",
            Self::LastCursor => "cursor on the last page",
            Self::EmptyPage => "empty page",
            Self::PartialList(_) => "partial list",
        }
    }
}

/// When a fault happens.
#[derive(Debug, Clone)]
pub(super) struct Often {
    /// How many matching requests are skipped first.
    pub(super) skip: u32,
    /// `None` means unlimited.
    pub(super) remaining: Option<u32>,
    pub(super) probability: f64,
}

impl Often {
    pub(super) const ONCE: Self = Self {
        skip: 0,
        remaining: Some(1),
        probability: 1.0,
    };

    /// How often it still happens; unlimited counts once.
    pub(super) fn left(&self) -> usize {
        match self.remaining {
            Some(times) => usize::try_from(times).unwrap_or(usize::MAX),
            None => 1,
        }
    }

    /// Whether it happens now; counts down.
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

    /// Responds with this status and an error in the API's form. A number that is not a valid
    /// status becomes 500. By default once, to any request.
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Answer(FaultAnswer {
            status,
            headers: Vec::new(),
            body: None,
        }))
    }

    /// Responds with this status and an HTML page, like a proxy in front of the API. By default
    /// once, to any request.
    pub fn proxy_page(status: u16) -> Self {
        let page = format!(
            "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>a proxy</body></html>"
        );
        Self::status(status).body("text/html", page)
    }

    /// Breaks the connection instead of responding: before the request takes effect, or [after
    /// it](Self::after_effect). Over TCP the client gets a reset; in process it gets a
    /// `TransportError` of kind `Interrupted`. By default once, to any request.
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// Truncates the response: the request takes effect, but the connection ends after this many
    /// bytes of the body, and always before its last byte. A response without a body arrives
    /// complete. By default once, to any request.
    pub fn truncate(bytes: usize) -> Self {
        Self::new(Effect::Truncate(bytes))
    }

    /// Returns the requested cursor as the cursor of the next page. Applies to requests with a
    /// cursor; by default once.
    pub fn repeat_cursor() -> Self {
        Self::new(Effect::RepeatCursor)
    }

    /// Returns a cursor on the last page of a list of branches, too, behind which there is an empty
    /// page: so the API did in January 2025, while its documentation of September 2025 shows a last
    /// page without a cursor. Applies to `listProjectBranches`; by default once.
    pub fn last_cursor() -> Self {
        Self::new(Effect::LastCursor)
    }

    /// Returns a page without items, whose cursor leads to the omitted items. Applies to paginated
    /// lists; by default once.
    pub fn empty_page() -> Self {
        Self::new(Effect::EmptyPage)
    }

    /// Omits this many projects at the start of a page, and returns their IDs in
    /// `unavailable_project_ids`. By default once.
    pub fn partial_list(missing: usize) -> Self {
        Self::new(Effect::PartialList(missing))
    }

    /// Delays the response by this time. By default once, to any request.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Late).delayed(delay)
    }

    /// Delays the response by a random time from this range, drawn from the emulator's seed. By
    /// default once, to any request.
    pub fn delay_between(delay: RangeInclusive<Duration>) -> Self {
        Self {
            delay,
            ..Self::new(Effect::Late)
        }
    }

    /// Delays the response by this time, in addition to the fault.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay..=delay;
        self
    }

    /// Applies only to this operation; if called again, to that one too.
    pub fn on(mut self, operation_id: impl Into<String>) -> Self {
        self.operations.push(operation_id.into());
        self
    }

    /// Applies only to requests for which the predicate is true. It is called while the faults are
    /// locked, and must not access them.
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

    /// Skips this many matching requests first.
    pub fn after(mut self, requests: u32) -> Self {
        self.often.skip = requests;
        self
    }

    /// Happens this many times.
    pub fn times(mut self, times: u32) -> Self {
        self.often.remaining = Some(times);
        self
    }

    /// Happens until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.often.remaining = None;
        self
    }

    /// Happens only with this probability, drawn from the emulator's seed.
    pub fn probability(mut self, probability: f64) -> Self {
        self.often.probability = probability;
        self
    }

    /// The request takes effect first: only its response is replaced or delayed.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Adds a header to the response of [`status`](Self::status) or
    /// [`proxy_page`](Self::proxy_page). An invalid name or value is ignored, and so are headers of
    /// other faults.
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

    /// Responds with this JSON instead of the API's error form.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json; charset=utf-8", body.to_string())
    }

    /// Responds with this body; ignored for faults without their own response.
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
            Effect::LastCursor => id == Some("listProjectBranches"),
            Effect::EmptyPage => request.operation.is_some_and(alter::has_pages),
            Effect::PartialList(_) => request.operation.is_some_and(alter::may_be_partial),
            _ => true,
        };
        named && fits && self.predicate.as_ref().is_none_or(|wanted| wanted(request))
    }
}
