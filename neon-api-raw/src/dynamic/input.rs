//! The input of a call, read argument by argument.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::BODY;
use crate::strict::{self, Refused, Shape};

/// The input of a call.
pub(super) struct Input<'a> {
    entries: Option<&'a Map<String, Value>>,
    /// What was read, without its secrets.
    masked: Map<String, Value>,
}

impl<'a> Input<'a> {
    /// `null` counts as an empty object.
    pub(super) fn new(input: &'a Value, shape: &'static Shape) -> Result<Self, Refused> {
        let entries = match input {
            Value::Object(entries) => Some(entries),
            Value::Null => None,
            _ => return Err(Refused::no_object()),
        };
        shape.check_value(input)?;
        Ok(Self {
            entries,
            masked: Map::new(),
        })
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.entries?.get(name)
    }

    /// A required parameter.
    pub(super) fn one<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, Refused> {
        let Some(value) = self.get(name) else {
            return Err(Refused::missing(name));
        };
        let decoded = strict::decoded_below(name, value)?;
        self.masked.insert(name.to_owned(), value.clone());
        Ok(decoded)
    }

    /// The parameters of these names, as the fields of one struct.
    pub(super) fn some<T: DeserializeOwned>(
        &mut self,
        names: &[&'static str],
    ) -> Result<T, Refused> {
        let given = names.iter().filter_map(|name| {
            let value = self.get(name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        let given: Map<String, Value> = given.collect();
        self.masked.extend(given.clone());
        strict::decoded_at_root(&Value::Object(given))
    }

    /// The request body; an empty object stands for one that may be absent and is.
    pub(super) fn body<T: DeserializeOwned + Serialize>(
        &mut self,
        is_required: bool,
    ) -> Result<T, Refused> {
        let body: T = match self.get(BODY) {
            Some(value) => strict::decoded_below(BODY, value)?,
            None if is_required => return Err(Refused::missing(BODY)),
            None => strict::decoded_below(BODY, &Value::Object(Map::new()))?,
        };
        if self.get(BODY).is_some() {
            // A body that cannot be written is refused when its request is.
            let masked = serde_json::to_value(&body).unwrap_or_default();
            self.masked.insert(BODY.to_owned(), masked);
        }
        Ok(body)
    }

    /// Notes what is shown of a body that was decoded elsewhere.
    pub(super) fn show_body(&mut self, shown: Value) {
        self.masked.insert(BODY.to_owned(), shown);
    }

    /// The value of the body, for what decodes it itself.
    pub(super) fn raw_body(&self) -> Result<&'a Value, Refused> {
        self.get(BODY).ok_or_else(|| Refused::missing(BODY))
    }

    /// What was read, without its secrets.
    pub(super) fn masked(self) -> Value {
        Value::Object(self.masked)
    }
}
