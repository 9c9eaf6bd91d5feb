//! API keys of the user.
//!
//! All calls require a personal API key; keys of organizations are made and revoked by
//! [`org.api_keys()`](crate::orgs::OrgHandle::api_keys).
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let created = neon.api_keys().create("nightly-reset").await?;
//! println!("{}", created.key.expose());
//! for key in neon.api_keys().list().await? {
//!     println!("{} {}, last used at {:?}", key.id, key.name, key.last_used_at);
//! }
//! neon.api_key(created.id).revoke().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::{
    ApiKeyCreateRequest, ApiKeyCreateResponse, ApiKeyRevokeResponse, ApiKeysListResponseItem,
    OrgApiKeyCreateResponse, OrgApiKeysListResponseItem,
};

use crate::call::{Call, call};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The API keys of the user that the client's key belongs to. Nothing is sent until a call is made
/// on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// for key in neon.api_keys().list().await? {
///     println!("{} {}", key.id, key.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ApiKeys {
    neon: Neon,
}

/// One API key of the user. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let revoked = neon.api_key(1_234_567).revoke().await?;
/// println!("{} was last used at {:?}", revoked.name, revoked.last_used_at);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ApiKeyHandle {
    neon: Neon,
    id: i64,
}

/// The ID of an API key: an integer, or that of a value of the API that has one.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// if let Some(old) = neon.api_keys().find("nightly-reset").await? {
///     neon.api_key(&old).revoke().await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyId(pub(super) i64);

impl From<i64> for ApiKeyId {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

macro_rules! ids_of_keys {
    ($($key:ty),*) => {$(
        impl From<&$key> for ApiKeyId {
            fn from(key: &$key) -> Self {
                Self(key.id)
            }
        }
    )*};
}

ids_of_keys!(
    ApiKeyCreateResponse,
    ApiKeysListResponseItem,
    OrgApiKeyCreateResponse,
    OrgApiKeysListResponseItem
);

impl Neon {
    /// The API keys of the user that the client's key belongs to: creating and listing.
    pub fn api_keys(&self) -> ApiKeys {
        ApiKeys { neon: self.clone() }
    }

    /// One API key of the user, by its ID, an integer, or by a value that has one. Nothing is sent
    /// until a call is made on it.
    pub fn api_key(&self, id: impl Into<ApiKeyId>) -> ApiKeyHandle {
        let neon = self.clone();
        let ApiKeyId(id) = id.into();
        ApiKeyHandle { neon, id }
    }
}

impl ApiKeys {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// Creates an API key (`createApiKey`). The response has the key itself, which cannot be read
    /// again: store it. Names have up to 64 characters. Requires a personal API key.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let created = neon.api_keys().create("nightly-reset").await?;
    /// println!("{}", created.key.expose());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses keys of organizations and projects. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "createApiKey")]
    pub fn create(&self, name: impl Into<String>) -> Call<ApiKeyCreateResponse> {
        let body = ApiKeyCreateRequest::new(name);
        call!(
            &self,
            |_this, neon| neon.raw().create_api_key(&body).await,
            |response| *response
        )
    }

    /// Lists the API keys (`listApiKeys`), without the keys themselves. Requires a personal API
    /// key. Retried as a read.
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses keys of organizations and projects.
    #[doc(alias = "listApiKeys")]
    pub fn list(&self) -> Pager<Plain<ApiKeysListResponseItem>> {
        list!(
            self,
            LIST_API_KEYS,
            |_this, neon| neon.raw().list_api_keys().await,
            |response| *response
        )
    }

    /// The first API key with exactly this name (`listApiKeys`); `None` if there is none. Requires
    /// a personal API key.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<ApiKeysListResponseItem>> {
        let name = name.into();
        self.list().find_where(move |it| it.name == name)
    }
}

impl ApiKeyHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The key's ID.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Revokes the API key for good (`revokeApiKey`): requests with it are refused from then on,
    /// those of this client as well if it is the client's own. Requires a personal API key.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such key. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and revoking again does no harm.
    #[doc(alias = "revokeApiKey")]
    pub fn revoke(&self) -> Call<ApiKeyRevokeResponse> {
        call!(
            &self,
            |this, neon| neon.raw().revoke_api_key(this.id).await,
            |response| *response
        )
    }
}
