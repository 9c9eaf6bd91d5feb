//! Taking a snapshot.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use neon_api_raw::routes;
use neon_api_raw::types::{CreateSnapshotQuery, Snapshot};

use crate::call::{Call, maybe, request, started};
use crate::input;
use crate::neon::Neon;
use crate::resources::branches::{BranchHandle, changes, expiry};
use crate::waits::Started;

/// A snapshot that is to be taken. Awaiting it sends the request (`createSnapshot`).
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{TimeDelta, Utc};
///
/// let hour_ago = Utc::now() - TimeDelta::hours(1);
/// let taken = branch.snapshots().create().name("before-2.0").at(hour_ago).ready().await?;
/// println!("{} of {:?}", taken.name, taken.timestamp);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_conflict`](crate::Error::is_conflict) when a snapshot of that name exists,
/// [`is_quota_exceeded`](crate::Error::is_quota_exceeded) when the plan's limit is reached,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what its setters refuse, and for both a
/// time and a place in the log. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateSnapshot {
    branch: BranchHandle,
    query: CreateSnapshotQuery,
    expires_in: Option<Duration>,
}

impl CreateSnapshot {
    pub(super) fn new(branch: BranchHandle) -> Self {
        Self {
            branch,
            query: CreateSnapshotQuery::default(),
            expires_in: None,
        }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The name, which no other snapshot of the project may have; the API makes one by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if name.is_empty() {
            self.branch.neon.refuse("name", "expected a name");
        }
        self.query.name = Some(name);
        self
    }

    /// A short name for URLs, 1 to 63 characters: lowercase letters, digits and hyphens, with a
    /// letter first and no hyphen at the end.
    pub fn slug(mut self, slug: impl Into<String>) -> Self {
        let slug = slug.into();
        if !is_slug(&slug) {
            let rule = "expected 1 to 63 lowercase letters, digits and hyphens, a letter first and \
                        no hyphen last";
            self.branch.neon.refuse("slug", rule);
        }
        self.query.slug = Some(slug);
        self
    }

    /// The state of the branch at that time, which must lie within the project's history.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.query.timestamp = Some(rfc3339(time));
        self
    }

    /// The state of the branch at that place in its write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.branch.neon.refuse_if(input::lsn("lsn", &lsn));
        self.query.lsn = Some(lsn);
        self
    }

    /// Deletes the snapshot at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expires_in = None;
        self.query.expires_at = Some(rfc3339(time));
        self
    }

    /// Deletes the snapshot after this time, counted from the sending of the request, by this
    /// machine's clock.
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.query.expires_at = None;
        self.expires_in = Some(period);
        self
    }

    /// Changes the request's query directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let create = branch.snapshots().create();
    /// create.with(|query| query.name = Some("before-2.0".to_owned())).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut CreateSnapshotQuery)) -> Self {
        if changes(&mut self.query, |it| &it.expires_at, change) {
            self.expires_in = None;
        }
        self
    }

    fn call(mut self) -> Call<Started<Snapshot>> {
        let (lsn, time) = (self.query.lsn.is_some(), self.query.timestamp.is_some());
        let fault = input::one_of(("lsn", lsn), ("timestamp", time));
        self.branch.neon.refuse_if(fault);
        started!(
            self,
            |this, neon| {
                let (branch, mut query) = (&this.branch, this.query);
                if let Some(period) = this.expires_in {
                    query.expires_at = Some(rfc3339(expiry(&routes::CREATE_SNAPSHOT, period)?));
                }
                let raw = neon.raw();
                raw.create_snapshot(&branch.project, &branch.id, &query)
                    .await
            },
            |response| response.snapshot
        )
    }
}

fn is_slug(slug: &str) -> bool {
    let is_allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    (1..=63).contains(&slug.len())
        && slug.chars().all(is_allowed)
        && slug.starts_with(|first: char| first.is_ascii_lowercase())
        && !slug.ends_with('-')
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

request!(CreateSnapshot => Started<Snapshot>);

maybe! { CreateSnapshot;
    maybe_name = name(impl Into<String>);
    maybe_slug = slug(impl Into<String>);
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_expires_in = expires_in(Duration);
}
