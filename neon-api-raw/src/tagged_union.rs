//! Unions discriminated by one property, with a variant for unknown values.

use std::fmt;

use serde_json::Value;

use crate::masked::mask;
use crate::read::{self, Fault, Sink};
use crate::secret::is_exposing;
use crate::write::{Write, Written};

/// The prefix of messages for faults inside a union. A union is read completely before its variant
/// is known, so the decoder's position is after it.
pub(crate) const FAULT: &str = "in a variant of ";

/// Serializes a variant and writes the discriminating property, which some variants do not declare.
pub(crate) fn with_tag(variant: &dyn Write, tag: &str, name: &str) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(Written(variant.content()))?;
    if let Some(object) = value.as_object_mut() {
        object.insert(tag.to_owned(), Value::String(name.to_owned()));
    }
    Ok(value)
}

/// A value of which no type says what is a secret: what looks like one is masked where it is shown.
pub(crate) struct Unknown<'a>(pub(crate) &'a Value);

impl Unknown<'_> {
    /// As it is serialized.
    pub(crate) fn tree(&self) -> Value {
        if is_exposing() {
            self.0.clone()
        } else {
            self.masked()
        }
    }

    fn masked(&self) -> Value {
        let text = mask(&self.0.to_string());
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }
}

impl fmt::Debug for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.masked().fmt(f)
    }
}

/// Reads a variant.
pub(crate) fn read(value: Value, variant: &mut dyn Sink, name: &str) -> Result<(), Fault> {
    read::tree(value, variant)
        .map_err(|error| Fault::other(&format_args!("{FAULT}{name}: {error}")))
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
        #[derive(Clone, PartialEq)]
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

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant(value) => {
                        f.debug_tuple(stringify!($variant)).field(value).finish()
                    })*
                    Self::Unrecognized(value) => f
                        .debug_tuple("Unrecognized")
                        .field(&crate::tagged_union::Unknown(value))
                        .finish(),
                }
            }
        }

        impl crate::write::Union for $name {
            fn tree(&self) -> ::serde_json::Result<::serde_json::Value> {
                match self {
                    $(
                        Self::$variant(value) => {
                            crate::tagged_union::with_tag(value, $tag, $value)
                        }
                    )*
                    Self::Unrecognized(value) => Ok(crate::tagged_union::Unknown(value).tree()),
                }
            }
        }

        crate::write::content! { $name, |this| crate::write::Content::Union(this); }
        crate::write::implement! { $name }

        impl crate::read::Read for $name {
            const FORM: crate::read::Form = <::serde_json::Value as crate::read::Read>::FORM;

            fn blank() -> Self {
                Self::Unrecognized(::serde_json::Value::Null)
            }
        }

        impl crate::read::Sink for $name {
            fn form(&self) -> &'static crate::read::Form {
                &<Self as crate::read::Read>::FORM
            }

            fn take(&mut self, given: crate::read::Given<'_>) -> Result<(), crate::read::Fault> {
                let crate::read::Given::Any(value) = given else {
                    return Err(crate::read::Fault::Type);
                };
                *self = match value.get($tag).and_then(::serde_json::Value::as_str) {
                    $(
                        Some($value) => {
                            let mut variant = <$target as crate::read::Read>::blank();
                            crate::tagged_union::read(value, &mut variant, stringify!($name))?;
                            Self::$variant(variant)
                        }
                    )*
                    _ => Self::Unrecognized(value),
                };
                Ok(())
            }
        }

        crate::read::implement! { $name }

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

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public types")]
mod tests {
    use serde_json::json;

    use crate::record::record;
    use crate::secret::ExposeSecrets as _;

    #[derive(Debug, Clone, PartialEq)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    pub struct Circle {
        radius: u64,
    }

    record!(Circle {
        0 required radius = "radius",
    });

    tagged_union! {
        /// A shape.
        Shape, "kind" { Circle(Circle) = "circle", }
    }

    #[test]
    fn an_unknown_variant_is_sent_back_unchanged_and_shown_without_secrets() {
        let sent =
            json!({ "kind": "vault", "password": "hunter2", "note": "npg_abcdefgh", "size": 1 });
        let shape: Shape = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(shape, Shape::Unrecognized(sent.clone()));
        assert_eq!(serde_json::to_value(shape.with_secrets()).unwrap(), sent);
        let shown = serde_json::to_value(&shape).unwrap();
        assert_eq!(shown["kind"], "vault");
        assert_eq!(shown["size"], 1);
        for text in [shown.to_string(), format!("{shape:?}")] {
            assert!(
                !text.contains("hunter2") && !text.contains("npg_abc"),
                "{text}"
            );
        }
        let known: Shape =
            serde_json::from_value(json!({ "kind": "circle", "radius": 2 })).unwrap();
        assert_eq!(format!("{known:?}"), "Circle(Circle { radius: 2 })");
    }
}
