//! Times in responses.
//!
//! `chrono` has two parsers: its default one accepts anything that looks like a time and takes five
//! times as many steps as its parser for RFC 3339. The API writes RFC 3339, in up to ten fields of
//! each item of a list.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads the value of a field, which may occur once, like [`record::value`](crate::record::value).
pub(crate) fn value<'de, T, A: MapAccess<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error>
where
    Timestamp<T>: Deserialize<'de>,
{
    if field.is_some() {
        return Err(Error::duplicate_field(name));
    }
    let Timestamp(value) = map.next_value()?;
    *field = Some(value);
    Ok(())
}

/// A time, or an optional one.
pub(crate) struct Timestamp<T>(T);

impl<'de> Deserialize<'de> for Timestamp<DateTime<Utc>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = DateTime<Utc>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DateTime<Utc>, E> {
                match DateTime::parse_from_rfc3339(text) {
                    Ok(time) => Ok(time.to_utc()),
                    Err(_) => text.parse().map_err(E::custom),
                }
            }
        }

        deserializer.deserialize_str(Text).map(Self)
    }
}

impl<'de> Deserialize<'de> for Timestamp<Option<DateTime<Utc>>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = Option::<Timestamp<DateTime<Utc>>>::deserialize(deserializer)?;
        Ok(Self(time.map(|Timestamp(time)| time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<DateTime<Utc>, String> {
        let json = serde_json::Value::from(text);
        match Timestamp::deserialize(json) {
            Ok(Timestamp(time)) => Ok(time),
            Err(error) => Err(error.to_string()),
        }
    }

    fn read_by_chrono(text: &str) -> Result<DateTime<Utc>, String> {
        let json = serde_json::Value::from(text);
        DateTime::deserialize(json).map_err(|error| error.to_string())
    }

    #[test]
    fn times_are_read_in_every_form_that_chrono_reads() {
        for text in [
            "2026-11-21T17:07:39Z",
            "2026-11-21T17:07:39.123456789Z",
            "2026-11-21t17:07:39z",
            "2026-11-21T17:07:39+05:30",
            "2026-11-21 17:07:39 UTC",
            "2026-06-30T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "+12026-11-21T17:07:39Z",
        ] {
            assert!(read(text).is_ok(), "{text}");
            assert_eq!(read(text), read_by_chrono(text), "{text}");
        }
        for text in ["", "2026-11-21", "2026-13-01T00:00:00Z", "tomorrow"] {
            assert!(read(text).is_err(), "{text}");
            assert_eq!(read(text), read_by_chrono(text), "{text}");
        }
    }

    #[test]
    fn null_is_no_time_where_there_need_be_none() {
        let null = serde_json::Value::Null;
        let Timestamp(time) =
            Timestamp::<Option<DateTime<Utc>>>::deserialize(null.clone()).unwrap();
        assert_eq!(time, None);
        let told = Timestamp::<DateTime<Utc>>::deserialize(null).err().unwrap();
        assert!(
            told.to_string().contains("expected an RFC 3339 time"),
            "{told}"
        );
    }

    proptest! {
        #[test]
        fn a_time_is_what_chrono_makes_of_it(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?([Zz]|[+-][0-2][0-9]:?[0-5][0-9])",
        ) {
            prop_assert_eq!(read(&text), read_by_chrono(&text));
        }
    }
}
