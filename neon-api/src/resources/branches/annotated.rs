//! A branch with its annotations.

use std::collections::BTreeMap;
use std::ops::Deref;

use neon_api_raw::types::{AnnotationData, Branch};
use serde::{Deserialize, Serialize};

/// A branch with its annotations: keys and values that its creator gave it, or an integration. It
/// dereferences to the branch.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// for branch in project.branches().list().await? {
///     println!("{}: {:?}", branch.name, branch.annotations().get("vercel-commit-ref"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AnnotatedBranch {
    /// The branch.
    pub branch: Branch,
    /// Its annotations with their times; `None` where the API returned none.
    pub annotation: Option<AnnotationData>,
}

impl AnnotatedBranch {
    /// The annotations by key; empty if there are none.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.annotation.as_ref().map_or(&NONE, |data| &data.value)
    }
}

impl Deref for AnnotatedBranch {
    type Target = Branch;

    fn deref(&self) -> &Branch {
        &self.branch
    }
}

impl From<AnnotatedBranch> for Branch {
    fn from(annotated: AnnotatedBranch) -> Self {
        annotated.branch
    }
}
