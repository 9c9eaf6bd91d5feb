//! Plugins of Neon Auth.

use std::time::Duration;

use neon_api_raw::types::{
    NeonAuthMagicLinkConfig, NeonAuthMagicLinkConfigUpdate, NeonAuthOrganizationConfig,
    NeonAuthOrganizationConfigUpdate, NeonAuthPhoneNumberConfig, NeonAuthPhoneNumberConfigUpdate,
    NeonAuthPluginConfigs,
};

use super::AuthHandle;
use crate::call::{Call, call, maybe, request};
use crate::input::{self, Unit};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// The plugins of a branch's Neon Auth. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let plugins = branch.auth().plugins();
/// if plugins.get().await?.magic_link.is_none_or(|plugin| !plugin.enabled) {
///     plugins.magic_link().update().enabled(true).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthPlugins {
    branch: BranchHandle,
}

/// Sign-in with a link that is sent by email. [`AuthPlugins::get`] has its settings.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// branch.auth().plugins().magic_link().update().enabled(true).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MagicLinkPlugin {
    branch: BranchHandle,
}

/// Organizations that the users of an application form. [`AuthPlugins::get`] has its settings.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::types::NeonAuthOrganizationConfigUpdate;
///
/// let change = NeonAuthOrganizationConfigUpdate::default().with_membership_limit(20);
/// branch.auth().plugins().organization().update(change).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OrganizationPlugin {
    branch: BranchHandle,
}

/// Sign-in with a phone number.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// println!("{}", branch.auth().plugins().phone_number().get().await?.enabled);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PhoneNumberPlugin {
    branch: BranchHandle,
}

impl AuthHandle {
    /// The plugins, and their settings.
    pub fn plugins(&self) -> AuthPlugins {
        AuthPlugins {
            branch: self.branch.clone(),
        }
    }
}

impl AuthPlugins {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The settings of all plugins (`getNeonAuthPluginConfigs`), and with them those of email,
    /// sign-in with email and password, OAuth providers and localhost. Any of them may be absent.
    /// Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthPluginConfigs")]
    pub fn get(&self) -> Call<NeonAuthPluginConfigs> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_plugin_configs(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The settings of all plugins (`getNeonAuthPluginConfigs`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<NeonAuthPluginConfigs>> {
        self.get().optional()
    }

    /// Sign-in with a link that is sent by email.
    pub fn magic_link(&self) -> MagicLinkPlugin {
        MagicLinkPlugin {
            branch: self.branch.clone(),
        }
    }

    /// Organizations that the users of an application form.
    pub fn organization(&self) -> OrganizationPlugin {
        OrganizationPlugin {
            branch: self.branch.clone(),
        }
    }

    /// Sign-in with a phone number.
    pub fn phone_number(&self) -> PhoneNumberPlugin {
        PhoneNumberPlugin {
            branch: self.branch.clone(),
        }
    }
}

impl MagicLinkPlugin {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Changes the plugin's settings (`updateNeonAuthMagicLinkPlugin`). [`UpdateMagicLinkPlugin`]
    /// holds what can be changed, and how the call fails.
    #[doc(alias = "updateNeonAuthMagicLinkPlugin")]
    pub fn update(&self) -> UpdateMagicLinkPlugin {
        UpdateMagicLinkPlugin {
            branch: self.branch.clone(),
            body: NeonAuthMagicLinkConfigUpdate::default(),
        }
    }
}

/// A change of sign-in with a link. Awaiting it sends the request (`updateNeonAuthMagicLinkPlugin`)
/// and gives the settings as they are then; what is not set stays as it is.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let magic_link = branch.auth().plugins().magic_link();
/// let quarter = Duration::from_secs(15 * 60);
/// let settings = magic_link.update().enabled(true).expires_in(quarter).await?;
/// println!("{}", settings.expires_in);
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
pub struct UpdateMagicLinkPlugin {
    branch: BranchHandle,
    body: NeonAuthMagicLinkConfigUpdate,
}

impl UpdateMagicLinkPlugin {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Whether users can sign in with a link.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.body.enabled = Some(enabled);
        self
    }

    /// How long a link is valid, rounded down to whole minutes: 5 minutes to a day. The API does
    /// not document the unit; it is sent in minutes, as its bounds (5 to 1440) suggest.
    pub fn expires_in(mut self, time: Duration) -> Self {
        match input::whole("expires_in", time, Unit::Minutes, 5..=1440) {
            Ok(minutes) => self.body.expires_in = Some(minutes),
            Err(fault) => self.branch.neon.refuse_if(Some(fault)),
        }
        self
    }

    /// Whether new users are kept from signing up with a link.
    pub fn disable_sign_up(mut self, disable: bool) -> Self {
        self.body.disable_sign_up = Some(disable);
        self
    }

    fn call(self) -> Call<NeonAuthMagicLinkConfig> {
        call!(
            self,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.update_neon_auth_magic_link_plugin(project, id, &this.body)
                    .await
            },
            |response| *response
        )
    }
}

request!(UpdateMagicLinkPlugin => NeonAuthMagicLinkConfig);

maybe! { UpdateMagicLinkPlugin;
    maybe_enabled = enabled(bool);
    maybe_expires_in = expires_in(Duration);
    maybe_disable_sign_up = disable_sign_up(bool);
}

impl OrganizationPlugin {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Changes the plugin's settings (`updateNeonAuthOrganizationPlugin`) and returns them as they
    /// are now. Fields that are `None` stay as they are; limits are 1 or more.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateNeonAuthOrganizationPlugin")]
    pub fn update(
        &self,
        change: NeonAuthOrganizationConfigUpdate,
    ) -> Call<NeonAuthOrganizationConfig> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .update_neon_auth_organization_plugin(
                    &this.branch.project,
                    &this.branch.id,
                    &change
                )
                .await,
            |response| *response
        )
    }
}

impl PhoneNumberPlugin {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The plugin's settings (`getNeonAuthPhoneNumberPlugin`). Retried as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when Neon Auth is not enabled.
    #[doc(alias = "getNeonAuthPhoneNumberPlugin")]
    pub fn get(&self) -> Call<NeonAuthPhoneNumberConfig> {
        call!(
            &self,
            |this, neon| neon
                .raw()
                .get_neon_auth_phone_number_plugin(&this.branch.project, &this.branch.id)
                .await,
            |response| *response
        )
    }

    /// The plugin's settings (`getNeonAuthPhoneNumberPlugin`); `None` when Neon Auth is not
    /// enabled.
    pub fn get_opt(&self) -> Call<Option<NeonAuthPhoneNumberConfig>> {
        self.get().optional()
    }

    /// Changes the plugin's settings (`updateNeonAuthPhoneNumberPlugin`).
    /// [`UpdatePhoneNumberPlugin`] describes what can be changed, and how the call fails.
    #[doc(alias = "updateNeonAuthPhoneNumberPlugin")]
    pub fn update(&self) -> UpdatePhoneNumberPlugin {
        UpdatePhoneNumberPlugin {
            branch: self.branch.clone(),
            body: NeonAuthPhoneNumberConfigUpdate::default(),
        }
    }
}

/// A change of sign-in with a phone number. Awaiting it sends the request
/// (`updateNeonAuthPhoneNumberPlugin`) and gives the settings as they are then; what is not set
/// stays as it is.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let phone_number = branch.auth().plugins().phone_number();
/// phone_number.update().enabled(true).otp_expires_in(Duration::from_secs(120)).await?;
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
pub struct UpdatePhoneNumberPlugin {
    branch: BranchHandle,
    body: NeonAuthPhoneNumberConfigUpdate,
}

impl UpdatePhoneNumberPlugin {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Whether users can sign in with a phone number.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.body.enabled = Some(enabled);
        self
    }

    /// How long a one-time password is valid, rounded down to whole seconds: 1 to 10 minutes. The
    /// API does not document the unit; it is sent in seconds, as its bounds (60 to 600) suggest.
    pub fn otp_expires_in(mut self, time: Duration) -> Self {
        match input::whole("otp_expires_in", time, Unit::Seconds, 60..=600) {
            Ok(seconds) => self.body.otp_expires_in = Some(seconds),
            Err(fault) => self.branch.neon.refuse_if(Some(fault)),
        }
        self
    }

    fn call(self) -> Call<NeonAuthPhoneNumberConfig> {
        call!(
            self,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.update_neon_auth_phone_number_plugin(project, id, &this.body)
                    .await
            },
            |response| *response
        )
    }
}

request!(UpdatePhoneNumberPlugin => NeonAuthPhoneNumberConfig);

maybe! { UpdatePhoneNumberPlugin;
    maybe_enabled = enabled(bool);
    maybe_otp_expires_in = otp_expires_in(Duration);
}
