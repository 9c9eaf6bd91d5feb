//! A compute endpoint of a branch that is to be created.

use neon_api_raw::enums::EndpointType;
use neon_api_raw::types::{
    BranchCreateRequestEndpointOptions, EndpointSettingsData, PgSettingsData, Provisioner,
};

use crate::call::maybe;
use crate::input::{Autoscaling, Fault, SuspendTimeout};

/// A compute endpoint that a new branch is to have
/// ([`with_endpoint`](super::CreateBranch::with_endpoint)). What its setters refuse fails the call.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::branches::EndpointOptions;
/// use neon_api::input::{ComputeSize, SuspendTimeout};
///
/// let writer = EndpointOptions::read_write().autoscaling(0.25..=2.0);
/// let reader = EndpointOptions::read_only()
///     .autoscaling(ComputeSize::ONE)
///     .suspend_timeout(SuspendTimeout::Never);
/// let create = project.branches().create("load-test").with_endpoint(writer).with_endpoint(reader);
/// println!("{}", create.ready().await?.endpoints.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is sent by a branch that is created with it"]
pub struct EndpointOptions {
    pub(super) options: BranchCreateRequestEndpointOptions,
    pub(super) fault: Option<Fault>,
}

impl EndpointOptions {
    /// The endpoint for reading and writing, of which a branch has one at most.
    pub fn read_write() -> Self {
        BranchCreateRequestEndpointOptions::new(EndpointType::ReadWrite).into()
    }

    /// An endpoint for reading.
    pub fn read_only() -> Self {
        BranchCreateRequestEndpointOptions::new(EndpointType::ReadOnly).into()
    }

    /// The sizes that it scales between, by default those of the project. Ranges that are not in
    /// order, or start below 0.25 compute units, fail the call.
    pub fn autoscaling(mut self, sizes: impl Into<Autoscaling>) -> Self {
        let options = &mut self.options;
        let fault = sizes.into().set(
            &mut options.autoscaling_limit_min_cu,
            &mut options.autoscaling_limit_max_cu,
        );
        self.fault = self.fault.or(fault);
        self
    }

    /// How long it may be idle before it is suspended, by default as the project has it: a
    /// [`SuspendTimeout`] or a duration of 1 second to 7 days, in whole seconds; plans may allow
    /// less.
    pub fn suspend_timeout(mut self, timeout: impl Into<SuspendTimeout>) -> Self {
        let timeout = timeout.into();
        let fault = timeout.set(&mut self.options.suspend_timeout_seconds);
        self.fault = self.fault.or(fault);
        self
    }

    /// A setting of Postgres, such as `statement_timeout`, beside those set before.
    pub fn pg_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let settings = self.options.settings.get_or_insert_default();
        let all: &mut PgSettingsData = settings.pg_settings.get_or_insert_default();
        all.0.insert(name.into(), value.into());
        self
    }

    /// The settings of Postgres and the libraries that it preloads, in place of those set before.
    pub fn settings(mut self, settings: EndpointSettingsData) -> Self {
        self.options.settings = Some(settings);
        self
    }

    /// The provisioner of computes, such as `k8s-neonvm`; the API chooses one by default.
    pub fn provisioner(mut self, name: impl Into<String>) -> Self {
        self.options.provisioner = Some(Provisioner(name.into()));
        self
    }

    /// Changes the options directly, for what has no setter.
    ///
    /// ```
    /// use neon_api::branches::EndpointOptions;
    /// use neon_api::types::{EndpointSettingsData, PreloadLibraries};
    ///
    /// let libraries = PreloadLibraries::default().with_use_defaults(true);
    /// let settings = EndpointSettingsData::default().with_preload_libraries(libraries);
    /// let endpoint = EndpointOptions::read_write().with(|e| e.settings = Some(settings));
    /// # let _ = endpoint;
    /// ```
    pub fn with(mut self, change: impl FnOnce(&mut BranchCreateRequestEndpointOptions)) -> Self {
        change(&mut self.options);
        self
    }
}

impl From<BranchCreateRequestEndpointOptions> for EndpointOptions {
    fn from(options: BranchCreateRequestEndpointOptions) -> Self {
        let fault = None;
        Self { options, fault }
    }
}

maybe! { EndpointOptions;
    maybe_autoscaling = autoscaling(impl Into<Autoscaling>);
    maybe_suspend_timeout = suspend_timeout(impl Into<SuspendTimeout>);
    maybe_pg_setting = pg_setting(impl Into<String>, impl Into<String>);
    maybe_settings = settings(EndpointSettingsData);
    maybe_provisioner = provisioner(impl Into<String>);
}
