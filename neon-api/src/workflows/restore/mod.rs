//! Restoring a branch, with a way back.

mod point;
mod run;
mod state;

use std::fmt;
use std::sync::Arc;

use neon_api_raw::BoxFuture;

pub use point::{Backup, RestorePoint};
pub use state::{BackupEnd, RestoreState, Restored};

use super::ephemeral::with_suffix;
use crate::Result;
use crate::call::{Call, maybe, request};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::resources::projects::ProjectHandle;
use crate::workflows::checkpoint::{Checkpoint, Saver};
use state::{Step, VERSION};

/// A check of a preview: whether to commit.
type Check = Arc<dyn Fn(BranchHandle) -> BoxFuture<'static, Result<bool>> + Send + Sync>;

/// The restoring of a branch with a way back: the state from before is kept as another branch, and
/// what is to be restored can be [checked](Self::preview) first. Connections to the branch end.
///
/// Awaiting it sends `restoreProjectBranch`; for a snapshot `restoreSnapshot`, and
/// `finalizeRestoreBranch`, after which the branch with the data is a [new one](Restored::branch). A
/// preview is a branch that expires after a day (`createProjectBranch`), or that of the snapshot, and
/// is deleted (`deleteProjectBranch`) unless it takes the branch's place.
///
/// With a [checkpoint](Self::checkpoint) it can be resumed after the process has ended anywhere
/// ([`resume_restore`](ProjectHandle::resume_restore)): the names of its branches are its own, so that
/// they show what was done, also if a response was lost. Nothing is restored twice.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// use neon_api::chrono::{TimeDelta, Utc};
/// use neon_api::workflows::{Backup, FileCheckpoint, RestorePoint};
///
/// let restored = branch
///     .restore_to(RestorePoint::Time(Utc::now() - TimeDelta::hours(1)))
///     .preview(async |preview| {
///         let uri = preview.connection_uri("neondb", "neondb_owner").await?;
///         Ok(uri.expose().starts_with("postgres")) // or whether the data is right
///     })
///     .backup(Backup::ExpireIn(Duration::from_secs(7 * 24 * 3600)))
///     .checkpoint(FileCheckpoint::new("restore.json"))
///     .await?;
/// println!("{} (before: {:?})", restored.branch, restored.previous);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for a name or a place in the log that cannot
/// be, for a backup name that a branch has, and for a state that is not of this project;
/// [`Error::NotInResponse`](crate::Error::NotInResponse) to reset a branch without a parent;
/// [`Error::Checkpoint`](crate::Error::Checkpoint) if a state cannot be saved; the error of the check;
/// and those of the calls. After an error it can be resumed; with a check that returns `false` the
/// preview is removed.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RestoreTo {
    neon: Neon,
    state: RestoreState,
    check: Option<Check>,
    saver: Saver,
}

impl BranchHandle {
    /// Restores the branch with a way back. [`RestoreTo`] describes how, and what can be chosen.
    /// [`restore`](Self::restore) is the single call.
    pub fn restore_to(&self, point: RestorePoint) -> RestoreTo {
        let mut neon = self.neon.clone();
        if let RestorePoint::Lsn(lsn) = &point {
            neon.refuse_if(input::lsn("source_lsn", lsn));
        }
        RestoreTo {
            neon,
            state: RestoreState {
                version: VERSION,
                project: self.project.clone(),
                branch: self.id.clone(),
                point,
                backup: Backup::Keep,
                backup_name: with_suffix(&format!("{} before restore", self.id)),
                preview_name: with_suffix(&format!("{} restore preview", self.id)),
                is_checked: false,
                step: Step::Begin,
            },
            check: None,
            saver: Saver::default(),
        }
    }
}

impl ProjectHandle {
    /// Continues a restore from the state that its [checkpoint](RestoreTo::checkpoint) saved last. If
    /// it was to be [checked](RestoreTo::preview), the check has to be passed again, and may run
    /// again.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use neon_api::workflows::FileCheckpoint;
    ///
    /// let file = FileCheckpoint::new("restore.json");
    /// if let Some(state) = file.load()? {
    ///     let restore = project.resume_restore(state).checkpoint(file.clone());
    ///     let restored = restore.preview(async |_| Ok(true)).await?;
    ///     println!("{}", restored.branch);
    ///     file.remove()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_restore(&self, state: RestoreState) -> RestoreTo {
        let mut neon = self.neon.clone();
        if state.version != VERSION {
            neon.refuse("state", "it was written by another version of this crate");
        }
        if state.project != self.id {
            neon.refuse("state", "it is of another project");
        }
        RestoreTo {
            neon,
            state,
            check: None,
            saver: Saver::default(),
        }
    }
}

impl RestoreTo {
    /// Creates a branch with the state that is to be restored, with a compute endpoint if it is not
    /// of a snapshot, and restores if this check of it returns `true`; otherwise all stays as it is.
    /// The preview is deleted in both cases, unless it is that of a snapshot and takes the branch's
    /// place. If the check fails, the preview stays for a resumed restore.
    pub fn preview<F, R>(mut self, check: F) -> Self
    where
        F: Fn(BranchHandle) -> R + Send + Sync + 'static,
        R: Future<Output = Result<bool>> + Send + 'static,
    {
        self.check = Some(Arc::new(move |preview| Box::pin(check(preview))));
        self.state.is_checked = true;
        self
    }

    /// [`preview`](Self::preview), if there is a check.
    pub fn maybe_preview<F, R>(self, check: Option<F>) -> Self
    where
        F: Fn(BranchHandle) -> R + Send + Sync + 'static,
        R: Future<Output = Result<bool>> + Send + 'static,
    {
        match check {
            Some(check) => self.preview(check),
            None => self,
        }
    }

    /// What is done with the branch that keeps the state from before; it is kept by default.
    pub fn backup(mut self, backup: Backup) -> Self {
        self.state.backup = backup;
        self
    }

    /// The name of the branch that keeps the state from before, 1 to 256 characters, which no branch
    /// may have; by default one with the ID of the branch and a random suffix. Only before the
    /// restore has begun.
    pub fn backup_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.neon
            .refuse_if(input::name("backup_name", &name, Longest::BRANCH));
        if self.state.step == Step::Begin {
            self.state.backup_name = name;
        }
        self
    }

    /// Saves the state before and after each effect.
    pub fn checkpoint(mut self, sink: impl Checkpoint) -> Self {
        self.saver = Saver::of(sink);
        self
    }

    fn call(mut self) -> Call<Restored> {
        if self.state.is_checked && self.check.is_none() && !self.state.is_done() {
            self.neon
                .refuse("preview", "the check has to be passed again");
        }
        Call::of(self.neon.clone(), |client| async move {
            self.run(&client.get()).await
        })
    }
}

request!(RestoreTo => Restored);

maybe! { RestoreTo;
    maybe_backup = backup(Backup);
    maybe_backup_name = backup_name(impl Into<String>);
    maybe_checkpoint = checkpoint(impl Checkpoint);
}

impl fmt::Debug for RestoreTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreTo")
            .field("state", &self.state)
            .field("saver", &self.saver)
            .finish_non_exhaustive()
    }
}
