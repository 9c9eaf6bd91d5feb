//! Changing a project.

use std::time::Duration;

use neon_api_raw::types::{
    Project, ProjectSettingsData, ProjectUpdateRequest, ProjectUpdateRequestProject,
};

use super::ProjectHandle;
use crate::call::{Call, maybe, request, started};
use crate::neon::Neon;
use crate::waits::Started;

/// A change of a project. Awaiting it sends the request (`updateProject`); what is not set stays as it
/// is.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let day = Duration::from_secs(24 * 3600);
/// let project = project.update().name("my-renamed-app").history_retention(day).ready().await?;
/// println!("{} keeps {} s", project.name, project.history_retention_seconds);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such project, the status 400 or 422
/// for values that the plan or the API does not take. The request is not retried when its response is
/// lost: [`outcome_unknown`](crate::Error::outcome_unknown) tells. While operations lock the project
/// (423) it waits for them, and is sent again.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateProject {
    project: ProjectHandle,
    change: ProjectUpdateRequestProject,
}

impl UpdateProject {
    pub(super) fn new(project: ProjectHandle) -> Self {
        let change = ProjectUpdateRequestProject::default();
        Self { project, change }
    }

    fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// The name, 1 to 256 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.change.name = Some(name.into());
        self
    }

    /// How far changes can be undone, in whole seconds (parts of one are left out), 0 to 30 days by
    /// the interface; plans may allow less.
    pub fn history_retention(mut self, period: Duration) -> Self {
        if let Ok(seconds) = i64::try_from(period.as_secs()) {
            self.change.history_retention_seconds = Some(seconds);
        } else {
            let rule = "the period is longer than the API can hold";
            self.project.neon.refuse("history_retention_seconds", rule);
        }
        self
    }

    /// Logical replication, which cannot be turned off again, and restarts all compute endpoints of
    /// the project, whose connections end.
    pub fn logical_replication(mut self, enable: bool) -> Self {
        self.settings().enable_logical_replication = Some(enable);
        self
    }

    /// Sets what has no method of its own.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::types::ProjectSettingsData;
    ///
    /// let private = ProjectSettingsData::default().with_block_public_connections(true);
    /// project.update().with(|project| project.settings = Some(private)).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut ProjectUpdateRequestProject)) -> Self {
        change(&mut self.change);
        self
    }

    fn settings(&mut self) -> &mut ProjectSettingsData {
        self.change
            .settings
            .get_or_insert_with(ProjectSettingsData::default)
    }

    fn call(self) -> Call<Started<Project>> {
        started!(
            self,
            |this, neon| neon
                .raw()
                .update_project(&this.project.id, &ProjectUpdateRequest::new(this.change))
                .await,
            |response| response.project
        )
    }
}

request!(UpdateProject => Started<Project>);

maybe! { UpdateProject;
    maybe_name = name(impl Into<String>);
    maybe_history_retention = history_retention(Duration);
    maybe_logical_replication = logical_replication(bool);
}
