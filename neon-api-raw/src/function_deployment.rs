//! `createProjectBranchFunctionDeployment`, the one operation with a multipart body.

use std::collections::BTreeMap;
use std::fmt;

use crate::client::Client;
use crate::enums::FunctionDeployRequestRuntime;
use crate::error::InvalidRequest;
use crate::ids::{BranchId, ProjectId};
use crate::multipart::Form;
use crate::request::RequestBuilder;
use crate::response_future::ResponseFuture;
use crate::routes::CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT as OPERATION;
use crate::types::NeonFunctionDeploymentResponse;
use crate::upload::Content;

/// The parts of a function deployment. At least one is required, and the first deployment of a
/// function needs [`zip`](Self::zip).
///
/// ```
/// use neon_api_raw::function_deployment::FunctionDeployment;
///
/// let archive: &[u8] = b"PK\x05\x06";
/// let deployment = FunctionDeployment::default().with_zip(archive);
/// assert!(deployment.runtime.is_none());
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct FunctionDeployment {
    /// The code, as a zip archive.
    pub zip: Option<Content>,
    /// The runtime that runs it.
    pub runtime: Option<FunctionDeployRequestRuntime>,
    /// The environment variables, which replace those of the previous deployment.
    pub environment: Option<BTreeMap<String, String>>,
}

impl FunctionDeployment {
    /// Sets [`zip`](Self::zip).
    #[must_use]
    pub fn with_zip(mut self, zip: impl Into<Content>) -> Self {
        self.zip = Some(zip.into());
        self
    }

    /// Sets [`runtime`](Self::runtime).
    #[must_use]
    pub fn with_runtime(mut self, runtime: FunctionDeployRequestRuntime) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets [`environment`](Self::environment).
    #[must_use]
    pub fn with_environment<K: Into<String>, V: Into<String>>(
        mut self,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = environment.into_iter();
        self.environment = Some(pairs.map(|(k, v)| (k.into(), v.into())).collect());
        self
    }
}

impl fmt::Debug for FunctionDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionDeployment")
            .field("zip", &self.zip)
            .field("runtime", &self.runtime)
            .field(
                "environment",
                &self
                    .environment
                    .as_ref()
                    .map(|e| e.keys().collect::<Vec<_>>()),
            )
            .finish()
    }
}

impl Client {
    /// Deploys a function: code, runtime, environment.
    ///
    /// Sends a `POST` request to
    /// `/projects/{project_id}/branches/{branch_id}/functions/{slug}/deployments` as a multipart
    /// form. The deployment continues after the response: get the function and check the `status`
    /// of `current_deployment`. In beta.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest::Rule`] if no part is set; nothing is sent.
    pub fn create_project_branch_function_deployment(
        &self,
        project_id: &ProjectId,
        branch_id: &BranchId,
        slug: &str,
        deployment: &FunctionDeployment,
    ) -> ResponseFuture<'_, NeonFunctionDeploymentResponse> {
        let parameters = [project_id.as_str(), branch_id.as_str(), slug];
        let request = RequestBuilder::new(&OPERATION, &self.baseurl, &parameters);
        self.call_json(match form(deployment) {
            Ok(form) => request.form(form),
            Err(fault) => request.invalid(fault),
        })
    }
}

fn form(deployment: &FunctionDeployment) -> Result<Form, InvalidRequest> {
    let FunctionDeployment {
        zip,
        runtime,
        environment,
    } = deployment;
    if zip.is_none() && runtime.is_none() && environment.is_none() {
        let rule = "a deployment needs at least one of zip, runtime and environment";
        return Err(InvalidRequest::Rule(rule));
    }
    let mut form = Form::new();
    if let Some(runtime) = runtime {
        form = form.text("runtime", runtime.as_str());
    }
    if let Some(environment) = environment {
        let environment = serde_json::to_string(environment).map_err(InvalidRequest::Body)?;
        form = form.text("environment", &environment);
    }
    if let Some(zip) = zip {
        form = form.file("zip", "function.zip", "application/zip", zip.clone());
    }
    Ok(form)
}
