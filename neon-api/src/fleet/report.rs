//! What a job has done.

use std::fmt;
use std::sync::Arc;

use super::{Failure, Status};
use crate::error::Error;

/// The outcome of an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ItemOutcome<T> {
    /// It is done, by this run or the one that it resumed.
    Done(T),
    /// It failed.
    Failed(Failure),
    /// It was not tried, since the job ended early.
    NotTried,
}

/// What a job has done with each item, in the order of the items.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, tenants: Vec<neon_api::projects::CreateProject>) -> Result<(), Box<dyn std::error::Error>> {
/// let report = fleet.provision(tenants).await?;
/// println!("{report}");
/// for (tenant, provisioned) in report.done() {
///     println!("{tenant}: {}", provisioned.project);
/// }
/// report.check()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "items may have failed: `.check()` returns which"]
pub struct Report<T> {
    pub(super) items: Vec<(Arc<str>, ItemOutcome<T>)>,
    pub(super) error: Option<Error>,
    pub(super) status: Status,
}

impl<T> Report<T> {
    /// All items with their outcomes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ItemOutcome<T>)> {
        self.items.iter().map(|(item, outcome)| (&**item, outcome))
    }

    /// The items that are done.
    pub fn done(&self) -> impl Iterator<Item = (&str, &T)> {
        self.iter().filter_map(|(item, outcome)| match outcome {
            ItemOutcome::Done(value) => Some((item, value)),
            _ => None,
        })
    }

    /// The items that failed.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.iter().filter_map(|(item, outcome)| match outcome {
            ItemOutcome::Failed(failure) => Some((item, failure)),
            _ => None,
        })
    }

    /// Why the job ended before it had tried all items, if it did: its state could not be saved. If
    /// the key is not valid any more or the client shuts down, it ends early as well, and the
    /// [failures](Self::failed) say so.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The last status: counts, requests and the time that it took.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The items with what was done, if all are done.
    ///
    /// # Errors
    ///
    /// [`Incomplete`] if one failed or was not tried.
    pub fn check(self) -> Result<Vec<(Arc<str>, T)>, Incomplete> {
        let mut done = Vec::with_capacity(self.items.len());
        let mut incomplete = Incomplete {
            done: 0,
            failed: Vec::new(),
            not_tried: 0,
            error: self.error,
        };
        for (item, outcome) in self.items {
            match outcome {
                ItemOutcome::Done(value) => done.push((item, value)),
                ItemOutcome::Failed(failure) => incomplete.failed.push((item, failure)),
                ItemOutcome::NotTried => incomplete.not_tried += 1,
            }
        }
        incomplete.done = done.len();
        let is_complete = incomplete.failed.is_empty() && incomplete.not_tried == 0;
        if is_complete && incomplete.error.is_none() {
            Ok(done)
        } else {
            Err(incomplete)
        }
    }
}

/// How many items are listed in texts.
const SHOWN: usize = 5;

impl<T> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, failed) = (self.done().count(), self.failed().count());
        let not_tried = self.items.len() - done - failed;
        let failures = self.failed();
        summary(f, [done, failed, not_tried], failures, self.error.as_ref())
    }
}

/// The error of a job of which not all items are done. Its `Display` has the first failures.
#[derive(Debug)]
#[non_exhaustive]
pub struct Incomplete {
    /// How many items are done.
    pub done: usize,
    /// The items that failed.
    pub failed: Vec<(Arc<str>, Failure)>,
    /// How many items were not tried.
    pub not_tried: usize,
    /// Why the job ended early, as for [`Report::error`].
    pub error: Option<Error>,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failures = self.failed.iter();
        let failures = failures.map(|(item, failure)| (&**item, failure));
        let counts = [self.done, self.failed.len(), self.not_tried];
        summary(f, counts, failures, self.error.as_ref())
    }
}

impl std::error::Error for Incomplete {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.as_ref().map(|error| error as _)
    }
}

fn summary<'a>(
    f: &mut fmt::Formatter<'_>,
    [done, failed, not_tried]: [usize; 3],
    failures: impl Iterator<Item = (&'a str, &'a Failure)>,
    error: Option<&Error>,
) -> fmt::Result {
    let total = done + failed + not_tried;
    write!(f, "{done} of {total} done, {failed} failed")?;
    if not_tried > 0 {
        write!(f, ", {not_tried} not tried")?;
    }
    for (item, failure) in failures.take(SHOWN) {
        write!(f, "; {item}: {failure}")?;
    }
    if failed > SHOWN {
        write!(f, "; and {} more", failed - SHOWN)?;
    }
    if let Some(error) = error {
        write!(f, "; ended early: {error}")?;
    }
    Ok(())
}
