//! Branches with a server of their own, of an emulator in this process. Their servers end with it.

use std::collections::HashMap;
use std::env;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use neon_api_emulator::{Emulator, Postgres, RunningEmulator};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::Operation;
use neon_api_raw::{Client, enums::OperationStatus};
use serde_json::json;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};
use crate::plan::Plan;

/// How long Postgres may take for a step on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(5);

/// The emulator, and a project for each template.
pub(super) struct Branches {
    client: Client,
    projects: std::sync::Mutex<HashMap<String, Arc<OnceCell<ProjectId>>>>,
    _emulator: RunningEmulator,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Database(format!("no branch: {error}"))
}

impl Branches {
    pub(super) async fn start() -> Result<Self> {
        let folder = env::var_os("NEON_TEST_POSTGRES").filter(|set| !set.is_empty());
        let postgres = match folder {
            Some(folder) => Postgres::in_folder(folder)?,
            None => Postgres::find()?,
        };
        let emulator = Emulator::builder().conflicts(false).request_log(0);
        let emulator = emulator.postgres(postgres).start().await?;
        let transport = emulator.emulator().transport();
        let client = Client::builder()
            .api_key("local")
            .transport(transport)
            .build();
        Ok(Self {
            client: client.map_err(failed)?,
            projects: std::sync::Mutex::default(),
            _emulator: emulator,
        })
    }

    /// A new branch of the template's project, and its connection string.
    pub(super) async fn create(&self, plan: &Plan) -> Result<(String, (ProjectId, BranchId))> {
        let project = self.project(plan, &plan.key()?).await?;
        let request = json!({ "branch": {}, "endpoints": [{ "type": "read_write" }] });
        let request = serde_json::from_value(request).map_err(failed)?;
        let created = self.client.create_project_branch(&project, &request).await;
        let created = created.map_err(failed)?.into_inner();
        let place = (project, created.branch.id);
        self.done(&created.operations).await?;
        let uris = created.connection_uris.unwrap_or_default();
        let uri = uris
            .first()
            .ok_or_else(|| failed("it has no connection string"))?;
        Ok((uri.connection_uri.expose().to_owned(), place))
    }

    pub(super) async fn delete(&self, (project, branch): &(ProjectId, BranchId)) -> Result<()> {
        let deleted = self.client.delete_project_branch(project, branch).await;
        deleted.map(drop).map_err(failed)
    }

    async fn project(&self, plan: &Plan, key: &str) -> Result<ProjectId> {
        let cell = {
            let mut all = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key.to_owned()).or_default())
        };
        let made = cell.get_or_try_init(|| self.make(plan)).await;
        made.cloned()
    }

    async fn make(&self, plan: &Plan) -> Result<ProjectId> {
        let request = serde_json::from_value(json!({ "project": { "name": "test" } }));
        let created = self.client.create_project(&request.map_err(failed)?).await;
        let created = created.map_err(failed)?.into_inner();
        self.done(&created.operations).await?;
        let uri = created.connection_uris.first();
        let uri = uri.ok_or_else(|| failed("the project has no connection string"))?;
        plan.run(uri.connection_uri.expose()).await?;
        Ok(created.project.id)
    }

    async fn done(&self, operations: &[Operation]) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        for operation in operations {
            loop {
                let (project, id) = (&operation.project_id, &operation.id);
                let found = self.client.get_project_operation(project, id).await;
                let found = found.map_err(failed)?.into_inner().operation;
                if found.status == OperationStatus::Finished {
                    break;
                }
                if let Some(why) = found.error {
                    return Err(failed(why));
                }
                if Instant::now() >= end {
                    return Err(failed("it is not ready in time"));
                }
                sleep(STEP).await;
            }
        }
        Ok(())
    }
}
