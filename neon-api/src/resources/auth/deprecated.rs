//! Calls of Neon Auth that the API deprecates.

#![allow(
    deprecated,
    reason = "what calls deprecated operations is deprecated itself"
)]

use neon_api_raw::types::{SendNeonAuthTestEmailRequest, SendNeonAuthTestEmailResponse};

use super::AuthHandle;
use crate::call::{Call, call};

impl AuthHandle {
    /// Sends a test email with a server that the request describes (`sendNeonAuthTestEmail`). A
    /// failure to send it is not an error of the call: `success` is then `false`, and
    /// `error_message` may say why. In beta; the API removes it on 2027-02-28.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[deprecated(note = "use branch.auth().email_provider().send_test(…)")]
    #[doc(alias = "sendNeonAuthTestEmail")]
    pub fn send_test_email(
        &self,
        email: SendNeonAuthTestEmailRequest,
    ) -> Call<SendNeonAuthTestEmailResponse> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .send_neon_auth_test_email(&this.branch.project, &this.branch.id, &email)
                .await,
            |response| *response
        )
    }
}
