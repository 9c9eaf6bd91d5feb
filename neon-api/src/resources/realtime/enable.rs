//! Enabling Realtime.

use neon_api_raw::types::RealtimeOptions;

use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;

/// The enabling of Realtime, or a change of its options. Awaiting it sends the request
/// (`enableProjectBranchRealtime`). In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// branch.realtime().enable().allowed_origins(["https://example.com"]).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch. The request is not
/// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown) reports
/// it, and enabling again does no harm.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnableRealtime {
    branch: BranchHandle,
    options: RealtimeOptions,
}

impl EnableRealtime {
    pub(super) fn new(branch: BranchHandle) -> Self {
        let options = RealtimeOptions::default();
        Self { branch, options }
    }

    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The origins that browsers may connect from, such as `https://example.com`, in place of those
    /// set before.
    pub fn allowed_origins<O: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.options.allowed_origins = Some(origins.collect());
        self
    }

    fn call(self) -> Call<()> {
        call!(
            self,
            |this, neon| neon
                .raw()
                .enable_project_branch_realtime(
                    &this.branch.project,
                    &this.branch.id,
                    &this.options
                )
                .await,
            |_| ()
        )
    }
}

request!(EnableRealtime => ());

maybe! { EnableRealtime;
    maybe_allowed_origins = allowed_origins(Vec<String>);
}
