//! One credential.

use neon_api_raw::ids::{BranchId, ProjectId, TokenId};
use neon_api_raw::types::{CredentialSecret, RotateCredentialResponse};

use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// One credential of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// if let Some(found) = branch.credentials().find("uploads").await? {
///     let secret = branch.credential(&found).reveal().await?;
///     println!("{}", secret.api_token.expose());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CredentialHandle {
    pub(super) branch: BranchHandle,
    pub(super) id: TokenId,
}

impl CredentialHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The ID of the credential's token, as it was given. Calls of a handle that was made of a
    /// string which cannot be an ID fail, and this is then its beginning.
    pub fn id(&self) -> &TokenId {
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

    /// The credential's secrets (`revealCredential`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none,
    /// [`is_conflict`](crate::Error::is_conflict) when its secrets cannot be revealed. The
    /// operation is a POST, so that it is not retried when its response is lost.
    #[doc(alias = "revealCredential")]
    pub fn reveal(&self) -> Call<CredentialSecret> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .reveal_credential(&this.branch.project, &this.branch.id, &this.id)
                .await,
            |response| *response
        )
    }

    /// Replaces the credential's secrets by new ones (`rotateCredential`), which the response has;
    /// the old ones no longer serve. Go on with the `token_id` of the response. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "rotateCredential")]
    pub fn rotate(&self) -> Call<RotateCredentialResponse> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .rotate_credential(&this.branch.project, &this.branch.id, &this.id)
                .await,
            |response| *response
        )
    }

    /// Revokes the credential for good (`revokeCredential`): what uses it is refused from then on.
    /// In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is none. The request is not retried
    /// when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports it,
    /// and revoking again does no harm.
    #[doc(alias = "revokeCredential")]
    pub fn revoke(&self) -> Call<()> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .revoke_credential(&this.branch.project, &this.branch.id, &this.id)
                .await,
            |_| ()
        )
    }
}
