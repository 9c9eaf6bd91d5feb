//! Workflows: what composes several calls, and is easily got wrong by hand.
//!
//! Each is made of public calls only, so that limits, retries, guard rails and traces apply, and can
//! be dropped at any point: nothing is left running, and what was begun can be found again by its name, by
//! its owner mark, or from a state that was saved.
//!
//! | workflow | begins with |
//! |---|---|
//! | created once, or found | [`branches().ensure(name)`](crate::branches::Branches::ensure), and likewise for projects, databases, roles and the read-write endpoint |

mod ensure;
mod running;

pub use ensure::{
    EnsureBranch, EnsureDatabase, EnsureEndpoint, EnsureProject, EnsureRole, Ensured,
    EnsuredBranch, Field, FieldRule,
};

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
