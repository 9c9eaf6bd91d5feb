//! Creating a credential.

use neon_api_raw::enums::{CreateCredentialRequestPrincipalType, CredentialScope};
use neon_api_raw::types::{CreateCredentialRequest, CreateCredentialResponse};

use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// A credential that is to be created. Awaiting it sends the request (`createCredential`). In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let created = branch.credentials().create(["storage:read"]).name("reports").await?;
/// println!("{} until {:?}", created.token_id, created.expires_at);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when there are no scopes,
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateCredential {
    branch: BranchHandle,
    body: CreateCredentialRequest,
}

impl CreateCredential {
    pub(super) fn new(mut branch: BranchHandle, scopes: Vec<CredentialScope>) -> Self {
        if scopes.is_empty() {
            branch.neon.refuse("scopes", "expected at least one scope");
        }
        let principal = CreateCredentialRequestPrincipalType::User;
        let body = CreateCredentialRequest::new(principal, scopes);
        Self { branch, body }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The credential's name, up to 256 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.body.name = Some(name.into());
        self
    }

    fn call(self) -> Call<CreateCredentialResponse> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .create_credential(&this.branch.project, &this.branch.id, &this.body)
                .await,
            |response| *response
        )
    }
}

request!(CreateCredential => CreateCredentialResponse);

maybe! { CreateCredential; maybe_name = name(impl Into<String>) }
