//! Triggers that call the functions of a branch: by a schedule, or for new objects in a bucket.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::ScheduleTriggerCreateRequestType::Schedule;
//! use neon_api::types::{FunctionTriggerSchedule, ScheduleTriggerCreateRequest};
//!
//! let nightly = FunctionTriggerSchedule::new("0 3 * * *");
//! let nightly = ScheduleTriggerCreateRequest::new("cleanup", "nightly", nightly, Schedule);
//! let trigger = branch.triggers().create(nightly).await?;
//! branch.trigger(&trigger).delete().ready().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::ids::{BranchId, ProjectId, TriggerId};
use neon_api_raw::types::{ScheduleTrigger, StorageObjectCreatedTrigger};
use neon_api_raw::unions::{Trigger, TriggerCreateRequest, TriggerUpdateRequest};

use super::branches::BranchHandle;
use crate::call::{self, Call, IntoId, call, deleted};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::waits::Started;

/// The triggers of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::unions::Trigger;
///
/// for trigger in branch.triggers().list().await? {
///     match trigger {
///         Trigger::Schedule(trigger) => println!("{} at {}", trigger.name, trigger.schedule.cron),
///         Trigger::StorageObjectCreated(trigger) => {
///             println!("{} of {}", trigger.name, trigger.storage_object_created.bucket_name);
///         }
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Triggers {
    branch: BranchHandle,
}

/// One trigger of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// println!("{:?}", branch.trigger("trg_nightly").get().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TriggerHandle {
    branch: BranchHandle,
    id: TriggerId,
}

impl BranchHandle {
    /// The branch's triggers: creating and listing. In beta.
    pub fn triggers(&self) -> Triggers {
        Triggers {
            branch: self.clone(),
        }
    }

    /// One trigger of the branch, by its ID or by a value that has one. Nothing is sent until a
    /// call is made on it. In beta.
    pub fn trigger(&self, id: impl IntoId<TriggerId>) -> TriggerHandle {
        let mut branch = self.clone();
        let id = branch.neon.take_id(id);
        TriggerHandle { branch, id }
    }
}

impl Triggers {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Creates a trigger (`createProjectBranchTrigger`), which is enabled unless the request says
    /// otherwise. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "createProjectBranchTrigger")]
    pub fn create(&self, trigger: impl Into<TriggerCreateRequest>) -> Call<Trigger> {
        let body = trigger.into();
        call!(
            &self,
            |this, neon| neon
                .raw()
                .create_project_branch_trigger(&this.branch.project, &this.branch.id, &body)
                .await,
            |response| response.trigger
        )
    }

    /// Lists the triggers (`listProjectBranchTriggers`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listProjectBranchTriggers")]
    pub fn list(&self) -> Pager<Plain<Trigger>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_TRIGGERS,
            |branch, neon| neon
                .raw()
                .list_project_branch_triggers(&branch.project, &branch.id)
                .await,
            |response| response.triggers
        )
    }

    /// The trigger with exactly this name (`listProjectBranchTriggers`); `None` if there is none.
    /// Of several, the first that the API lists. In beta.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<Trigger>> {
        let name = name.into();
        self.list().find_where(move |trigger| match trigger {
            Trigger::Schedule(trigger) => trigger.name == name,
            Trigger::StorageObjectCreated(trigger) => trigger.name == name,
            Trigger::Unrecognized(trigger) => {
                trigger.get("name").and_then(|name| name.as_str()) == Some(&*name)
            }
            _ => false,
        })
    }
}

impl TriggerHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The trigger's ID, as it was given. Calls of a handle that was made of a string which cannot
    /// be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &TriggerId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// The trigger as it is now (`getProjectBranchTrigger`). Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none.
    #[doc(alias = "getProjectBranchTrigger")]
    pub fn get(&self) -> Call<Trigger> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_branch_trigger(&this.branch.project, &this.branch.id, &this.id)
                .await,
            |response| response.trigger
        )
    }

    /// The trigger as it is now (`getProjectBranchTrigger`); `None` if it, or what contains it,
    /// does not exist. In beta.
    pub fn get_opt(&self) -> Call<Option<Trigger>> {
        self.get().optional()
    }

    /// Changes the trigger (`updateProjectBranchTrigger`); at least one field must be set beside
    /// the trigger's type, and fields that are `None` stay as they are. In beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::ScheduleTriggerUpdateRequestType::Schedule;
    /// use neon_api::types::ScheduleTriggerUpdateRequest;
    ///
    /// let pause = ScheduleTriggerUpdateRequest::new(Schedule).with_enabled(false);
    /// branch.trigger("trg_nightly").update(pause).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such trigger. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateProjectBranchTrigger")]
    pub fn update(&self, change: impl Into<TriggerUpdateRequest>) -> Call<Trigger> {
        let body = change.into();
        call!(
            &self,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.update_project_branch_trigger(project, id, &this.id, &body)
                    .await
            },
            |response| response.trigger
        )
    }

    /// Deletes the trigger for good (`deleteProjectBranchTrigger`); the function that it calls
    /// stays. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchTrigger")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_branch_trigger(&this.branch.project, &this.branch.id, &this.id)
            .await)
    }
}

call::from_values! {
    ScheduleTrigger => TriggerId, |trigger| trigger.trigger_id;
    StorageObjectCreatedTrigger => TriggerId, |trigger| trigger.trigger_id;
    Trigger => TriggerId, |trigger| id_of(trigger);
}

/// The ID of a trigger; empty, which is not an ID, if a trigger of an unknown type has none.
fn id_of(trigger: &Trigger) -> String {
    let id = match trigger {
        Trigger::Schedule(trigger) => trigger.trigger_id.as_str(),
        Trigger::StorageObjectCreated(trigger) => trigger.trigger_id.as_str(),
        Trigger::Unrecognized(trigger) => trigger
            .get("trigger_id")
            .and_then(|id| id.as_str())
            .unwrap_or_default(),
        _ => "",
    };
    id.to_owned()
}
