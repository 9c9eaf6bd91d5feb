//! Plan limits of an account.

use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// The plan limits of an account; `None` means no limit. Requests that exceed one are rejected with
/// status 422 and the code of the limit.
///
/// ```
/// use neon_api_emulator::{Emulator, Limits};
///
/// let mut limits = Limits::free_plan();
/// limits.branches = Some(2);
/// let emulator = Emulator::builder().limits(limits).build();
/// # let _ = emulator;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Projects of an organization: `PROJECTS_LIMIT_EXCEEDED`.
    pub projects: Option<usize>,
    /// Branches of a project, roots included: `BRANCHES_LIMIT_EXCEEDED`.
    pub branches: Option<usize>,
    /// Protected branches of a project: `BRANCHES_PROTECTED_LIMIT_EXCEEDED`.
    pub protected_branches: Option<usize>,
    /// Branches of a project that have no parent: `ROOT_BRANCHES_LIMIT_EXCEEDED`.
    pub root_branches: Option<usize>,
    /// Endpoints of a project: `ENDPOINTS_LIMIT_EXCEEDED`.
    pub endpoints: Option<usize>,
    /// Running endpoints of a project: `ACTIVE_ENDPOINTS_LIMIT_EXCEEDED`.
    pub active_endpoints: Option<usize>,
    /// Roles of a branch: `ROLES_LIMIT_EXCEEDED`.
    pub roles: Option<usize>,
    /// Databases of a branch: `DATABASES_LIMIT_EXCEEDED`.
    pub databases: Option<usize>,
    /// Manual snapshots of a project: `SNAPSHOTS_LIMIT_EXCEEDED`.
    pub snapshots: Option<usize>,
    /// VPC endpoints of an organization in a region: `VPC_ENDPOINTS_LIMIT_EXCEEDED`.
    pub vpc_endpoints: Option<usize>,
    /// The largest compute, in compute units; its error has no code.
    pub compute_units: Option<f64>,
    /// Whether the plan is without consumption history, whose requests are then rejected with 403.
    pub no_consumption_history: bool,
}

impl Limits {
    /// The limits of the free plan, as far as they are published.
    pub fn free_plan() -> Self {
        Self {
            projects: Some(100),
            branches: Some(10),
            protected_branches: Some(0),
            root_branches: Some(3),
            endpoints: Some(20),
            active_endpoints: Some(20),
            roles: Some(500),
            databases: Some(500),
            snapshots: Some(1),
            vpc_endpoints: Some(0),
            compute_units: Some(2.0),
            no_consumption_history: true,
        }
    }
}

/// The counted resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Projects,
    Branches,
    ProtectedBranches,
    RootBranches,
    Endpoints,
    ActiveEndpoints,
    Roles,
    Databases,
    Snapshots,
    VpcEndpoints,
}

const COUNTED: [Counted; 10] = [
    Counted::Projects,
    Counted::Branches,
    Counted::ProtectedBranches,
    Counted::RootBranches,
    Counted::Endpoints,
    Counted::ActiveEndpoints,
    Counted::Roles,
    Counted::Databases,
    Counted::Snapshots,
    Counted::VpcEndpoints,
];

impl Counted {
    fn code_and_name(self) -> (&'static str, &'static str) {
        match self {
            Self::Projects => ("PROJECTS_LIMIT_EXCEEDED", "projects"),
            Self::Branches => ("BRANCHES_LIMIT_EXCEEDED", "branches"),
            Self::ProtectedBranches => ("BRANCHES_PROTECTED_LIMIT_EXCEEDED", "protected branches"),
            Self::RootBranches => ("ROOT_BRANCHES_LIMIT_EXCEEDED", "root branches"),
            Self::Endpoints => ("ENDPOINTS_LIMIT_EXCEEDED", "endpoints"),
            Self::ActiveEndpoints => ("ACTIVE_ENDPOINTS_LIMIT_EXCEEDED", "active endpoints"),
            Self::Roles => ("ROLES_LIMIT_EXCEEDED", "roles"),
            Self::Databases => ("DATABASES_LIMIT_EXCEEDED", "databases"),
            Self::Snapshots => ("SNAPSHOTS_LIMIT_EXCEEDED", "snapshots"),
            Self::VpcEndpoints => ("VPC_ENDPOINTS_LIMIT_EXCEEDED", "VPC endpoints"),
        }
    }
}

impl Limits {
    fn of(&self, counted: Counted) -> Option<usize> {
        match counted {
            Counted::Projects => self.projects,
            Counted::Branches => self.branches,
            Counted::ProtectedBranches => self.protected_branches,
            Counted::RootBranches => self.root_branches,
            Counted::Endpoints => self.endpoints,
            Counted::ActiveEndpoints => self.active_endpoints,
            Counted::Roles => self.roles,
            Counted::Databases => self.databases,
            Counted::Snapshots => self.snapshots,
            Counted::VpcEndpoints => self.vpc_endpoints,
        }
    }

    /// Those that are set, by name.
    pub(crate) fn shown(&self) -> Map<String, Value> {
        let counted = COUNTED.iter().filter_map(|counted| {
            let (_, name) = counted.code_and_name();
            Some((name.to_owned(), json!(self.of(*counted)?)))
        });
        let mut shown: Map<String, Value> = counted.collect();
        if let Some(units) = self.compute_units {
            shown.insert("compute units".to_owned(), json!(units));
        }
        if self.no_consumption_history {
            shown.insert("consumption history".to_owned(), json!("none"));
        }
        shown
    }

    /// Whether there may be `more` beside the `present` ones.
    pub(crate) fn admit(
        &self,
        counted: Counted,
        present: usize,
        more: usize,
    ) -> Result<(), ApiError> {
        match self.of(counted) {
            Some(limit) if more > 0 && present + more > limit => {
                let (code, name) = counted.code_and_name();
                let message = format!("{name} limit exceeded: at most {limit} are allowed");
                Err(ApiError::refused(message).with_code(code))
            }
            _ => Ok(()),
        }
    }
}
