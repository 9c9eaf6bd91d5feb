//! Calls by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::dynamic::{Content, Reply};
use neon_api_raw::error::Masked;
use neon_api_raw::ids::{OperationId, ProjectId};
use neon_api_raw::serde_json::Value;

use super::builder::ToolsBuilder;
use super::confirm::{Confirm, ConfirmRequest};
use super::error::{ToolError, bounded};
use super::hints::secret_fields;
use super::result::{StartedOperation, ToolResult, WaitOutcome};
use super::scope::Scope;
use super::tool::Tool;
use super::{bounds, content};
use crate::neon::Neon;
use crate::waits::WaitToken;

/// How many operations of a call are listed in its result.
const MOST_OPERATIONS: usize = 100;

/// Operations of the API as tools: see the [module](crate::tools). Clones are cheap.
#[derive(Clone)]
pub struct Tools {
    settings: Arc<Settings>,
}

/// What the tools may do.
pub(super) struct Settings {
    pub(super) neon: Neon,
    pub(super) tools: BTreeMap<&'static str, Tool>,
    pub(super) scope: Option<Scope>,
    pub(super) unconfirmed: BTreeSet<String>,
    pub(super) revealed: BTreeSet<String>,
    pub(super) confirm: Option<Confirm>,
    pub(super) wait: Option<Duration>,
    pub(super) result_bytes: usize,
}

impl Tools {
    /// Begins to build tools on a client, whose limits, retries and guard rails they share.
    pub fn builder(neon: Neon) -> ToolsBuilder {
        ToolsBuilder::new(neon)
    }

    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
        }
    }

    /// The tools, sorted by name.
    pub fn list(&self) -> impl Iterator<Item = &Tool> {
        self.settings.tools.values()
    }

    /// The tool of this name; `None` if there is none, or if it is not allowed.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        self.settings.tools.get(name)
    }

    /// Calls a tool. Its input is an object as its [schema](Tool::input_schema) says; `null` counts as
    /// an empty one.
    ///
    /// If the future is dropped, nothing is left running; a request that was sent may still take
    /// effect. Retries are those of the client.
    ///
    /// # Errors
    ///
    /// [`ToolError`]: the tool does not exist, the input has an unknown field or a wrong value, the
    /// call was not confirmed, or it failed. Operations that were started and fail afterwards are no
    /// error, but in [`ToolResult::wait`].
    pub async fn dispatch(&self, name: &str, input: &Value) -> Result<ToolResult, ToolError> {
        let settings = &*self.settings;
        let Some(tool) = settings.tools.get(name) else {
            let known: Vec<_> = settings.tools.keys().copied().collect();
            return Err(ToolError::unknown(name, &known));
        };
        let prepared = tool.operation().prepare(settings.neon.raw(), input);
        let prepared = prepared.map_err(|refused| ToolError::input(name, &refused))?;
        if let Some(scope) = &settings.scope {
            scope.check(tool, prepared.input())?;
            scope
                .check_parts(&settings.neon, tool, prepared.input())
                .await?;
        }
        settings.confirm(tool, prepared.input()).await?;
        let is_revealed = settings.revealed.contains(tool.name());
        let sent = if is_revealed {
            prepared.send_revealing().await
        } else {
            prepared.send().await
        };
        let reply = sent.map_err(|error| ToolError::failed(name, error.into()))?;
        Ok(settings.result(tool, reply, is_revealed).await)
    }
}

impl Settings {
    async fn confirm(&self, tool: &Tool, input: &Value) -> Result<(), ToolError> {
        if !tool.hints().needs_confirmation() || self.unconfirmed.contains(tool.name()) {
            return Ok(());
        }
        let Some(confirm) = &self.confirm else {
            return Err(ToolError::without_confirmation(tool.name()));
        };
        let request = ConfirmRequest::new(tool.clone(), input.clone());
        if confirm(request).await {
            Ok(())
        } else {
            Err(ToolError::declined(tool.name()))
        }
    }

    async fn result(&self, tool: &Tool, reply: Reply, is_revealed: bool) -> ToolResult {
        let request_id = reply.request_id.filter(|id| is_word(id));
        let mut result = ToolResult::new(tool.name(), request_id, Value::Null);
        match reply.content {
            Content::Json(data) => result.untrusted_data = data,
            Content::Stream(file) => {
                (result.untrusted_data, result.truncated) =
                    content::beginning(file, self.result_bytes / 2, !is_revealed).await;
            }
            // The content is non-exhaustive; both kinds are handled above.
            _ => {}
        }
        if !is_revealed {
            let fields = secret_fields(tool.route());
            fields.for_each(|field| content::hide(&mut result.untrusted_data, field));
            content::mask(&mut result.untrusted_data);
        }
        if let Some(scope) = &self.scope {
            result.withheld = scope.withhold(&mut result.untrusted_data);
        }
        if !tool.hints().read_only {
            let (started, token) = started(&result.untrusted_data);
            result.operations = started;
            result.wait = self.wait(token).await;
        }
        self.bound(tool, &mut result);
        result
    }

    async fn wait(&self, token: Option<WaitToken>) -> Option<WaitOutcome> {
        let (time, token) = (self.wait?, token?);
        let error = match self.neon.wait(token).timeout(time).await {
            Ok(()) => return Some(WaitOutcome::Finished),
            Err(error) => error,
        };
        let message = bounded(&Masked(&error.to_string()).to_string(), 1_000);
        Some(if error.is_failure() {
            WaitOutcome::Failed { message }
        } else {
            WaitOutcome::Unfinished { message }
        })
    }

    /// Cuts a result that is too large.
    fn bound(&self, tool: &Tool, result: &mut ToolResult) {
        let whole = bounds::size(result);
        if whole <= self.result_bytes {
            return;
        }
        let around = whole - bounds::size(&result.untrusted_data);
        // For the note about it.
        let most = self.result_bytes.saturating_sub(around + 1024);
        let has_limit = tool.has_parameter("limit");
        let cut = bounds::cut(&mut result.untrusted_data, most, has_limit);
        result.truncated = result.truncated.take().or(cut);
        while bounds::size(result) > self.result_bytes && result.operations.pop().is_some() {}
    }
}

/// Whether a text is an ID or a single word, in which nobody can write a sentence.
fn is_word(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.len() <= 60 && text.chars().all(is_plain) && Masked(text).to_string() == text
}

/// The operations that a response contains.
fn started(data: &Value) -> (Vec<StartedOperation>, Option<WaitToken>) {
    let listed = data.get("operations").and_then(Value::as_array);
    let mut ids: Vec<OperationId> = Vec::new();
    let mut started: Vec<StartedOperation> = Vec::new();
    for operation in listed.into_iter().flatten() {
        let text = |key: &str| {
            let text = operation.get(key).and_then(Value::as_str);
            text.filter(|text| is_word(text)).unwrap_or_default()
        };
        let (Ok(id), Ok(project_id)) = (
            OperationId::new(text("id")),
            ProjectId::new(text("project_id")),
        ) else {
            continue;
        };
        ids.push(id.clone());
        if started.len() < MOST_OPERATIONS {
            started.push(StartedOperation {
                project_id,
                id,
                action: text("action").to_owned(),
                status: text("status").to_owned(),
            });
        }
    }
    let project = started.first().map(|first| first.project_id.clone());
    (started, project.map(|project| WaitToken::new(project, ids)))
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools")
            .field("tools", &self.settings.tools.keys())
            .field("scope", &self.settings.scope)
            .finish_non_exhaustive()
    }
}
