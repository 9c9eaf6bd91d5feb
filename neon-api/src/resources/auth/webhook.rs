//! The webhook of Neon Auth.

use neon_api_raw::types::NeonAuthWebhookConfig;

use super::AuthHandle;
use crate::call::{Call, call};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// The webhook that a branch's Neon Auth reports events to. Nothing is sent until a call is made on
/// it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let webhook = branch.auth().webhook().get().await?;
/// println!("{:?} is called: {}", webhook.webhook_url, webhook.enabled);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthWebhook {
    branch: BranchHandle,
}

impl AuthHandle {
    /// The webhook that Neon Auth reports events to.
    pub fn webhook(&self) -> AuthWebhook {
        AuthWebhook {
            branch: self.branch.clone(),
        }
    }
}

impl AuthWebhook {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The webhook's settings (`getNeonAuthWebhookConfig`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthWebhookConfig")]
    pub fn get(&self) -> Call<NeonAuthWebhookConfig> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_webhook_config(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The webhook's settings (`getNeonAuthWebhookConfig`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<NeonAuthWebhookConfig>> {
        self.get().optional()
    }

    /// Replaces the webhook's settings (`updateNeonAuthWebhookConfig`) and returns them as they are
    /// now. Neon Auth waits 1 to 10 seconds for the webhook, 5 by default.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::NeonAuthWebhookConfigEnabledEventsItem as Event;
    /// use neon_api::types::NeonAuthWebhookConfig;
    ///
    /// let settings = NeonAuthWebhookConfig::new(true)
    ///     .with_webhook_url("https://app.example.com/auth-events")
    ///     .with_enabled_events(vec![Event::UserCreated]);
    /// branch.auth().webhook().set(settings).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthWebhookConfig")]
    pub fn set(&self, settings: NeonAuthWebhookConfig) -> Call<NeonAuthWebhookConfig> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_neon_auth_webhook_config(&this.branch.project, &this.branch.id, &settings)
                .await,
            |response| *response
        )
    }
}
