//! Typed input: values that setters take, checked for their form before anything is sent.
//!
//! A type has the name of the request's type that it becomes, where there is one: the setters take
//! the checked one, and `.with(|body| …)` on a builder takes any.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! use std::time::Duration;
//!
//! use neon_api::chrono::Weekday;
//! use neon_api::input::{
//!     AllowedIps, ComputeSize, MaintenanceWindow, PgVersion, Quota, SuspendTimeout, region,
//! };
//!
//! let app = neon
//!     .projects()
//!     .create("my-app")
//!     .region(region::AWS_EU_CENTRAL_1)
//!     .pg_version(PgVersion::V17)
//!     .autoscaling(ComputeSize::QUARTER..=ComputeSize::TWO)
//!     .suspend_timeout(SuspendTimeout::After(Duration::from_secs(600)))
//!     .quota(Quota::new().data_transfer(50_000_000_000))
//!     .allowed_ips(AllowedIps::new(["192.0.2.0/24", "198.51.100.7"])?)
//!     .maintenance_window(MaintenanceWindow::new([Weekday::Sun], "03:00", "04:00")?)
//!     .ready()
//!     .await?;
//! println!("{}", app.project.id);
//! # Ok(())
//! # }
//! ```

mod allowed_ips;
mod compute;
mod maintenance_window;
mod pg_version;
mod quota;
pub mod region;
mod rules;
mod suspend_timeout;

pub use allowed_ips::AllowedIps;
pub use compute::{Autoscaling, ComputeSize};
pub use maintenance_window::MaintenanceWindow;
pub use pg_version::PgVersion;
pub use quota::{Limit, Quota};
pub(crate) use rules::{Fault, Longest, MOST, Unit, lsn, name, one_of, scaling_order, whole};
pub use suspend_timeout::SuspendTimeout;
