//! Resources that a client must not change.

use std::fmt;

use neon_api_raw::Route;
use neon_api_raw::ids::{BranchId, EndpointId, ProjectId};
use neon_api_raw::routes::{
    CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT, CREATE_PROJECT_TRANSFER_REQUEST, DELETE_PROJECT,
    DELETE_PROJECT_BRANCH, FINALIZE_RESTORE_BRANCH, RECOVER_PROJECT, RESTORE_SNAPSHOT,
    REVEAL_CREDENTIAL, START_PROJECT_ENDPOINT,
};

use super::named::Named;
use crate::engine::OptionFault;

/// A project, branch or compute endpoint that a client must not delete, update, restore or reset:
/// see [`Neon::protect`](crate::Neon::protect).
///
/// It is built from an ID or a handle. A branch ID alone does not show which project contains the
/// branch: then every deletion of a project is blocked, since it may be that one, and so is every
/// other request that affects branches without naming them. [`in_project`](Self::in_project) or a
/// handle makes this precise.
///
/// ```
/// use neon_api::{Neon, Protected};
/// use neon_api::ids::{BranchId, EndpointId, ProjectId};
///
/// # let neon = Neon::builder().api_key("napi_abc").build()?;
/// let shop = ProjectId::new("late-frost-12345678")?;
/// let main = BranchId::new("br-noisy-breeze-a5e59rrb")?;
/// let compute = EndpointId::new("ep-misty-sea-a5833nbi")?;
///
/// let neon = neon.protect(&shop); // with everything in it
/// let neon = neon.protect(&neon.project(&shop).branch(&main)); // that branch, by its handle
/// let neon = neon.protect(Protected::from(compute).in_project(shop).in_branch(main));
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Protected {
    thing: Thing,
    project: Option<ProjectId>,
    branch: Option<BranchId>,
    /// What is wrong with the ID that a handle was made of: nothing would be protected.
    fault: Option<OptionFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Thing {
    Project(ProjectId),
    Branch(BranchId),
    Endpoint(EndpointId),
}

impl Protected {
    fn new(thing: Thing) -> Self {
        Self {
            thing,
            project: None,
            branch: None,
            fault: None,
        }
    }

    /// The same, made of a handle with a client that refuses all calls because of this, if it does.
    pub(crate) fn with_fault(mut self, fault: Option<OptionFault>) -> Self {
        self.fault = fault;
        self
    }

    pub(crate) fn fault(&self) -> Option<&OptionFault> {
        self.fault.as_ref()
    }

    /// Sets the project that contains it, which must then not be deleted either.
    #[must_use]
    pub fn in_project(mut self, project: impl Into<ProjectId>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Sets the branch that an endpoint belongs to, which must then not be deleted either.
    #[must_use]
    pub fn in_branch(mut self, branch: impl Into<BranchId>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Whether a request that changes something would harm it.
    pub(super) fn is_harmed(&self, operation: &Route, named: &Named) -> bool {
        if is_additive(operation, named) {
            return false;
        }
        match &self.thing {
            Thing::Project(project) => named.projects().any(|p| p == project.as_str()),
            Thing::Branch(branch) => {
                named.branches().any(|b| b == branch.as_str())
                    || (reaches_branches(operation, named) && self.may_be_in(named))
            }
            Thing::Endpoint(endpoint) => {
                let is_named = named.endpoints().any(|e| e == endpoint.as_str());
                let goes_with_branch = *operation == DELETE_PROJECT_BRANCH
                    && self.may_be_in(named)
                    && self
                        .branch
                        .as_ref()
                        .is_none_or(|branch| named.branches().any(|b| b == branch.as_str()));
                let goes_with_project = *operation == DELETE_PROJECT && self.may_be_in(named);
                is_named || goes_with_branch || goes_with_project
            }
        }
    }

    /// Whether a project named by a request contains it, as far as that is known.
    fn may_be_in(&self, named: &Named) -> bool {
        self.project
            .as_ref()
            .is_none_or(|project| named.projects().any(|p| p == project.as_str()))
    }
}

/// Whether an operation only adds to the resource that it names, or is harmless.
fn is_additive(operation: &Route, named: &Named) -> bool {
    let harmful = [
        &CREATE_PROJECT_TRANSFER_REQUEST,
        // It replaces the code that the function ran before.
        &CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT,
    ];
    let harmless = [
        &RECOVER_PROJECT,
        &REVEAL_CREDENTIAL,
        &START_PROJECT_ENDPOINT,
    ];
    if *operation == RESTORE_SNAPSHOT {
        // To a new branch.
        return !named.has("target_branch_id") && !named.has_flag("finalize_restore");
    }
    let adds = ["create", "add", "register", "grant"];
    let is_addition = adds.iter().any(|verb| operation.id.starts_with(verb));
    operation.method == "POST"
        && !harmful.contains(&operation)
        && (is_addition || harmless.contains(&operation))
}

/// Whether an operation changes or deletes branches of a project that it does not name.
fn reaches_branches(operation: &Route, named: &Named) -> bool {
    // Restoring a snapshot in place replaces the branch that it was taken from, and finalizing a
    // restore replaces the branch that it was made for.
    let in_place = *operation == RESTORE_SNAPSHOT && !named.has("target_branch_id");
    in_place || [&DELETE_PROJECT, &FINALIZE_RESTORE_BRANCH].contains(&operation)
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.thing {
            Thing::Project(id) => write!(f, "project {id}"),
            Thing::Branch(id) => write!(f, "branch {id}"),
            Thing::Endpoint(id) => write!(f, "endpoint {id}"),
        }
    }
}

impl From<ProjectId> for Protected {
    fn from(id: ProjectId) -> Self {
        Self::new(Thing::Project(id))
    }
}

impl From<&ProjectId> for Protected {
    fn from(id: &ProjectId) -> Self {
        id.clone().into()
    }
}

impl From<BranchId> for Protected {
    fn from(id: BranchId) -> Self {
        Self::new(Thing::Branch(id))
    }
}

impl From<&BranchId> for Protected {
    fn from(id: &BranchId) -> Self {
        id.clone().into()
    }
}

impl From<EndpointId> for Protected {
    fn from(id: EndpointId) -> Self {
        Self::new(Thing::Endpoint(id))
    }
}

impl From<&EndpointId> for Protected {
    fn from(id: &EndpointId) -> Self {
        id.clone().into()
    }
}
