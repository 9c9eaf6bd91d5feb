//! Regions that projects can be in.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let regions = neon.regions().list().await?;
//! if let Some(region) = regions.iter().find(|region| region.default) {
//!     neon.projects().create("my-app").region(region).ready().await?;
//! }
//! # Ok(())
//! # }
//! ```

mod list;

use neon_api_raw::ids::RegionId;
use neon_api_raw::types::RegionResponse;

pub use list::ListRegions;

use crate::call::from_values;
use crate::neon::Neon;
use crate::pager::Pager;

/// The regions that projects can be in. Nothing is sent until a call is made on it; clones are
/// cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// for region in neon.regions().list().await? {
///     println!("{} is {}", region.region_id, region.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Regions {
    neon: Neon,
}

impl Neon {
    /// The regions that projects can be in: listing.
    pub fn regions(&self) -> Regions {
        Regions { neon: self.clone() }
    }
}

impl Regions {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// Lists the active regions (`getActiveRegions`). [`ListRegions`] shows its filter. Retried as
    /// a read.
    ///
    /// # Errors
    ///
    /// Those of the API.
    #[doc(alias = "getActiveRegions")]
    pub fn list(&self) -> Pager<ListRegions> {
        Pager::new(self.neon.clone(), ListRegions::default())
    }
}

from_values! {
    RegionResponse => RegionId, |region| region.region_id;
}
