//! The steps of a restore. Each finds out from the state and the project what was done already.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use neon_api_raw::ids::BranchId;
use neon_api_raw::routes;

use super::point::{Backup, RestorePoint};
use super::state::{BackupEnd, Preview, Restored, Step};
use super::{RestoreState, RestoreTo};
use crate::Result;
use crate::error::{Error, InvalidInput};
use crate::neon::Neon;
use crate::resources::projects::ProjectHandle;
use crate::workflows::admit;
use crate::workflows::ensure::{Once, change, once};
use crate::workflows::running;
use crate::workflows::sweep::{delete, is_refusal};

/// After which time a preview is deleted if the restore is never resumed.
const PREVIEW_LIFE: Duration = Duration::from_secs(24 * 3600);

impl RestoreTo {
    pub(super) async fn run(mut self, neon: &Neon) -> Result<Restored> {
        admit(neon)?;
        let project = neon.project(&self.state.project);
        loop {
            // What was done, and what is about to be.
            self.saver.save(&self.state).await?;
            let next = match &self.state.step {
                Step::Begin => self.state.begin(&project).await?,
                Step::CreatePreview => self.state.create_preview(&project).await?,
                Step::Check(preview) => self.checked(&project, preview.clone()).await?,
                Step::Undo(preview) => {
                    delete(&project.branch(&preview.id)).await?;
                    Step::Done(Restored {
                        is_committed: false,
                        branch: self.state.branch.clone(),
                        previous: None,
                        backup: BackupEnd::None,
                    })
                }
                Step::DeletePreview(preview) => {
                    delete(&project.branch(&preview.id)).await?;
                    Step::Restore(Some(preview.clone()))
                }
                Step::Restore(preview) => self.state.restore(&project, preview.as_ref()).await?,
                Step::CleanUp {
                    branch,
                    previous,
                    expires_at,
                } => {
                    let backup = self.state.clean_up(&project, previous, *expires_at).await?;
                    Step::Done(Restored {
                        is_committed: true,
                        branch: branch.clone(),
                        previous: Some(previous.clone()),
                        backup,
                    })
                }
                Step::Done(restored) => return Ok(restored.clone()),
            };
            tracing::debug!(branch = %self.state.branch, step = ?next, "restore");
            self.state.step = next;
        }
    }

    /// Lets the caller check the preview, if that was asked for.
    async fn checked(&self, project: &ProjectHandle, preview: Preview) -> Result<Step> {
        let branch = project.branch(&preview.id);
        if branch.get_opt().await?.is_none() {
            // It has expired since.
            return Ok(Step::CreatePreview);
        }
        let commits = match &self.check {
            Some(check) => check(branch).await?,
            None => true,
        };
        Ok(match (&self.state.point, commits) {
            (_, false) => Step::Undo(preview),
            (RestorePoint::Snapshot(_), true) => Step::Restore(Some(preview)),
            (_, true) => Step::DeletePreview(preview),
        })
    }
}

impl RestoreState {
    /// The branch whose state is restored, if it is not a snapshot's.
    async fn source(&self, project: &ProjectHandle) -> Result<BranchId> {
        if self.point != RestorePoint::Parent {
            return Ok(self.branch.clone());
        }
        let branch = project.branch(&self.branch).get().await?.branch;
        let no_parent = "the branch has no parent to be reset to";
        branch.parent_id.ok_or(Error::NotInResponse(no_parent))
    }

    async fn begin(&self, project: &ProjectHandle) -> Result<Step> {
        if project.branches().find(&self.backup_name).await?.is_some() {
            let route = &routes::RESTORE_PROJECT_BRANCH;
            let rule = "a branch has this name";
            return Err(InvalidInput::field_of(route, "backup_name", rule).into());
        }
        let is_snapshot = matches!(self.point, RestorePoint::Snapshot(_));
        Ok(if self.is_checked || is_snapshot {
            Step::CreatePreview
        } else {
            Step::Restore(None)
        })
    }

    async fn create_preview(&self, project: &ProjectHandle) -> Result<Step> {
        let (neon, branches) = (project.neon(), project.branches());
        if let RestorePoint::Snapshot(snapshot) = &self.point {
            let snapshot = project.snapshot(snapshot);
            let restore = || {
                let restore = snapshot.restore().name(&self.preview_name);
                restore.target(&self.branch).send()
            };
            let id = match once(neon, || branches.find(&self.preview_name), restore).await? {
                Once::Created(started) => running::finished(neon, started).await?.branch.id,
                Once::Found(found) | Once::Appeared { found, .. } => {
                    running::settled(neon, project.id(), &found.id).await?;
                    found.branch.id
                }
            };
            return Ok(Step::Check(Preview { id, lsn: None }));
        }
        let source = self.source(project).await?;
        let ensure = branches.ensure(&self.preview_name).parent(&source);
        let ensure = match &self.point {
            RestorePoint::Time(time) => ensure.at(*time),
            RestorePoint::Lsn(lsn) => ensure.at_lsn(lsn),
            RestorePoint::Snapshot(_) | RestorePoint::Parent => ensure,
        };
        let preview = ensure.expires_in(PREVIEW_LIFE).with_compute().await?;
        let preview = running::finished(neon, preview).await?;
        Ok(Step::Check(Preview {
            id: preview.id.clone(),
            lsn: preview.parent_lsn.clone(),
        }))
    }

    /// Restores the branch. It was done if there is a branch with the name of the backup.
    async fn restore(&self, project: &ProjectHandle, preview: Option<&Preview>) -> Result<Step> {
        let (neon, branches) = (project.neon(), project.branches());
        let find = || branches.find(&self.backup_name);
        let is_snapshot = matches!(self.point, RestorePoint::Snapshot(_));
        let (branch, done) = match preview {
            Some(preview) if is_snapshot => {
                let handle = project.branch(&preview.id);
                let finalize = || handle.finalize_restore().keep_as(&self.backup_name).send();
                (
                    preview.id.clone(),
                    ended(neon, once(neon, find, finalize).await?).await?,
                )
            }
            _ => {
                let source = self.source(project).await?;
                let handle = project.branch(&self.branch);
                let restore = || {
                    let restore = handle.restore(&source).keep_as(&self.backup_name);
                    let restore = match &self.point {
                        RestorePoint::Time(time) => restore.at(*time),
                        RestorePoint::Lsn(lsn) => restore.at_lsn(lsn),
                        // What was checked, and nothing that the parent has got since.
                        _ => restore.maybe_at_lsn(preview.and_then(|it| it.lsn.as_ref())),
                    };
                    restore.send()
                };
                (
                    self.branch.clone(),
                    ended(neon, once(neon, find, restore).await?).await?,
                )
            }
        };
        let previous = match done {
            Some(found) => found,
            None => find()
                .await?
                .map(|found| found.branch.id)
                .ok_or(Error::NotInResponse(
                    "the branch was restored, and the branch that keeps its state is not listed",
                ))?,
        };
        running::settled(neon, project.id(), &branch).await?;
        let expires_at = match self.backup {
            Backup::ExpireIn(period) => TimeDelta::from_std(period)
                .ok()
                .and_then(|period| Utc::now().checked_add_signed(period)),
            Backup::Keep | Backup::Remove => None,
        };
        Ok(Step::CleanUp {
            branch,
            previous,
            expires_at,
        })
    }

    async fn clean_up(
        &self,
        project: &ProjectHandle,
        previous: &BranchId,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<BackupEnd> {
        let previous = project.branch(previous);
        let (outcome, end) = match (self.backup, expires_at) {
            (Backup::Remove, _) => (delete(&previous).await, BackupEnd::Removed),
            (Backup::ExpireIn(_), Some(time)) => {
                let expire = || previous.update().expires_at(time).send();
                let changed = change(project.neon(), &mut Vec::new(), expire).await;
                (changed.map(drop), BackupEnd::Expires(time))
            }
            _ => return Ok(BackupEnd::Kept),
        };
        match outcome {
            Ok(()) => Ok(end),
            // The restore itself has succeeded.
            Err(error) if is_refusal(&error) => Ok(BackupEnd::Refused(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// Waits for what was started; the branch that shows that it was done before.
async fn ended<T: Send + Sync + 'static>(
    neon: &Neon,
    once: Once<crate::resources::branches::AnnotatedBranch, T>,
) -> Result<Option<BranchId>> {
    match once {
        Once::Created(started) => {
            running::finished(neon, started).await?;
            Ok(None)
        }
        Once::Found(found) | Once::Appeared { found, .. } => Ok(Some(found.branch.id)),
    }
}
