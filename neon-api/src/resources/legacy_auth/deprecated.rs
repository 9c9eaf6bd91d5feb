//! Calls of the Neon Auth of projects that the API deprecates. All were announced to end on
//! 2026-03-01.

#![allow(
    deprecated,
    reason = "what calls deprecated operations is deprecated itself"
)]

use neon_api_raw::enums::{NeonAuthOauthProviderId, NeonAuthSupportedAuthProvider};
use neon_api_raw::ids::{AuthUserId, BranchId};
use neon_api_raw::types::{
    NeonAuthAddDomainToRedirectUriWhitelistRequest, NeonAuthAddOAuthProviderRequest,
    NeonAuthIntegration, NeonAuthOauthProvider, NeonAuthRedirectUriWhitelistDomain,
    NeonAuthUpdateOAuthProviderRequest,
};
use neon_api_raw::unions::{NeonAuthEmailServerConfig, NeonAuthEmailServerConfigResponse};

use super::{CreateLegacyIntegration, CreateLegacyUser, DeleteLegacyIntegration, LegacyAuth};
use crate::call::{Call, IntoId, call, deleted};
use crate::pager::{Pager, Plain, list};
use crate::resources::auth::removal;
use crate::waits::Started;

/// What the API deprecates.
impl LegacyAuth {
    /// Lists the integrations (`listNeonAuthIntegrations`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[deprecated(note = "use branch.auth().get()")]
    #[doc(alias = "listNeonAuthIntegrations")]
    pub fn list_integrations(&self) -> Pager<Plain<NeonAuthIntegration>> {
        list!(
            self.project,
            LIST_NEON_AUTH_INTEGRATIONS,
            |project, neon| neon.raw().list_neon_auth_integrations(&project.id).await,
            |response| response.data
        )
    }

    /// Integrates an auth provider with a branch of the project (`createNeonAuthIntegration`). The
    /// response has the keys, one of them a secret. [`CreateLegacyIntegration`] describes what else
    /// can be chosen, and how the call fails.
    #[deprecated(note = "use branch.auth().enable(…)")]
    #[doc(alias = "createNeonAuthIntegration")]
    pub fn create_integration(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        branch: impl IntoId<BranchId>,
    ) -> CreateLegacyIntegration {
        CreateLegacyIntegration::new(self.project.clone(), provider.into(), branch)
    }

    /// Deletes the integration of an auth provider (`deleteNeonAuthIntegration`): users can no
    /// longer sign in. Its data stays unless [`delete_data`](DeleteLegacyIntegration::delete_data)
    /// is set, which cannot be undone.
    #[deprecated(note = "use branch.auth().disable()")]
    #[doc(alias = "deleteNeonAuthIntegration")]
    pub fn delete_integration(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
    ) -> DeleteLegacyIntegration {
        DeleteLegacyIntegration::new(self.project.clone(), provider.into())
    }

    /// Creates a user with an email address of 1 to 256 characters (`createNeonAuthNewUser`) and
    /// returns the ID. [`CreateLegacyUser`] describes what else can be chosen, and how the call
    /// fails.
    #[deprecated(note = "use branch.auth().users().create(…)")]
    #[doc(alias = "createNeonAuthNewUser")]
    pub fn create_user(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        email: impl Into<String>,
    ) -> CreateLegacyUser {
        CreateLegacyUser::new(self.project.clone(), provider.into(), email.into())
    }

    /// Deletes a user for good (`deleteNeonAuthUser`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such user.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().user(id).delete()")]
    #[doc(alias = "deleteNeonAuthUser")]
    pub fn delete_user(&self, id: impl IntoId<AuthUserId>) -> Call<Started<()>> {
        let mut project = self.project.clone();
        let id = project.neon.take_id(id);
        deleted!(&project, |project, neon| neon
            .raw()
            .delete_neon_auth_user(&project.id, &id)
            .await)
    }

    /// Lists the OAuth providers (`listNeonAuthOauthProviders`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[deprecated(note = "use branch.auth().oauth_providers().list()")]
    #[doc(alias = "listNeonAuthOauthProviders")]
    pub fn list_oauth_providers(&self) -> Pager<Plain<NeonAuthOauthProvider>> {
        list!(
            self.project,
            LIST_NEON_AUTH_OAUTH_PROVIDERS,
            |project, neon| neon.raw().list_neon_auth_oauth_providers(&project.id).await,
            |response| response.providers
        )
    }

    /// Adds an OAuth provider (`addNeonAuthOauthProvider`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().oauth_providers().add(…)")]
    #[doc(alias = "addNeonAuthOauthProvider")]
    pub fn add_oauth_provider(
        &self,
        provider: NeonAuthAddOAuthProviderRequest,
    ) -> Call<NeonAuthOauthProvider> {
        call!(
            &self.project,
            |project, neon| neon
                .raw()
                .add_neon_auth_oauth_provider(&project.id, &provider)
                .await,
            |response| *response
        )
    }

    /// Changes an OAuth provider (`updateNeonAuthOauthProvider`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such provider.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().oauth_provider(id).update()")]
    #[doc(alias = "updateNeonAuthOauthProvider")]
    pub fn update_oauth_provider(
        &self,
        id: impl Into<NeonAuthOauthProviderId>,
        change: NeonAuthUpdateOAuthProviderRequest,
    ) -> Call<NeonAuthOauthProvider> {
        let id = id.into();
        call!(
            &self.project,
            |project, neon| neon
                .raw()
                .update_neon_auth_oauth_provider(&project.id, &id, &change)
                .await,
            |response| *response
        )
    }

    /// Deletes an OAuth provider (`deleteNeonAuthOauthProvider`): users can no longer sign in by
    /// it.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such provider.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().oauth_provider(id).delete()")]
    #[doc(alias = "deleteNeonAuthOauthProvider")]
    pub fn delete_oauth_provider(
        &self,
        id: impl Into<NeonAuthOauthProviderId>,
    ) -> Call<Started<()>> {
        let id = id.into();
        deleted!(&self.project, |project, neon| neon
            .raw()
            .delete_neon_auth_oauth_provider(&project.id, &id)
            .await)
    }

    /// Lists the domains that Neon Auth may redirect to
    /// (`listNeonAuthRedirectURIWhitelistDomains`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[deprecated(note = "use branch.auth().trusted_domains().list()")]
    #[doc(alias = "listNeonAuthRedirectURIWhitelistDomains")]
    pub fn list_trusted_domains(&self) -> Pager<Plain<NeonAuthRedirectUriWhitelistDomain>> {
        list!(
            self.project,
            LIST_NEON_AUTH_REDIRECT_URI_WHITELIST_DOMAINS,
            |project, neon| neon
                .raw()
                .list_neon_auth_redirect_uri_whitelist_domains(&project.id)
                .await,
            |response| response.domains
        )
    }

    /// Adds a domain that Neon Auth may redirect to (`addNeonAuthDomainToRedirectURIWhitelist`),
    /// written as a URI such as `https://app.example.com`.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().trusted_domains().add(…)")]
    #[doc(alias = "addNeonAuthDomainToRedirectURIWhitelist")]
    pub fn add_trusted_domain(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        domain: impl Into<String>,
    ) -> Call<()> {
        let body = NeonAuthAddDomainToRedirectUriWhitelistRequest::new(provider.into(), domain);
        call!(
            &self.project,
            |project, neon| neon
                .raw()
                .add_neon_auth_domain_to_redirect_uri_whitelist(&project.id, &body)
                .await,
            |_| ()
        )
    }

    /// Removes domains from those that Neon Auth may redirect to
    /// (`deleteNeonAuthDomainFromRedirectURIWhitelist`), at least one, as they were added.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when there are no domains.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().trusted_domains().remove(…)")]
    #[doc(alias = "deleteNeonAuthDomainFromRedirectURIWhitelist")]
    pub fn remove_trusted_domains<D: Into<String>>(
        &self,
        provider: impl Into<NeonAuthSupportedAuthProvider>,
        domains: impl IntoIterator<Item = D>,
    ) -> Call<()> {
        let mut project = self.project.clone();
        let body = removal(&mut project.neon, provider.into(), domains);
        call!(
            &project,
            |project, neon| neon
                .raw()
                .delete_neon_auth_domain_from_redirect_uri_whitelist(&project.id, &body)
                .await,
            |_| ()
        )
    }

    /// The email server's settings (`getNeonAuthEmailServer`), its password a secret. Retried as a
    /// read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[deprecated(note = "use branch.auth().email_provider().get()")]
    #[doc(alias = "getNeonAuthEmailServer")]
    pub fn email_server(&self) -> Call<NeonAuthEmailServerConfigResponse> {
        call!(
            &self.project,
            |project, neon| neon.raw().get_neon_auth_email_server(&project.id).await,
            |response| *response
        )
    }

    /// Changes the email server's settings (`updateNeonAuthEmailServer`) and returns them as they
    /// are now.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    /// The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[deprecated(note = "use branch.auth().email_provider().update(…)")]
    #[doc(alias = "updateNeonAuthEmailServer")]
    pub fn update_email_server(
        &self,
        server: impl Into<NeonAuthEmailServerConfig>,
    ) -> Call<NeonAuthEmailServerConfigResponse> {
        let server = server.into();
        call!(
            &self.project,
            |project, neon| neon
                .raw()
                .update_neon_auth_email_server(&project.id, &server)
                .await,
            |response| *response
        )
    }
}
