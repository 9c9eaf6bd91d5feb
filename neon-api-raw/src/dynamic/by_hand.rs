//! The operation whose method is written by hand, since its body is a form.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::input::Input;
use super::reply::{Replying, json as replying};
use super::{BODY, Body, Operation, Parameter, schema};
use crate::client::Client;
use crate::enums::FunctionDeployRequestRuntime;
use crate::function_deployment::FunctionDeployment;
use crate::ids::{BranchId, ProjectId};
use crate::routes::CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT;
use crate::strict::{self, Refused, Shape};
use crate::types::NeonFunctionDeploymentResponse;

static SHAPE: Shape = Shape::Object(&[
    (
        "project_id",
        &Shape::Id(|text| ProjectId::new(text).map(drop)),
    ),
    (
        "branch_id",
        &Shape::Id(|text| BranchId::new(text).map(drop)),
    ),
    ("slug", &Shape::Value),
    (
        BODY,
        &Shape::Object(&[
            ("zip", &Shape::Value),
            ("runtime", &Shape::Value),
            ("environment", &Shape::Map(&Shape::Value)),
        ]),
    ),
]);

/// The operation, without its documentation.
pub(super) const fn create_project_branch_function_deployment() -> Operation {
    Operation {
        route: &CREATE_PROJECT_BRANCH_FUNCTION_DEPLOYMENT,
        summary: "",
        description: "",
        parameters: &[
            Parameter {
                name: "project_id",
                description: "The project's ID.",
                schema: schema::<ProjectId>,
            },
            Parameter {
                name: "branch_id",
                description: "The branch's ID.",
                schema: schema::<BranchId>,
            },
            Parameter {
                name: "slug",
                description: "The function's slug.",
                schema: schema::<String>,
            },
        ],
        query: None,
        body: Some(Body {
            is_required: true,
            schema: body_schema,
        }),
        shape: &SHAPE,
        output: schema::<NeonFunctionDeploymentResponse>,
        has_secrets: false,
        call,
    }
}

fn body_schema(generator: &mut SchemaGenerator) -> Schema {
    let runtime = generator.subschema_for::<FunctionDeployRequestRuntime>();
    schemars::json_schema!({
        "type": "object",
        "description": "At least one of these; the first deployment of a function needs `zip`.",
        "minProperties": 1,
        "properties": {
            "zip": {
                "type": "string",
                "contentEncoding": "base64",
                "description": "The code, as a zip archive in base64.",
            },
            "runtime": runtime,
            "environment": {
                "type": "object",
                "additionalProperties": { "type": "string" },
                "description": "The environment variables, which replace those of the previous deployment.",
            },
        },
    })
}

fn call<'a>(client: &'a Client, input: &mut Input<'_>) -> Result<Replying<'a>, Refused> {
    let project: ProjectId = input.one("project_id")?;
    let branch: BranchId = input.one("branch_id")?;
    let slug: String = input.one("slug")?;
    let body = input.raw_body()?;
    if !body.is_object() {
        // In the words of the decoder.
        let _: BTreeMap<String, Value> = strict::decoded_below(BODY, body)?;
    }
    let mut deployment = FunctionDeployment::default();
    let mut shown = Map::new();
    if let Some(zip) = body.get("zip") {
        let text: String = strict::decoded_below("body.zip", zip)?;
        let zip = STANDARD.decode(text);
        let zip = zip.map_err(|_| Refused::not_of_form("body.zip", "a file in base64"))?;
        shown.insert("zip".to_owned(), format!("{} bytes", zip.len()).into());
        deployment = deployment.with_zip(zip);
    }
    if let Some(runtime) = body.get("runtime") {
        let runtime: FunctionDeployRequestRuntime = strict::decoded_below("body.runtime", runtime)?;
        shown.insert("runtime".to_owned(), runtime.as_str().into());
        deployment = deployment.with_runtime(runtime);
    }
    if let Some(environment) = body.get("environment") {
        let environment: BTreeMap<String, String> =
            strict::decoded_below("body.environment", environment)?;
        let names: Vec<_> = environment.keys().cloned().collect();
        shown.insert("environment".to_owned(), names.into());
        deployment = deployment.with_environment(environment);
    }
    input.show_body(Value::Object(shown));
    let call =
        client.create_project_branch_function_deployment(&project, &branch, &slug, &deployment);
    Ok(replying(call))
}
