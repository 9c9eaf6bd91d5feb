//! The list of custom domains.

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{CustomDomain, ListProjectBranchCustomDomainsQuery};

use crate::pager::{Page, listing, next_page, page_of};

/// The list of a branch's custom domains (`listProjectBranchCustomDomains`), made by
/// [`CustomDomains::list`](super::CustomDomains::list): pages of up to 1,000. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let mut domains = branch.custom_domains().list();
/// while let Some(domain) = domains.try_next().await? {
///     println!("{} must point to {}: {:?}", domain.domain, domain.cname_target, domain.dns_status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListCustomDomains {
    project: ProjectId,
    branch: BranchId,
}

impl ListCustomDomains {
    pub(crate) fn new(project: ProjectId, branch: BranchId) -> Self {
        Self { project, branch }
    }
}

listing!(ListCustomDomains => CustomDomain, 1000, false, LIST_PROJECT_BRANCH_CUSTOM_DOMAINS, |this, neon, after, limit| {
    let query = page_of!(ListProjectBranchCustomDomainsQuery::default(), after, limit);
    let raw = neon.raw();
    let answer = raw.list_project_branch_custom_domains(&this.project, &this.branch, &query).await?.into_inner();
    Ok(Page::new(answer.custom_domains, next_page(answer.pagination)))
});
