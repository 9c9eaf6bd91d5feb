//! The list of the members of an organization.

use neon_api_raw::enums::{GetOrganizationMembersSortBy, SortOrder};
use neon_api_raw::ids::OrgId;
use neon_api_raw::types::{GetOrganizationMembersQuery, MemberWithUser};

use crate::call::maybe;
use crate::pager::{Page, Pager, listing, next_page, page_of};

/// The list of an organization's members (`getOrganizationMembers`), returned by
/// [`OrgMembers::list`](super::OrgMembers::list): pages of up to 500.
///
/// ```no_run
/// # async fn run(org: neon_api::orgs::OrgHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::{GetOrganizationMembersSortBy, SortOrder};
///
/// let list = org.members().list();
/// let mut members = list.sort(GetOrganizationMembersSortBy::Email, SortOrder::Asc);
/// while let Some(entry) = members.try_next().await? {
///     println!("{} is {}", entry.user.email, entry.member.role);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListOrgMembers {
    org: OrgId,
    query: GetOrganizationMembersQuery,
}

impl ListOrgMembers {
    pub(crate) fn new(org: OrgId) -> Self {
        Self {
            org,
            query: GetOrganizationMembersQuery::default(),
        }
    }
}

listing!(ListOrgMembers => MemberWithUser, 500, false, GET_ORGANIZATION_MEMBERS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    let response = neon.raw().get_organization_members(&this.org, &query).await?.into_inner();
    Ok(Page::new(response.members, next_page(response.pagination)))
});

/// The order of [`OrgMembers::list`](super::OrgMembers::list).
impl Pager<ListOrgMembers> {
    /// In this order; by default who joined last comes first.
    pub fn sort(mut self, by: GetOrganizationMembersSortBy, order: SortOrder) -> Self {
        let query = &mut self.listing_mut().query;
        query.sort_by = Some(by);
        query.sort_order = Some(order);
        self
    }
}

maybe! { Pager<ListOrgMembers>;
    maybe_sort = sort(GetOrganizationMembersSortBy, SortOrder);
}
