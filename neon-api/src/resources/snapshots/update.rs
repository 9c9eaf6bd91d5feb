//! Changing a snapshot.

use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api_raw::types::{Snapshot, SnapshotUpdateRequest, SnapshotUpdateRequestSnapshot};
use neon_api_raw::{Patch, routes};

use super::SnapshotHandle;
use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::{changes, expiry};

/// A change of a snapshot. Awaiting it sends the request (`updateSnapshot`); what is not set stays
/// as it is.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let snapshot = project.snapshot("snap-soft-sun-12345678");
/// let changed = snapshot.update().name("before-2.0").expires_in(week).await?;
/// println!("{} until {:?}", changed.name, changed.expires_at);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such snapshot,
/// [`is_conflict`](crate::Error::is_conflict) when another one has the name. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateSnapshot {
    snapshot: SnapshotHandle,
    change: SnapshotUpdateRequestSnapshot,
    expires_in: Option<Duration>,
}

impl UpdateSnapshot {
    pub(super) fn new(snapshot: SnapshotHandle) -> Self {
        Self {
            snapshot,
            change: SnapshotUpdateRequestSnapshot::default(),
            expires_in: None,
        }
    }

    fn neon(&self) -> &Neon {
        &self.snapshot.neon
    }

    /// The name, which no other snapshot of the project may have.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if name.is_empty() {
            self.snapshot
                .neon
                .refuse("snapshot.name", "expected a name");
        }
        self.change.name = Some(name);
        self
    }

    /// Deletes the snapshot at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expires_in = None;
        self.change.expires_at = Patch::Set(time);
        self
    }

    /// Deletes the snapshot after this time, counted from the sending of the request, by this
    /// machine's clock.
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.change.expires_at = Patch::Keep;
        self.expires_in = Some(period);
        self
    }

    /// Removes the expiry, so that it is not deleted. An action, which takes no value.
    pub fn never_expires(mut self) -> Self {
        self.expires_in = None;
        self.change.expires_at = Patch::Clear;
        self
    }

    /// Changes the snapshot of the request's body directly, for what has no setter.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let update = project.snapshot("snap-soft-sun-12345678").update();
    /// update.with(|snapshot| snapshot.name = Some("before-2.0".to_owned())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut SnapshotUpdateRequestSnapshot)) -> Self {
        if changes(&mut self.change, |it| &it.expires_at, change) {
            self.expires_in = None;
        }
        self
    }

    fn call(self) -> Call<Snapshot> {
        call!(
            self,
            |this, neon| {
                let (snapshot, mut change) = (&this.snapshot, this.change);
                if let Some(period) = this.expires_in {
                    change.expires_at = Patch::Set(expiry(&routes::UPDATE_SNAPSHOT, period)?);
                }
                let body = SnapshotUpdateRequest::new(change);
                let raw = neon.raw();
                raw.update_snapshot(&snapshot.project, &snapshot.id, &body)
                    .await
            },
            |response| response.snapshot
        )
    }
}

request!(UpdateSnapshot => Snapshot);

maybe! { UpdateSnapshot;
    maybe_name = name(impl Into<String>);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_expires_in = expires_in(Duration);
}
