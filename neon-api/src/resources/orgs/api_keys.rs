//! API keys of an organization.
//!
//! All calls require the personal API key of an admin of the organization.
//!
//! ```no_run
//! # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
//! let created = org.api_keys().create("deployments").project("late-frost-12345678").await?;
//! println!("{}", created.key.expose());
//! org.api_key(created.id).revoke().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::types::{
    OrgApiKeyCreateRequest, OrgApiKeyCreateResponse, OrgApiKeyRevokeResponse,
    OrgApiKeysListResponseItem,
};

use super::OrgHandle;
use crate::call::{Call, IntoId, call, maybe, request};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::api_keys::ApiKeyId;

/// The API keys of an organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// for key in org.api_keys().list().await? {
///     println!("{} {} of the project {:?}", key.id, key.name, key.project_id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgApiKeys {
    org: OrgHandle,
}

/// One API key of an organization. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// let revoked = org.api_key(1_234_567).revoke().await?;
/// println!("{} was last used at {:?}", revoked.name, revoked.last_used_at);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrgApiKeyHandle {
    org: OrgHandle,
    id: i64,
}

impl OrgHandle {
    /// The organization's API keys: creating and listing.
    pub fn api_keys(&self) -> OrgApiKeys {
        OrgApiKeys { org: self.clone() }
    }

    /// One API key of the organization, by its ID, an integer, or by a value that has one. Nothing
    /// is sent until a call is made on it.
    pub fn api_key(&self, id: impl Into<ApiKeyId>) -> OrgApiKeyHandle {
        let org = self.clone();
        let ApiKeyId(id) = id.into();
        OrgApiKeyHandle { org, id }
    }
}

impl OrgApiKeys {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// Creates an API key (`createOrgApiKey`) of the organization or of one of its projects. The
    /// response has the key itself, which cannot be read again: store it. Names have up to 64
    /// characters. Requires the personal API key of an admin of the organization.
    /// [`CreateOrgApiKey`] describes what else can be chosen, and how the call fails.
    #[doc(alias = "createOrgApiKey")]
    pub fn create(&self, name: impl Into<String>) -> CreateOrgApiKey {
        CreateOrgApiKey {
            org: self.org.clone(),
            key: OrgApiKeyCreateRequest::new(name),
        }
    }

    /// Lists the API keys (`listOrgApiKeys`), without the keys themselves. Requires the personal
    /// API key of an admin of the organization. Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such organization.
    #[doc(alias = "listOrgApiKeys")]
    pub fn list(&self) -> Pager<Plain<OrgApiKeysListResponseItem>> {
        list!(
            self.org,
            LIST_ORG_API_KEYS,
            |org, neon| neon.raw().list_org_api_keys(&org.id).await,
            |response| *response
        )
    }

    /// The first API key with exactly this name (`listOrgApiKeys`); `None` if there is none.
    /// Requires the personal API key of an admin of the organization.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<OrgApiKeysListResponseItem>> {
        let name = name.into();
        self.list().find_where(move |it| it.name == name)
    }
}

/// An API key that is to be created. Awaiting it sends the request (`createOrgApiKey`). Requires
/// the personal API key of an admin of the organization.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// let created = org.api_keys().create("deployments").project("late-frost-12345678").await?;
/// println!("{}", created.key.expose());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such organization or project. The
/// request is not retried when its response is lost:
/// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateOrgApiKey {
    org: OrgHandle,
    key: OrgApiKeyCreateRequest,
}

impl CreateOrgApiKey {
    /// Limits the key to this project; without this, it is for all projects of the organization.
    pub fn project(mut self, project: impl IntoId<ProjectId>) -> Self {
        self.key.project_id = Some(self.org.neon.take_id(project));
        self
    }

    fn neon(&self) -> &Neon {
        self.org.neon()
    }

    fn call(self) -> Call<OrgApiKeyCreateResponse> {
        call!(
            self,
            |this, neon| neon.raw().create_org_api_key(&this.org.id, &this.key).await,
            |response| *response
        )
    }
}

request!(CreateOrgApiKey => OrgApiKeyCreateResponse);

maybe! { CreateOrgApiKey; maybe_project = project(impl IntoId<ProjectId>) }

impl OrgApiKeyHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.org.neon()
    }

    /// The key's ID.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The ID of the organization that it belongs to.
    pub fn org_id(&self) -> &OrgId {
        self.org.id()
    }

    /// Revokes the API key for good (`revokeOrgApiKey`): requests with it are refused from then on.
    /// Requires the personal API key of an admin of the organization.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such key. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and revoking again does no harm.
    #[doc(alias = "revokeOrgApiKey")]
    pub fn revoke(&self) -> Call<OrgApiKeyRevokeResponse> {
        call!(
            &self,
            |this, neon| neon.raw().revoke_org_api_key(&this.org.id, this.id).await,
            |response| *response
        )
    }
}
