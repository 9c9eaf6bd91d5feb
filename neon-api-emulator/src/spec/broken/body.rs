//! Everything that can be done to a conforming body to break it.

use serde_json::{Value, json};

use super::super::Spec;
use super::value;

/// One change.
pub(super) struct Edit {
    /// As a violation names it: `project.branch.name`.
    pub(super) field: String,
    /// A JSON pointer.
    pointer: String,
    /// `None` takes it out.
    value: Option<Value>,
}

impl Edit {
    /// `None` where the place is not there.
    pub(super) fn apply(&self, body: &Value) -> Option<Value> {
        let mut body = body.clone();
        let (above, key) = self.pointer.rsplit_once('/')?;
        let key = key.replace("~1", "/").replace("~0", "~");
        match (body.pointer_mut(above)?, &self.value) {
            (Value::Object(map), Some(value)) => drop(map.insert(key, value.clone())),
            (Value::Object(map), None) => drop(map.remove(&key)?),
            (Value::Array(items), Some(value)) => {
                value.clone_into(items.get_mut(key.parse::<usize>().ok()?)?);
            }
            _ => return None,
        }
        Some(body)
    }
}

/// Deeper than any request.
const DEPTH: usize = 12;

struct Walk {
    spec: &'static Spec,
    edits: Vec<Edit>,
}

/// A place in the body.
#[derive(Clone, Copy)]
struct Place<'a> {
    field: &'a str,
    pointer: &'a str,
    depth: usize,
}

/// Every way to break `body`, which conforms to `schema`, in one place below its root.
pub(super) fn edits(schema: &Value, body: &Value) -> Vec<Edit> {
    let mut walk = Walk {
        spec: Spec::get(),
        edits: Vec::new(),
    };
    let root = Place {
        field: "",
        pointer: "",
        depth: 0,
    };
    walk.parts(schema, body, root);
    walk.edits
}

impl Walk {
    fn edit(&mut self, place: Place<'_>, value: Option<Value>) {
        self.edits.push(Edit {
            field: place.field.to_owned(),
            pointer: place.pointer.to_owned(),
            value,
        });
    }

    /// What breaks the value itself, and what is in it.
    fn whole(&mut self, schema: &Value, value: &Value, place: Place<'_>) {
        let Some(schema) = self.spec.resolve(schema) else {
            return;
        };
        for broken in value::values(schema) {
            self.edit(place, Some(broken));
        }
        self.parts(schema, value, place);
    }

    fn parts(&mut self, schema: &Value, value: &Value, place: Place<'_>) {
        let Some(schema) = self.spec.resolve(schema) else {
            return;
        };
        if place.depth > DEPTH {
            return;
        }
        let parts = schema.get("allOf").and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            self.parts(part, value, place);
        }
        if let Some(variant) = self.variant(schema, value) {
            self.parts(variant, value, place);
        }
        match value {
            Value::Object(map) => {
                let required = schema.get("required").and_then(Value::as_array);
                let required = required.into_iter().flatten().filter_map(Value::as_str);
                for name in required {
                    self.within(place, name, |walk, place| walk.edit(place, None));
                }
                let properties = schema.get("properties").and_then(Value::as_object);
                let more = schema.get("additionalProperties");
                for (name, value) in map {
                    let property = properties.and_then(|p| p.get(name));
                    if let Some(schema) = property.or(more.filter(|more| more.is_object())) {
                        self.within(place, name, |walk, place| walk.whole(schema, value, place));
                    }
                }
                if more == Some(&Value::Bool(false)) {
                    self.within(place, "unheard_of", |walk, place| {
                        walk.edit(place, Some(json!("x")));
                    });
                }
            }
            Value::Array(items) => {
                let schema = schema.get("items").unwrap_or(&Value::Null);
                if let Some(value) = items.first() {
                    let below = Place {
                        field: &format!("{}[0]", place.field),
                        pointer: &format!("{}/0", place.pointer),
                        depth: place.depth + 1,
                    };
                    self.whole(schema, value, below);
                }
            }
            _ => {}
        }
    }

    fn within(&mut self, place: Place<'_>, name: &str, then: impl FnOnce(&mut Self, Place<'_>)) {
        let field = match place.field {
            "" => name.to_owned(),
            above => format!("{above}.{name}"),
        };
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let below = Place {
            field: &field,
            pointer: &format!("{}/{escaped}", place.pointer),
            depth: place.depth + 1,
        };
        then(self, below);
    }

    /// The one that a discriminator chooses. Where there is none, what breaks one variant may make
    /// another, and what is then wrong has no one place.
    fn variant<'a>(&self, schema: &'a Value, value: &Value) -> Option<&'a Value>
    where
        Self: 'a,
    {
        let discriminator = schema.get("discriminator")?;
        let tag = value.get(discriminator.get("propertyName")?.as_str()?)?;
        let target = discriminator.get("mapping")?.get(tag.as_str()?)?;
        self.spec.pointer(target.as_str()?)
    }
}
