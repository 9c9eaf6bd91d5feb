//! Neon Auth of a branch: enabling and disabling it, its users, sign-in methods, trusted domains,
//! email, plugins and webhook.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! let auth = branch.auth();
//! let enabled = auth.enable("better_auth").database("neondb").await?;
//! println!("keys are published at {}", enabled.jwks_url);
//!
//! auth.trusted_domains().add("better_auth", "https://app.example.com").await?;
//! auth.oauth_providers().add("github").await?;
//! let user = auth.users().create("ada@example.com").name("Ada").await?;
//! auth.user(&user).set_roles(["admin"]).await?;
//! # Ok(())
//! # }
//! ```

mod deprecated;
mod email;
mod handle;
mod oauth_providers;
mod plugins;
mod settings;
mod trusted_domains;
mod users;
mod webhook;

pub use email::AuthEmailProvider;
pub use handle::{AuthHandle, DisableAuth, EnableAuth};
pub use oauth_providers::{
    AddOauthProvider, OauthProviderHandle, OauthProviders, UpdateOauthProvider,
};
pub use plugins::{
    AuthPlugins, MagicLinkPlugin, OrganizationPlugin, PhoneNumberPlugin, UpdateMagicLinkPlugin,
    UpdatePhoneNumberPlugin,
};
pub use settings::{AllowLocalhost, EmailAndPassword};
pub use trusted_domains::TrustedDomains;
pub(super) use trusted_domains::removal;
pub use users::{AuthUserHandle, AuthUsers, CreateAuthUser};
pub use webhook::AuthWebhook;
