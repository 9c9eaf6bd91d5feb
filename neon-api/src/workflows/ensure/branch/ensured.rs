//! A branch that was ensured.

use std::ops::Deref;

use neon_api_raw::Secret;
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::{Branch, ConnectionDetails, Endpoint};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::call;
use crate::connection_string::ConnectionString;
use crate::error::Error;
use crate::resources::branches::{AnnotatedBranch, CreatedBranch};

/// A branch that was ensured ([`EnsureBranch`](super::EnsureBranch)). It dereferences to the branch.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let preview = project.branches().ensure("preview/pr-42").with_compute().ready().await?;
/// for endpoint in &preview.endpoints {
///     println!("{} at {}", preview.name, endpoint.host);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EnsuredBranch {
    /// The branch, with its annotations if it was found.
    pub branch: AnnotatedBranch,
    /// The compute endpoints that it was created with, or the read-write one of a branch that was
    /// found, if [asked for](super::EnsureBranch::with_compute).
    pub endpoints: Vec<Endpoint>,
    /// The connection strings, passwords included, as the response to the creation has them: none
    /// if the branch was found, or that response was lost.
    pub connection_uris: Vec<ConnectionDetails>,
}

impl EnsuredBranch {
    pub(super) fn created(created: CreatedBranch) -> Self {
        Self {
            branch: AnnotatedBranch {
                branch: created.branch,
                annotation: None,
            },
            endpoints: created.endpoints,
            connection_uris: created.connection_uris,
        }
    }

    pub(super) fn found(branch: AnnotatedBranch, endpoint: Option<Endpoint>) -> Self {
        Self {
            branch,
            endpoints: endpoint.into_iter().collect(),
            connection_uris: Vec::new(),
        }
    }

    /// The connection string of the first role and database, a secret, if the branch was created now.
    ///
    /// # Errors
    ///
    /// [`Error::NotInResponse`] if it was found, or was created without a compute endpoint:
    /// [`connection_uri`](crate::branches::BranchHandle::connection_uri) fetches one.
    pub fn connection_uri(&self) -> Result<&Secret> {
        let first = self.connection_uris.first();
        first
            .map(|details| &details.connection_uri)
            .ok_or(Error::NotInResponse(
                "the branch was found, or has no endpoint: branch.connection_uri(database, role) \
             fetches a connection string",
            ))
    }

    /// [`connection_uri`](Self::connection_uri) in its parts: the direct one, which
    /// [`pooled`](ConnectionString::pooled) converts.
    ///
    /// # Errors
    ///
    /// Those of [`connection_uri`](Self::connection_uri).
    pub fn connection_string(&self) -> Result<ConnectionString> {
        ConnectionString::try_from(self.connection_uri()?).map_err(|_| {
            Error::NotInResponse("the API returned a connection string that cannot be read")
        })
    }
}

impl Deref for EnsuredBranch {
    type Target = Branch;

    fn deref(&self) -> &Branch {
        &self.branch
    }
}

call::from_values! {
    EnsuredBranch => BranchId, |ensured| ensured.branch.branch.id, in ensured.branch.branch.project_id;
}
