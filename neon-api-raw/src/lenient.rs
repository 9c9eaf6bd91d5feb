//! Deviations of the API from its spec that are accepted: `null` for an empty list or map, as
//! servers written in Go send it, and an integer as `17.0`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

use crate::record;

/// Reads a list or a map, which is empty if it is `null`, like [`record::value`].
pub(crate) fn list<'de, T, A>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error>
where
    T: Deserialize<'de> + Default,
    A: MapAccess<'de>,
{
    let mut value: Option<Option<T>> = None;
    record::value(&mut value, name, map)?;
    put(field, name, value.flatten().unwrap_or_default())
}

/// Reads a map of lists, each of which is empty if it is `null`, as is the whole.
pub(crate) fn lists<'de, T, A>(
    field: &mut Option<BTreeMap<String, T>>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error>
where
    T: Deserialize<'de> + Default,
    A: MapAccess<'de>,
{
    let mut value: Option<BTreeMap<String, Option<T>>> = None;
    list(&mut value, name, map)?;
    let lists = value.unwrap_or_default().into_iter();
    let lists = lists.map(|(key, items)| (key, items.unwrap_or_default()));
    put(field, name, lists.collect())
}

/// Reads an integer, an optional one, or a list of them.
pub(crate) fn whole<'de, T, A>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error>
where
    T: Whole<'de>,
    A: MapAccess<'de>,
{
    let mut value: Option<Read<T>> = None;
    record::value(&mut value, name, map)?;
    match value {
        Some(Read(value)) => put(field, name, value),
        None => Ok(()),
    }
}

/// Sets a field, which may occur once.
fn put<T, E: Error>(field: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    if field.replace(value).is_some() {
        return Err(E::duplicate_field(name));
    }
    Ok(())
}

/// A newtype of a list or a map, which is empty if it is `null`.
pub(crate) fn collection<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Integers in containers, read from numbers of either form.
pub(crate) trait Whole<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

struct Read<T>(T);

impl<'de, T: Whole<'de>> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

impl<'de, T: Whole<'de>> Whole<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Option::<Read<T>>::deserialize(deserializer)?;
        Ok(number.map(|Read(number)| number))
    }
}

impl<'de, T: Whole<'de>> Whole<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers: Vec<Read<T>> = collection(deserializer)?;
        Ok(numbers.into_iter().map(|Read(number)| number).collect())
    }
}

macro_rules! whole {
    ($($number:ident, $read:ident;)*) => {$(
        impl<'de> Whole<'de> for $number {
            fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Number;

                impl Visitor<'_> for Number {
                    type Value = $number;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(stringify!($number))
                    }

                    fn visit_i64<E: Error>(self, number: i64) -> Result<$number, E> {
                        $number::try_from(number)
                            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
                    }

                    fn visit_u64<E: Error>(self, number: u64) -> Result<$number, E> {
                        $number::try_from(number)
                            .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
                    }

                    fn visit_f64<E: Error>(self, number: f64) -> Result<$number, E> {
                        #[allow(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            clippy::cast_precision_loss,
                            clippy::float_cmp,
                            reason = "a value that changes is rejected"
                        )]
                        let (whole, is_same) = {
                            let whole = number as $number;
                            // The largest is not a float: one above it is the next.
                            (whole, whole as f64 == number && whole != $number::MAX)
                        };
                        if is_same {
                            Ok(whole)
                        } else {
                            Err(E::invalid_type(Unexpected::Float(number), &self))
                        }
                    }
                }

                deserializer.$read(Number)
            }
        }
    )*};
}

whole! {
    i64, deserialize_i64;
    u64, deserialize_u64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::record;

    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        items: Vec<String>,
        roles: Vec<String>,
        tags: BTreeMap<String, Vec<u8>>,
        size: i64,
        most: Option<u64>,
        days: Vec<i64>,
        note: Option<Vec<String>>,
    }

    record!(Sample {
        0 required items = "items" as list,
        1 collection roles = "roles" as list,
        2 collection tags = "tags" as lists,
        3 required size = "size" as whole,
        4 optional most = "most" as whole,
        5 collection days = "days" as whole,
        6 optional note = "note",
    });

    fn read(text: &str) -> Result<Sample, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn null_and_absent_are_empty_but_what_it_is_about_must_be_there() {
        let empty = read(r#"{"items":null,"size":1}"#).unwrap();
        let text =
            r#"{"items":[],"roles":null,"tags":null,"size":1,"most":null,"days":null,"note":null}"#;
        assert_eq!(read(text).unwrap(), empty);
        assert!(empty.items.is_empty() && empty.roles.is_empty() && empty.tags.is_empty());
        assert_eq!((empty.most, empty.note.as_ref()), (None, None));
        // What is sent is what is there.
        assert_eq!(
            serde_json::to_string(&empty).unwrap(),
            r#"{"items":[],"roles":[],"tags":{},"size":1,"days":[]}"#
        );
        assert!(
            read(r#"{"size":1}"#)
                .unwrap_err()
                .starts_with("missing field `items`")
        );
        assert!(
            read(r#"{"items":[]}"#)
                .unwrap_err()
                .starts_with("missing field `size`")
        );
        let lists = read(r#"{"items":["a"],"size":1,"tags":{"a":null,"b":[1]}}"#).unwrap();
        let due = [("a".to_owned(), vec![]), ("b".to_owned(), vec![1])];
        assert_eq!(lists.tags, BTreeMap::from(due));
    }

    #[test]
    fn whole_numbers_are_read_in_either_form() {
        let size = |text: &str| read(&format!(r#"{{"items":[],"size":{text}}}"#)).map(|s| s.size);
        for (text, due) in [
            ("17", 17),
            ("17.0", 17),
            ("-17.0", -17),
            ("-0.0", 0),
            ("1.7e1", 17),
            ("9007199254740992.0", 9_007_199_254_740_992),
            ("-9223372036854775808.0", i64::MIN),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(size(text), Ok(due), "{text}");
        }
        for text in [
            "17.5",
            "9223372036854775808",
            "9223372036854775808.0",
            "1e300",
            "\"17\"",
            "null",
        ] {
            assert!(size(text).unwrap_err().contains("i64"), "{text}");
        }
        let sample = read(r#"{"items":[],"size":1,"most":2.0,"days":[3.0,4]}"#).unwrap();
        assert_eq!((sample.most, sample.days), (Some(2), vec![3, 4]));
        assert!(read(r#"{"items":[],"size":1,"most":-2.0}"#).is_err());
    }

    #[test]
    fn a_field_may_come_once() {
        for field in ["items", "roles", "tags", "size", "days"] {
            let value = if field == "size" { "1" } else { "null" };
            let text = format!(r#"{{"{field}":{value},"{field}":{value}}}"#);
            let due = format!("duplicate field `{field}`");
            assert!(read(&text).unwrap_err().starts_with(&due));
        }
    }
}
