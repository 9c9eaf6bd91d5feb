//! Serialization and deserialization of the structs of the API.
//!
//! `serde`'s derive generates three types for each struct, with code for formats that are not JSON
//! and for fields by number and by bytes. With more than three hundred structs that was half of
//! this crate's compile time, and the larger part of what each use adds to a program.

/// Implements reading and writing for a struct whose fields are `required` (always sent, must
/// come), `collection` (a list or a map that is always sent, and empty if it does not come),
/// `optional` (an `Option` that is left out when it is `None`) or `patch` (a `Patch` that is left out
/// when it keeps). The fields are numbered from 0, and at most 128. Free text says so, and is written
/// without secrets.
macro_rules! record {
    ($name:ident { $($number:literal $kind:ident $field:ident = $text:literal $(as $form:ident)?,)* }) => {
        const _: () = {
            const NAMES: &[&str] = &[$($text),*];

            // Not a closure, which would be compiled to a second function that calls it.
            fn number(name: &str) -> usize {
                match name {
                    $($text => $number,)*
                    _ => usize::MAX,
                }
            }

            static FIELDS: crate::fields::Fields = crate::fields::Fields {
                record: stringify!($name),
                names: NAMES,
                number,
                required: 0 $(| crate::record::record!(@required $kind $number))*,
            };

            impl crate::read::ReadFields for $name {
                fn fields(&self) -> &'static crate::fields::Fields {
                    &FIELDS
                }

                fn field(&mut self, number: usize) -> Option<&mut dyn crate::read::Sink> {
                    match number {
                        $($number => Some(&mut self.$field),)*
                        _ => None,
                    }
                }
            }

            impl crate::write::WriteFields for $name {
                fn fields(&self) -> &'static crate::fields::Fields {
                    &FIELDS
                }

                fn sent(&self, number: usize) -> Option<crate::write::Content<'_>> {
                    match number {
                        $($number if crate::record::record!(@sent $kind self.$field) => {
                            Some(crate::record::record!(@content self.$field $(, $form)?))
                        })*
                        _ => None,
                    }
                }
            }

            // Each is a bit of what was seen.
            assert!(NAMES.len() <= 128, "more fields than `record!` supports");
        };

        impl crate::read::Read for $name {
            const FORM: crate::read::Form = crate::read::Form::new(
                crate::read::Kind::Record,
                concat!("struct ", stringify!($name)),
            );

            fn blank() -> Self {
                Self { $($field: crate::record::record!(@blank $kind),)* }
            }
        }

        impl crate::read::Sink for $name {
            fn form(&self) -> &'static crate::read::Form {
                &<Self as crate::read::Read>::FORM
            }

            fn take(&mut self, _: crate::read::Given<'_>) -> Result<(), crate::read::Fault> {
                Err(crate::read::Fault::Type)
            }

            fn record(&mut self) -> Option<&mut dyn crate::read::ReadFields> {
                Some(self)
            }
        }

        crate::read::implement! { $name }

        crate::write::content! { $name, |this| crate::write::Content::Record(this); }
        crate::write::implement! { $name }
    };
    (@blank optional) => { None };
    (@blank patch) => { crate::Patch::Keep };
    (@blank $kind:ident) => { crate::read::Read::blank() };
    (@required required $number:literal) => { 1 << $number };
    (@required $kind:ident $number:literal) => { 0 };
    (@content $field:expr, free) => { crate::free_text::Free::content(&$field) };
    (@content $field:expr) => { crate::write::Write::content(&$field) };
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
    use crate::read::{Fault, Form, Given, Kind, Read, Sink};
    use crate::write::Content;

    /// Read as serde does, unlike those of the API: for comparison with what serde derives.
    macro_rules! exact {
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
                        Given::Signed(number) => number.try_into().map_err(|_| Fault::Range)?,
                        Given::Unsigned(number) => number.try_into().map_err(|_| Fault::Range)?,
                        _ => return Err(Fault::Type),
                    };
                    Ok(())
                }
            }
        )*};
    }

    crate::write::content! {
        u8, |this| Content::Unsigned(u64::from(*this));
        i32, |this| Content::Signed(i64::from(*this));
    }

    exact! {
        u8, Unsigned;
        i32, Signed;
    }

    #[derive(Debug, Clone, PartialEq)]
    struct Sample {
        id: i32,
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
        let error_of = |text| read(text).unwrap_err();
        assert!(error_of(r#"{"id":1}"#).starts_with("missing field `note`"));
        assert!(error_of(r#"{"id":1,"note":null,"id":2}"#).starts_with("duplicate field `id`"));
        assert!(error_of(r#"{"type":1,"type":null}"#).starts_with("duplicate field `type`"));
        assert!(error_of("[1]").contains("expected struct Sample"));
        assert!(error_of(r#"{"id":"1"}"#).contains("expected i32"));
    }
}
