//! How much a document holds: a quick check that nothing went missing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::grammar::Kind;
use super::walk::{Visitor, walk};

/// The size of an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Operations.
    pub operations: usize,
    /// Named schemas.
    pub schemas: usize,
    /// Parameter declarations; references to a shared one are not counted.
    pub parameters: usize,
    /// Properties of named and inline schemas.
    pub properties: usize,
    /// Values of enumerations, those of parameters included.
    pub enum_values: usize,
}

impl Counts {
    /// Counts a document.
    pub fn of(root: &Value) -> Self {
        let mut counts = Self::default();
        walk(root, &mut counts);
        counts
    }
}

impl Visitor for Counts {
    fn object(&mut self, kind: Kind, object: &Map<String, Value>, _pointer: &str) {
        let map_len = |key: &str| {
            object
                .get(key)
                .and_then(Value::as_object)
                .map_or(0, Map::len)
        };
        match kind {
            Kind::Operation => self.operations += 1,
            Kind::Components => self.schemas += map_len("schemas"),
            Kind::Parameter if !object.contains_key("$ref") => self.parameters += 1,
            Kind::Schema => {
                self.properties += map_len("properties");
                self.enum_values += object
                    .get("enum")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len);
            }
            _ => {}
        }
    }
}
