//! The user or organization that the client's key belongs to.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let caller = neon.whoami().await?;
//! println!("{} by {}", caller.account_id, caller.auth_method);
//!
//! let me = neon.me().get().await?;
//! println!("{} may have {} projects", me.email, me.projects_limit);
//! # Ok(())
//! # }
//! ```

mod deprecated;

use neon_api_raw::types::{AuthDetailsResponse, CurrentUserInfoResponse};

use crate::call::{Call, call};
use crate::neon::Neon;

/// The user that the client's key belongs to. Nothing is sent until a call is made on it; clones
/// are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// println!("{}", neon.me().get().await?.email);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Me {
    neon: Neon,
}

impl Neon {
    /// The user that the client's key belongs to.
    pub fn me(&self) -> Me {
        Me { neon: self.clone() }
    }

    /// The account that the client's key belongs to, and the kind of the key (`getAuthDetails`):
    /// `auth_method` distinguishes a personal API key from one of an organization. Accepts both.
    /// Retried as a read.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// use neon_api::enums::AuthDetailsResponseAuthMethod;
    ///
    /// let is_of_org = neon.whoami().await?.auth_method == AuthDetailsResponseAuthMethod::ApiKeyOrg;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_auth`](crate::Error::is_auth) when the key is not valid.
    #[doc(alias = "getAuthDetails")]
    pub fn whoami(&self) -> Call<AuthDetailsResponse> {
        let me = self.me();
        call!(
            me,
            |_me, neon| neon.raw().get_auth_details().await,
            |response| *response
        )
    }
}

impl Me {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// The user, with plan, limits and sign-in accounts (`getCurrentUserInfo`). Requires a personal
    /// API key. Retried as a read.
    ///
    /// # Errors
    ///
    /// Those of the API, which refuses keys of organizations and projects.
    #[doc(alias = "getCurrentUserInfo")]
    pub fn get(&self) -> Call<CurrentUserInfoResponse> {
        call!(
            &self,
            |_this, neon| neon.raw().get_current_user_info().await,
            |response| *response
        )
    }
}
