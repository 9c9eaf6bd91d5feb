//! The resources that a request names in its path, query and body.

use neon_api_raw::serde_json::{self, Value};
use neon_api_raw::transport::Exchange;

/// The strings in a request, each with the name of its parameter or field.
#[derive(Debug, Default)]
pub(super) struct Named {
    strings: Vec<(String, String)>,
    /// Flags of the body that are set.
    flags: Vec<String>,
}

impl Named {
    pub(super) fn of(call: &Exchange, base_path: &str) -> Self {
        let mut named = Self::default();
        let uri = call.request.uri();
        let path = uri.path();
        let path = path.strip_prefix(base_path).unwrap_or(path);
        for (template, segment) in call.route.path.split('/').zip(path.split('/')) {
            let parameter = template.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
            if let Some(parameter) = parameter {
                named.add(parameter, &decoded(segment));
            }
        }
        for pair in uri.query().unwrap_or_default().split('&') {
            let (parameter, value) = pair.split_once('=').unwrap_or((pair, ""));
            let parameter = decoded(parameter);
            // Lists are repeated or comma-separated.
            for item in decoded(value).split(',') {
                named.add(&parameter, item);
            }
        }
        // Bodies other than JSON are files; their project is in the path.
        if let Ok(body) = serde_json::from_slice::<Value>(call.request.body()) {
            named.walk("", &body);
        }
        named
    }

    fn walk(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => self.add(name, text),
            Value::Bool(true) => self.flags.push(name.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| self.walk(name, item)),
            Value::Object(fields) => fields.iter().for_each(|(name, v)| self.walk(name, v)),
            Value::Null | Value::Bool(false) | Value::Number(_) => {}
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.strings.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The projects.
    pub(super) fn projects(&self) -> impl Iterator<Item = &str> {
        self.of_names(&["project_id", "project_ids"])
    }

    /// The branches that the request changes, without those that it only reads: parents, sources
    /// and branches to compare with.
    pub(super) fn branches(&self) -> impl Iterator<Item = &str> {
        self.of_names(&["branch_id", "branch_ids", "target_branch_id"])
    }

    /// The compute endpoints.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &str> {
        self.of_names(&["endpoint_id", "endpoint_ids"])
    }

    /// Whether there is a field with a string.
    pub(super) fn has(&self, name: &str) -> bool {
        self.strings.iter().any(|(n, _)| n == name)
    }

    /// Whether a flag is set in the body.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    fn of_names<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let strings = self.strings.iter();
        strings
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    }
}

/// Decodes a part of a URL.
fn decoded(piece: &str) -> String {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|d| u8::from_str_radix(d, 16).ok());
        match byte {
            Some(byte) => bytes.push(byte),
            None => bytes.push(b'%'),
        }
        rest = match byte {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use neon_api_raw::routes::RESTORE_SNAPSHOT;

    #[test]
    fn path_query_and_body_are_read() {
        let uri = "https://h/api/v2/projects/p%2D1/snapshots/s/restore?project_ids=a,b&project_ids=c%2Cd&x";
        let body =
            r#"{"target_branch_id":"br-1","finalize_restore":true,"x":[{"project_id":"e"}]}"#;
        let request = http::Request::builder().uri(uri);
        let request = request.body(Bytes::from_static(body.as_bytes())).unwrap();
        let named = Named::of(&Exchange::new(&RESTORE_SNAPSHOT, request), "/api/v2");
        let projects: Vec<_> = named.projects().collect();
        assert_eq!(projects, ["p-1", "a", "b", "c", "d", "e"]);
        assert_eq!(named.branches().collect::<Vec<_>>(), ["br-1"]);
        assert!(named.has_flag("finalize_restore") && !named.has_flag("x"));
        assert!(named.has("snapshot_id") && !named.has("finalize_restore"));
    }

    #[test]
    fn what_is_not_an_escape_stays() {
        for (piece, expected) in [
            ("a%2fb", "a/b"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
        ] {
            assert_eq!(decoded(piece), expected);
        }
        assert_eq!(decoded("%c3%a4%é"), "ä%é");
    }
}
