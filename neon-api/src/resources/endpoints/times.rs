//! Times of a compute endpoint.

use chrono::{DateTime, Utc};
use neon_api_raw::types::Endpoint;

use crate::times::known_time;

mod sealed {
    pub trait Sealed {}
}

/// The times of a compute endpoint, which are `None` where the API's stand for none
/// ([`known_time`](crate::known_time)).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::endpoints::EndpointTimes;
///
/// for endpoint in project.endpoints().list().await? {
///     match endpoint.last_active() {
///         Some(time) => println!("{} was active at {time}", endpoint.id),
///         None => println!("{} was never active", endpoint.id),
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub trait EndpointTimes: sealed::Sealed {
    /// When it was last active; `None` if it never was.
    fn last_active(&self) -> Option<DateTime<Utc>>;

    /// When it was last started; `None` if it never was.
    fn started_at(&self) -> Option<DateTime<Utc>>;

    /// When it was last suspended; `None` if it never was.
    fn suspended_at(&self) -> Option<DateTime<Utc>>;
}

impl sealed::Sealed for Endpoint {}

impl EndpointTimes for Endpoint {
    fn last_active(&self) -> Option<DateTime<Utc>> {
        known_time(self.last_active)
    }

    fn started_at(&self) -> Option<DateTime<Utc>> {
        known_time(self.started_at)
    }

    fn suspended_at(&self) -> Option<DateTime<Utc>> {
        known_time(self.suspended_at)
    }
}
