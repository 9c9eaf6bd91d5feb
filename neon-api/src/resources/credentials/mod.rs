//! Credentials of a branch: tokens for its object storage, its AI gateway and its functions.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::CredentialScope::{StorageRead, StorageWrite};
//!
//! let credentials = branch.credentials();
//! let created = credentials.create([StorageRead, StorageWrite]).name("uploads").await?;
//! println!("{}", created.s3_secret_access_key.expose());
//!
//! let rotated = branch.credential(&created).rotate().await?;
//! branch.credential(&rotated).revoke().await?;
//! # Ok(())
//! # }
//! ```

mod create;
mod handle;

use neon_api_raw::enums::CredentialScope;
use neon_api_raw::ids::TokenId;
use neon_api_raw::types::{
    CreateCredentialResponse, CredentialMeta, CredentialSecret, RotateCredentialResponse,
};

pub use create::CreateCredential;
pub use handle::CredentialHandle;

use super::branches::BranchHandle;
use crate::call::{self, Call, IntoId};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The credentials of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for credential in branch.credentials().list().await? {
///     println!("{:?}, last used {:?}", credential.name, credential.last_used_at);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    branch: BranchHandle,
}

impl BranchHandle {
    /// The branch's credentials: creating, finding and listing. In beta.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            branch: self.clone(),
        }
    }

    /// One credential of the branch, by its token's ID or by a value that has one. Nothing is sent
    /// until a call is made on it. In beta.
    pub fn credential(&self, id: impl IntoId<TokenId>) -> CredentialHandle {
        let mut branch = self.clone();
        let id = branch.neon.take_id(id);
        CredentialHandle { branch, id }
    }
}

impl Credentials {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Creates a credential (`createCredential`) that may be used for these, 1 to 16 scopes. The
    /// response has its secrets. In beta. [`CreateCredential`] describes what else can be chosen,
    /// and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let created = branch.credentials().create(["ai_gateway:invoke"]).await?;
    /// println!("{}", created.api_token.expose());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createCredential")]
    pub fn create<S: Into<CredentialScope>>(
        &self,
        scopes: impl IntoIterator<Item = S>,
    ) -> CreateCredential {
        let scopes = scopes.into_iter().map(Into::into).collect();
        CreateCredential::new(self.branch.clone(), scopes)
    }

    /// Lists the credentials (`listCredentials`), without their secrets, revoked ones included. In
    /// beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "listCredentials")]
    pub fn list(&self) -> Pager<Plain<CredentialMeta>> {
        list!(
            self.branch,
            LIST_CREDENTIALS,
            |branch, neon| neon
                .raw()
                .list_credentials(&branch.project, &branch.id)
                .await,
            |response| response.credentials
        )
    }

    /// The credential with exactly this name (`listCredentials`); `None` if there is none. Of
    /// several, the first that the API lists. In beta.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<CredentialMeta>> {
        let name = name.into();
        let list = self.list();
        list.find_where(move |credential| credential.name.as_deref() == Some(&*name))
    }
}

call::from_values! {
    CreateCredentialResponse => TokenId, |created| created.token_id;
    CredentialMeta => TokenId, |credential| credential.token_id;
    CredentialSecret => TokenId, |secret| secret.token_id;
    RotateCredentialResponse => TokenId, |rotated| rotated.token_id;
}
