//! A change as an audit log gets it.

use std::fmt;

use neon_api_raw::Route;
use neon_api_raw::error::{Masked, OneLine, mask_json};
use neon_api_raw::serde_json::{self, Value};
use neon_api_raw::transport::Exchange;
use percent_encoding::percent_decode_str;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::super::blocked::{PlannedRequest, path_parameters};
use super::super::request_id::RequestId;

/// A change that is about to be sent, without its secrets and without headers.
///
/// Its `Display` is one line without the values of the body, and it serializes as an object with the
/// fields `operation`, `method`, `path`, `query`, `resources`, `body`, `request_id` and `attempt`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedChange {
    operation: &'static Route,
    request: PlannedRequest,
    query: Option<String>,
    resources: Vec<(&'static str, String)>,
    body: Option<Value>,
    request_id: String,
    attempt: u32,
}

impl AuditedChange {
    pub(super) fn of(call: &Exchange, base_path: &str, id: &RequestId, attempt: u32) -> Self {
        let uri = call.request.uri();
        let parameters = path_parameters(call.route, uri.path(), base_path);
        let resources = parameters.map(|(name, segment)| {
            let value = percent_decode_str(segment).decode_utf8_lossy();
            (name, Masked(&value).to_string())
        });
        let mut body: Option<Value> = serde_json::from_slice(call.request.body()).ok();
        if let Some(body) = &mut body {
            mask_json(body);
        }
        Self {
            operation: call.route,
            request: PlannedRequest::of(call, base_path),
            query: uri.query().map(|query| Masked(query).to_string()),
            resources: resources.collect(),
            body,
            request_id: id.text(),
            attempt,
        }
    }

    /// The operation that is called.
    pub fn route(&self) -> &'static Route {
        self.operation
    }

    /// The HTTP method, in upper case.
    pub fn method(&self) -> &'static str {
        self.request.method()
    }

    /// The path below the base URL, percent-encoded, without the query. Secrets are masked, and so
    /// are IDs that grant access (of transfer requests).
    pub fn path(&self) -> &str {
        self.request.path()
    }

    /// The query, percent-encoded, if there is one; secrets are masked.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What the path names, in its order: the spec's names of its parameters with their values,
    /// such as `("project_id", "late-frost-12345678")`, without IDs that grant access. More may be
    /// named in the query and the body.
    pub fn resources(&self) -> &[(&'static str, String)] {
        &self.resources
    }

    /// The JSON body, with `***` in place of secrets: of the values of fields such as `password` and
    /// `client_secret`, and of what looks like a key, a token or a connection string in others.
    /// `None` if there is no body, or it is not JSON, as the bundle of a function.
    pub fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// The ID that the request carries in `X-Request-ID`: each attempt has another one, unless the
    /// caller chose it ([`with_request_id`](crate::Neon::with_request_id)).
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Which attempt of the call it is: 1 for the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

impl fmt::Display for AuditedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            request,
            request_id,
            attempt,
            ..
        } = self;
        let id = OneLine(request_id);
        write!(
            f,
            "{operation}: {request} (request {id}, attempt {attempt})"
        )
    }
}

impl Serialize for AuditedChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The resources as an object.
        struct Resources<'a>(&'a [(&'static str, String)]);

        impl Serialize for Resources<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
            }
        }

        let mut fields = serializer.serialize_struct("AuditedChange", 8)?;
        fields.serialize_field("operation", self.operation.id)?;
        fields.serialize_field("method", self.method())?;
        fields.serialize_field("path", self.path())?;
        fields.serialize_field("query", &self.query)?;
        fields.serialize_field("resources", &Resources(&self.resources))?;
        fields.serialize_field("body", &self.body)?;
        fields.serialize_field("request_id", &self.request_id)?;
        fields.serialize_field("attempt", &self.attempt)?;
        fields.end()
    }
}
