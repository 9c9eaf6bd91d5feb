//! Deploying a function.

use bytes::Bytes;
use neon_api_raw::enums::FunctionDeployRequestRuntime;
use neon_api_raw::function_deployment::FunctionDeployment;
use neon_api_raw::types::NeonFunctionDeployment;
use neon_api_raw::upload::Content;
use neon_api_raw::{Route, routes};
use tokio::time::timeout_at;

use super::{FunctionBundle, FunctionHandle};
use crate::Result;
use crate::call::{Call, maybe, request};
use crate::error::InvalidInput;

const ROUTE: &Route = &routes::CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT;

/// A deployment of a function. Awaiting it sends the request
/// (`createProjectBranchFunctionDeployment`). The deployment goes on after the response:
/// [`get`](FunctionHandle::get) the function until the `status` of its `current_deployment` is
/// `completed` or `failed`. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::functions::FunctionBundle;
///
/// let archive = FunctionBundle::file("function.zip");
/// let deploy = branch.function("resize").deploy(archive).runtime("nodejs24");
/// println!("{}", deploy.environment([("LEVEL", "info")]).await?.status);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when there is nothing to deploy, when the
/// archive is empty, and when reading it fails. The request is not retried when its response is
/// lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DeployFunction {
    function: FunctionHandle,
    bundle: Option<FunctionBundle>,
    deployment: FunctionDeployment,
}

impl DeployFunction {
    pub(super) fn new(function: FunctionHandle, bundle: Option<FunctionBundle>) -> Self {
        Self {
            function,
            bundle,
            deployment: FunctionDeployment::default(),
        }
    }

    /// The runtime, such as `nodejs24`, as a string or a [`FunctionDeployRequestRuntime`].
    pub fn runtime(mut self, runtime: impl Into<FunctionDeployRequestRuntime>) -> Self {
        self.deployment.runtime = Some(runtime.into());
        self
    }

    /// The environment variables, in place of all those of the deployment before. Their values are
    /// left out of `Debug` output.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.deployment = self.deployment.with_environment(variables);
        self
    }

    fn call(self) -> Call<NeonFunctionDeployment> {
        let Self {
            function,
            bundle,
            mut deployment,
        } = self;
        Call::of(function.neon().clone(), |client| async move {
            let neon = client.get();
            let FunctionHandle { branch, slug } = &function;
            if let Some(bundle) = bundle {
                let parameters = [
                    ("project_id", branch.project.as_str()),
                    ("branch_id", branch.id.as_str()),
                    ("slug", slug.as_str()),
                ];
                neon.engine().admit(ROUTE, &parameters)?;
                // Once the deadline has passed, the request fails with that and is not sent.
                deployment.zip = match neon.engine().deadline() {
                    None => Some(archive(bundle).await?),
                    Some(deadline) => timeout_at(deadline, archive(bundle))
                        .await
                        .unwrap_or_else(|_| Ok(Bytes::new().into()))
                        .map(Some)?,
                };
            }
            let raw = neon.raw();
            let response = raw
                .create_project_branch_function_deployment(
                    &branch.project,
                    &branch.id,
                    slug,
                    &deployment,
                )
                .await?;
            Ok(response.into_boxed().deployment)
        })
    }
}

request!(DeployFunction => NeonFunctionDeployment);

maybe! { DeployFunction;
    maybe_runtime = runtime(impl Into<FunctionDeployRequestRuntime>);
    maybe_environment = environment(impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>);
}

/// What is sent of a bundle.
async fn archive(bundle: FunctionBundle) -> Result<Content> {
    let fault = |rule| InvalidInput::field_of(ROUTE, "zip", rule).into();
    match bundle.content().await {
        Ok(Some(content)) => Ok(content),
        Ok(None) => Err(fault("expected a zip archive".to_owned())),
        Err(error) => Err(fault(format!("the archive could not be read: {error}"))),
    }
}
