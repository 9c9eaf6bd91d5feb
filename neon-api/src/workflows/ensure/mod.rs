//! What is created once: found by its exact name, or created.

mod branch;
mod database;
mod endpoint;
mod fields;
mod found;
mod once;
mod project;
mod role;

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

pub use branch::{EnsureBranch, EnsuredBranch};
pub use database::EnsureDatabase;
pub use endpoint::EnsureEndpoint;
pub use fields::{Field, FieldRule};
pub(super) use found::change;
pub(crate) use once::Once;
#[cfg(feature = "fleet")]
pub(crate) use once::create_once;
pub(super) use once::once;
pub use project::EnsureProject;
pub use role::EnsureRole;

use crate::call::GivenId;
use crate::call::into_id_sealed::Sealed;

/// What was ensured: it was created now, or it was there.
///
/// It dereferences to the value, and can be passed where its ID is expected.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let preview = project.branches().ensure("preview/pr-42").with_compute().ready().await?;
/// if preview.is_created() {
///     println!("seed it");
/// }
/// project.branch(&preview).databases().ensure("app", "neondb_owner").ready().await?;
/// println!("{}", preview.into_inner().branch.id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ensured<T> {
    /// It did not exist before. Also if the response to the creation was lost and it exists now:
    /// then another process may have created it in the same moment.
    Created(T),
    /// It existed, or another process created it in the same moment.
    Found(T),
}

impl<T> Ensured<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(value) | Self::Found(value) => value,
        }
    }

    /// Whether it did not exist before.
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    fn new(is_created: bool, value: T) -> Self {
        if is_created {
            Self::Created(value)
        } else {
            Self::Found(value)
        }
    }
}

impl<T> Deref for Ensured<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Created(value) | Self::Found(value) => value,
        }
    }
}

impl<T> DerefMut for Ensured<T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Created(value) | Self::Found(value) => value,
        }
    }
}

impl<'a, T, I> Sealed<I> for &'a Ensured<T>
where
    &'a T: Sealed<I>,
{
    fn given(self) -> GivenId<I> {
        (&**self).given()
    }
}
