//! One project of a name, although the API allows several.

use std::time::Duration;

use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::{Operation, Project};

use super::super::once::ATTEMPTS;
use super::EnsureProject;
use crate::Result;
use crate::error::Error;
use crate::neon::Neon;
use crate::resources::projects::ProjectItem;
use crate::workflows::running;

/// How long after a creation the projects are listed again. Times of creation are whole seconds, so
/// that two of one second are ordered by their IDs: each process has to see both.
const SAME_SECOND: Duration = Duration::from_secs(2);

/// How often projects are listed until of several there is one, since another process may be about to
/// delete its own; and how often until one appears whose creation may be under way.
const LISTS: u32 = 4;

/// The project that counts.
pub(super) enum One {
    /// This call created it.
    Created(Box<Project>, Vec<Operation>),
    /// It was there, or appeared.
    There {
        id: ProjectId,
        /// Whether a response was lost, and there was none before.
        is_created: bool,
    },
}

impl EnsureProject {
    pub(super) async fn one(&self, neon: &Neon) -> Result<One> {
        if let Some(id) = self.only(neon).await? {
            return Ok(One::There {
                id,
                is_created: false,
            });
        }
        let mut attempts = 1;
        loop {
            let error = match self.creation(neon).send().await {
                Ok(created) => {
                    let operations = created.operations().to_vec();
                    let project = Box::new(created.into_value().project);
                    return self.oldest(neon, project, operations).await;
                }
                Err(error) if error.outcome_unknown() => error,
                Err(error) => return Err(error),
            };
            for _ in 0..LISTS {
                if let Some(id) = self.only(neon).await? {
                    return Ok(One::There {
                        id,
                        is_created: true,
                    });
                }
                running::pause(neon, SAME_SECOND).await;
            }
            if attempts == ATTEMPTS {
                return Err(error);
            }
            attempts += 1;
        }
    }

    /// The projects of the name, the oldest first.
    async fn all(&self, neon: &Neon) -> Result<Vec<ProjectItem>> {
        let list = neon.projects().list().search(&self.name);
        let mut all = list.maybe_org(self.org.as_ref()).await?;
        all.retain(|project| project.name == self.name);
        all.sort_by(|a, b| {
            let (a, b) = (&a.project, &b.project);
            (a.created_at, a.id.as_str()).cmp(&(b.created_at, b.id.as_str()))
        });
        Ok(all)
    }

    /// The only project of the name, if there is one.
    async fn only(&self, neon: &Neon) -> Result<Option<ProjectId>> {
        let mut lists = 1;
        loop {
            let all = self.all(neon).await?;
            if let [] | [_] = all.as_slice() {
                return Ok(all.into_iter().next().map(|only| only.project.id));
            }
            if lists == LISTS {
                let ids = all.into_iter().map(|item| item.project.id).collect();
                return Err(Error::Ambiguous { ids });
            }
            running::pause(neon, SAME_SECOND).await;
            lists += 1;
        }
    }

    /// The oldest project; if it is not the one that this call created, that one is deleted.
    async fn oldest(
        &self,
        neon: &Neon,
        created: Box<Project>,
        operations: Vec<Operation>,
    ) -> Result<One> {
        running::pause(neon, SAME_SECOND).await;
        let all = self.all(neon).await?;
        let oldest = all.first().map(|oldest| &oldest.project.id);
        let Some(oldest) = oldest.filter(|oldest| **oldest != created.id) else {
            return Ok(One::Created(created, operations));
        };
        let oldest = oldest.clone();
        tracing::debug!(project = %created.id, oldest = %oldest, "deleting a second project of the name");
        let mut attempts = 1;
        loop {
            match neon.project(&*created).delete().await {
                Ok(_) => break,
                Err(error) if error.is_not_found() => break,
                Err(error) if error.outcome_unknown() && attempts < ATTEMPTS => attempts += 1,
                Err(error) => {
                    tracing::warn!(project = %created.id, %error, "a second project of the name stays");
                    let ids = vec![oldest, created.id];
                    return Err(Error::Ambiguous { ids });
                }
            }
        }
        Ok(One::There {
            id: oldest,
            is_created: false,
        })
    }
}
