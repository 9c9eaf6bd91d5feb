//! A walk over every object that the grammar knows.

use serde_json::{Map, Value};

use super::grammar::{Holds, Kind, is_extension};

/// Receives what the walk meets.
pub trait Visitor {
    /// An object of a known kind, before its children.
    fn object(&mut self, kind: Kind, object: &Map<String, Value>, pointer: &str);

    /// A value that is not what its place demands.
    fn misfit(&mut self, _expected: &str, _pointer: &str) {}
}

/// Walks the whole document, depth first, in the document's order.
pub fn walk(root: &Value, visitor: &mut dyn Visitor) {
    visit(root, Kind::Root, "", visitor);
}

/// Adds a segment to a JSON pointer.
pub fn join(pointer: &str, segment: &str) -> String {
    format!(
        "{pointer}/{}",
        segment.replace('~', "~0").replace('/', "~1")
    )
}

fn visit(value: &Value, kind: Kind, pointer: &str, visitor: &mut dyn Visitor) {
    let Some(object) = value.as_object() else {
        visitor.misfit("an object", pointer);
        return;
    };
    visitor.object(kind, object, pointer);
    if kind.is_replaced_by_ref() && object.contains_key("$ref") {
        return;
    }
    for (keyword, holds) in kind.keywords() {
        if let Some(child) = object.get(*keyword) {
            descend(child, *holds, &join(pointer, keyword), visitor);
        }
    }
}

fn descend(value: &Value, holds: Holds, pointer: &str, visitor: &mut dyn Visitor) {
    match holds {
        Holds::Data => {}
        Holds::Names => match value.as_array() {
            Some(names) => {
                for (index, name) in names.iter().enumerate() {
                    if !name.is_string() {
                        visitor.misfit("a string", &join(pointer, &index.to_string()));
                    }
                }
            }
            None => visitor.misfit("an array", pointer),
        },
        Holds::One(kind) => visit(value, kind, pointer, visitor),
        Holds::List(kind) | Holds::Set(kind) => match value.as_array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    visit(item, kind, &join(pointer, &index.to_string()), visitor);
                }
            }
            None => visitor.misfit("an array", pointer),
        },
        Holds::Map(kind) => each(value, kind, false, pointer, visitor),
        Holds::ExtensibleMap(kind) => each(value, kind, true, pointer, visitor),
        Holds::SchemaOrFlag => {
            if !value.is_boolean() {
                visit(value, Kind::Schema, pointer, visitor);
            }
        }
    }
}

fn each(value: &Value, kind: Kind, extensible: bool, pointer: &str, visitor: &mut dyn Visitor) {
    let Some(map) = value.as_object() else {
        visitor.misfit("an object", pointer);
        return;
    };
    for (key, child) in map {
        if !(extensible && is_extension(key)) {
            visit(child, kind, &join(pointer, key), visitor);
        }
    }
}
