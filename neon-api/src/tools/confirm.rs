//! Consent to a call.

use std::fmt;
use std::sync::Arc;

use neon_api_raw::BoxFuture;
use neon_api_raw::serde_json::Value;

use super::tool::Tool;

/// Decides about calls.
pub(super) type Confirm = Arc<dyn Fn(ConfirmRequest) -> BoxFuture<'static, bool> + Send + Sync>;

/// A call that is to be confirmed before it is sent.
///
/// Its `Display` shows the tool and its input as JSON in one line. The input is the model's: of what it
/// says, only IDs are certain.
#[derive(Debug, Clone)]
pub struct ConfirmRequest {
    tool: Tool,
    input: Value,
}

impl ConfirmRequest {
    pub(super) fn new(tool: Tool, input: Value) -> Self {
        Self { tool, input }
    }

    /// The tool that is called.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// The input as it was read, with its secrets masked. Exactly this is sent.
    pub fn input(&self) -> &Value {
        &self.input
    }
}

impl fmt::Display for ConfirmRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tool.name(), self.input)
    }
}
