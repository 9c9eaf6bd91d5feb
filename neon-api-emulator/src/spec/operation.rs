//! Operations as the document declares them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use serde_json::value::RawValue;

use super::document::{self, Document, OperationOutline, PathOutline};

/// The location of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterIn {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
}

/// A path or query parameter.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) location: ParameterIn,
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// A declared response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// `None` means the document's `default`.
    pub(crate) status: Option<u16>,
    pub(crate) media_type: Option<String>,
    pub(crate) schema: Option<Value>,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub(crate) struct RequestBody {
    pub(crate) required: bool,
    pub(crate) media_type: String,
    pub(crate) schema: Value,
}

/// One operation of the spec.
#[derive(Debug, Clone)]
pub struct Operation {
    id: String,
    method: &'static str,
    path: String,
    document: Arc<Document>,
    /// The parameters that the path declares for all of its operations.
    shared: Option<&'static RawValue>,
    outline: OperationOutline<'static>,
    detail: OnceLock<Detail>,
}

/// The parts that are read when an operation is first used.
#[derive(Debug, Clone)]
struct Detail {
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answers: Vec<Answer>,
}

impl Operation {
    /// The `operationId`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The HTTP method, in upper case.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The path template, such as `/projects/{project_id}`, without the server's prefix.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn detail(&self) -> &Detail {
        self.detail.get_or_init(|| {
            let document = &self.document;
            let mut own = parameters(document, self.outline.parameters);
            for parameter in parameters(document, self.shared) {
                let overridden = own
                    .iter()
                    .any(|p| p.name == parameter.name && p.location == parameter.location);
                if !overridden {
                    own.push(parameter);
                }
            }
            Detail {
                parameters: own,
                body: request_body(document, self.outline.request_body),
                answers: answers(document, self.outline.responses),
            }
        })
    }

    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.detail().parameters
    }

    pub(crate) fn body(&self) -> Option<&RequestBody> {
        self.detail().body.as_ref()
    }

    fn answers(&self) -> &[Answer] {
        &self.detail().answers
    }

    /// The names of the parameters in `location`.
    pub fn parameter_names(&self, location: ParameterIn) -> impl Iterator<Item = &str> {
        self.parameters()
            .iter()
            .filter(move |parameter| parameter.location == location)
            .map(|parameter| parameter.name.as_str())
    }

    /// The schema of the request body, whatever its media type.
    pub fn request_schema(&self) -> Option<&Value> {
        self.body().map(|body| &body.schema)
    }

    /// Whether the request body, if any, is JSON.
    pub fn takes_json(&self) -> bool {
        self.body()
            .is_some_and(|body| body.media_type == "application/json")
    }

    /// The declared success statuses, the one with a body first.
    pub fn success_statuses(&self) -> impl Iterator<Item = u16> {
        self.successes().filter_map(|answer| answer.status)
    }

    /// The schema of the response body for `status`: the declared one, or the document's default
    /// (an error) for statuses that are not listed.
    pub fn response_schema(&self, status: u16) -> Option<&Value> {
        self.answer(status)?.schema.as_ref()
    }

    pub(crate) fn answer(&self, status: u16) -> Option<&Answer> {
        self.answers()
            .iter()
            .find(|answer| answer.status == Some(status))
            .or_else(|| {
                // The default is the error form, which does not apply to a success.
                self.answers()
                    .iter()
                    .find(|answer| answer.status.is_none() && status >= 400)
            })
    }

    pub(crate) fn successes(&self) -> impl Iterator<Item = &Answer> {
        let is_success = |answer: &&Answer| answer.status.is_some_and(|s| (200..300).contains(&s));
        let with = self.answers().iter().filter(is_success);
        let without = self.answers().iter().filter(is_success);
        with.filter(|answer| answer.schema.is_some())
            .chain(without.filter(|answer| answer.schema.is_none()))
    }
}

/// The operations of a document, in the order of their paths. Those without an ID are left out.
pub(super) fn read(
    document: &Arc<Document>,
    paths: BTreeMap<String, PathOutline<'static>>,
) -> Vec<Operation> {
    let of_path = |(path, item): (String, PathOutline<'static>)| {
        let shared = item.parameters;
        let operations = item.into_operations();
        operations.filter_map(move |(method, mut outline)| {
            Some(Operation {
                id: outline.operation_id.take()?,
                method,
                path: path.clone(),
                document: Arc::clone(document),
                shared,
                outline,
                detail: OnceLock::new(),
            })
        })
    };
    paths.into_iter().flat_map(of_path).collect()
}

fn parameters(document: &Document, list: Option<&RawValue>) -> Vec<Parameter> {
    let list = list.map(document::read);
    let list = list.as_ref().and_then(Value::as_array).map(Vec::as_slice);
    list.unwrap_or_default()
        .iter()
        .filter_map(|node| {
            let node = document.resolve(node)?;
            let location = match node.get("in")?.as_str()? {
                "path" => ParameterIn::Path,
                "query" => ParameterIn::Query,
                _ => return None,
            };
            Some(Parameter {
                name: node.get("name")?.as_str()?.to_owned(),
                location,
                required: node.get("required").and_then(Value::as_bool) == Some(true),
                schema: node.get("schema")?.clone(),
            })
        })
        .collect()
}

fn request_body(document: &Document, node: Option<&RawValue>) -> Option<RequestBody> {
    let node = document::read(node?);
    let node = document.resolve(&node)?;
    let (media_type, content) = node.get("content")?.as_object()?.iter().next()?;
    Some(RequestBody {
        required: node.get("required").and_then(Value::as_bool) == Some(true),
        media_type: media_type.clone(),
        schema: content.get("schema")?.clone(),
    })
}

fn answers(document: &Document, node: Option<&RawValue>) -> Vec<Answer> {
    let node = node.map(document::read);
    let Some(map) = node.as_ref().and_then(Value::as_object) else {
        return Vec::new();
    };
    map.iter()
        .filter_map(|(status, node)| {
            let node = document.resolve(node)?;
            let content = node.get("content").and_then(Value::as_object);
            let content = content.and_then(|content| content.iter().next());
            Some(Answer {
                status: match status.as_str() {
                    "default" => None,
                    text => Some(text.parse().ok()?),
                },
                media_type: content.map(|(media_type, _)| media_type.clone()),
                schema: content.and_then(|(_, content)| content.get("schema").cloned()),
            })
        })
        .collect()
}
