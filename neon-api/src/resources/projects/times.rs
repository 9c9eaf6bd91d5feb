//! Times of a project.

use chrono::{DateTime, Utc};
use neon_api_raw::types::Project;

use crate::times::known_time;

mod sealed {
    pub trait Sealed {}
}

/// The times of a project, which are `None` where the API's stand for none
/// ([`known_time`](crate::known_time)).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::projects::ProjectTimes;
///
/// let project = project.get().await?;
/// println!("last active: {:?}", project.compute_last_active_at());
/// println!("billed since: {:?}", project.consumption_period_start());
/// # Ok(())
/// # }
/// ```
pub trait ProjectTimes: sealed::Sealed {
    /// When an endpoint of the project was last active; `None` if none ever was.
    fn compute_last_active_at(&self) -> Option<DateTime<Utc>>;

    /// When the current period of consumption began; `None` where the response does not have it.
    fn consumption_period_start(&self) -> Option<DateTime<Utc>>;

    /// When the current period of consumption ends; `None` where the response does not have it.
    fn consumption_period_end(&self) -> Option<DateTime<Utc>>;
}

impl sealed::Sealed for Project {}

impl ProjectTimes for Project {
    fn compute_last_active_at(&self) -> Option<DateTime<Utc>> {
        known_time(self.compute_last_active_at)
    }

    fn consumption_period_start(&self) -> Option<DateTime<Utc>> {
        known_time(self.consumption_period_start)
    }

    fn consumption_period_end(&self) -> Option<DateTime<Utc>> {
        known_time(self.consumption_period_end)
    }
}
