//! A schema as it stands at one place: what it refers to and what is noted
//! beside the reference.

use serde_json::Value;

use crate::spec::Document;
use crate::spec::document::reference;

/// Keywords that say something about the place and leave the shape alone.
const NOTES: [&str; 9] = [
    // The type beside a lone `allOf` repeats the target's.
    "type",
    "nullable",
    "readOnly",
    "writeOnly",
    "deprecated",
    "x-sunset",
    "x-stability-level",
    "x-sensitive",
    "default",
];

const MAX_HOPS: usize = 32;

#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    document: &'a Document,
    /// The name of the schema that is referred to.
    pub name: Option<&'a str>,
    /// The schema as written at this place.
    pub written: &'a Value,
    /// The schema that gives the shape.
    pub target: &'a Value,
}

impl<'a> View<'a> {
    pub(super) fn of(document: &'a Document, written: &'a Value) -> Self {
        let name = reference(written).or_else(|| wrapped(written));
        Self {
            document,
            name: name.map(schema_name),
            written,
            target: name.and_then(|to| document.target(to)).unwrap_or(written),
        }
    }

    /// A note at this place or, failing that, on what is referred to.
    pub(super) fn note(&self, key: &str) -> Option<&'a Value> {
        let mut view = *self;
        for _ in 0..MAX_HOPS {
            if let Some(value) = view.written.get(key) {
                return Some(value);
            }
            view.name?;
            view = View::of(view.document, view.target);
        }
        None
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.note(key).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// `allOf` around one reference with nothing but notes beside it: the way to
/// note something in a format whose references allow no siblings.
fn wrapped(schema: &Value) -> Option<&str> {
    let map = schema.as_object()?;
    let [only] = map.get("allOf")?.as_array()?.as_slice() else {
        return None;
    };
    let bare = map
        .keys()
        .all(|key| key == "allOf" || NOTES.contains(&key.as_str()));
    if bare { reference(only) } else { None }
}

/// The name of a component, or the whole reference to something unnamed.
pub(super) fn schema_name(reference: &str) -> &str {
    reference
        .strip_prefix("#/components/schemas/")
        .unwrap_or(reference)
}
