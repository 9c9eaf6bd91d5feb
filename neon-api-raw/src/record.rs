//! Serialization and deserialization of the structs of the API.
//!
//! `serde`'s derive generates three types for each struct, with code for formats that are not JSON
//! and for fields by number and by bytes. With more than three hundred structs that was half of
//! this crate's compile time, and the larger part of what each use adds to a program.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A struct deserialized from the entries of a map.
pub(crate) trait Record: Sized {
    /// Its name in errors.
    const NAME: &'static str;

    /// Reads all entries. Unknown ones are skipped.
    fn read<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// Reads a record.
pub(crate) fn deserialize<'de, T: Record, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    // As a map, since a struct could also be a sequence, whose code no record uses.
    deserializer.deserialize_map(Reader(PhantomData))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Record> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read(map)
    }
}

/// Reads the name of an entry as the number of its field. One such type, instead of one for each
/// struct, keeps the code small.
pub(crate) struct Name(
    /// Returns the number for a name.
    pub(crate) fn(&str) -> Option<usize>,
);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<usize>, E> {
        Ok((self.0)(text))
    }
}

/// Reads the value of a field, which may occur once.
pub(crate) fn value<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(Error::duplicate_field(name));
    }
    *field = Some(map.next_value()?);
    Ok(())
}

/// The value of a required field.
pub(crate) fn required<T, E: Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
    field.ok_or_else(|| E::missing_field(name))
}

/// Implements reading and writing for a struct whose fields are `required` (always sent, must
/// come), `collection` (a list or a map that is always sent, and empty if it does not come),
/// `optional` (an `Option` that is left out when it is `None`) or `patch` (a `Patch` that is left out
/// when it keeps). The fields are numbered from 0. Times, whole numbers, lists, and maps of lists say
/// so, and are read by a function of their own; free text is written without secrets.
macro_rules! record {
    ($name:ident { $($number:literal $kind:ident $field:ident = $text:literal $(as $form:ident)?,)* }) => {
        impl crate::record::Record for $name {
            const NAME: &'static str = stringify!($name);

            fn read<'de, A: ::serde::de::MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
                fn number(name: &str) -> Option<usize> {
                    match name {
                        $($text => Some($number),)*
                        _ => None,
                    }
                }

                $(let mut $field = None;)*
                while let Some(number) = map.next_key_seed(crate::record::Name(number))? {
                    match number {
                        $(Some($number) => {
                            crate::record::record!(@value $($form)?)(&mut $field, $text, &mut map)
                        })*
                        _ => map.next_value::<::serde::de::IgnoredAny>().map(drop),
                    }?;
                }
                Ok(Self { $($field: crate::record::record!(@end $kind $field $text),)* })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::record::deserialize(deserializer)
            }
        }

        impl ::serde::Serialize for $name {
            #[allow(unused_mut)]
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeStruct as _;

                let length = 0 $(+ usize::from(crate::record::record!(@sent $kind self.$field)))*;
                let mut out = serializer.serialize_struct(stringify!($name), length)?;
                $(if crate::record::record!(@sent $kind self.$field) {
                    out.serialize_field(
                        $text,
                        &crate::record::record!(@written self.$field $(, $form)?),
                    )?;
                })*
                out.end()
            }
        }
    };
    (@written $field:expr, free) => { crate::free_text::FreeText(&$field) };
    (@written $field:expr $(, $form:ident)?) => { &$field };
    (@value) => { crate::record::value };
    (@value free) => { crate::record::value };
    (@value time) => { crate::timestamp::value };
    (@value whole) => { crate::lenient::whole };
    (@value list) => { crate::lenient::list };
    (@value lists) => { crate::lenient::lists };
    (@end required $field:ident $text:literal) => { crate::record::required($field, $text)? };
    (@end $kind:ident $field:ident $text:literal) => { $field.unwrap_or_default() };
    (@sent required $field:expr) => { true };
    (@sent collection $field:expr) => { true };
    (@sent optional $field:expr) => { $field.is_some() };
    (@sent patch $field:expr) => { !$field.is_keep() };
}

pub(crate) use record;

#[cfg(test)]
mod twins;

#[cfg(test)]
mod tests {
    use crate::Patch;

    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        id: i64,
        note: Option<String>,
        type_: Option<u8>,
        at: Patch<u8>,
    }

    record!(Sample {
        0 required id = "id",
        1 required note = "note",
        2 optional type_ = "type",
        3 patch at = "at",
    });

    #[derive(Debug, PartialEq)]
    struct Empty {}

    record!(Empty {});

    fn read(text: &str) -> Result<Sample, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    fn written(sample: &Sample) -> String {
        serde_json::to_string(sample).unwrap()
    }

    #[test]
    fn absent_null_and_present_are_told_apart() {
        let least = read(r#"{"id":1,"note":null}"#).unwrap();
        let due = Sample {
            id: 1,
            note: None,
            type_: None,
            at: Patch::Keep,
        };
        assert_eq!(least, due);
        assert_eq!(written(&least), r#"{"id":1,"note":null}"#);

        let text = r#"{"id":1,"note":"n","type":2,"at":null}"#;
        let full = read(text).unwrap();
        assert_eq!((full.type_, full.at), (Some(2), Patch::Clear));
        assert_eq!(written(&full), text);
        assert_eq!(
            read(r#"{"type":null,"id":1,"note":"n"}"#).unwrap().type_,
            None
        );
        assert_eq!(serde_json::to_string(&Empty {}).unwrap(), "{}");
        assert_eq!(
            serde_json::from_str::<Empty>(r#"{"x":1}"#).unwrap(),
            Empty {}
        );
    }

    #[test]
    fn what_is_not_a_field_is_skipped_whole() {
        let text = r#"{"new":{"id":[9]},"id":1,"\u006eote":"n","ids":2}"#;
        let sample = read(text).unwrap();
        assert_eq!((sample.id, sample.note.as_deref()), (1, Some("n")));
    }

    /// Variants of unions are read from one.
    #[test]
    fn a_tree_of_values_is_read_like_a_text() {
        let tree = serde_json::json!({ "id": 1, "note": "n", "type": 2, "new": [] });
        let sample = read(&tree.to_string());
        assert_eq!(
            serde_json::from_value(tree).map_err(|e| e.to_string()),
            sample
        );
        assert!(sample.is_ok());
    }

    #[test]
    fn errors_name_the_field_or_the_struct() {
        let told = |text| read(text).unwrap_err();
        assert!(told(r#"{"id":1}"#).starts_with("missing field `note`"));
        assert!(told(r#"{"id":1,"note":null,"id":2}"#).starts_with("duplicate field `id`"));
        assert!(told(r#"{"type":1,"type":null}"#).starts_with("duplicate field `type`"));
        assert!(told("[1]").contains("expected struct Sample"));
        assert!(told(r#"{"id":"1"}"#).contains("expected i64"));
    }
}
