//! What a caller has to know of an operation before it is called.
//!
//! They follow from method and name, so that new operations have them at once: what is neither known
//! to read nor known to add counts as destructive. What the rules do not show is listed.

use neon_api_raw::Route;
use neon_api_raw::dynamic::Operation;
use neon_api_raw::routes::{
    ADD_PROJECT_JWKS, ASSIGN_ORGANIZATION_VPC_ENDPOINT, ASSIGN_PROJECT_VPC_ENDPOINT,
    CREATE_API_KEY, CREATE_CREDENTIAL, CREATE_ORG_API_KEY, CREATE_ORGANIZATION_INVITATIONS,
    CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT, CREATE_PROJECT_TRANSFER_REQUEST,
    ENABLE_PROJECT_BRANCH_REALTIME, GRANT_PERMISSION_TO_PROJECT,
    PRESIGN_PROJECT_BRANCH_BUCKET_OBJECT, RECOVER_PROJECT, REVEAL_CREDENTIAL,
    SET_DEFAULT_PROJECT_BRANCH, START_PROJECT_ENDPOINT, SUSPEND_PROJECT_ENDPOINT,
};

use crate::engine::changes_nothing;

/// Beginnings of the names of POST operations that only add.
const ADDING_VERBS: &[&str] = &["add", "create", "grant", "register"];

/// Operations that only add, or change nothing, under another name.
const HARMLESS: &[&Route] = &[
    &ENABLE_PROJECT_BRANCH_REALTIME,
    &PRESIGN_PROJECT_BRANCH_BUCKET_OBJECT,
    &RECOVER_PROJECT,
    &REVEAL_CREDENTIAL,
    &START_PROJECT_ENDPOINT,
];

/// Operations that do more than add, in spite of their name.
const HARMFUL: &[&Route] = &[
    // It replaces the code that the function ran before.
    &CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT,
    // Whoever has the response can take the project.
    &CREATE_PROJECT_TRANSFER_REQUEST,
];

/// POST operations of which a second call changes nothing more.
const IDEMPOTENT_POSTS: &[&Route] = &[
    &ASSIGN_ORGANIZATION_VPC_ENDPOINT,
    &ASSIGN_PROJECT_VPC_ENDPOINT,
    &ENABLE_PROJECT_BRANCH_REALTIME,
    &RECOVER_PROJECT,
    &REVEAL_CREDENTIAL,
    &SET_DEFAULT_PROJECT_BRANCH,
    &START_PROJECT_ENDPOINT,
    &SUSPEND_PROJECT_ENDPOINT,
];

/// Operations that give somebody access to the account or to a project.
const GRANTING: &[&Route] = &[
    &ADD_PROJECT_JWKS,
    &CREATE_API_KEY,
    &CREATE_CREDENTIAL,
    &CREATE_ORG_API_KEY,
    &CREATE_ORGANIZATION_INVITATIONS,
    &CREATE_PROJECT_TRANSFER_REQUEST,
    &GRANT_PERMISSION_TO_PROJECT,
    &PRESIGN_PROJECT_BRANCH_BUCKET_OBJECT,
    &REVEAL_CREDENTIAL,
];

/// Fields of responses that grant access and look like data.
const SECRET_FIELDS: &[(&Route, &str)] = &[(&CREATE_PROJECT_TRANSFER_REQUEST, "id")];

/// What a caller has to know of an operation before it is called.
///
/// ```
/// use neon_api::tools::Hints;
///
/// let hints = Hints::of("restartProjectEndpoint").unwrap();
/// assert!(hints.destructive && !hints.idempotent && !hints.read_only);
/// assert!(Hints::of("getConnectionURI").unwrap().returns_secrets);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
// Each is a hint of its own, as in MCP.
#[allow(clippy::struct_excessive_bools)]
pub struct Hints {
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it may delete, overwrite or interrupt something, or hand it over. `false` if it only
    /// reads or adds.
    pub destructive: bool,
    /// Whether calling it again with the same input changes nothing more.
    pub idempotent: bool,
    /// Whether its response may contain a password, a key or another secret, which is masked unless
    /// it is [revealed](crate::tools::ToolsBuilder::reveal_secrets).
    pub returns_secrets: bool,
    /// Whether it gives somebody access to the account or to a project.
    pub grants_access: bool,
    /// Whether the API's description marks it as deprecated.
    pub deprecated: bool,
    /// `alpha`, `beta`, or empty.
    pub stability: &'static str,
}

impl Hints {
    /// The hints of the operation with this ID; `None` if there is none.
    pub fn of(operation_id: &str) -> Option<Self> {
        Operation::by_id(operation_id).map(Self::of_operation)
    }

    pub(super) fn of_operation(operation: &Operation) -> Self {
        let route = operation.route();
        let read_only = changes_nothing(route);
        Self {
            read_only,
            destructive: !read_only && !adds(route),
            idempotent: read_only || route.method != "POST" || IDEMPOTENT_POSTS.contains(&route),
            returns_secrets: operation.has_secrets() || secret_fields(route).next().is_some(),
            grants_access: GRANTING.contains(&route),
            deprecated: route.deprecated,
            stability: route.stability,
        }
    }

    /// Whether a call needs somebody's consent.
    pub fn needs_confirmation(&self) -> bool {
        self.destructive || self.grants_access
    }
}

/// Whether an operation only adds something.
fn adds(route: &'static Route) -> bool {
    let has_verb = ADDING_VERBS.iter().any(|verb| route.id.starts_with(verb));
    let is_addition = has_verb && !HARMFUL.contains(&route);
    route.method == "POST" && (is_addition || HARMLESS.contains(&route))
}

/// The fields of an operation's response that are masked although they look like data.
pub(super) fn secret_fields(route: &'static Route) -> impl Iterator<Item = &'static str> {
    let listed = SECRET_FIELDS.iter().filter(move |(of, _)| *of == route);
    listed.map(|(_, field)| *field)
}
