//! What a test's database begins with.

use std::fmt;
use std::sync::Arc;

use crate::error::MigrationError;
use crate::migrate::Migrate;
use crate::secret::Digester;

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
        for step in &self.steps {
            step.run(url).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} steps)", self.steps.len())
    }
}
