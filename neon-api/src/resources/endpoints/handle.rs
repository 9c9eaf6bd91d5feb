//! One compute endpoint.

use neon_api_raw::ids::{EndpointId, ProjectId};
use neon_api_raw::types::Endpoint;

use super::UpdateEndpoint;
use crate::call::{self, Call, call, deleted, started};
use crate::engine::Protected;
use crate::neon::Neon;
use crate::waits::Started;

/// One compute endpoint. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let endpoint = project.endpoint("ep-misty-sea-a5833nbi");
/// println!("{}", endpoint.get().await?.current_state);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EndpointHandle {
    pub(crate) neon: Neon,
    pub(crate) project: ProjectId,
    pub(crate) id: EndpointId,
}

impl EndpointHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The endpoint's ID, as it was given. Calls of a handle that was made of a string which cannot
    /// be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &EndpointId {
        &self.id
    }

    /// The ID of the endpoint's project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// The endpoint as it is now (`getProjectEndpoint`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none, or the key may not see it.
    #[doc(alias = "getProjectEndpoint")]
    pub fn get(&self) -> Call<Endpoint> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_project_endpoint(&this.project, &this.id)
                .await,
            |response| response.endpoint
        )
    }

    /// The endpoint as it is now (`getProjectEndpoint`); `None` if it, or what contains it, does
    /// not exist, or the key may not see it.
    pub fn get_opt(&self) -> Call<Option<Endpoint>> {
        self.get().optional()
    }

    /// Changes the endpoint (`updateProjectEndpoint`): its sizes, suspend timeout and settings.
    /// Connections may end, since a change of its settings restarts it. [`UpdateEndpoint`]
    /// describes what can be changed, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(endpoint: neon_api::endpoints::EndpointHandle) -> Result<(), neon_api::Error> {
    /// endpoint.update().autoscaling(0.25..=2.0).ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateProjectEndpoint")]
    pub fn update(&self) -> UpdateEndpoint {
        UpdateEndpoint::new(self.clone())
    }

    /// Deletes the endpoint for good (`deleteProjectEndpoint`). Its connections end, and its host
    /// name is lost; the data stays with the branch. Succeeds when it was gone already, where the
    /// API says so (204).
    ///
    /// # Errors
    ///
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does no
    /// harm.
    #[doc(alias = "deleteProjectEndpoint")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, operations, |this, neon| neon
            .raw()
            .delete_project_endpoint(&this.project, &this.id)
            .await)
    }

    /// Starts the endpoint (`startProjectEndpoint`), as a connection to it does. It can be
    /// connected to when the operations have finished.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and starting again does no harm.
    #[doc(alias = "startProjectEndpoint")]
    pub fn start(&self) -> Call<Started<Endpoint>> {
        started!(
            &self,
            |this, neon| neon
                .raw()
                .start_project_endpoint(&this.project, &this.id)
                .await,
            |response| response.endpoint
        )
    }

    /// Suspends the endpoint (`suspendProjectEndpoint`). Its connections end. The next connection
    /// starts it again, unless it is [disabled](UpdateEndpoint::disabled).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. While the endpoint changes
    /// its state (423) the call waits, and is sent again. It is not retried when its response is
    /// lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "suspendProjectEndpoint")]
    pub fn suspend(&self) -> Call<Started<Endpoint>> {
        started!(
            &self,
            |this, neon| neon
                .raw()
                .suspend_project_endpoint(&this.project, &this.id)
                .await,
            |response| response.endpoint
        )
    }

    /// Restarts the endpoint (`restartProjectEndpoint`): suspends it and starts it at once. Its
    /// connections end.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none; the API refuses for an
    /// endpoint that is not running. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "restartProjectEndpoint")]
    pub fn restart(&self) -> Call<Started<Endpoint>> {
        started!(
            &self,
            |this, neon| neon
                .raw()
                .restart_project_endpoint(&this.project, &this.id)
                .await,
            |response| response.endpoint
        )
    }
}

impl From<&EndpointHandle> for Protected {
    fn from(endpoint: &EndpointHandle) -> Self {
        Self::from(endpoint.id())
            .in_project(endpoint.project_id())
            .with_fault(endpoint.neon().fault())
    }
}

call::from_values! {
    EndpointHandle => EndpointId, |endpoint| endpoint.id, in endpoint.project, unless endpoint.neon.fault();
}
