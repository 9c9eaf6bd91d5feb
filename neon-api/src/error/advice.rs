//! What to do about an error, if known.

use http::StatusCode;
use neon_api_raw::error::Failed;
use neon_api_raw::routes::{
    ADD_PROJECT_JWKS, CREATE_PROJECT_BRANCH, CREATE_PROJECT_BRANCH_ANONYMIZED,
    CREATE_PROJECT_ENDPOINT, GET_PROJECT_BRANCH_SCHEMA_COMPARISON, RESTORE_PROJECT_BRANCH,
    RESTORE_SNAPSHOT,
};
use neon_api_raw::{ApiError, Route};

use super::Error;
use super::predicates::is_unknown_route;

const MAY_HAVE_HAPPENED: &str = "the request may have taken effect; check before retrying";
const CHECK_BASE_URL: &str =
    "check the base URL (NEON_API_HOST), as in https://console.neon.tech/api/v2";
const CONTACT_SUPPORT: &str = "if this persists, contact Neon support with the request ID";

impl Error {
    /// What to do, in order.
    pub(super) fn advice(&self) -> impl Iterator<Item = &'static str> {
        let effect = self.outcome_unknown().then_some(MAY_HAVE_HAPPENED);
        let error = match self {
            Self::Api(error) => of_response(error),
            _ => None,
        };
        effect.into_iter().chain(error)
    }
}

fn of_response(error: &Failed<ApiError>) -> Option<&'static str> {
    let access = Access::of(Failed::route(error));
    let says = |text| error.message.contains(text);
    match error.status.as_u16() {
        300..=399 => Some(CHECK_BASE_URL),
        404 if is_unknown_route(error) => Some(CHECK_BASE_URL),
        500..=599 => Some(CONTACT_SUPPORT),
        400..=422 if says("org_id") && says("required") => Some(
            "set the organization: org(…) on the builder or the list, or NEON_ORG_ID for the whole client",
        ),
        401 => Some(access.for_missing_key()),
        403 if of_plan(error) => Some(
            "the plan has no consumption history: Scale and Enterprise have it, Business for by_project_legacy, and Launch and Agent for by_project",
        ),
        403 => Some(access.for_refusal()),
        406 if is_consumption(Failed::route(error)) => Some(
            "hours are kept for 168 hours, days for 60 days and months for a year: choose a later start or a longer granularity",
        ),
        // Routes of users reject organization keys in these ways as well.
        400 | 404 if access == Access::Personal && error.is_api_form() => {
            Some(access.for_refusal())
        }
        404 if error.is_api_form() && may_name_branch_by_name(error) => Some(
            "the ID of a branch begins with br-; branches().find(name) finds the branch with a name",
        ),
        412 if says("password") => Some(
            "the password is not stored: branch.role(name).reset_password() sets a new one and returns it",
        ),
        _ => None,
    }
}

/// Whether a refusal is about the plan of the account, and not about the key. The API has no code for
/// it: its messages name the plans that have what was asked for.
pub(super) fn of_plan(error: &Failed<ApiError>) -> bool {
    error.status == StatusCode::FORBIDDEN
        && is_consumption(Failed::route(error))
        && error.is_api_form()
        && error.message.to_ascii_lowercase().contains("plan")
}

fn is_consumption(route: &Route) -> bool {
    route.path.starts_with("/consumption_history/")
}

/// Whether what should be the ID of a branch may be its name: one in the path is without the prefix,
/// and one in the body cannot be seen, but has not been found.
fn may_name_branch_by_name(error: &Failed<ApiError>) -> bool {
    let is_in_body = TAKE_BRANCH.contains(&Failed::route(error));
    (is_in_body && error.message.contains("branch"))
        || error.resource().is_some_and(names_branch_by_name)
}

/// Operations that have the ID of a branch in their bodies or queries.
const TAKE_BRANCH: [&Route; 7] = [
    &ADD_PROJECT_JWKS,
    &CREATE_PROJECT_BRANCH,
    &CREATE_PROJECT_BRANCH_ANONYMIZED,
    &CREATE_PROJECT_ENDPOINT,
    &GET_PROJECT_BRANCH_SCHEMA_COMPARISON,
    &RESTORE_PROJECT_BRANCH,
    &RESTORE_SNAPSHOT,
];

/// Whether what should be the ID of a branch is more likely its name.
fn names_branch_by_name(resource: &str) -> bool {
    let mut segments = resource
        .split('/')
        .skip_while(|segment| *segment != "branches");
    segments.nth(1).is_some_and(|id| !id.starts_with("br-"))
}

/// Which keys a route accepts, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Personal keys: the route is about the key's user, and organization and project keys belong
    /// to no user.
    Personal,
    /// Personal keys of admins of the organization.
    OrganizationAdmin,
    /// Personal keys of admins of the project.
    ProjectAdmin,
    /// Any key with access to the organization or the project.
    Any,
}

impl Access {
    fn of(operation: &Route) -> Self {
        let mut segments = operation.path.split('/').skip(1);
        let mut next = || segments.next().unwrap_or_default();
        match (next(), next(), next(), next()) {
            ("users" | "api_keys", ..) | ("organizations", _, "projects", "transfer") => {
                Self::Personal
            }
            ("organizations", _, "api_keys" | "members" | "invitations", _) => {
                Self::OrganizationAdmin
            }
            ("projects", _, "members" | "permissions", _) => Self::ProjectAdmin,
            _ => Self::Any,
        }
    }

    /// For 401.
    fn for_missing_key(self) -> &'static str {
        match self {
            Self::Personal => "check the API key; this endpoint requires a personal API key",
            Self::OrganizationAdmin => {
                "check the API key; this endpoint requires the personal API key of an admin of the organization"
            }
            Self::ProjectAdmin => {
                "check the API key; this endpoint requires the personal API key of an admin of the project or its organization"
            }
            Self::Any => "check the API key",
        }
    }

    /// For 403.
    fn for_refusal(self) -> &'static str {
        match self {
            Self::Personal => {
                "this endpoint requires a personal API key; organization and project keys are not accepted"
            }
            Self::OrganizationAdmin => {
                "this endpoint requires the personal API key of an admin of the organization"
            }
            Self::ProjectAdmin => {
                "this endpoint requires the personal API key of an admin of the project or its organization"
            }
            Self::Any => {
                "the API key lacks permission; it may belong to another organization or project"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use neon_api_raw::routes::ALL;

    use super::Access;

    fn those_with(access: Access) -> Vec<&'static str> {
        let all = ALL
            .iter()
            .filter(|operation| Access::of(operation) == access);
        let mut ids: Vec<_> = all.map(|operation| operation.id).collect();
        ids.sort_unstable();
        ids
    }

    /// Every operation is here or takes any key: a new route about keys, members, invitations or
    /// users fails this test until it is put into its place.
    #[test]
    fn the_table_of_routes() {
        let personal = [
            "createApiKey",
            "getCurrentUserInfo",
            "getCurrentUserOrganizations",
            "listApiKeys",
            "revokeApiKey",
            "transferProjectsFromOrgToOrg",
            "transferProjectsFromUserToOrg",
        ];
        let organization_admin = [
            "createOrgApiKey",
            "createOrganizationInvitations",
            "getOrganizationInvitations",
            "getOrganizationMember",
            "getOrganizationMembers",
            "listOrgApiKeys",
            "removeOrganizationMember",
            "revokeOrgApiKey",
            "updateOrganizationMember",
        ];
        let project_admin = [
            "grantPermissionToProject",
            "listProjectMembers",
            "listProjectPermissions",
            "removeProjectMemberRole",
            "revokePermissionFromProject",
            "setProjectMemberRole",
        ];
        assert_eq!(those_with(Access::Personal), personal);
        assert_eq!(those_with(Access::OrganizationAdmin), organization_admin);
        assert_eq!(those_with(Access::ProjectAdmin), project_admin);
        for id in those_with(Access::Any) {
            let words = [
                "ApiKey",
                "Member",
                "Invitation",
                "Permission",
                "CurrentUser",
            ];
            assert!(!words.iter().any(|word| id.contains(word)), "{id}");
        }
    }
}
