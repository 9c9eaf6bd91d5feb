//! Anonymized branches: data that is masked by rules.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! use neon_api::types::MaskingRule;
//!
//! let email = MaskingRule::new("email", "neondb", "public", "users")
//!     .with_masking_function("anon.fake_email()");
//! let create = project.branches().create_anonymized("for-tests").masking_rules([email]);
//! let created = create.branch(|branch| branch.with_compute()).start(true).ready().await?;
//!
//! let branch = project.branch(&created);
//! println!("{}", branch.anonymization().status().await?.state);
//! # Ok(())
//! # }
//! ```

mod create;
mod masking_rules;

use neon_api_raw::types::AnonymizedBranchStatusResponse;

pub use create::CreateAnonymizedBranch;
pub use masking_rules::MaskingRules;

use super::branches::BranchHandle;
use crate::call::{Call, call};
use crate::neon::Neon;

/// The anonymization of a branch. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let started = branch.anonymization().start().await?;
/// println!("{}: {:?}", started.state, started.status_message);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Anonymization {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's anonymization, if it was created as an anonymized one.
    pub fn anonymization(&self) -> Anonymization {
        Anonymization {
            branch: self.clone(),
        }
    }
}

impl Anonymization {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// How far the anonymization is, with its last run (`getAnonymizedBranchStatus`). Retried as a
    /// read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or it is not an
    /// anonymized one.
    #[doc(alias = "getAnonymizedBranchStatus")]
    pub fn status(&self) -> Call<AnonymizedBranchStatusResponse> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_anonymized_branch_status(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }

    /// How far the anonymization is (`getAnonymizedBranchStatus`); `None` when there is no such
    /// branch, or it is not an anonymized one.
    pub fn status_opt(&self) -> Call<Option<AnonymizedBranchStatusResponse>> {
        self.status().optional()
    }

    /// Starts the anonymization (`startAnonymization`), which replaces data of the branch, and
    /// returns its state. The response names no operations to wait for: [`status`](Self::status)
    /// has the end.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or it is not an
    /// anonymized one. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "startAnonymization")]
    pub fn start(&self) -> Call<AnonymizedBranchStatusResponse> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .start_anonymization(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }
}
