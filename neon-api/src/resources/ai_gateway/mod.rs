//! The AI gateway of a branch.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! println!("{}", branch.ai_gateway().get().await?.base_url);
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::BranchAiGateway;

use super::branches::BranchHandle;
use crate::call::{Call, call};
use crate::neon::Neon;

/// The AI gateway of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let is_there = branch.ai_gateway().get_opt().await?.is_some_and(|gateway| gateway.enabled);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AiGateway {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's AI gateway. In beta.
    pub fn ai_gateway(&self) -> AiGateway {
        AiGateway {
            branch: self.clone(),
        }
    }
}

impl AiGateway {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The state and the base URL of the gateway (`getProjectBranchAiGateway`). Retried as a read.
    /// In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none; the response has the
    /// reason: `ai_gateway_unavailable` or `branch_not_found`.
    #[doc(alias = "getProjectBranchAiGateway")]
    pub fn get(&self) -> Call<BranchAiGateway> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_project_branch_ai_gateway(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }

    /// The state and the base URL of the gateway (`getProjectBranchAiGateway`); `None` if it, or
    /// what contains it, does not exist. In beta.
    pub fn get_opt(&self) -> Call<Option<BranchAiGateway>> {
        self.get().optional()
    }
}
