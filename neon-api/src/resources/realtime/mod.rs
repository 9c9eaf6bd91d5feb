//! Realtime of a branch.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! let realtime = branch.realtime();
//! realtime.enable().allowed_origins(["https://example.com"]).await?;
//! // The change is applied in the background.
//! println!("pending: {}", realtime.get().await?.pending);
//! println!("{}", realtime.secret().await?.secret.expose());
//! # Ok(())
//! # }
//! ```

mod enable;

use neon_api_raw::types::{Realtime as RealtimeState, RealtimeSecret};

pub use enable::EnableRealtime;

use super::branches::BranchHandle;
use crate::call::{Call, call};
use crate::neon::Neon;

/// Realtime of a branch. Nothing is sent until a call is made on it; clones are cheap. In beta.
///
/// Changes are applied in the background: the API accepts them and names no operations to wait for.
/// They are in effect when `pending` of [`get`](Self::get) is false.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let realtime = branch.realtime().get().await?;
/// println!("enabled: {}, pending: {}", realtime.enabled, realtime.pending);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Realtime {
    pub(super) branch: BranchHandle,
}

impl BranchHandle {
    /// Realtime of the branch. In beta.
    pub fn realtime(&self) -> Realtime {
        Realtime {
            branch: self.clone(),
        }
    }
}

impl Realtime {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The state of Realtime (`getProjectBranchRealtime`). Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch.
    #[doc(alias = "getProjectBranchRealtime")]
    pub fn get(&self) -> Call<RealtimeState> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_project_branch_realtime(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }

    /// The state of Realtime (`getProjectBranchRealtime`); `None` when there is no such branch. In
    /// beta.
    pub fn get_opt(&self) -> Call<Option<RealtimeState>> {
        self.get().optional()
    }

    /// Enables Realtime, or changes its options (`enableProjectBranchRealtime`). In beta.
    /// [`EnableRealtime`] describes what can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// branch.realtime().enable().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "enableProjectBranchRealtime")]
    pub fn enable(&self) -> EnableRealtime {
        EnableRealtime::new(self.branch.clone())
    }

    /// Disables Realtime (`disableProjectBranchRealtime`): clients can no longer use it. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch. The request is
    /// not retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and disabling again does no harm.
    #[doc(alias = "disableProjectBranchRealtime")]
    pub fn disable(&self) -> Call<()> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .disable_project_branch_realtime(&branch.project, &branch.id)
                .await,
            |_| ()
        )
    }

    /// The secret of Realtime, and whether a change of it is still to be applied
    /// (`getProjectBranchRealtimeSecret`). Retried as a read. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or Realtime is
    /// not enabled.
    #[doc(alias = "getProjectBranchRealtimeSecret")]
    pub fn secret(&self) -> Call<RealtimeSecret> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .get_project_branch_realtime_secret(&branch.project, &branch.id)
                .await,
            |response| *response
        )
    }

    /// Replaces the secret by a new one (`rotateProjectBranchRealtimeSecret`), which
    /// [`secret`](Self::secret) returns once its `pending` is false. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such branch, or Realtime is
    /// not enabled. The request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "rotateProjectBranchRealtimeSecret")]
    pub fn rotate_secret(&self) -> Call<()> {
        call!(
            &self.branch,
            |branch, neon| neon
                .raw()
                .rotate_project_branch_realtime_secret(&branch.project, &branch.id)
                .await,
            |_| ()
        )
    }
}
