//! Input and requests that conform to the spec, made from the spec without this crate.

use std::sync::LazyLock;

use neon_api::raw::openapi::V2_JSON;
use neon_api_emulator::spec::sample;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

pub(crate) use neon_api_emulator::spec::sample::Options;

use crate::support::{Seen, Server, Step};

/// Its body is a form, which the sampler does not make.
pub(crate) const FORM: &str = "createProjectBranchFunctionDeployment";

static SPEC: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(V2_JSON).unwrap());

/// The input of a tool and the request that it must make.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) input: Value,
    pub(crate) request: sample::Request,
}

pub(crate) fn of(id: &str, options: &Options) -> Sample {
    let request = sample::request(id, options).expect("a sampled request");
    let (template, parameters) = described(id);
    let kind = |name: &str| {
        let parameter = parameters.iter().find(|p| p["name"] == name).unwrap();
        let schema = resolved(&parameter["schema"]);
        schema["type"].as_str().unwrap_or("string").to_owned()
    };
    let mut input = Map::new();
    for (place, segment) in template.split('/').zip(request.path.split('/')) {
        if let Some(name) = place.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            let text = percent_decode_str(segment).decode_utf8().unwrap();
            input.insert(name.to_owned(), typed(&kind(name), &text));
        }
    }
    for (name, text) in &request.query {
        let value = typed(&kind(name), text);
        match (input.get_mut(name).and_then(Value::as_array_mut), value) {
            (Some(items), Value::Array(more)) => items.extend(more),
            (_, value) => {
                input.insert(name.clone(), value);
            }
        }
    }
    if id == FORM {
        input.insert(
            "body".into(),
            json!({"runtime": "nodejs24", "zip": "UEsFBg=="}),
        );
    } else if let Some(body) = &request.body {
        input.insert("body".into(), body.clone());
    }
    Sample {
        input: Value::Object(input),
        request,
    }
}

fn typed(kind: &str, text: &str) -> Value {
    match kind {
        "array" => json!([text]),
        "string" => text.into(),
        _ => serde_json::from_str(text).unwrap(),
    }
}

fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(target) => SPEC.pointer(&target[1..]).unwrap(),
        None => schema,
    }
}

/// The path of an operation and its parameters.
fn described(id: &str) -> (&'static str, Vec<&'static Value>) {
    for (path, item) in SPEC["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            if operation["operationId"] == id {
                let lists = [&item["parameters"], &operation["parameters"]];
                let each = lists.into_iter().filter_map(Value::as_array).flatten();
                return (path, each.map(resolved).collect());
            }
        }
    }
    panic!("no operation {id}")
}

/// A server that answers each operation by a sample.
pub(crate) fn server() -> Server {
    Server::new(|seen, _| answer(seen))
}

pub(crate) fn answer(seen: &Seen) -> Step {
    let response = sample::response(seen.operation, &Options::default()).unwrap();
    let body = match (&response.media_type, response.body) {
        (Some(media), Some(Value::String(text))) if !media.contains("json") => text,
        (_, body) => body.map(|body| body.to_string()).unwrap_or_default(),
    };
    Step::Response(response.status, Vec::new(), body)
}

/// A request as it came: method, path below the base, query, JSON body.
pub(crate) fn request_of(seen: &Seen) -> (String, String, Vec<(String, String)>, Option<Value>) {
    let rest = seen.uri.split_once("/api/v2").unwrap().1;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    pairs.sort();
    let body = serde_json::from_str(&seen.body).ok();
    (seen.method.clone(), path.to_owned(), pairs, body)
}
