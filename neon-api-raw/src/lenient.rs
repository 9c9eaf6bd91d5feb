//! Whole numbers, which the API also writes as `17.0`.

use crate::read::{Fault, Form, Given, Kind, Read, Sink};

macro_rules! whole {
    ($($number:ident, $kind:ident;)*) => {$(
        impl Read for $number {
            const FORM: Form = Form::new(Kind::$kind, stringify!($number));

            fn blank() -> Self {
                0
            }
        }

        impl Sink for $number {
            fn form(&self) -> &'static Form {
                &Self::FORM
            }

            fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
                *self = match given {
                    Given::Signed(number) => Self::try_from(number).map_err(|_| Fault::Range)?,
                    Given::Unsigned(number) => Self::try_from(number).map_err(|_| Fault::Range)?,
                    Given::Float(number) => {
                        #[allow(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            clippy::cast_precision_loss,
                            clippy::float_cmp,
                            reason = "a value that changes is rejected"
                        )]
                        let (whole, is_same) = {
                            let whole = number as Self;
                            // The largest is not a float: one above it is the next.
                            (whole, whole as f64 == number && whole != Self::MAX)
                        };
                        if !is_same {
                            return Err(Fault::Type);
                        }
                        whole
                    }
                    _ => return Err(Fault::Type),
                };
                Ok(())
            }
        }
    )*};
}

whole! {
    i64, Signed;
    u64, Unsigned;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::record::record;

    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        items: Vec<String>,
        roles: Vec<String>,
        tags: BTreeMap<String, Vec<u64>>,
        size: i64,
        most: Option<u64>,
        days: Vec<i64>,
        note: Option<Vec<String>>,
    }

    record!(Sample {
        0 required items = "items",
        1 collection roles = "roles",
        2 collection tags = "tags",
        3 required size = "size",
        4 optional most = "most",
        5 collection days = "days",
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
