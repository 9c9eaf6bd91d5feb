//! What moves projects to an organization.

use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::types::TransferProjectsToOrganizationRequest;

use crate::call::IntoId;
use crate::neon::Neon;

/// The request that moves these projects. What is wrong with it, all calls of the client fail with
/// from now on.
pub(crate) fn transfer_of(
    neon: &mut Neon,
    to: impl IntoId<OrgId>,
    projects: impl IntoIterator<Item = impl IntoId<ProjectId>>,
) -> TransferProjectsToOrganizationRequest {
    let to = neon.take_id(to);
    let projects: Vec<ProjectId> = projects.into_iter().map(|id| neon.take_id(id)).collect();
    if projects.is_empty() {
        neon.refuse("project_ids", "expected at least one project");
    }
    TransferProjectsToOrganizationRequest::new(to, projects)
}
