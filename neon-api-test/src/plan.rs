//! What a test's database begins with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::error::MigrationError;
use crate::migrate::Migrate;
use crate::secret::Digester;

/// How long migrations and seeds may take: one that hangs would hold up all tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Migrations and seeds, in their order.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    steps: Vec<Arc<dyn Migrate>>,
}

impl Plan {
    pub(crate) fn add(&mut self, step: impl Migrate) {
        self.steps.push(Arc::new(step));
    }

    #[cfg(feature = "neon")]
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Differs wherever the contents do.
    pub(crate) fn key(&self) -> Result<String, MigrationError> {
        let mut digester = Digester::new();
        for step in &self.steps {
            digester.add(step.contents()?);
        }
        Ok(digester.finish().chars().take(16).collect())
    }

    pub(crate) async fn run(&self, url: &str) -> Result<(), MigrationError> {
        let mut running = 0;
        let all = async {
            for step in &self.steps {
                running += 1;
                step.run(url).await?;
            }
            Ok(())
        };
        let ended = timeout(PATIENCE, all).await;
        ended.unwrap_or_else(|_| {
            let name = format!("number {running} of {}", self.steps.len());
            let why = format!("it has not ended within {} s", PATIENCE.as_secs());
            Err(MigrationError::new(name, why))
        })
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} steps)", self.steps.len())
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::{PATIENCE, Plan};
    use crate::migrate::MigrateWith;

    #[tokio::test(start_paused = true)]
    async fn a_migration_that_hangs_is_given_up() {
        let mut plan = Plan::default();
        plan.add(MigrateWith::new("good", "", async |_: String| Ok(())));
        plan.add(MigrateWith::new("bad", "", async |_: String| {
            pending::<()>().await;
            Ok(())
        }));
        let begin = Instant::now();
        let error = plan.run("postgresql://").await.unwrap_err().to_string();
        let expected = "migration number 2 of 2 failed: it has not ended within 600 s";
        assert_eq!(error, expected);
        assert_eq!(begin.elapsed(), PATIENCE);
    }
}
