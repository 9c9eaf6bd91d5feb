//! A branch that is ensured first.

use super::EnsureConnectable;
use crate::workflows::running;
use crate::workflows::{EnsureBranch, Ensured, EnsuredBranch};

impl EnsureBranch {
    /// Ensures the branch, and waits until it can be connected to, which a login to Postgres proves.
    /// [`EnsureConnectable`] describes how. If it fails, the branch may exist: the same again finds
    /// it.
    pub fn connectable(self) -> EnsureConnectable<Ensured<EnsuredBranch>> {
        EnsureConnectable::after(&self.client(), &self.project.clone(), move |neon| {
            Box::pin(async move {
                let ensured =
                    running::finished(&neon, self.with_client(&neon).send().await?).await?;
                let branch = &ensured.branch.branch;
                let branch = neon.project(&branch.project_id).branch(&branch.id);
                Ok((branch, ensured))
            })
        })
    }
}
