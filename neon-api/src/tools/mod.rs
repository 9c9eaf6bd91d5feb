//! Operations of the API as tools of a language model or an agent.
//!
//! [`Tools`] is a catalogue of operations with JSON schemas, and a way to call them by name with JSON:
//! what protocols such as MCP need on the side of a server. Calls pass through the client's limits,
//! retries, guard rails and tracing.
//!
//! Nothing is allowed that was not named when the tools were built:
//!
//! | | |
//! |---|---|
//! | [`allow_read_only`](ToolsBuilder::allow_read_only), [`allow`](ToolsBuilder::allow) | which operations are tools; all others are neither listed nor called |
//! | [`read_only`](ToolsBuilder::read_only) | nothing that changes something, and nothing whose response may contain secrets |
//! | [`only_project`](ToolsBuilder::only_project) | one project, in paths, queries, bodies and results |
//! | [`confirm`](ToolsBuilder::confirm), [`allow_unconfirmed`](ToolsBuilder::allow_unconfirmed) | without one of them nothing is deleted, overwritten, restored, reset, revoked, suspended, restarted or transferred, and nobody is given access |
//! | [`reveal_secrets`](ToolsBuilder::reveal_secrets) | without it passwords, keys and connection strings are masked in results |
//! | [`max_result_bytes`](ToolsBuilder::max_result_bytes) | the size of a result |
//!
//! Results are what the API returned: names, logs and rows that anybody may have written. They are
//! marked as untrusted ([`ToolResult`]), and a model that acts on them may be made to do what their
//! author wants. So it is what is allowed that protects an account, not what the model was asked to do.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
//! use neon_api::raw::serde_json::{self, json};
//! use neon_api::tools::Tools;
//!
//! let tools = Tools::builder(neon)
//!     .only_project("late-frost-12345678")
//!     .allow_read_only()
//!     .allow(["createProjectBranch", "deleteProjectBranch"])
//!     .confirm(|request| async move { request.input()["branch_id"] != "br-noisy-breeze-a5e59rrb" })
//!     .build()?;
//! for tool in tools.list() {
//!     println!("{}", serde_json::to_string(&tool)?); // as MCP lists it
//! }
//! let input = json!({ "project_id": "late-frost-12345678", "limit": 10 });
//! match tools.dispatch("listProjectBranches", &input).await {
//!     Ok(result) => println!("{}", serde_json::to_string(&result)?),
//!     Err(error) => println!("{error}"),
//! }
//! # Ok(())
//! # }
//! ```

mod bounds;
mod builder;
mod confirm;
mod content;
mod dispatch;
mod error;
mod hints;
mod result;
mod scope;
mod tool;

pub use builder::ToolsBuilder;
pub use confirm::ConfirmRequest;
pub use dispatch::Tools;
pub use error::{ToolError, ToolErrorKind};
pub use hints::Hints;
pub use result::{StartedOperation, ToolResult, Truncated, WaitOutcome};
pub use tool::Tool;
