//! Times in responses.
//!
//! `chrono` has two parsers: its default one accepts anything that looks like a time and takes five
//! times as many steps as its parser for RFC 3339. The API writes RFC 3339, in up to ten fields of
//! each item of a list.

use chrono::{DateTime, ParseError, Utc};

use crate::read::{Fault, Form, Given, Kind, Read, Sink};

impl Read for DateTime<Utc> {
    const FORM: Form = Form::new(Kind::Text, "an RFC 3339 time");

    fn blank() -> Self {
        Self::UNIX_EPOCH
    }
}

impl Sink for DateTime<Utc> {
    fn form(&self) -> &'static Form {
        &Self::FORM
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        let Given::Text(text) = given else {
            return Err(Fault::Type);
        };
        *self = match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.to_utc(),
            Err(_) => text
                .parse()
                .map_err(|fault: ParseError| Fault::other(&fault))?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;
    use proptest::prelude::*;
    use serde::Deserialize;

    fn read(text: &str) -> Result<DateTime<Utc>, String> {
        let json = serde_json::Value::from(text);
        read::deserialize(json).map_err(|error: serde_json::Error| error.to_string())
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
        let time: Option<DateTime<Utc>> = read::deserialize(null.clone()).unwrap();
        assert_eq!(time, None);
        let error = read::deserialize::<DateTime<Utc>, _>(null).unwrap_err();
        assert!(
            error.to_string().contains("expected an RFC 3339 time"),
            "{error}"
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
