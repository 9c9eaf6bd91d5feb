//! A request, as seen by faults.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::spec::Operation;

/// A request to match against a fault. See [`Fault::when`](crate::Fault::when).
#[derive(Debug)]
pub struct RequestView<'a> {
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) parameters: Option<&'a BTreeMap<String, String>>,
    pub(crate) query: &'a [(String, String)],
    /// Null if there is none, or it is not JSON.
    pub(crate) body: &'a Value,
}

impl RequestView<'_> {
    /// The operation; `None` for an unknown route.
    pub fn operation_id(&self) -> Option<&str> {
        self.operation.map(Operation::id)
    }

    /// The HTTP method, in upper case.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The path as it was sent, still encoded, with the server's prefix.
    pub fn path(&self) -> &str {
        self.path
    }

    /// A parameter of the path, such as `project_id`, decoded.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.parameters?.get(name).map(String::as_str)
    }

    /// The first query parameter with this name, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The JSON body; `None` if there was none, or it was not JSON.
    pub fn json(&self) -> Option<&Value> {
        Some(self.body).filter(|body| !body.is_null())
    }

    /// The requested cursor, in the query or in the body.
    pub(crate) fn cursor(&self) -> Option<&str> {
        let in_body = || self.body.get("cursor").and_then(Value::as_str);
        let cursor = self.query("cursor").or_else(in_body)?;
        Some(cursor).filter(|cursor| !cursor.is_empty())
    }
}
