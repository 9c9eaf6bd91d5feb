//! The forms in which an ID may be passed.

use neon_api_raw::ids::{
    AuthUserId, BranchId, EndpointId, InvitationId, JwksId, MemberId, OperationId, OrgId,
    PermissionId, ProjectId, RegionId, SnapshotId, TokenId, TransferRequestId, TriggerId, UserId,
    VpcEndpointId,
};
use neon_api_raw::types::{
    Branch, Endpoint, Operation, Organization, Project, ProjectListItem, Snapshot,
};

use crate::engine::OptionFault;
use crate::neon::Neon;

/// A value that can be passed as an ID of type `I`: a string, an ID, a reference to one, or a
/// reference to a value that has one, such as a `&Branch` or a `&BranchHandle` for a branch.
///
/// If a string is not a valid ID, or a value belongs to another project, the calls that use it fail
/// with [`Error::InvalidInput`](crate::Error::InvalidInput), and nothing is sent. An ID that was
/// deserialized is used as it is, since the API may issue IDs of a new form: IDs in requests to your
/// own program are checked if they are read as strings, or by [`strict`](crate::strict). This trait
/// is sealed.
///
/// ```
/// # fn main() -> Result<(), neon_api::Error> {
/// use neon_api::Neon;
/// use neon_api::ids::ProjectId;
///
/// let neon = Neon::builder().api_key("napi_abc").build()?;
/// let of_text = neon.project("late-frost-12345678");
/// let of_id = neon.project(ProjectId::new("late-frost-12345678")?);
/// assert_eq!(of_text.id(), of_id.id());
/// # Ok(())
/// # }
/// ```
///
/// An ID of another kind does not compile:
///
/// ```compile_fail,E0277
/// # fn run(neon: neon_api::Neon, branch: neon_api::ids::BranchId) {
/// let project = neon.project(branch);
/// # }
/// ```
///
/// Nor does a value that has no such ID:
///
/// ```compile_fail,E0277
/// # fn run(neon: neon_api::Neon, endpoint: neon_api::types::Endpoint) {
/// let branch = neon.project("late-frost-12345678").branch(&endpoint);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a `{I}`",
    label = "expected a string, a `{I}`, or a value that has one",
    note = "pass a `&str`, a `String`, a `{I}`, a reference to one, to its handle or to the value that the API returned"
)]
pub trait IntoId<I>: sealed::Sealed<I> {}

impl<I, G: sealed::Sealed<I>> IntoId<I> for G {}

/// An ID as it was passed, checked.
#[derive(Debug)]
pub struct GivenId<I> {
    id: I,
    fault: Option<OptionFault>,
    project: Option<ProjectId>,
}

pub(crate) mod sealed {
    pub trait Sealed<I> {
        /// The ID, and what is wrong with it.
        fn given(self) -> super::GivenId<I>;
    }
}

impl Neon {
    /// The ID; if it is not valid, all calls of this client fail with that error from now on.
    pub(crate) fn take_id<I>(&mut self, id: impl IntoId<I>) -> I {
        let (neon, id) = self.given(id);
        *self = neon;
        id
    }

    /// The ID, and this client; if the ID is not valid, a client whose calls fail with that error.
    pub(crate) fn given<I>(&self, id: impl IntoId<I>) -> (Self, I) {
        let given = id.given();
        let neon = match given.fault {
            Some(fault) => self.refusing(fault),
            None => self.clone(),
        };
        (neon, given.id)
    }

    /// [`given`](Self::given) for a resource of a project; one of another project is a fault.
    pub(crate) fn given_in<I>(&self, project: &ProjectId, id: impl IntoId<I>) -> (Self, I) {
        let given = id.given();
        let neon = match (given.fault, given.project) {
            (Some(fault), _) => self.refusing(fault),
            (None, Some(other)) if other != *project => {
                let rule = format!(
                    "the value belongs to project {other}, but the call is for project {project}"
                );
                self.refusing(OptionFault::Rule(rule.into()))
            }
            _ => self.clone(),
        };
        (neon, given.id)
    }
}

macro_rules! from_strings {
    ($($id:ident)*) => {$(
        impl sealed::Sealed<$id> for &str {
            fn given(self) -> GivenId<$id> {
                match $id::new(self) {
                    Ok(id) => id.given(),
                    Err(fault) => GivenId {
                        id: $id::placeholder(&fault),
                        fault: Some(OptionFault::Id(fault)),
                        project: None,
                    },
                }
            }
        }

        impl sealed::Sealed<$id> for String {
            fn given(self) -> GivenId<$id> {
                self.as_str().given()
            }
        }

        impl sealed::Sealed<$id> for &String {
            fn given(self) -> GivenId<$id> {
                self.as_str().given()
            }
        }

        impl sealed::Sealed<$id> for $id {
            fn given(self) -> GivenId<$id> {
                GivenId { id: self, fault: None, project: None }
            }
        }

        impl sealed::Sealed<$id> for &$id {
            fn given(self) -> GivenId<$id> {
                self.clone().given()
            }
        }
    )*};
}

from_strings! {
    AuthUserId BranchId EndpointId InvitationId JwksId MemberId OperationId OrgId PermissionId
    ProjectId RegionId SnapshotId TokenId TransferRequestId TriggerId UserId VpcEndpointId
}

/// References to values that have an ID, and to values that contain one. The ID of a handle is not
/// valid if its client refuses all calls.
macro_rules! from_values {
    ($($value:ty => $id:ident, |$it:ident| $of:expr
        $(, in $project:expr)? $(, unless $fault:expr)?;)*) => {$(
        impl $crate::call::into_id_sealed::Sealed<$id> for &$value {
            fn given(self) -> $crate::call::GivenId<$id> {
                let $it = self;
                let given = $crate::call::into_id_sealed::Sealed::<$id>::given(&$of);
                $(let given = given.of_project(&$project);)?
                $(let given = given.with_fault($fault);)?
                given
            }
        }
    )*};
}

pub(crate) use from_values;

impl<I> GivenId<I> {
    /// The ID, and what is wrong with it.
    pub(crate) fn checked(self) -> (I, Option<OptionFault>) {
        (self.id, self.fault)
    }

    pub(crate) fn with_fault(mut self, fault: Option<OptionFault>) -> Self {
        self.fault = self.fault.or(fault);
        self
    }

    pub(crate) fn of_project(mut self, project: &ProjectId) -> Self {
        self.project = Some(project.clone());
        self
    }
}

from_values! {
    Project => ProjectId, |project| project.id;
    ProjectListItem => ProjectId, |project| project.id;
    Branch => BranchId, |branch| branch.id, in branch.project_id;
    Endpoint => EndpointId, |endpoint| endpoint.id, in endpoint.project_id;
    Operation => OperationId, |operation| operation.id, in operation.project_id;
    Organization => OrgId, |org| org.id;
    Snapshot => SnapshotId, |snapshot| snapshot.id;
}
