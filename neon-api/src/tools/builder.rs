//! What tools are allowed to do.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::dynamic::Operation;
use neon_api_raw::error::Masked;
use neon_api_raw::ids::ProjectId;

use super::confirm::{Confirm, ConfirmRequest};
use super::dispatch::Tools;
use super::hints::Hints;
use super::scope::Scope;
use super::tool::Tool;
use crate::Result;
use crate::call::IntoId;
use crate::engine::OptionFault;
use crate::error::{InputFault, InvalidInput};
use crate::neon::Neon;

/// The default of [`ToolsBuilder::max_result_bytes`].
pub(super) const RESULT_BYTES: usize = 32 * 1024;
/// The least of it: a notice and a few IDs have to fit.
const LEAST_RESULT_BYTES: usize = 2 * 1024;

/// Configures [`Tools`]. Without any of its methods no operation is allowed.
#[derive(Clone)]
#[must_use]
pub struct ToolsBuilder {
    neon: Neon,
    allows_read_only: bool,
    is_read_only: bool,
    allowed: BTreeSet<String>,
    unconfirmed: BTreeSet<String>,
    revealed: BTreeSet<String>,
    project: Option<ProjectId>,
    fault: Option<OptionFault>,
    confirm: Option<Confirm>,
    wait: Option<Duration>,
    result_bytes: usize,
}

impl ToolsBuilder {
    pub(super) fn new(neon: Neon) -> Self {
        Self {
            neon,
            allows_read_only: false,
            is_read_only: false,
            allowed: BTreeSet::new(),
            unconfirmed: BTreeSet::new(),
            revealed: BTreeSet::new(),
            project: None,
            fault: None,
            confirm: None,
            wait: None,
            result_bytes: RESULT_BYTES,
        }
    }

    /// Allows all operations that change nothing and whose responses have no secrets, except for
    /// deprecated ones. Of those that have secrets, which are masked, name the ones that are needed
    /// in [`allow`](Self::allow): listing roles is one.
    pub fn allow_read_only(mut self) -> Self {
        self.allows_read_only = true;
        self
    }

    /// Allows these operations, by ID, such as `createProjectBranch`. Those that may delete, overwrite
    /// or interrupt something, or give access ([`Hints::needs_confirmation`]), are called only after
    /// a [confirmation](Self::confirm).
    pub fn allow(mut self, operations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed.extend(operations.into_iter().map(Into::into));
        self
    }

    /// Allows these operations and calls them without a confirmation, whatever they delete.
    pub fn allow_unconfirmed(
        mut self,
        operations: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let operations: Vec<String> = operations.into_iter().map(Into::into).collect();
        self.unconfirmed.extend(operations.iter().cloned());
        self.allow(operations)
    }

    /// Takes back whatever may change something or whose response may have secrets, however it was
    /// allowed. The client is made [read-only](Neon::read_only) as well.
    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// Restricts all calls to one project. Operations whose input names no project are not allowed
    /// then; input that names another one in path, query or body is refused; branches and endpoints
    /// in query and body are looked up in the project first, by a request each; and what belongs to
    /// another project is taken out of results. The client is
    /// [restricted](Neon::only_projects) as well.
    pub fn only_project(mut self, project: impl IntoId<ProjectId>) -> Self {
        let (project, fault) = project.given().checked();
        self.fault = self.fault.take().or(fault);
        self.project = Some(project);
        self
    }

    /// Asks this function before a call that [needs a confirmation](Hints::needs_confirmation). What
    /// it is shown is what is sent. Calls wait for it without a timeout of their own; nothing is sent
    /// unless it returns `true`.
    pub fn confirm<F>(mut self, ask: impl Fn(ConfirmRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        self.confirm = Some(Arc::new(move |request| Box::pin(ask(request))));
        self
    }

    /// Leaves the secrets in the results of these operations, by ID, such as `getConnectionURI`. It
    /// does not allow them.
    pub fn reveal_secrets(
        mut self,
        operations: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.revealed.extend(operations.into_iter().map(Into::into));
        self
    }

    /// Waits up to this long for the operations that a call starts, before it returns
    /// ([`ToolResult::wait`](super::ToolResult::wait)). By default calls do not wait.
    pub fn wait_up_to(mut self, time: Duration) -> Self {
        self.wait = Some(time);
        self
    }

    /// The largest size of a result, in bytes of JSON; 32 KiB by default, about 8,000 tokens, and 2 KiB
    /// at least. What is larger is cut, and says so
    /// ([`ToolResult::truncated`](super::ToolResult::truncated)).
    pub fn max_result_bytes(mut self, bytes: usize) -> Self {
        self.result_bytes = bytes;
        self
    }

    /// Builds the tools. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if an operation does not exist, the project
    /// ID is not valid, or results are to be smaller than 2 KiB.
    pub fn build(self) -> Result<Tools> {
        if let Some(fault) = self.fault {
            return Err(InvalidInput::without_route(fault.into()).into());
        }
        for id in self.allowed.iter().chain(&self.revealed) {
            if Operation::by_id(id).is_none() {
                let rule = unknown(id);
                return Err(InvalidInput::without_route(InputFault::Rule(rule.into())).into());
            }
        }
        if self.result_bytes < LEAST_RESULT_BYTES {
            let rule = "results need 2048 bytes or more";
            return Err(InvalidInput::of_value("max_result_bytes", rule).into());
        }
        let mut tools = BTreeMap::new();
        for operation in Operation::all() {
            let tool = Tool::new(operation, self.project.clone());
            if self.allows(&tool) {
                tools.insert(tool.name(), tool);
            }
        }
        let mut neon = self.neon;
        if let Some(project) = &self.project {
            neon = neon.only_projects([project]);
        }
        if tools.values().all(|tool| tool.hints().read_only) {
            neon = neon.read_only();
        }
        Ok(Tools::new(super::dispatch::Settings {
            neon,
            tools,
            scope: self.project.map(|project| Scope { project }),
            unconfirmed: self.unconfirmed,
            revealed: self.revealed,
            confirm: self.confirm,
            wait: self.wait,
            result_bytes: self.result_bytes,
        }))
    }

    fn allows(&self, tool: &Tool) -> bool {
        let Hints {
            read_only,
            returns_secrets,
            deprecated,
            ..
        } = tool.hints();
        let is_harmless = read_only && !returns_secrets;
        let is_allowed = self.allowed.contains(tool.name())
            || (self.allows_read_only && is_harmless && !deprecated);
        is_allowed
            && (is_harmless || !self.is_read_only)
            && (self.project.is_none() || Scope::has(tool))
    }
}

impl std::fmt::Debug for ToolsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolsBuilder")
            .field("allows_read_only", &self.allows_read_only)
            .field("allowed", &self.allowed)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

/// The message for an operation that does not exist.
fn unknown(id: &str) -> String {
    let wanted = id.to_ascii_lowercase();
    let all = Operation::all()
        .iter()
        .map(|operation| operation.route().id);
    let similar = all.filter(|other| {
        let other = other.to_ascii_lowercase();
        other == wanted || other.trim_end_matches('s') == wanted.trim_end_matches('s')
    });
    let similar: Vec<&str> = similar.collect();
    let id = Masked(id);
    match similar.first() {
        Some(similar) => format!("there is no operation {id:?}; there is {similar}"),
        None => format!("there is no operation {id:?}: expected an ID such as listProjects"),
    }
}
