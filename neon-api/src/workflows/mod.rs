//! Workflows: what composes several calls, and is easily got wrong by hand.
//!
//! Each is made of public calls only, so that limits, retries, guard rails and traces apply, and can
//! be dropped at any point: nothing is left running, and what was begun can be found again by its
//! name, by its owner mark, or from a state that was saved. The [timeout](crate::Call::timeout) of a
//! workflow is that of all its calls and waits.
//!
//! | workflow | begins with |
//! |---|---|
//! | created once, or found | [`branches().ensure(name)`](crate::branches::Branches::ensure), and likewise for projects, databases, roles and the read-write endpoint |
//! | a connection string | [`branch.connection_string()`](crate::branches::BranchHandle::connection_string) |
//! | proved connectable | with the feature `connect`: `branch.connectable()`, `branches().ensure(name).connectable()` |
//! | leftover branches deleted | [`project.sweep()`](crate::projects::ProjectHandle::sweep), [`branch.delete_subtree()`](crate::branches::BranchHandle::delete_subtree) |
//! | a branch for a test | [`branches().ephemeral(prefix)`](crate::branches::Branches::ephemeral) |
//! | done with many projects | with the feature `fleet`: `neon.fleet()` |
//! | restored, with a way back | [`branch.restore_to(point)`](crate::branches::BranchHandle::restore_to) |

mod checkpoint;
#[cfg(feature = "connect")]
mod connectable;
mod connection_string;
mod ensure;
mod ephemeral;
mod restore;
mod running;
mod sweep;

use crate::Result;
use crate::error::InvalidInput;
use crate::neon::Neon;

#[cfg(feature = "fleet")]
pub(crate) use checkpoint::Saver;
pub use checkpoint::{Checkpoint, FileCheckpoint};
#[cfg(feature = "connect")]
pub use connectable::{Connectable, EnsureConnectable};
pub use connection_string::FindConnectionString;
pub use ensure::{
    EnsureBranch, EnsureDatabase, EnsureEndpoint, EnsureProject, EnsureRole, Ensured,
    EnsuredBranch, Field, FieldRule,
};
#[cfg(feature = "fleet")]
pub(crate) use ensure::{Once, create_once};
pub use ephemeral::{CreateEphemeral, EphemeralBranch};
pub use restore::{Backup, BackupEnd, RestorePoint, RestoreState, RestoreTo, Restored};
#[cfg(feature = "fleet")]
pub(crate) use running::{finished, on_project, pause};
pub use sweep::{
    DeleteSubtree, Fate, KeepReason, PlannedBranch, RunSweep, Sweep, SweepPlan, SweepReport,
};
#[cfg(feature = "fleet")]
pub(crate) use sweep::{delete_once, is_refusal};

/// Fails if all calls of the client fail because of input that is not valid: for what is done before
/// the first call.
pub(crate) fn admit(neon: &Neon) -> Result<()> {
    match neon.fault() {
        Some(fault) => Err(InvalidInput::without_route(fault.into()).into()),
        None => Ok(()),
    }
}

/// The key of the annotation that names the owner of a branch: what a sweep finds it by
/// ([`EnsureBranch::owner`]). Branches carry it from their creation.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::workflows::OWNER;
///
/// project.branches().create("ci/build-7").annotate(OWNER, "ci").ready().await?;
/// # Ok(())
/// # }
/// ```
pub const OWNER: &str = "neon-api-owner";
