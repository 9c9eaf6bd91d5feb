//! The list of regions.

use neon_api_raw::ids::OrgId;
use neon_api_raw::types::{GetActiveRegionsQuery, RegionResponse};

use crate::call::{IntoId, maybe};
use crate::pager::{Page, Pager, listing};

/// The list of active regions (`getActiveRegions`), returned by
/// [`Regions::list`](super::Regions::list), in one response.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let regions = neon.regions().list().org("org-ocean-art-12345678").await?;
/// println!("{} regions", regions.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ListRegions {
    query: GetActiveRegionsQuery,
}

listing!(ListRegions => RegionResponse, 1000, true, GET_ACTIVE_REGIONS, |this, neon, _after, _limit| {
    let response = neon.raw().get_active_regions(&this.query).await?.into_inner();
    Ok(Page::new(response.regions, None))
});

/// Filters of [`Regions::list`](super::Regions::list).
impl Pager<ListRegions> {
    /// Only the regions that this organization can use.
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        let org = self.take_id(org);
        self.listing_mut().query.org_id = Some(org);
        self
    }
}

maybe! { Pager<ListRegions>;
    maybe_org = org(impl IntoId<OrgId>);
}
