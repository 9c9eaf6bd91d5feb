//! A checked document and the ways to look things up in it.

use serde_json::{Map, Value};

use super::canonical;
use super::grammar::METHODS;

/// References may lead to references; checked documents never go this deep.
const MAX_HOPS: usize = 32;

/// A document that was checked, reduced and put in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    root: Value,
}

/// An operation and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// Its `operationId`.
    pub id: &'a str,
    /// The method in lower case, as the document has it.
    pub method: &'static str,
    /// The path template.
    pub path: &'a str,
    /// The path item, which may declare parameters for all its operations.
    pub item: &'a Value,
    /// The operation itself.
    pub body: &'a Value,
}

impl<'a> Operation<'a> {
    /// Method and path, as they are shown to people.
    pub fn route(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The first of its tags; empty where it has none.
    pub fn tag(&self) -> &'a str {
        let first = self.body.get("tags").and_then(|tags| tags.get(0));
        first.and_then(Value::as_str).unwrap_or_default()
    }
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it travels: path, query, header or cookie.
    pub place: &'a str,
    /// The name of the shared declaration that was referred to, if any.
    pub shared: Option<&'a str>,
    /// The declaration.
    pub body: &'a Value,
}

impl Document {
    /// Takes what the loading steps made.
    pub(super) fn new(root: Value) -> Self {
        Self { root }
    }

    /// The JSON itself.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The text in which it is vendored.
    pub fn to_text(&self) -> String {
        canonical::to_text(&self.root)
    }

    /// All operations by path and method.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        let paths = self.root.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                if let Some(body) = item.get(method)
                    && let Some(id) = body.get("operationId").and_then(Value::as_str)
                {
                    operations.push(Operation {
                        id,
                        method,
                        path,
                        item,
                        body,
                    });
                }
            }
        }
        operations
    }

    /// The parameters of an operation: its own and those of its path, which
    /// the own ones override.
    pub fn parameters<'a>(&'a self, operation: &Operation<'a>) -> Vec<Parameter<'a>> {
        let mut found: Vec<Parameter<'a>> = Vec::new();
        for declared in [operation.body, operation.item] {
            let list = declared.get("parameters").and_then(Value::as_array);
            for entry in list.into_iter().flatten() {
                if let Some(parameter) = self.parameter(entry)
                    && !found
                        .iter()
                        .any(|p| (p.place, p.name) == (parameter.place, parameter.name))
                {
                    found.push(parameter);
                }
            }
        }
        found.sort_by_key(|p| (p.place, p.name));
        found
    }

    fn parameter<'a>(&'a self, entry: &'a Value) -> Option<Parameter<'a>> {
        let body = self.resolve(entry);
        Some(Parameter {
            name: body.get("name").and_then(Value::as_str)?,
            place: body.get("in").and_then(Value::as_str)?,
            shared: reference(entry).and_then(last_segment),
            body,
        })
    }

    /// One part of `components`, empty where absent.
    pub fn components(&self, part: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.root
            .get("components")
            .and_then(|components| components.get(part))
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// One shared declaration.
    pub fn component(&self, part: &str, name: &str) -> Option<&Value> {
        self.root.get("components")?.get(part)?.get(name)
    }

    /// Follows `$ref`s until there is none.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut current = value;
        for _ in 0..MAX_HOPS {
            match reference(current).and_then(|target| self.target(target)) {
                Some(next) => current = next,
                None => break,
            }
        }
        current
    }

    /// What a local reference points at.
    pub fn target(&self, reference: &str) -> Option<&Value> {
        target(&self.root, reference)
    }
}

/// What a local reference points at in any JSON.
pub fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let fragment = reference.strip_prefix('#')?;
    // A fragment may be percent-encoded; names in use need this for braces.
    root.pointer(&percent_decode(fragment))
}

/// The text of an object's `$ref`.
pub fn reference(value: &Value) -> Option<&str> {
    value.get("$ref").and_then(Value::as_str)
}

/// The component's name in a reference.
pub fn last_segment(reference: &str) -> Option<&str> {
    reference.rsplit('/').next()
}

/// The map behind a keyword, empty where absent.
pub fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    value
        .get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, value)| (name.as_str(), value))
}

/// Whether a flag is set.
pub fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let decoded = match (byte, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(byte));
        rest = match decoded {
            Some(_) => tail.get(2..).unwrap_or_default(),
            None => tail,
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_may_be_encoded() {
        let root = json!({"paths": {"/a/{b}": {"x~y": 1}}});
        assert_eq!(target(&root, "#/paths/~1a~1%7Bb%7D/x~0y"), Some(&json!(1)));
        assert_eq!(target(&root, "other.json#/paths"), None);
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz"), "%zz");
    }

    #[test]
    fn own_parameters_override_those_of_the_path() {
        let document = Document::new(json!({
            "paths": {"/a": {
                "parameters": [
                    {"name": "x", "in": "query", "required": true},
                    {"name": "x", "in": "header"},
                ],
                "get": {"operationId": "get", "parameters": [
                    {"name": "x", "in": "query"}, {"$ref": "#/components/parameters/Y"},
                ]},
            }},
            "components": {"parameters": {"Y": {"name": "y", "in": "query"}}},
        }));
        let operations = document.operations();
        let found: Vec<_> = document
            .parameters(&operations[0])
            .iter()
            .map(|p| (p.place, p.name, p.shared, flag(p.body, "required")))
            .collect();
        assert_eq!(
            found,
            [
                ("header", "x", None, false),
                ("query", "x", None, false),
                ("query", "y", Some("Y"), false)
            ]
        );
    }
}
