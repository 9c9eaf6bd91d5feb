//! The server that Neon Auth sends email with.

use neon_api_raw::types::{SendNeonAuthEmailProviderTestRequest, SendNeonAuthTestEmailResponse};
use neon_api_raw::unions::{NeonAuthEmailServerConfig, NeonAuthEmailServerConfigResponse};

use super::AuthHandle;
use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// What a branch's Neon Auth sends email with: a shared server (`shared`) or one of your own
/// (`standard`). Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::unions::NeonAuthEmailServerConfigResponse::Standard;
///
/// if let Standard(server) = branch.auth().email_provider().get().await? {
///     println!("sent by {}:{}", server.host, server.port);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthEmailProvider {
    branch: BranchHandle,
}

impl AuthHandle {
    /// What Neon Auth sends email with.
    pub fn email_provider(&self) -> AuthEmailProvider {
        AuthEmailProvider {
            branch: self.branch.clone(),
        }
    }
}

impl AuthEmailProvider {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The settings (`getNeonAuthEmailProvider`), the server's password a secret. Retried as a
    /// read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthEmailProvider")]
    pub fn get(&self) -> Call<NeonAuthEmailServerConfigResponse> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_email_provider(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The settings (`getNeonAuthEmailProvider`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<NeonAuthEmailServerConfigResponse>> {
        self.get().optional()
    }

    /// Changes the settings (`updateNeonAuthEmailProvider`), to those of a server of your own or of
    /// the shared one, and returns them as they are now.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle, password: String) -> Result<(), neon_api::Error> {
    /// use neon_api::types::StandardEmailServer;
    ///
    /// let server = StandardEmailServer::default()
    ///     .with_host("smtp.example.com")
    ///     .with_port(587)
    ///     .with_username("mailer")
    ///     .with_password(password)
    ///     .with_sender_email("no-reply@example.com")
    ///     .with_sender_name("Example");
    /// branch.auth().email_provider().update(server).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthEmailProvider")]
    pub fn update(
        &self,
        server: impl Into<NeonAuthEmailServerConfig>,
    ) -> Call<NeonAuthEmailServerConfigResponse> {
        let server = server.into();
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_neon_auth_email_provider(&this.branch.project, &this.branch.id, &server)
                .await,
            |response| *response
        )
    }

    /// Sends a test email with the present settings (`sendNeonAuthEmailProviderTest`) to an address
    /// of 1 to 256 characters. A failure to send it is not an error of the call: `success` is then
    /// `false`, and `error_message` may say why. In beta.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let test = branch.auth().email_provider().send_test("ada@example.com").await?;
    /// assert!(test.success, "{:?}", test.error_message);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "sendNeonAuthEmailProviderTest")]
    pub fn send_test(&self, to: impl Into<String>) -> Call<SendNeonAuthTestEmailResponse> {
        let body = SendNeonAuthEmailProviderTestRequest::new(to);
        call!(
            &self,
            |this, neon| neon
                .raw()
                .send_neon_auth_email_provider_test(&this.branch.project, &this.branch.id, &body)
                .await,
            |response| *response
        )
    }
}
