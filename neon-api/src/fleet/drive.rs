//! Running a job.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use neon_api_raw::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::event::{Event, Status};
use super::failure::Failure;
use super::feed::Feed;
use super::job::Settings;
use super::job::Work;
use super::job::sealed::Base;
use super::ledger::Ledger;
use super::report::Report;
use super::state::FleetState;
use crate::Result;
use crate::clock;
use crate::error::Error;
use crate::workflows::admit;

/// How long after a change the state is saved, at most.
const SAVE_WITHIN: Duration = Duration::from_secs(1);

/// The pause before failed items are tried again, which doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A job that runs.
struct Drive<'a, W: Work> {
    base: Base,
    settings: Settings,
    ledger: Ledger<W::Done>,
    feed: &'a Feed<W::Done>,
    running: FuturesUnordered<BoxFuture<'static, Worked<W::Done>>>,
    saving: Option<BoxFuture<'static, Saved>>,
    /// When the state is to be saved next.
    save_at: Option<Instant>,
    show_at: Option<Instant>,
    /// Until when nothing is begun.
    pause_until: Option<Instant>,
    pause: Duration,
    /// Nothing more is begun.
    is_over: bool,
    error: Option<Error>,
    clock: Clock,
}

/// An item that was worked on: its place, its attempt and its outcome.
struct Worked<T> {
    place: usize,
    attempt: u32,
    outcome: Result<T, Failure>,
}

/// A save that has ended, and how far its state marks items as begun.
struct Saved {
    marked: usize,
    outcome: Result<()>,
}

/// What the status is measured against.
struct Clock {
    begun_at: Instant,
    requests: u64,
    settled: usize,
}

pub(super) async fn drive<W: Work>(
    base: Base,
    work: Arc<W>,
    settings: Settings,
    earlier: FleetState<W::Done>,
    feed: &Feed<W::Done>,
) -> Result<Report<W::Done>> {
    admit(&base.neon)?;
    let begun_at = Instant::now();
    let requests = base.neon.stats().requests;
    let earlier = Arc::new(earlier);
    let items = Arc::clone(&work).items(base.clone(), Arc::clone(&earlier));
    let items = items.await?;
    let earlier = Arc::unwrap_or_clone(earlier);
    let names = items.iter().map(|(name, _)| Arc::clone(name));
    let ledger = Ledger::new(W::JOB, earlier, names);
    let items: Vec<Arc<W::Item>> = items.into_iter().map(|(_, item)| Arc::new(item)).collect();
    let mut status = Status::default();
    ledger.count(&mut status);
    let clock = Clock {
        begun_at,
        requests,
        settled: status.settled(),
    };
    let drive = Drive {
        base,
        settings,
        ledger,
        feed,
        running: FuturesUnordered::new(),
        saving: None,
        save_at: None,
        show_at: None,
        pause_until: None,
        pause: FIRST_PAUSE,
        is_over: false,
        error: None,
        clock,
    };
    drive.run(&work, &items).await
}

impl<W: Work> Drive<'_, W> {
    async fn run(mut self, work: &Arc<W>, items: &[Arc<W::Item>]) -> Result<Report<W::Done>> {
        loop {
            self.save();
            self.begin(work, items);
            self.show();
            if self.running.is_empty() && self.saving.is_none() && !self.goes_on() {
                break;
            }
            let wake_at = [self.show_at, self.save_at, self.pause_until];
            let wake_at = wake_at.into_iter().flatten().min();
            tokio::select! {
                biased;
                saved = ended(&mut self.saving) => self.saved(saved),
                Some(worked) = self.running.next() => self.worked(worked),
                () = until(wake_at) => {}
            }
        }
        let status = self.status();
        self.feed.set_status(status);
        self.feed.show(|| Event::Status(status));
        Ok(self.ledger.into_report(self.error, status))
    }

    /// Begins to save the state, if it is time for that.
    fn save(&mut self) {
        if !self.settings.saver.is_any() {
            self.ledger.mark(usize::MAX);
            self.ledger.cover(self.ledger.marked());
            return;
        }
        let now = Instant::now();
        if !self.is_over && self.ledger.mark(self.settings.concurrency) {
            self.save_at = Some(now);
        }
        let is_due = self.save_at.is_some_and(|at| at <= now);
        if self.saving.is_some() || !is_due || self.error.is_some() {
            return;
        }
        self.save_at = None;
        let marked = self.ledger.marked();
        let save = self.settings.saver.saving(&self.ledger);
        self.saving = Some(Box::pin(async move {
            let outcome = save.await;
            Saved { marked, outcome }
        }));
    }

    fn saved(&mut self, saved: Saved) {
        match saved.outcome {
            Ok(()) => self.ledger.cover(saved.marked),
            Err(error) => {
                self.error = Some(error);
                self.is_over = true;
                self.save_at = None;
            }
        }
    }

    fn begin(&mut self, work: &Arc<W>, items: &[Arc<W::Item>]) {
        if self
            .pause_until
            .is_some_and(|until| until <= Instant::now())
        {
            self.pause_until = None;
        }
        while !self.is_over
            && self.pause_until.is_none()
            && self.running.len() < self.settings.concurrency
            && let Some((place, attempt)) = self.ledger.begin()
            && let Some(item) = items.get(place)
        {
            let item_name = self.ledger.name(place);
            self.feed.show(|| Event::Started { item: item_name });
            let run = Arc::clone(work).run(self.base.clone(), Arc::clone(item), attempt);
            self.running.push(Box::pin(async move {
                Worked {
                    place,
                    attempt,
                    outcome: run.await,
                }
            }));
        }
    }

    fn worked(&mut self, worked: Worked<W::Done>) {
        let (place, item) = (worked.place, self.ledger.name(worked.place));
        match worked.outcome {
            Ok(value) => {
                self.feed.show(|| Event::Finished {
                    item,
                    value: value.clone(),
                });
                self.ledger.finish(place, value);
                if self.settings.saver.is_any() && self.save_at.is_none() {
                    self.save_at = Some(Instant::now() + SAVE_WITHIN);
                }
            }
            Err(failure) => {
                let failure = failure.after(worked.attempt);
                self.is_over |= failure.is_of_all() || self.is_late();
                let is_last = worked.attempt >= self.settings.attempts || self.is_over;
                let retry = failure.is_retryable() && !is_last;
                tracing::debug!(item = &*item, %failure, retry, "an item of a job failed");
                self.ledger.fail(place, failure.clone(), retry);
                self.feed.show(|| {
                    if retry {
                        Event::Retried { item, failure }
                    } else {
                        Event::Failed { item, failure }
                    }
                });
            }
        }
    }

    /// Whether there is more to do, when nothing is being done.
    fn goes_on(&mut self) -> bool {
        if self.is_over {
            for (item, failure) in self.ledger.give_up() {
                self.feed.show(|| Event::Failed { item, failure });
            }
        } else if !self.ledger.is_begun() {
            return true;
        } else if self.ledger.next_round() {
            let end = Instant::now() + self.pause;
            let deadline = self.base.neon.engine().deadline();
            self.pause_until = Some(deadline.map_or(end, |deadline| deadline.min(end)));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return true;
        }
        // What was done last is saved at once.
        let is_saved = self.save_at.is_none() || self.error.is_some();
        if !is_saved {
            self.save_at = Some(Instant::now());
        }
        !is_saved
    }

    /// Shows the status, if it is time for that.
    fn show(&mut self) {
        let status = self.status();
        self.feed.set_status(status);
        let now = Instant::now();
        if self.show_at.is_none_or(|at| at <= now) {
            self.feed.show(|| Event::Status(status));
            self.show_at = Some(clock::after(now, self.settings.status_every));
        }
    }

    fn status(&self) -> Status {
        let client = self.base.neon.stats();
        let mut status = Status {
            running: self.running.len(),
            requests: client.requests.saturating_sub(self.clock.requests),
            queued: client.queued,
            elapsed: self.clock.begun_at.elapsed(),
            ..Status::default()
        };
        self.ledger.count(&mut status);
        let settled = status.settled().saturating_sub(self.clock.settled);
        let left = status.total.saturating_sub(status.settled());
        if let (Ok(settled @ 1..), Ok(left)) = (u32::try_from(settled), u32::try_from(left)) {
            status.eta = (status.elapsed / settled).checked_mul(left);
        }
        status
    }

    /// Whether the time of the job's calls is over.
    fn is_late(&self) -> bool {
        let deadline = self.base.neon.engine().deadline();
        deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}

/// The end of the save that is in progress, if there is one.
async fn ended(saving: &mut Option<BoxFuture<'static, Saved>>) -> Saved {
    let Some(save) = saving else {
        return pending().await;
    };
    let saved = save.await;
    *saving = None;
    saved
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
