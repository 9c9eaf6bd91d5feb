//! Unions discriminated by one property, with a variant for unknown values.

use serde::Serialize;
use serde_json::Value;

/// The prefix of messages for faults inside a union. A union is read completely before its variant
/// is known, so the decoder's position is after it.
pub(crate) const FAULT: &str = "in a variant of ";

/// Serializes a variant and writes the discriminating property, which some variants do not declare.
pub(crate) fn with_tag<T: Serialize>(
    variant: &T,
    tag: &str,
    name: &str,
) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(variant)?;
    if let Some(object) = value.as_object_mut() {
        object.insert(tag.to_owned(), Value::String(name.to_owned()));
    }
    Ok(value)
}

/// The schema of a union: its variants, and in what the API sends those that this version does not
/// know.
#[cfg(feature = "schemars")]
pub(crate) fn schema(
    generator: &schemars::SchemaGenerator,
    tag: &str,
    variants: Vec<(&str, schemars::Schema)>,
) -> schemars::Schema {
    let known: Vec<_> = variants.iter().map(|(name, _)| *name).collect();
    let mut alternatives = Vec::new();
    if generator.contract().is_serialize() {
        let is_known =
            serde_json::json!({ "properties": { tag: { "enum": known } }, "required": [tag] });
        alternatives.push(serde_json::json!({ "not": is_known }));
    }
    for (name, variant) in variants {
        let mut variant = variant.to_value();
        if let Some(object) = variant.as_object_mut() {
            // Some variants do not declare it.
            let tagged = serde_json::json!({ tag: { "type": "string", "const": name } });
            let properties = object.entry("properties").or_insert_with(Default::default);
            if let (Some(properties), Value::Object(tagged)) = (properties.as_object_mut(), tagged)
            {
                properties.extend(tagged);
            }
            let required = object
                .entry("required")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Some(required) = required.as_array_mut()
                && !required.iter().any(|name| name == tag)
            {
                required.push(tag.into());
            }
        }
        alternatives.push(variant);
    }
    schemars::json_schema!({ "oneOf": alternatives })
}

/// Defines a union over structs of the API.
macro_rules! tagged_union {
    ($(#[$doc:meta])* $name:ident, $tag:literal {
        $($(#[$variant_doc:meta])* $variant:ident($target:ty) = $value:literal,)*
    }) => {
        $(#[$doc])*
        ///
        /// Open: a variant that is not listed is kept in
        #[doc = concat!("[`", stringify!($name), "::Unrecognized`]")]
        /// and sent back unchanged.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant($target),)*
            /// A variant that this version does not know, unchanged.
            Unrecognized(::serde_json::Value),
        }

        $(
            impl From<$target> for $name {
                fn from(value: $target) -> Self {
                    Self::$variant(value)
                }
            }
        )*

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(
                        Self::$variant(value) => crate::tagged_union::with_tag(value, $tag, $value)
                            .map_err(::serde::ser::Error::custom)?
                            .serialize(serializer),
                    )*
                    Self::Unrecognized(value) => value.serialize(serializer),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = ::serde_json::Value::deserialize(deserializer)?;
                match value.get($tag).and_then(::serde_json::Value::as_str) {
                    $(
                        Some($value) => ::serde_json::from_value(value)
                            .map(Self::$variant)
                            .map_err(|e| ::serde::de::Error::custom(format_args!(
                                "{}{}: {e}",
                                crate::tagged_union::FAULT,
                                stringify!($name),
                            ))),
                    )*
                    _ => Ok(Self::Unrecognized(value)),
                }
            }
        }

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let variants = vec![$((
                    $value,
                    <$target as ::schemars::JsonSchema>::json_schema(generator),
                )),*];
                crate::tagged_union::schema(generator, $tag, variants)
            }
        }
    };
}

pub(crate) use tagged_union;
