//! The spending limit of an organization. In beta.
//!
//! ```no_run
//! # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
//! let limit = org.spending_limit();
//! limit.set(25_000).await?; // 250.00
//! println!("{:?} cents", limit.get().await?);
//! limit.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::SpendingLimitUpdateRequest;

use super::OrgHandle;
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::waits::Started;

/// The spending limit of an organization. In beta. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// match org.spending_limit().get().await? {
///     Some(cents) => println!("{cents} cents"),
///     None => println!("no limit"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SpendingLimit {
    org: OrgHandle,
}

impl OrgHandle {
    /// The organization's spending limit. In beta.
    pub fn spending_limit(&self) -> SpendingLimit {
        SpendingLimit { org: self.clone() }
    }
}

impl SpendingLimit {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// The limit in cents (`getOrganizationSpendingLimit`); `None` when there is none. In beta.
    /// Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization.
    #[doc(alias = "getOrganizationSpendingLimit")]
    pub fn get(&self) -> Call<Option<i64>> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_organization_spending_limit(&this.org.id)
                .await,
            |response| response.spending_limit_cents
        )
    }

    /// Sets the limit (`setOrganizationSpendingLimit`), in cents, 1 or more, and returns it as it
    /// is then. In beta.
    ///
    /// # Errors
    ///
    /// Those of the API. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and setting it again does no
    /// harm.
    #[doc(alias = "setOrganizationSpendingLimit")]
    pub fn set(&self, cents: i64) -> Call<Option<i64>> {
        let body = SpendingLimitUpdateRequest::new(cents);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .set_organization_spending_limit(&this.org.id, &body)
                .await,
            |response| response.spending_limit_cents
        )
    }

    /// Removes the limit (`deleteOrganizationSpendingLimit`): spending is then not limited. In
    /// beta. There are no operations to wait for.
    ///
    /// # Errors
    ///
    /// Those of the API. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it, and deleting again does no
    /// harm.
    #[doc(alias = "deleteOrganizationSpendingLimit")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_organization_spending_limit(&this.org.id)
            .await)
    }
}
