//! Serves five operations of the Neon API as tools over MCP, on standard input and output.
//!
//! ```sh
//! NEON_API_KEY=… cargo run -p neon-api-mcp-example
//! ```
//!
//! Without arguments branches cannot be deleted: there is nobody to confirm it. `--delete-unconfirmed`
//! lets the model delete them by itself, and `--project ID` restricts all of it to one project.

use std::env;
use std::error::Error;
use std::time::Duration;

use neon_api::Neon;
use neon_api::tools::Tools;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::Value;

const ALLOWED: [&str; 4] = [
    "listProjects",
    "listProjectBranches",
    "getProjectBranch",
    "createProjectBranch",
];

const USAGE: &str = "usage: mcp [--project ID] [--delete-unconfirmed]";

struct Server {
    tools: Tools,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools.list().map(as_listed);
        let tools = tools.collect::<Result<_, _>>();
        tools
            .map(ListToolsResult::with_all_items)
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let input = request.arguments.map_or(Value::Null, Value::Object);
        let result = match self.tools.dispatch(&request.name, &input).await {
            Ok(result) => {
                let value = serde_json::to_value(&result)
                    .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
                if result.is_failed() {
                    CallToolResult::structured_error(value)
                } else {
                    CallToolResult::structured(value)
                }
            }
            // For the model, which can correct its input.
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        };
        Ok(result.into())
    }
}

/// A tool is serialized as MCP lists it.
fn as_listed(tool: &neon_api::tools::Tool) -> Result<Tool, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(tool)?)
}

fn tools(neon: Neon) -> Result<Tools, Box<dyn Error>> {
    let mut tools = Tools::builder(neon)
        .allow(ALLOWED)
        .allow(["deleteProjectBranch"])
        .wait_up_to(Duration::from_secs(60));
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        tools = match argument.as_str() {
            "--delete-unconfirmed" => tools.allow_unconfirmed(["deleteProjectBranch"]),
            "--project" => tools.only_project(arguments.next().ok_or(USAGE)?),
            _ => return Err(USAGE.into()),
        };
    }
    Ok(tools.build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let tools = tools(Neon::from_env()?)?;
    let server = Server { tools }.serve(rmcp::transport::stdio()).await?;
    server.waiting().await?;
    Ok(())
}
