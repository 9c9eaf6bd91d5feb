//! Which columns of a branch are masked, and how.

use neon_api_raw::types::{MaskingRule, MaskingRulesUpdateRequest};

use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// The masking rules of an anonymized branch. Nothing is sent until a call is made on it; clones
/// are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::types::MaskingRule;
///
/// let mut rules = branch.masking_rules().get().await?;
/// let name = MaskingRule::new("name", "neondb", "public", "users").with_masking_value("nobody");
/// rules.push(name);
/// branch.masking_rules().update(rules).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MaskingRules {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's masking rules, if it was created as an anonymized one.
    pub fn masking_rules(&self) -> MaskingRules {
        MaskingRules {
            branch: self.clone(),
        }
    }
}

impl MaskingRules {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The rules, each for one column (`getMaskingRules`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or it is not an
    /// anonymized one.
    #[doc(alias = "getMaskingRules")]
    pub fn get(&self) -> Call<Vec<MaskingRule>> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_masking_rules(&branch.project, &branch.id)
                .await,
            |response| response.masking_rules
        )
    }

    /// The rules (`getMaskingRules`); `None` when there is no such branch, or it is not an
    /// anonymized one.
    pub fn get_opt(&self) -> Call<Option<Vec<MaskingRule>>> {
        self.get().optional()
    }

    /// Sets these rules (`updateMaskingRules`), and returns the rules as they are then.
    /// [`Anonymization::start`](super::Anonymization::start) masks data by them.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or it is not an
    /// anonymized one. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "updateMaskingRules")]
    pub fn update(&self, rules: impl IntoIterator<Item = MaskingRule>) -> Call<Vec<MaskingRule>> {
        let body = MaskingRulesUpdateRequest::new(Vec::from_iter(rules));
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .update_masking_rules(&branch.project, &branch.id, &body)
                .await,
            |response| response.masking_rules
        )
    }
}
