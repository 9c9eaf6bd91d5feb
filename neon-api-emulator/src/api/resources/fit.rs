//! Values that conform to a schema and say what is known.

use serde_json::{Map, Value};

use crate::spec::{Spec, sample, validate};

/// What `schema` requires, sampled, with what is `known` in its place, as far as the schema names
/// it and it conforms.
pub(super) fn fit(schema: &Value, known: &Value, seed: u64) -> Value {
    let spec = Spec::get();
    let declared = spec.resolve(schema).unwrap_or(schema);
    let (schema, tag) = variant(declared, known);
    let options = sample::Options::default().required_only().seed(seed);
    let fitted = match known {
        Value::Object(known) => {
            let mut value = sample::schema(schema, &options);
            if let Value::Object(map) = &mut value {
                for (name, known) in known {
                    let Some(property) = spec.property(schema, name) else {
                        continue;
                    };
                    let fitted = fit(property, known, seed);
                    if validate::schema(property, &fitted).is_ok() {
                        map.insert(name.clone(), fitted);
                    }
                }
                // Variants need not declare the property that tells them apart.
                map.extend(tag);
            }
            value
        }
        Value::Array(items) => match schema.get("items") {
            Some(item) => items.iter().map(|known| fit(item, known, seed)).collect(),
            None => Value::Array(items.clone()),
        },
        other => other.clone(),
    };
    if validate::schema(declared, &fitted).is_ok() {
        fitted
    } else {
        sample::schema(declared, &options)
    }
}

/// What of an object a schema names: the API ignores the rest.
pub(super) fn named(schema: &Value, object: &Value) -> Map<String, Value> {
    let spec = Spec::get();
    let (schema, tag) = variant(spec.resolve(schema).unwrap_or(schema), object);
    let members = object.as_object().into_iter().flatten();
    let named = members.filter(|(name, _)| spec.property(schema, name).is_some());
    let named = named.map(|(name, value)| (name.clone(), value.clone()));
    named.chain(tag).collect()
}

/// Of schemas that a property distinguishes, the one that is meant, and the property.
fn variant<'a>(schema: &'a Value, known: &Value) -> (&'a Value, Option<(String, Value)>) {
    let find = || {
        let discriminator = schema.get("discriminator")?;
        let property = discriminator.get("propertyName")?.as_str()?;
        let tag = known.get(property)?;
        let target = discriminator.get("mapping")?.get(tag.as_str()?)?.as_str()?;
        let variant = Spec::get().pointer(target)?;
        Some((variant, Some((property.to_owned(), tag.clone()))))
    };
    find().unwrap_or((schema, None))
}
