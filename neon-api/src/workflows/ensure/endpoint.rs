//! Ensuring a read-write endpoint.

use neon_api_raw::enums::EndpointType;
use neon_api_raw::types::{
    ComputeUnit, Endpoint, EndpointUpdateRequestEndpoint, SuspendTimeoutSeconds,
};

use super::found::{Comparison, change};
use super::once::{Once, once};
use super::{Ensured, Field, FieldRule};
use crate::Result;
use crate::call::{Call, maybe, request};
use crate::input::{self, Autoscaling, Longest, SuspendTimeout};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::resources::endpoints::BranchEndpoints;
use crate::waits::Started;
use crate::workflows::running;

/// A branch's read-write endpoint that is to exist: found, or created. Awaiting it lists the branch's
/// endpoints (`listProjectBranchEndpoints`) and sends `createProjectEndpoint` if none is read-write;
/// after a conflict or a lost response it lists them again. A branch has one read-write endpoint at
/// most, so there is one, however many processes do the same.
///
/// | setter | if the endpoint exists |
/// |---|---|
/// | `name` | compared |
/// | `autoscaling` | compared, each limit that is set |
/// | `suspend_timeout` | compared |
/// | `disabled` | compared |
/// | `passwordless_access` | compared |
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let endpoints = branch.endpoints();
/// let endpoint = endpoints.ensure().autoscaling(0.25..=2.0).apply_differences(true).ready().await?;
/// println!("{}", endpoint.host);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Differs`](crate::Error::Differs) if it has other settings, unless
/// [they are changed](Self::apply_differences); [`Error::InvalidInput`](crate::Error::InvalidInput)
/// for what the setters refuse; and those of the calls.
/// [`outcome_unknown`](crate::Error::outcome_unknown) only if three requests were lost.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureEndpoint {
    branch: BranchHandle,
    name: Option<String>,
    min: Option<ComputeUnit>,
    max: Option<ComputeUnit>,
    suspend_timeout: Option<SuspendTimeoutSeconds>,
    disabled: Option<bool>,
    passwordless_access: Option<bool>,
    applies: bool,
}

impl BranchEndpoints {
    /// Makes sure that the branch has a read-write endpoint: finds it, or creates it.
    /// [`EnsureEndpoint`] describes how, and what else can be chosen.
    pub fn ensure(&self) -> EnsureEndpoint {
        EnsureEndpoint {
            branch: self.branch().clone(),
            name: None,
            min: None,
            max: None,
            suspend_timeout: None,
            disabled: None,
            passwordless_access: None,
            applies: false,
        }
    }
}

impl EnsureEndpoint {
    /// What happens to each field if the endpoint exists.
    pub const FIELDS: &[Field] = &[
        Field::new("name", FieldRule::Compared),
        Field::new("autoscaling", FieldRule::Compared),
        Field::new("suspend_timeout", FieldRule::Compared),
        Field::new("disabled", FieldRule::Compared),
        Field::new("passwordless_access", FieldRule::Compared),
    ];

    /// The name, 1 to 64 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("endpoint.name", &name, Longest::ENDPOINT);
        self.branch.neon.refuse_if(fault);
        self.name = Some(name);
        self
    }

    /// The sizes that it scales between, by default those of the project.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let fault = sizes.into().set(&mut self.min, &mut self.max);
        self.branch.neon.refuse_if(fault);
        self
    }

    /// How long it may be idle before it is suspended, by default as the project has it: a
    /// [`SuspendTimeout`] or a duration of 1 second to 7 days, in whole seconds.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let fault = timeout.into().set(&mut self.suspend_timeout);
        self.branch.neon.refuse_if(fault);
        self
    }

    /// Whether it is disabled, so that nothing can connect to it.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = Some(disabled);
        self
    }

    /// Whether connections without a password are allowed.
    pub fn passwordless_access(mut self, allow: bool) -> Self {
        self.passwordless_access = Some(allow);
        self
    }

    /// Whether settings that differ are changed (`updateProjectEndpoint`), which may restart the
    /// endpoint; they are an error by default.
    pub fn apply_differences(mut self, apply: bool) -> Self {
        self.applies = apply;
        self
    }

    fn call(self) -> Call<Started<Ensured<Endpoint>>> {
        Call::of(self.branch.neon.clone(), |client| async move {
            self.run(client.get()).await
        })
    }

    async fn run(self, neon: Neon) -> Result<Started<Ensured<Endpoint>>> {
        let BranchHandle { project, id, .. } = &self.branch;
        let project = neon.project(project);
        let endpoints = project.branch(id).endpoints();
        let is_writer = |endpoint: &Endpoint| endpoint.type_ == EndpointType::ReadWrite;
        let find = || endpoints.list().find_where(is_writer);
        let create = || {
            let create = endpoints.create(EndpointType::ReadWrite).with(|body| {
                body.name.clone_from(&self.name);
                body.autoscaling_limit_min_cu.clone_from(&self.min);
                body.autoscaling_limit_max_cu.clone_from(&self.max);
                body.suspend_timeout_seconds
                    .clone_from(&self.suspend_timeout);
                body.disabled = self.disabled;
                body.passwordless_access = self.passwordless_access;
            });
            create.send()
        };
        let (is_created, mut endpoint) = match once(&neon, find, create).await? {
            Once::Created(created) => {
                let operations = created.operations().to_vec();
                let endpoint = Ensured::Created(created.into_value());
                return Ok(Started::new(&neon, endpoint, operations));
            }
            Once::Found(endpoint) => (false, endpoint),
            Once::Appeared { found, lost } => (lost, found),
        };
        let mut operations = Vec::new();
        if endpoint.pending_state.is_some() {
            operations = running::on_branch(&neon, project.id(), id).await?;
        }
        if let Some(body) = self.changes(&endpoint)? {
            let handle = project.endpoint(&endpoint);
            let update = || handle.update().with(|change| *change = body.clone()).send();
            endpoint = change(&neon, &mut operations, update).await?;
        }
        let endpoint = Ensured::new(is_created, endpoint);
        Ok(Started::new(&neon, endpoint, operations))
    }

    /// What is to be changed of an endpoint that was found.
    fn changes(&self, found: &Endpoint) -> Result<Option<EndpointUpdateRequestEndpoint>> {
        let mut comparison = Comparison::default();
        let mut body = EndpointUpdateRequestEndpoint::default();
        let none = String::new();
        let mut differs = false;
        if comparison.compare(
            "name",
            self.name.as_ref(),
            found.name.as_ref().unwrap_or(&none),
        ) {
            (body.name, differs) = (self.name.clone(), true);
        }
        let (min, max) = (
            &found.autoscaling_limit_min_cu,
            &found.autoscaling_limit_max_cu,
        );
        let wanted = self.min.as_ref().map(|unit| unit.0);
        if comparison.compare("autoscaling", wanted.as_ref(), &min.0) {
            (body.autoscaling_limit_min_cu, differs) = (self.min.clone(), true);
        }
        let wanted = self.max.as_ref().map(|unit| unit.0);
        if comparison.compare("autoscaling", wanted.as_ref(), &max.0) {
            (body.autoscaling_limit_max_cu, differs) = (self.max.clone(), true);
        }
        let wanted = self.suspend_timeout.as_ref().map(|seconds| seconds.0);
        let there = found.suspend_timeout_seconds.0;
        if comparison.compare("suspend_timeout", wanted.as_ref(), &there) {
            (body.suspend_timeout_seconds, differs) = (self.suspend_timeout.clone(), true);
        }
        if comparison.compare("disabled", self.disabled.as_ref(), &found.disabled) {
            (body.disabled, differs) = (self.disabled, true);
        }
        let wanted = self.passwordless_access;
        if comparison.compare(
            "passwordless_access",
            wanted.as_ref(),
            &found.passwordless_access,
        ) {
            (body.passwordless_access, differs) = (wanted, true);
        }
        comparison.check(|| format!("endpoint {}", found.id), self.applies)?;
        Ok(differs.then_some(body))
    }
}

request!(EnsureEndpoint => Started<Ensured<Endpoint>>);

maybe! { EnsureEndpoint;
    maybe_name = name(impl Into<String>);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_disabled = disabled(bool);
    maybe_passwordless_access = passwordless_access(bool);
    maybe_apply_differences = apply_differences(bool);
}
