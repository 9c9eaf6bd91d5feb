//! Changing a function.

use neon_api_raw::types::{NeonFunction, NeonFunctionUpdateRequest};

use super::FunctionHandle;
use crate::call::{Call, call, maybe, request};
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// A change of a function. Awaiting it sends the request (`updateProjectBranchFunction`). In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let function = branch.function("resize");
/// println!("{}", function.update().name("Resize images").await?.name);
/// function.update().clear_name().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such function,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for a name that is empty or too long, and
/// when nothing is set. The request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateFunction {
    function: FunctionHandle,
    body: Option<NeonFunctionUpdateRequest>,
}

impl UpdateFunction {
    pub(super) fn new(function: FunctionHandle) -> Self {
        let body = None;
        Self { function, body }
    }

    fn neon(&self) -> &Neon {
        self.function.neon()
    }

    /// The display name, 1 to 256 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("name", &name, Longest::FUNCTION);
        self.function.branch.neon.refuse_if(fault);
        self.body = Some(NeonFunctionUpdateRequest::new(Some(name)));
        self
    }

    /// Removes the display name.
    pub fn clear_name(mut self) -> Self {
        self.body = Some(NeonFunctionUpdateRequest::new(None));
        self
    }

    fn call(mut self) -> Call<NeonFunction> {
        // A request without a name would remove it.
        if self.body.is_none() {
            let rule = "expected a name, or clear_name";
            self.function.branch.neon.refuse("name", rule);
        }
        let body = self.body.take();
        let body = body.unwrap_or_else(|| NeonFunctionUpdateRequest::new(None));
        call!(
            self,
            |this, neon| {
                let FunctionHandle { branch, slug } = &this.function;
                let BranchHandle { project, id, .. } = branch;
                let raw = neon.raw();
                raw.update_project_branch_function(project, id, slug, &body)
                    .await
            },
            |response| response.function
        )
    }
}

request!(UpdateFunction => NeonFunction);

maybe! { UpdateFunction; maybe_name = name(impl Into<String>) }
