//! Requests about the schemas of real databases, which take time to read.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Emulator;
use super::exchange::Asked;
use crate::answer::Answer;
use crate::api::{Place, Schemas};
use crate::error::ApiError;
use crate::faults::Effect;
use crate::state::backing::{Schema, Task};
use crate::state::keys::Owner;

/// How long a database may take to be read, which may be behind other work on its branch.
const PATIENCE: Duration = Duration::from_secs(120);

impl Emulator {
    /// Performs the request, again each time that a database was read for it.
    pub(super) async fn handle(
        &self,
        caller: &Owner,
        asked: &Asked<'_>,
        effect: Option<&Effect>,
    ) -> Answer {
        let mut schemas = Schemas::default();
        loop {
            let answer = self.handle_once(caller, asked, effect, &schemas);
            let Some(place) = schemas.lacking() else {
                return answer;
            };
            match self.read(&place).await {
                Ok(schema) => schemas.add(place, schema),
                Err(why) => {
                    let message = format!("the database could not be read: {why}");
                    return Answer::Error(ApiError::new(500, message));
                }
            }
        }
    }

    async fn read(&self, place: &Place) -> Result<Schema, String> {
        let (to, mut read) = mpsc::unbounded_channel();
        let task = Task::Describe {
            database: place.database.clone(),
            to,
        };
        self.lock_state().source.does(&place.branch_id, None, task);
        match timeout(PATIENCE, read.recv()).await {
            Ok(Some(read)) => read,
            Ok(None) => Err("it is gone".to_owned()),
            Err(_) => Err("it took too long".to_owned()),
        }
    }
}
