//! Branches for a short time.

use std::fmt::Write as _;
use std::ops::Deref;
use std::time::Duration;

use neon_api_raw::ids::{BranchId, ProjectId};

use super::ensure::EnsuredBranch;
use super::running;
use super::sweep::{Fate, delete};
use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::{BranchHandle, Branches};

/// How long a branch lives at most, by default.
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);

/// A branch for a short time, as for a test. Awaiting it creates the branch with a name of its own,
/// an expiry and a compute endpoint (`createProjectBranch`), waits until it can be used, and returns
/// a guard. A creation whose response is lost is found by its name
/// ([`EnsureBranch`](super::EnsureBranch)).
///
/// Whatever happens to the process, the branch is deleted by its expiry, an hour by default; and with
/// an [`owner`](Self::owner) a [sweep](super::Sweep) finds it.
///
/// # Panics in tests
///
/// A guard that is dropped deletes nothing: that takes requests, which would have to run in the
/// background. So that a test which panics cleans up too, run it in a task of its own, whose panic
/// comes back as an error, and close the branch before resuming it:
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::branches::BranchHandle;
///
/// async fn test(branch: BranchHandle) {
///     let uri = branch.connection_uri("neondb", "neondb_owner").await.expect("it has one");
///     assert!(uri.expose().contains("neondb"));
/// }
///
/// let branch = project.branches().ephemeral("test").owner("ci").await?;
/// let outcome = tokio::spawn(test(branch.handle().clone())).await;
/// branch.close().await?;
/// if let Err(panic) = outcome {
///     std::panic::resume_unwind(panic.into_panic());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the calls, and [`Error::Wait`](crate::Error::Wait) if the branch does not become ready:
/// then it is deleted, if possible.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateEphemeral {
    neon: Neon,
    project: ProjectId,
    name: String,
    parent: Option<BranchId>,
    owner: Option<String>,
    life: Duration,
}

impl Branches {
    /// Creates a branch for a short time: its name is this prefix with a random suffix.
    /// [`CreateEphemeral`] describes how it is deleted, and what else can be chosen.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let branch = project.branches().ephemeral("test").owner("ci").await?;
    /// println!("{}", branch.created().connection_uri()?.expose());
    /// branch.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ephemeral(&self, prefix: impl AsRef<str>) -> CreateEphemeral {
        let mut neon = self.neon().clone();
        let name = with_suffix(prefix.as_ref());
        neon.refuse_if(input::name("branch.name", &name, Longest::BRANCH));
        CreateEphemeral {
            neon,
            project: self.project_id().clone(),
            name,
            parent: None,
            owner: None,
            life: DEFAULT_LIFE,
        }
    }
}

/// A name that no other process has.
pub(super) fn with_suffix(prefix: &str) -> String {
    let mut name = prefix.to_owned();
    // Writing to a string does not fail.
    let _ = write!(name, "-{:012x}", fastrand::u64(..) >> 16);
    name
}

impl CreateEphemeral {
    /// The parent; the project's default branch if not set.
    pub fn parent(mut self, parent: impl IntoId<BranchId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, parent);
        self.neon = neon;
        self.parent = Some(id);
        self
    }

    /// Marks the branch as created by this owner ([`OWNER`](super::OWNER)), so that a
    /// [sweep](super::Sweep) finds it.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// After which time the API deletes the branch if it was not closed, by this machine's clock; an
    /// hour by default.
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.life = period;
        self
    }

    fn call(self) -> Call<EphemeralBranch> {
        Call::of(self.neon.clone(), |client| async move {
            self.run(&client.get()).await
        })
    }

    async fn run(self, neon: &Neon) -> Result<EphemeralBranch> {
        let ensure = neon.project(&self.project).branches().ensure(&self.name);
        let ensure = ensure.with_compute().expires_in(self.life);
        let ensure = ensure.maybe_parent(self.parent.as_ref());
        let started = ensure.maybe_owner(self.owner.as_ref()).await?;
        // The calls of the guard have no deadline of this one.
        let handle = self.neon.project(&self.project).branch(&started);
        let mut branch = EphemeralBranch {
            handle,
            created: (**started).clone(),
            is_open: true,
        };
        match running::in_time(neon, started.ready()).await {
            Ok(ready) => {
                branch.created = ready.into_inner();
                Ok(branch)
            }
            Err(error) => {
                // Within the time of this call. The first error is the one to report; the expiry is
                // there for the other.
                let within = neon.project(&self.project).branch(branch.id());
                branch.is_open = close(&within).await.is_err();
                Err(error.into())
            }
        }
    }
}

request!(CreateEphemeral => EphemeralBranch);

maybe! { CreateEphemeral;
    maybe_parent = parent(impl IntoId<BranchId>);
    maybe_owner = owner(impl Into<String>);
    maybe_expires_in = expires_in(Duration);
}

/// A branch for a short time. It dereferences to its handle; [`close`](Self::close) deletes it.
///
/// If it is dropped without that, nothing is sent: it is logged as a warning, and the branch stays
/// until its expiry. [`CreateEphemeral`] has a recipe for panics.
#[derive(Debug)]
#[must_use = "the branch stays until its expiry unless it is closed"]
pub struct EphemeralBranch {
    handle: BranchHandle,
    created: EnsuredBranch,
    is_open: bool,
}

impl EphemeralBranch {
    /// The branch's handle, to pass on.
    pub fn handle(&self) -> &BranchHandle {
        &self.handle
    }

    /// The branch as it was created, with its endpoint and connection string.
    pub fn created(&self) -> &EnsuredBranch {
        &self.created
    }

    /// Deletes the branch (`deleteProjectBranch`), with branches that were created from it, and waits
    /// until it is gone. Succeeds if it is gone already.
    ///
    /// If the future is dropped before it completes, or fails, the branch stays until its expiry.
    ///
    /// # Errors
    ///
    /// Those of the calls. [`outcome_unknown`](crate::Error::outcome_unknown) only if three requests
    /// were lost.
    pub fn close(self) -> Call<()> {
        Call::of(self.handle.neon().clone(), |client| async move {
            let mut guard = self;
            let neon = client.get();
            let branch = neon.project(guard.project_id()).branch(guard.id());
            close(&branch).await?;
            guard.is_open = false;
            Ok(())
        })
    }

    /// Gives up the guard: the branch stays until its expiry, which can be changed.
    pub fn into_handle(mut self) -> BranchHandle {
        self.is_open = false;
        self.handle.clone()
    }
}

/// Deletes a branch, and those below it if there are any.
async fn close(branch: &BranchHandle) -> Result<()> {
    let refused = match delete(branch).await {
        Err(error)
            if error
                .status()
                .is_some_and(|status| status.is_client_error()) =>
        {
            error
        }
        outcome => return outcome,
    };
    let plan = branch.delete_subtree().await?.check()?;
    let root = plan.branches().first().map(|root| &root.fate);
    if root == Some(&Fate::Deleted) {
        Ok(())
    } else {
        Err(refused)
    }
}

impl Deref for EphemeralBranch {
    type Target = BranchHandle;

    fn deref(&self) -> &BranchHandle {
        &self.handle
    }
}

impl Drop for EphemeralBranch {
    fn drop(&mut self) {
        if self.is_open {
            tracing::warn!(
                project = %self.handle.project_id(),
                branch = %self.handle.id(),
                expires_at = ?self.created.expires_at,
                "an ephemeral branch was not closed; it stays until its expiry",
            );
        }
    }
}
