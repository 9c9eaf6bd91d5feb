//! Comparison of `oneOf` and `anyOf`.

use serde_json::Value;

use super::change::Changes;
use super::describe::describe;
use super::rules::Rule;
use super::schemas::{Schemas, changed, join};
use super::shape::Shape;
use super::view::View;
use crate::spec::Document;

/// Pairs the forms of two unions and reports what is left over.
pub(super) fn compare<'a>(
    schemas: &mut Schemas<'a>,
    before: &Shape<'a>,
    after: &Shape<'a>,
    location: &str,
    out: &mut Changes,
) {
    if before.variants.is_empty() {
        return;
    }
    let mut rest = after.variants.clone();
    let mut gone = Vec::new();
    for old in &before.variants {
        match rest.iter().position(|new| is_same(schemas, old, new)) {
            Some(index) => {
                rest.remove(index);
            }
            None => gone.push(*old),
        }
    }
    let unnamed = |document: &'a Document, form: &'a Value| View::of(document, form).name.is_none();
    // One inline form that became another is a change of that form.
    if let ([old], [new]) = (gone.as_slice(), rest.as_slice())
        && unnamed(schemas.base, old)
        && unnamed(schemas.new, new)
    {
        let index = before.variants.iter().position(|form| form == old);
        let at = join(location, &format!("<{}>", index.unwrap_or_default()));
        schemas.compare(old, new, &at, out);
    } else {
        for old in gone {
            let was = describe(schemas.base, old);
            out.add(
                Rule::VariantRemoved,
                schemas.place(location),
                was,
                Value::Null,
            );
        }
        for new in rest {
            let is = describe(schemas.new, new);
            out.add(Rule::VariantAdded, schemas.place(location), Value::Null, is);
        }
    }
    discriminators(schemas, before, after, location, out);
}

/// The same form: the same name, or the same on the wire.
fn is_same<'a>(schemas: &mut Schemas<'a>, old: &'a Value, new: &'a Value) -> bool {
    let b = View::of(schemas.base, old);
    let a = View::of(schemas.new, new);
    if b.name.is_some() && b.name == a.name {
        return true;
    }
    let mut inner = Changes::default();
    schemas.compare(old, new, "", &mut inner);
    inner.is_empty()
}

fn discriminators(
    schemas: &Schemas<'_>,
    before: &Shape<'_>,
    after: &Shape<'_>,
    location: &str,
    out: &mut Changes,
) {
    let part = |shape: &Shape<'_>, key: &str| -> Option<Value> {
        shape.discriminator.and_then(|d| d.get(key)).cloned()
    };
    let place = schemas.place(location);
    let (old, new) = (part(before, "propertyName"), part(after, "propertyName"));
    changed(
        old.as_ref(),
        new.as_ref(),
        Rule::DiscriminatorChanged,
        place,
        out,
    );
    let (Some(Value::Object(old)), Some(Value::Object(new))) =
        (part(before, "mapping"), part(after, "mapping"))
    else {
        return;
    };
    // Tags of forms that came or went are told with the forms; here, only
    // forms that are now announced by another tag.
    for (tag, form) in &old {
        let kept = new.values().any(|other| other == form);
        if kept && new.get(tag) != Some(form) {
            let now = new.iter().find(|(_, other)| *other == form);
            out.add(
                Rule::DiscriminatorChanged,
                place,
                tag.as_str(),
                now.map(|(tag, _)| tag.as_str()),
            );
        }
    }
}
