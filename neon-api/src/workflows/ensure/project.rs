//! Ensuring a project.

mod duplicates;

use std::time::Duration;

use neon_api_raw::ids::{OrgId, RegionId};
use neon_api_raw::types::{
    ComputeUnit, DefaultEndpointSettings, Operation, Project, SuspendTimeoutSeconds,
};

use super::found::{Comparison, change};
use super::{Ensured, Field, FieldRule};
use crate::Result;
use crate::call::{Call, IntoId, maybe, request};
use crate::input::{self, Autoscaling, Longest, MOST, PgVersion, SuspendTimeout, Unit};
use crate::neon::Neon;
use crate::resources::projects::{CreateProject, Projects};
use crate::waits::Started;
use crate::workflows::running;

/// A project that is to exist: found by its exact name, or created. Awaiting it lists the projects of
/// that name on all pages (`listProjects`), fetches the one that it finds (`getProject`), or sends
/// `createProject`.
///
/// The API lets several projects have one name. So after a creation the projects are listed again,
/// once none of the same second can be missing, and the oldest of several is the one that counts; if
/// it is not the one that this very call created, that one is deleted (`deleteProject`). Then all
/// processes that do the same have the same project. Nothing else is ever deleted: of several
/// projects that were there before, or whose creation this call is not sure of, none is taken
/// ([`Error::Ambiguous`](crate::Error::Ambiguous)).
///
/// | setter | if the project exists |
/// |---|---|
/// | `org` | ignored: only projects of the organization are searched |
/// | `region` | fixed |
/// | `pg_version` | fixed |
/// | `store_passwords` | fixed |
/// | `history_retention` | compared |
/// | `autoscaling` | compared, each limit that is set |
/// | `suspend_timeout` | compared |
/// | `branch_name` | ignored |
/// | `database_name` | ignored |
/// | `role_name` | ignored |
///
/// [`ready`](Self::ready) also waits for the operations of a project that was created in the last ten
/// minutes, as by another process.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().ensure("my-app").region("aws-us-east-1").ready().await?;
/// println!("{}: {}", app.id, if app.is_created() { "created" } else { "found" });
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Ambiguous`](crate::Error::Ambiguous) if several projects have the name;
/// [`Error::Differs`](crate::Error::Differs) if the project is not as asked for, unless
/// [that is changed](Self::apply_differences) and can be;
/// [`Error::Partial`](crate::Error::Partial) if the list is incomplete;
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for what the setters refuse; and those of the
/// calls. [`outcome_unknown`](crate::Error::outcome_unknown) only if three requests were lost.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureProject {
    neon: Neon,
    name: String,
    org: Option<OrgId>,
    region: Option<RegionId>,
    pg_version: Option<PgVersion>,
    store_passwords: Option<bool>,
    history_retention: Option<i64>,
    min: Option<ComputeUnit>,
    max: Option<ComputeUnit>,
    suspend_timeout: Option<SuspendTimeoutSeconds>,
    branch_name: Option<String>,
    database_name: Option<String>,
    role_name: Option<String>,
    applies: bool,
}

impl Projects {
    /// Makes sure that there is a project of this name, of the client's organization if it was configured
    /// with one: finds it, or creates it. [`EnsureProject`] describes how, and what else can be
    /// chosen.
    pub fn ensure(&self, name: impl Into<String>) -> EnsureProject {
        let (mut neon, name) = (self.neon().clone(), name.into());
        neon.refuse_if(input::name("project.name", &name, Longest::PROJECT));
        EnsureProject {
            neon,
            name,
            org: None,
            region: None,
            pg_version: None,
            store_passwords: None,
            history_retention: None,
            min: None,
            max: None,
            suspend_timeout: None,
            branch_name: None,
            database_name: None,
            role_name: None,
            applies: false,
        }
    }
}

impl EnsureProject {
    /// What happens to each field if the project exists.
    pub const FIELDS: &[Field] = &[
        Field::new("org", FieldRule::Ignored),
        Field::new("region", FieldRule::Fixed),
        Field::new("pg_version", FieldRule::Fixed),
        Field::new("store_passwords", FieldRule::Fixed),
        Field::new("history_retention", FieldRule::Compared),
        Field::new("autoscaling", FieldRule::Compared),
        Field::new("suspend_timeout", FieldRule::Compared),
        Field::new("branch_name", FieldRule::Ignored),
        Field::new("database_name", FieldRule::Ignored),
        Field::new("role_name", FieldRule::Ignored),
    ];

    /// The organization that owns the project, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        self.org = Some(self.neon.take_id(org));
        self
    }

    /// The region, such as `aws-us-east-1`; the API chooses one by default.
    pub fn region(mut self, region: impl IntoId<RegionId>) -> Self {
        self.region = Some(self.neon.take_id(region));
        self
    }

    /// The major version of Postgres.
    pub fn pg_version(mut self, major: impl Into<PgVersion>) -> Self {
        self.pg_version = Some(major.into());
        self
    }

    /// Whether the API stores the passwords of roles.
    pub fn store_passwords(mut self, store: bool) -> Self {
        self.store_passwords = Some(store);
        self
    }

    /// The history retention (point-in-time restore window), rounded down to whole seconds.
    pub fn history_retention(mut self, period: Duration) -> Self {
        match input::whole("history_retention_seconds", period, Unit::Seconds, 0..=MOST) {
            Ok(seconds) => self.history_retention = Some(seconds),
            Err(fault) => self.neon.refuse_if(Some(fault)),
        }
        self
    }

    /// The sizes that endpoints of the project scale between by default.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let fault = sizes.into().set(&mut self.min, &mut self.max);
        self.neon.refuse_if(fault);
        self
    }

    /// How long endpoints of the project may be idle before they are suspended, by default.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let fault = timeout.into().set(&mut self.suspend_timeout);
        self.neon.refuse_if(fault);
        self
    }

    /// The name of the first branch, 1 to 256 characters.
    pub fn branch_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.name", &name, Longest::BRANCH);
        self.neon.refuse_if(fault);
        self.branch_name = Some(name);
        self
    }

    /// The name of the first database, 1 to 63 bytes of UTF-8.
    pub fn database_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.database_name", &name, Longest::POSTGRES);
        self.neon.refuse_if(fault);
        self.database_name = Some(name);
        self
    }

    /// The name of the first role, 1 to 63 bytes of UTF-8.
    pub fn role_name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let fault = input::name("branch.role_name", &name, Longest::POSTGRES);
        self.neon.refuse_if(fault);
        self.role_name = Some(name);
        self
    }

    /// Whether settings that differ are changed (`updateProject`), if they can be; they are an error
    /// by default.
    pub fn apply_differences(mut self, apply: bool) -> Self {
        self.applies = apply;
        self
    }

    fn call(self) -> Call<Started<Ensured<Project>>> {
        Call::of(self.neon.clone(), |client| async move {
            self.run(client.get()).await
        })
    }

    fn creation(&self, neon: &Neon) -> CreateProject {
        let create = neon
            .projects()
            .create(&self.name)
            .maybe_org(self.org.as_ref())
            .maybe_region(self.region.as_ref())
            .maybe_pg_version(self.pg_version)
            .maybe_store_passwords(self.store_passwords)
            .maybe_branch_name(self.branch_name.as_ref())
            .maybe_database_name(self.database_name.as_ref())
            .maybe_role_name(self.role_name.as_ref());
        create.with(|project| {
            project.history_retention_seconds = self.history_retention;
            if let Some(settings) = self.endpoint_settings() {
                project.default_endpoint_settings = Some(settings);
            }
        })
    }

    fn endpoint_settings(&self) -> Option<DefaultEndpointSettings> {
        let mut settings = DefaultEndpointSettings::default();
        settings.autoscaling_limit_min_cu.clone_from(&self.min);
        settings.autoscaling_limit_max_cu.clone_from(&self.max);
        settings
            .suspend_timeout_seconds
            .clone_from(&self.suspend_timeout);
        (settings != DefaultEndpointSettings::default()).then_some(settings)
    }

    async fn run(self, neon: Neon) -> Result<Started<Ensured<Project>>> {
        let (is_created, id, mut operations) = match self.one(&neon).await? {
            duplicates::One::Created(project, operations) => {
                let project = Ensured::Created(*project);
                return Ok(Started::new(&neon, project, operations));
            }
            duplicates::One::There { id, is_created } => (is_created, id, Vec::new()),
        };
        let mut project = neon.project(&id).get().await?;
        if is_created || running::is_recent(project.created_at) {
            operations = running::on_project(&neon, &id).await?;
        }
        self.align(&neon, &mut project, &mut operations).await?;
        Ok(Started::new(
            &neon,
            Ensured::new(is_created, project),
            operations,
        ))
    }

    /// Makes a project that was found as asked for.
    async fn align(
        &self,
        neon: &Neon,
        found: &mut Project,
        operations: &mut Vec<Operation>,
    ) -> Result<()> {
        let mut comparison = Comparison::default();
        comparison.fixed("region", self.region.as_ref(), Some(&found.region_id));
        let version = self.pg_version.map(|version| i64::from(version.major()));
        comparison.fixed("pg_version", version.as_ref(), Some(&found.pg_version.0));
        let stored = Some(&found.store_passwords);
        comparison.fixed("store_passwords", self.store_passwords.as_ref(), stored);
        let seconds = found.history_retention_seconds;
        let retention = self.history_retention.as_ref();
        let keeps = comparison.compare("history_retention", retention, &seconds);
        let none = DefaultEndpointSettings::default();
        let there = found.default_endpoint_settings.as_ref().unwrap_or(&none);
        let unit = |unit: &Option<ComputeUnit>| unit.as_ref().map(|unit| unit.0);
        let timeout = |time: &Option<SuspendTimeoutSeconds>| time.as_ref().map(|time| time.0);
        let mut computes = false;
        for (wanted, found) in [
            (&self.min, &there.autoscaling_limit_min_cu),
            (&self.max, &there.autoscaling_limit_max_cu),
        ] {
            let found = unit(found).unwrap_or(f64::NAN);
            computes |= comparison.compare("autoscaling", unit(wanted).as_ref(), &found);
        }
        // 0 stands for the default.
        let found_timeout = timeout(&there.suspend_timeout_seconds).unwrap_or(0);
        let wanted = timeout(&self.suspend_timeout);
        computes |= comparison.compare("suspend_timeout", wanted.as_ref(), &found_timeout);
        comparison.check(|| format!("project {}", found.id), self.applies)?;
        if keeps || computes {
            let handle = neon.project(&*found);
            let settings = self.endpoint_settings().filter(|_| computes);
            let update = || {
                let update = handle.update().with(|change| {
                    change.history_retention_seconds = self.history_retention;
                    change.default_endpoint_settings.clone_from(&settings);
                });
                update.send()
            };
            *found = change(neon, operations, update).await?;
        }
        Ok(())
    }
}

request!(EnsureProject => Started<Ensured<Project>>);

maybe! { EnsureProject;
    maybe_org = org(impl IntoId<OrgId>);
    maybe_region = region(impl IntoId<RegionId>);
    maybe_pg_version = pg_version(impl Into<PgVersion>);
    maybe_store_passwords = store_passwords(bool);
    maybe_history_retention = history_retention(Duration);
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_branch_name = branch_name(impl Into<String>);
    maybe_database_name = database_name(impl Into<String>);
    maybe_role_name = role_name(impl Into<String>);
    maybe_apply_differences = apply_differences(bool);
}
