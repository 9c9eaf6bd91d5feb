//! A job and its settings.

use std::fmt;
use std::future::IntoFuture;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::OrgId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use sealed::{Base, Items};

use super::drive::drive;
use super::failure::Failure;
use super::feed::Feed;
use super::report::Report;
use super::run::Run;
use super::state::FleetState;
use crate::Result;
use crate::call::{Call, maybe};
use crate::neon::Neon;
use crate::workflows::{Checkpoint, Saver};

/// How many items are worked on at a time by default: a queue for the limiter of some seconds at the
/// rate of an account.
const CONCURRENCY: usize = 100;

/// How often an item is tried by default.
const ATTEMPTS: u32 = 3;

/// What a [`Job`] does. This trait is sealed.
pub trait Work: sealed::Sealed + Send + Sync + 'static {
    /// What is known of an item that is done: in [events](super::Event), [reports](Report) and
    /// [states](FleetState).
    type Done: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What one item is worked on with.
    #[doc(hidden)]
    type Item: Send + Sync + 'static;

    /// The name of the job in its state.
    #[doc(hidden)]
    const JOB: &'static str;

    /// Collects the items with their names, each of which is there once, before any is worked on.
    #[doc(hidden)]
    fn items(
        self: Arc<Self>,
        base: Base,
        earlier: Arc<FleetState<Self::Done>>,
    ) -> BoxFuture<'static, Result<Items<Self::Item>>>;

    /// Works on one item. Whatever was done before, by an earlier attempt, process or program, may
    /// have been done wholly, in part or not at all.
    #[doc(hidden)]
    fn run(
        self: Arc<Self>,
        base: Base,
        item: Arc<Self::Item>,
        attempt: u32,
    ) -> BoxFuture<'static, Result<Self::Done, Failure>>;
}

pub(crate) mod sealed {
    use std::sync::Arc;

    use neon_api_raw::ids::OrgId;

    use crate::neon::Neon;

    pub trait Sealed {}

    /// The items of a job with their names.
    pub(crate) type Items<T> = Vec<(Arc<str>, T)>;

    /// What the steps of a job have in common.
    #[derive(Debug, Clone)]
    pub struct Base {
        pub(crate) neon: Neon,
        pub(crate) org: Option<OrgId>,
    }
}

/// A job of a [`Fleet`](super::Fleet) that is to be run: on all its items, with one report. Awaiting
/// it runs it; [`events`](Self::events) shows what happens meanwhile.
///
/// | | |
/// |---|---|
/// | [`concurrency`](Self::concurrency) | how many items are worked on at a time |
/// | [`attempts`](Self::attempts) | how often an item is tried |
/// | [`checkpoint`](Self::checkpoint), [`resume`](Self::resume) | where its state is saved, and where it goes on |
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, tenants: Vec<neon_api::projects::CreateProject>) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::fleet::Event;
///
/// let mut run = fleet.provision(tenants).concurrency(200).events();
/// while let Some(event) = run.next().await {
///     match event {
///         Event::Finished { item, value } => println!("{item}: {}", value.project),
///         Event::Failed { item, failure } => println!("{item}: {failure}"),
///         Event::Status(status) => println!("{status}"),
///         _ => {}
///     }
/// }
/// run.finish().await?.check()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of what comes before the first item, such as the list of projects;
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for input that is not valid and for a state of
/// another job, before anything is sent. Everything later is in the [report](Report).
#[must_use = "nothing is sent until it is awaited"]
pub struct Job<W: Work> {
    pub(super) neon: Neon,
    pub(super) org: Option<OrgId>,
    pub(super) work: W,
    pub(super) settings: Settings,
    earlier: Option<FleetState<W::Done>>,
}

/// What all jobs can be set to.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) concurrency: usize,
    pub(super) attempts: u32,
    pub(super) status_every: Duration,
    pub(super) saver: Saver,
}

impl<W: Work> Job<W> {
    pub(super) fn new(neon: Neon, org: Option<OrgId>, work: W) -> Self {
        Self {
            neon,
            org,
            work,
            settings: Settings {
                concurrency: CONCURRENCY,
                attempts: ATTEMPTS,
                status_every: Duration::from_secs(1),
                saver: Saver::default(),
            },
            earlier: None,
        }
    }

    /// How many items are worked on at a time, at least 1; by default 100, for migrations 10, and for
    /// transfers 400, which is how many one request may name. The limiter paces their
    /// requests, so that more help only while items wait for something else, such as operations.
    pub fn concurrency(mut self, items: usize) -> Self {
        self.settings.concurrency = NonZeroUsize::new(items).map_or(1, NonZeroUsize::get);
        self
    }

    /// How often an item is tried in a run, at least once; 3 times by default. Between the attempts
    /// all other items are worked on. Only failures that may pass are tried again
    /// ([`Failure::is_retryable`](super::Failure::is_retryable)), each request with the retries of the
    /// client beside.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.settings.attempts = attempts.max(1);
        self
    }

    /// How often the [events](Self::events) have a [`Status`](super::Status); once a second by
    /// default.
    pub fn status_every(mut self, time: Duration) -> Self {
        self.settings.status_every = time.max(Duration::from_millis(1));
        self
    }

    /// Saves the state of the job: which items may have been begun, before they are, and what was
    /// done, at most a second later. [`resume`](Self::resume) continues it.
    ///
    /// A state has some hundred bytes for each item, and is saved as a whole, while the items go on.
    pub fn checkpoint(mut self, sink: impl Checkpoint) -> Self {
        self.settings.saver = Saver::of(sink);
        self
    }

    /// Goes on from the state that was saved last. What is done is not done again. Items that may have
    /// been begun are examined first, and so is the last second of what was done.
    ///
    /// The items have to be passed again, in any order: new ones are worked on as well, and what was
    /// saved of others is kept.
    pub fn resume(mut self, state: FleetState<W::Done>) -> Self {
        if let Some(fault) = state.fault(W::JOB, self.org.as_ref()) {
            self.neon.refuse("state", fault);
        }
        self.earlier = Some(state);
        self
    }

    /// The job as a stream of what happens, with the report at its end.
    pub fn events(self) -> Run<W::Done> {
        let feed = Arc::new(Feed::new(true));
        Run::new(self.with(Arc::clone(&feed)), feed)
    }

    /// Returns the job as a future, the same that awaiting it runs: to spawn, join, or to set a
    /// [timeout](Call::timeout).
    pub fn send(self) -> Call<Report<W::Done>> {
        self.with(Arc::new(Feed::new(false)))
    }

    fn with(self, feed: Arc<Feed<W::Done>>) -> Call<Report<W::Done>> {
        let (org, work, settings) = (self.org, Arc::new(self.work), self.settings);
        let earlier = self
            .earlier
            .unwrap_or_else(|| FleetState::new(W::JOB, org.clone()));
        Call::of(self.neon.clone(), |client| async move {
            let neon = client.get();
            let base = Base { neon, org };
            drive(base, work, settings, earlier, &feed).await
        })
    }
}

impl<W: Work> IntoFuture for Job<W> {
    type Output = Result<Report<W::Done>>;
    type IntoFuture = Call<Report<W::Done>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<W: Work> fmt::Debug for Job<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("job", &W::JOB)
            .field("org", &self.org)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

maybe! { <W: Work> Job<W>;
    maybe_concurrency = concurrency(usize);
    maybe_attempts = attempts(u32);
    maybe_status_every = status_every(Duration);
    maybe_checkpoint = checkpoint(impl Checkpoint);
    maybe_resume = resume(FleetState<W::Done>);
}
