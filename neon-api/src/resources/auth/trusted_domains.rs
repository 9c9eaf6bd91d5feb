//! Domains that Neon Auth may redirect to.

use neon_api_raw::enums::NeonAuthSupportedAuthProvider;
use neon_api_raw::types::{
    NeonAuthAddDomainToRedirectUriWhitelistRequest,
    NeonAuthDeleteDomainFromRedirectUriWhitelistItem,
    NeonAuthDeleteDomainFromRedirectUriWhitelistRequest, NeonAuthRedirectUriWhitelistDomain,
};

use super::AuthHandle;
use crate::call::{Call, call};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::branches::BranchHandle;

/// The domains that a branch's Neon Auth trusts: those that it may redirect to. Nothing is sent
/// until a call is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let domains = branch.auth().trusted_domains();
/// domains.add("better_auth", "https://app.example.com").await?;
/// for trusted in domains.list().await? {
///     println!("{}", trusted.domain);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TrustedDomains {
    branch: BranchHandle,
}

impl AuthHandle {
    /// The domains that Neon Auth trusts: adding, removing and listing.
    pub fn trusted_domains(&self) -> TrustedDomains {
        TrustedDomains {
            branch: self.branch.clone(),
        }
    }
}

impl TrustedDomains {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Lists the domains (`listBranchNeonAuthTrustedDomains`), each with its auth provider. In
    /// beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "listBranchNeonAuthTrustedDomains")]
    pub fn list(&self) -> Pager<Plain<NeonAuthRedirectUriWhitelistDomain>> {
        list!(
            self.branch,
            LIST_BRANCH_NEON_AUTH_TRUSTED_DOMAINS,
            |branch, neon| neon
                .raw()
                .list_branch_neon_auth_trusted_domains(&branch.project, &branch.id)
                .await,
            |response| response.domains
        )
    }

    /// Adds a domain (`addBranchNeonAuthTrustedDomain`), written as a URI such as
    /// `https://app.example.com`, for the auth provider that Neon Auth was enabled with. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "addBranchNeonAuthTrustedDomain")]
    pub fn add(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        domain: impl Into<String>,
    ) -> Call<()> {
        let body = NeonAuthAddDomainToRedirectUriWhitelistRequest::new(provider.into(), domain);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .add_branch_neon_auth_trusted_domain(&this.branch.project, &this.branch.id, &body)
                .await,
            |_| ()
        )
    }

    /// Removes domains (`deleteBranchNeonAuthTrustedDomain`), at least one, as they were added. In
    /// beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let domains = branch.auth().trusted_domains();
    /// domains.remove("better_auth", ["https://app.example.com"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when there are no domains. The request
    /// is not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "deleteBranchNeonAuthTrustedDomain")]
    pub fn remove<D: Into<String>>(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        domains: impl IntoIterator<Item = D>,
    ) -> Call<()> {
        let mut this = self.clone();
        let body = removal(&mut this.branch.neon, provider.into(), domains);
        call!(
            &this,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.delete_branch_neon_auth_trusted_domain(project, id, &body)
                    .await
            },
            |_| ()
        )
    }
}

/// The body that removes domains; without any, the calls of `neon` fail.
pub(in crate::resources) fn removal<D: Into<String>>(
    neon: &mut Neon,
    provider: NeonAuthSupportedAuthProvider,
    domains: impl IntoIterator<Item = D>,
) -> NeonAuthDeleteDomainFromRedirectUriWhitelistRequest {
    let domains = domains.into_iter();
    let items: Vec<_> = domains
        .map(NeonAuthDeleteDomainFromRedirectUriWhitelistItem::new)
        .collect();
    if items.is_empty() {
        neon.refuse("domains", "expected at least one domain");
    }
    NeonAuthDeleteDomainFromRedirectUriWhitelistRequest::new(provider, items)
}
