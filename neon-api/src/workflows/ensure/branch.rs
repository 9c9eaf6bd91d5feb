//! Ensuring a branch.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{BranchState, Endpoint, Operation};

use super::found::{Comparison, change};
use super::once::{Once, once};
use super::{Ensured, Field, FieldRule};
use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::error::Difference;
use crate::input::{self, Longest};
use crate::neon::Neon;
use crate::resources::branches::{AnnotatedBranch, BranchHandle, Branches, CreateBranch};
use crate::waits::Started;
use crate::workflows::{OWNER, running};

mod ensured;

pub use ensured::EnsuredBranch;

/// A branch that is to exist: found by its exact name, or created. Awaiting it lists the branches of
/// that name on all pages (`listProjectBranches`) and sends `createProjectBranch` if there is none;
/// after a conflict or a lost response it lists them again. So there is one branch, however many
/// processes do the same.
///
/// | setter | if the branch exists |
/// |---|---|
/// | `parent` | fixed |
/// | `at` | ignored |
/// | `at_lsn` | ignored |
/// | `expires_in` | applied: an earlier expiry is extended; a branch that never expires is compared |
/// | `expires_at` | compared, in whole seconds |
/// | `protected` | compared |
/// | `annotate` | fixed |
/// | `owner` | fixed |
/// | `with_compute` | applied: a missing read-write endpoint is created |
///
/// [`ready`](Self::ready) waits for what this call has started, and for a branch that another
/// process is creating.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let branches = project.branches();
/// let preview = branches.ensure("preview/pr-42").with_compute().expires_in(week).ready().await?;
/// println!("{}: {}", preview.branch.id, if preview.is_created() { "created" } else { "found" });
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Differs`](crate::Error::Differs) if the branch is not as asked for, unless
/// [that is changed](Self::apply_differences) and can be;
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what cannot be, as in
/// [`CreateBranch`](crate::branches::CreateBranch); and those of the calls.
/// [`outcome_unknown`](crate::Error::outcome_unknown) only if three requests were lost.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureBranch {
    neon: Neon,
    pub(in crate::workflows) project: ProjectId,
    name: String,
    parent: Option<BranchId>,
    at: Option<DateTime<Utc>>,
    lsn: Option<String>,
    expires_in: Option<Duration>,
    expires_at: Option<DateTime<Utc>>,
    protected: Option<bool>,
    annotations: BTreeMap<String, String>,
    has_compute: bool,
    applies: bool,
}

impl Branches {
    /// Makes sure that there is a branch of this name: finds it, or creates it. [`EnsureBranch`]
    /// describes how, and what else can be chosen.
    pub fn ensure(&self, name: impl Into<String>) -> EnsureBranch {
        let (mut neon, name) = (self.neon().clone(), name.into());
        neon.refuse_if(input::name("branch.name", &name, Longest::BRANCH));
        EnsureBranch {
            neon,
            project: self.project_id().clone(),
            name,
            parent: None,
            at: None,
            lsn: None,
            expires_in: None,
            expires_at: None,
            protected: None,
            annotations: BTreeMap::new(),
            has_compute: false,
            applies: false,
        }
    }
}

impl EnsureBranch {
    /// What happens to each field if the branch exists.
    pub const FIELDS: &[Field] = &[
        Field::new("parent", FieldRule::Fixed),
        Field::new("at", FieldRule::Ignored),
        Field::new("at_lsn", FieldRule::Ignored),
        Field::new("expires_in", FieldRule::Applied),
        Field::new("expires_at", FieldRule::Compared),
        Field::new("protected", FieldRule::Compared),
        Field::new("annotate", FieldRule::Fixed),
        Field::new("owner", FieldRule::Fixed),
        Field::new("with_compute", FieldRule::Applied),
    ];

    /// The parent; the project's default branch if not set.
    pub fn parent(mut self, parent: impl IntoId<BranchId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, parent);
        self.neon = neon;
        self.parent = Some(id);
        self
    }

    /// Branches from the parent as it was at that time.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// Branches from the parent at that place in its write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.neon.refuse_if(input::lsn("parent_lsn", &lsn));
        self.lsn = Some(lsn);
        self
    }

    /// Deletes the branch after this time, by this machine's clock: counted from its creation, or
    /// from now if it exists and would expire earlier.
    pub fn expires_in(mut self, period: Duration) -> Self {
        self.expires_at = None;
        self.expires_in = Some(period);
        self
    }

    /// Deletes the branch at this time, which must lie ahead.
    pub fn expires_at(mut self, time: DateTime<Utc>) -> Self {
        self.expires_in = None;
        self.expires_at = Some(time);
        self
    }

    /// Whether the branch is protected against deletion and reset, and so cannot expire.
    pub fn protected(mut self, protected: bool) -> Self {
        self.protected = Some(protected);
        self
    }

    /// Annotates the branch: a key and a value, which it has from its creation.
    pub fn annotate(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Marks the branch as created by this owner ([`OWNER`](crate::workflows::OWNER)), so that its
    /// leftovers can be found.
    pub fn owner(self, owner: impl Into<String>) -> Self {
        self.annotate(OWNER, owner)
    }

    /// With a read-write compute endpoint, without which nothing can connect to the branch.
    pub fn with_compute(mut self) -> Self {
        self.has_compute = true;
        self
    }

    /// Whether settings that differ are changed (`updateProjectBranch`), if they can be; they are an
    /// error by default.
    pub fn apply_differences(mut self, apply: bool) -> Self {
        self.applies = apply;
        self
    }

    #[cfg(feature = "connect")]
    pub(in crate::workflows) fn client(&self) -> Neon {
        self.neon.clone()
    }

    /// The same with the deadline of this client.
    #[cfg(feature = "connect")]
    pub(in crate::workflows) fn with_client(mut self, neon: &Neon) -> Self {
        self.neon = neon.clone();
        self
    }

    fn call(mut self) -> Call<Started<Ensured<EnsuredBranch>>> {
        let place = (("parent_lsn", self.lsn.is_some()), self.at.is_some());
        let place = input::one_of(place.0, ("parent_timestamp", place.1));
        let expires = self.expires_at.is_some() || self.expires_in.is_some();
        let protected = ("protected", self.protected == Some(true));
        let expiry = input::one_of(("expires_at", expires), protected);
        self.neon.refuse_if(place);
        self.neon.refuse_if(expiry);
        Call::of(self.neon.clone(), |client| async move {
            self.run(client.get()).await
        })
    }

    fn creation(&self, branches: &Branches) -> CreateBranch {
        let mut create = branches
            .create(&self.name)
            .maybe_parent(self.parent.as_ref())
            .maybe_at(self.at)
            .maybe_at_lsn(self.lsn.as_ref())
            .maybe_expires_in(self.expires_in)
            .maybe_expires_at(self.expires_at)
            .maybe_protected(self.protected);
        for (key, value) in &self.annotations {
            create = create.annotate(key, value);
        }
        if self.has_compute {
            create = create.with_compute();
        }
        create
    }

    async fn run(self, neon: Neon) -> Result<Started<Ensured<EnsuredBranch>>> {
        let project = neon.project(&self.project);
        let branches = project.branches();
        let create = || self.creation(&branches).send();
        let (is_created, found) = match once(&neon, || branches.find(&self.name), create).await? {
            Once::Created(created) => {
                let operations = created.operations().to_vec();
                let branch = EnsuredBranch::created(created.into_value());
                return Ok(Started::new(&neon, Ensured::Created(branch), operations));
            }
            Once::Found(found) => (false, found),
            Once::Appeared { found, lost } => (lost, found),
        };
        let mut operations = Vec::new();
        if found.current_state != BranchState::READY || found.pending_state.is_some() {
            operations = running::on_branch(&neon, &self.project, &found.id).await?;
        }
        let branch = project.branch(&found);
        let found = self.aligned(&branch, found, &mut operations).await?;
        let endpoint = self.compute(&branch, &mut operations).await?;
        let branch = Ensured::new(is_created, EnsuredBranch::found(found, endpoint));
        Ok(Started::new(&neon, branch, operations))
    }

    /// The branch as asked for.
    async fn aligned(
        &self,
        branch: &BranchHandle,
        mut found: AnnotatedBranch,
        operations: &mut Vec<Operation>,
    ) -> Result<AnnotatedBranch> {
        let mut comparison = Comparison::default();
        comparison.fixed("parent", self.parent.as_ref(), found.parent_id.as_ref());
        for (key, value) in &self.annotations {
            let field = if key == OWNER { "owner" } else { "annotate" };
            comparison.fixed(field, Some(value), found.annotations().get(key));
        }
        let protected = self.protected.as_ref();
        let protects = comparison.compare("protected", protected, &found.protected);
        let expiry = self.expiry(&mut comparison, found.expires_at);
        comparison.check(|| format!("branch {}", found.id), self.applies)?;
        if protects || expiry.is_some() {
            let update = || {
                let update = branch.update().maybe_expires_at(expiry);
                update
                    .maybe_protected(self.protected.filter(|_| protects))
                    .send()
            };
            found.branch = change(branch.neon(), operations, update).await?;
        }
        Ok(found)
    }

    /// The expiry that is to be set.
    fn expiry(
        &self,
        comparison: &mut Comparison,
        found: Option<DateTime<Utc>>,
    ) -> Option<DateTime<Utc>> {
        let shown = |time: Option<DateTime<Utc>>| {
            time.map_or_else(|| "never".to_owned(), |time| time.to_rfc3339())
        };
        let (field, wanted, is_relative) = match (self.expires_at, self.expires_in) {
            (Some(time), _) => ("expires_at", time, false),
            // One that is too long for a time is refused when it is sent.
            (None, Some(period)) => {
                let period = TimeDelta::from_std(period).ok()?;
                ("expires_in", Utc::now().checked_add_signed(period)?, true)
            }
            (None, None) => return None,
        };
        match found {
            Some(found) if is_relative => (found < wanted).then_some(wanted),
            Some(found) if found.timestamp() == wanted.timestamp() => None,
            _ => {
                let wanted = Some(wanted);
                comparison.add(Difference::new(field, shown(wanted), shown(found), true));
                wanted
            }
        }
    }

    /// The endpoint, if the branch is to have one.
    async fn compute(
        &self,
        branch: &BranchHandle,
        operations: &mut Vec<Operation>,
    ) -> Result<Option<Endpoint>> {
        if !self.has_compute {
            return Ok(None);
        }
        let ensured = branch.endpoints().ensure().await?;
        operations.extend_from_slice(ensured.operations());
        Ok(Some(ensured.into_value().into_inner()))
    }
}

request!(EnsureBranch => Started<Ensured<EnsuredBranch>>);

maybe! { EnsureBranch;
    maybe_parent = parent(impl IntoId<BranchId>);
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
    maybe_expires_in = expires_in(Duration);
    maybe_expires_at = expires_at(DateTime<Utc>);
    maybe_protected = protected(bool);
    maybe_annotate = annotate(impl Into<String>, impl Into<String>);
    maybe_owner = owner(impl Into<String>);
    maybe_apply_differences = apply_differences(bool);
}
