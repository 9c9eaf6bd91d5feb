//! One operation as a tool.

use std::fmt;

use neon_api_raw::Route;
use neon_api_raw::dynamic::Operation;
use neon_api_raw::ids::ProjectId;
use neon_api_raw::serde_json::{Map, Value, json};
use serde::{Serialize, Serializer};

use super::hints::Hints;
use super::result::output_schema;

/// An operation that may be called, as [`Tools::list`](crate::tools::Tools::list) returns it.
///
/// It is serialized as an entry of MCP's `tools/list`: `name`, `title`, `description`,
/// `inputSchema`, `outputSchema` and `annotations`.
#[derive(Clone)]
pub struct Tool {
    operation: &'static Operation,
    hints: Hints,
    /// The only project that input may name.
    project: Option<ProjectId>,
}

impl Tool {
    pub(super) fn new(operation: &'static Operation, project: Option<ProjectId>) -> Self {
        Self {
            operation,
            hints: Hints::of_operation(operation),
            project,
        }
    }

    pub(super) fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Its name: the ID of the operation, such as `listProjects`.
    pub fn name(&self) -> &'static str {
        let Route { id, .. } = self.operation.route();
        id
    }

    /// What it does, in a sentence.
    pub fn summary(&self) -> &'static str {
        self.operation.summary()
    }

    /// What a model should know of it: the summary, what else is known, and whether it needs a
    /// confirmation.
    pub fn description(&self) -> String {
        let mut parts = vec![self.summary(), self.operation.description()];
        if self.hints.needs_confirmation() {
            parts.push("It may have to be confirmed by a person.");
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    }

    /// Its method, path and group.
    pub fn route(&self) -> &'static Route {
        self.operation.route()
    }

    /// What a caller has to know of it.
    pub fn hints(&self) -> Hints {
        self.hints
    }

    /// The JSON schema of its input, draft 2020-12: one object with the parameters under their names
    /// and the request body under `body`, and nothing else at any level.
    pub fn input_schema(&self) -> Value {
        let mut schema = self.operation.input_schema();
        if let Some(project) = &self.project
            && let Some(Value::Object(parameter)) = schema.pointer_mut("/properties/project_id")
        {
            parameter.insert("const".to_owned(), project.as_str().into());
        }
        schema
    }

    /// The JSON schema of its result, as [`ToolResult`](crate::tools::ToolResult) is serialized.
    pub fn output_schema(&self) -> Value {
        output_schema(self.operation.output_schema())
    }

    /// Whether its input has a parameter of this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let schema = self.operation.input_schema();
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.is_some_and(|properties: &Map<String, Value>| properties.contains_key(name))
    }
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Hints {
            read_only,
            destructive,
            idempotent,
            ..
        } = self.hints;
        let value = json!({
            "name": self.name(),
            "title": self.summary(),
            "description": self.description(),
            "inputSchema": self.input_schema(),
            "outputSchema": self.output_schema(),
            "annotations": {
                "title": self.summary(),
                "readOnlyHint": read_only,
                "destructiveHint": destructive,
                "idempotentHint": idempotent,
                "openWorldHint": true,
            },
        });
        value.serialize(serializer)
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool")
            .field("name", &self.name())
            .field("hints", &self.hints)
            .finish_non_exhaustive()
    }
}
