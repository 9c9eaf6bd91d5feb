//! OAuth providers of Neon Auth.

use neon_api_raw::Secret;
use neon_api_raw::enums::NeonAuthOauthProviderId;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    NeonAuthAddOAuthProviderRequest, NeonAuthOauthProvider, NeonAuthUpdateOAuthProviderRequest,
};

use super::AuthHandle;
use crate::call::{Call, call, deleted, maybe, request};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::branches::BranchHandle;
use crate::waits::Started;

/// The OAuth providers by which users sign in to a branch's Neon Auth. Nothing is sent until a call
/// is made on it; clones are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for provider in branch.auth().oauth_providers().list().await? {
///     println!("{} with keys that are {}", provider.id, provider.type_);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OauthProviders {
    branch: BranchHandle,
}

/// One OAuth provider of a branch's Neon Auth. Nothing is sent until a call is made on it; clones
/// are cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// branch.auth().oauth_provider("github").delete().ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OauthProviderHandle {
    branch: BranchHandle,
    id: NeonAuthOauthProviderId,
}

impl AuthHandle {
    /// The OAuth providers: adding and listing.
    pub fn oauth_providers(&self) -> OauthProviders {
        OauthProviders {
            branch: self.branch.clone(),
        }
    }

    /// One OAuth provider: `google`, `github`, `microsoft` or `vercel`, as a string or a
    /// [`NeonAuthOauthProviderId`]. Nothing is sent until a call is made on it.
    pub fn oauth_provider(&self, id: impl Into<NeonAuthOauthProviderId>) -> OauthProviderHandle {
        OauthProviderHandle {
            branch: self.branch.clone(),
            id: id.into(),
        }
    }
}

impl OauthProviders {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Lists the OAuth providers (`listBranchNeonAuthOauthProviders`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "listBranchNeonAuthOauthProviders")]
    pub fn list(&self) -> Pager<Plain<NeonAuthOauthProvider>> {
        list!(
            self.branch,
            LIST_BRANCH_NEON_AUTH_OAUTH_PROVIDERS,
            |branch, neon| neon
                .raw()
                .list_branch_neon_auth_oauth_providers(&branch.project, &branch.id)
                .await,
            |response| response.providers
        )
    }

    /// The OAuth provider of this ID, such as `github` (`listBranchNeonAuthOauthProviders`); `None`
    /// if there is none. In beta.
    pub fn find(
        &self,
        id: impl Into<NeonAuthOauthProviderId>,
    ) -> Call<Option<NeonAuthOauthProvider>> {
        let id = id.into();
        self.list().find_where(move |it| it.id == id)
    }

    /// Adds an OAuth provider (`addBranchNeonAuthOauthProvider`): `google`, `github`, `microsoft`
    /// or `vercel`, as a string or a [`NeonAuthOauthProviderId`]. In beta. [`AddOauthProvider`]
    /// describes what else can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let provider = branch.auth().oauth_providers().add("google").await?;
    /// println!("{}", provider.type_);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "addBranchNeonAuthOauthProvider")]
    pub fn add(&self, id: impl Into<NeonAuthOauthProviderId>) -> AddOauthProvider {
        AddOauthProvider {
            branch: self.branch.clone(),
            body: NeonAuthAddOAuthProviderRequest::new(id.into()),
        }
    }
}

/// An OAuth provider that is to be added. Awaiting it sends the request
/// (`addBranchNeonAuthOauthProvider`). In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle, secret: String) -> Result<(), neon_api::Error> {
/// let providers = branch.auth().oauth_providers();
/// providers.add("github").client_id("Iv1.8a61f9b3a7aba766").client_secret(secret).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct AddOauthProvider {
    branch: BranchHandle,
    body: NeonAuthAddOAuthProviderRequest,
}

impl AddOauthProvider {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The client ID that the provider issued for the application.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.body.client_id = Some(id.into());
        self
    }

    /// The client secret that the provider issued for the application.
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.body.client_secret = Some(secret.into());
        self
    }

    /// The ID of the Microsoft tenant, for the provider `microsoft`.
    pub fn microsoft_tenant_id(mut self, id: impl Into<String>) -> Self {
        self.body.microsoft_tenant_id = Some(id.into());
        self
    }

    fn call(self) -> Call<NeonAuthOauthProvider> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .add_branch_neon_auth_oauth_provider(
                    &this.branch.project,
                    &this.branch.id,
                    &this.body
                )
                .await,
            |response| *response
        )
    }
}

request!(AddOauthProvider => NeonAuthOauthProvider);

maybe! { AddOauthProvider;
    maybe_client_id = client_id(impl Into<String>);
    maybe_client_secret = client_secret(impl Into<Secret>);
    maybe_microsoft_tenant_id = microsoft_tenant_id(impl Into<String>);
}

impl OauthProviderHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The provider's ID, such as `github`.
    pub fn id(&self) -> &NeonAuthOauthProviderId {
        &self.id
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// Changes the provider's settings (`updateBranchNeonAuthOauthProvider`). In beta.
    /// [`UpdateOauthProvider`] describes what can be changed, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle, secret: String) -> Result<(), neon_api::Error> {
    /// branch.auth().oauth_provider("github").update().client_secret(secret).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "updateBranchNeonAuthOauthProvider")]
    pub fn update(&self) -> UpdateOauthProvider {
        UpdateOauthProvider {
            provider: self.clone(),
            body: NeonAuthUpdateOAuthProviderRequest::default(),
        }
    }

    /// Deletes the provider (`deleteBranchNeonAuthOauthProvider`): users can no longer sign in by
    /// it. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such provider. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "deleteBranchNeonAuthOauthProvider")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_branch_neon_auth_oauth_provider(&this.branch.project, &this.branch.id, &this.id)
            .await)
    }
}

/// A change of an OAuth provider. Awaiting it sends the request
/// (`updateBranchNeonAuthOauthProvider`); what is not set stays as it is. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let github = branch.auth().oauth_provider("github");
/// github.update().client_id("Iv1.8a61f9b3a7aba766").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such provider. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct UpdateOauthProvider {
    provider: OauthProviderHandle,
    body: NeonAuthUpdateOAuthProviderRequest,
}

impl UpdateOauthProvider {
    fn neon(&self) -> &Neon {
        self.provider.neon()
    }

    /// The client ID that the provider issued for the application.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.body.client_id = Some(id.into());
        self
    }

    /// The client secret that the provider issued for the application.
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.body.client_secret = Some(secret.into());
        self
    }

    /// The ID of the Microsoft tenant, for the provider `microsoft`.
    pub fn microsoft_tenant_id(mut self, id: impl Into<String>) -> Self {
        self.body.microsoft_tenant_id = Some(id.into());
        self
    }

    fn call(self) -> Call<NeonAuthOauthProvider> {
        call!(
            self,
            |this, neon| {
                let OauthProviderHandle { branch, id } = &this.provider;
                let raw = neon.raw();
                raw.update_branch_neon_auth_oauth_provider(
                    &branch.project,
                    &branch.id,
                    id,
                    &this.body,
                )
                .await
            },
            |response| *response
        )
    }
}

request!(UpdateOauthProvider => NeonAuthOauthProvider);

maybe! { UpdateOauthProvider;
    maybe_client_id = client_id(impl Into<String>);
    maybe_client_secret = client_secret(impl Into<Secret>);
    maybe_microsoft_tenant_id = microsoft_tenant_id(impl Into<String>);
}
