//! Values that are not specific to the API.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Fault, Form, Given, Items, Kind, Read, ReadFields, Sink};

/// Reads a type from what one variant of [`Given`] has.
macro_rules! plain {
    ($($ty:ty, $kind:ident, $expected:literal, $blank:expr, {
        $($given:pat => $value:expr,)*
    };)*) => {$(
        impl Read for $ty {
            const FORM: Form = Form::new(Kind::$kind, $expected);

            fn blank() -> Self {
                $blank
            }
        }

        impl Sink for $ty {
            fn form(&self) -> &'static Form {
                &Self::FORM
            }

            #[allow(
                clippy::cast_precision_loss,
                reason = "as every reader of JSON does with large numbers"
            )]
            fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
                *self = match given {
                    $($given => $value,)*
                    _ => return Err(Fault::Type),
                };
                Ok(())
            }
        }
    )*};
}

plain! {
    bool, Bool, "a boolean", false, {
        Given::Bool(value) => value,
    };
    f64, Float, "f64", 0.0, {
        Given::Float(value) => value,
        Given::Signed(value) => value as f64,
        Given::Unsigned(value) => value as f64,
    };
    String, Text, "a string", String::new(), {
        Given::Text(text) => text.to_owned(),
    };
    Value, Any, "any valid JSON value", Value::Null, {
        Given::Any(value) => value,
    };
}

impl Read for Map<String, Value> {
    const FORM: Form = Form::new(Kind::Object, "a map").nullable();

    fn blank() -> Self {
        Self::new()
    }
}

impl Sink for Map<String, Value> {
    fn form(&self) -> &'static Form {
        &Self::FORM
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        *self = match given {
            Given::Null => Self::new(),
            Given::Object(object) => object,
            _ => return Err(Fault::Type),
        };
        Ok(())
    }
}

impl<T: Read> Read for Option<T> {
    const FORM: Form = T::FORM.nullable();

    fn blank() -> Self {
        None
    }
}

impl<T: Read> Sink for Option<T> {
    fn form(&self) -> &'static Form {
        const { &<Self as Read>::FORM }
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        if let Given::Null = given {
            *self = None;
            return Ok(());
        }
        self.insert(T::blank()).take(given)
    }

    fn record(&mut self) -> Option<&mut dyn ReadFields> {
        self.insert(T::blank()).record()
    }
}

/// `null` is an empty list, as servers written in Go send it.
impl<T: Read> Read for Vec<T> {
    const FORM: Form = Form::new(Kind::List, "a sequence").nullable();

    fn blank() -> Self {
        Self::new()
    }
}

impl<T: Read> Sink for Vec<T> {
    fn form(&self) -> &'static Form {
        const { &<Self as Read>::FORM }
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        fill(self, given)
    }
}

/// A list to be filled.
trait List {
    /// Adds the next item. Returns whether there was one.
    fn add(&mut self, items: &mut dyn Items) -> Result<bool, Fault>;
}

impl<T: Read> List for Vec<T> {
    fn add(&mut self, items: &mut dyn Items) -> Result<bool, Fault> {
        let mut item = T::blank();
        let is_there = items.next(&mut item)?;
        if is_there {
            self.push(item);
        }
        Ok(is_there)
    }
}

fn fill(list: &mut dyn List, given: Given<'_>) -> Result<(), Fault> {
    match given {
        Given::Null => Ok(()),
        Given::List(items) => {
            while list.add(items)? {}
            Ok(())
        }
        _ => Err(Fault::Type),
    }
}

/// `null` is an empty map.
impl<T: Read> Read for BTreeMap<String, T> {
    const FORM: Form = Form::new(Kind::Map, "a map").nullable();

    fn blank() -> Self {
        Self::new()
    }
}

impl<T: Read> Sink for BTreeMap<String, T> {
    fn form(&self) -> &'static Form {
        const { &<Self as Read>::FORM }
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        match given {
            Given::Null => Ok(()),
            Given::Map(entries) => {
                while let Some(key) = entries.key()? {
                    let mut value = T::blank();
                    entries.value(&mut value)?;
                    self.insert(key, value);
                }
                Ok(())
            }
            _ => Err(Fault::Type),
        }
    }
}

/// Reads and writes a struct of one unnamed field as that field.
macro_rules! newtype {
    ($name:ident($inner:ty)) => {
        crate::read::newtype! { @read $name($inner) }

        impl crate::write::Write for $name {
            fn content(&self) -> crate::write::Content<'_> {
                crate::write::Write::content(&self.0)
            }
        }

        crate::write::implement! { $name }
    };
    (@read $name:ident($inner:ty)) => {
        impl crate::read::Read for $name {
            const FORM: crate::read::Form = <$inner as crate::read::Read>::FORM;

            fn blank() -> Self {
                Self(crate::read::Read::blank())
            }
        }

        impl crate::read::Sink for $name {
            fn form(&self) -> &'static crate::read::Form {
                crate::read::Sink::form(&self.0)
            }

            fn take(&mut self, given: crate::read::Given<'_>) -> Result<(), crate::read::Fault> {
                crate::read::Sink::take(&mut self.0, given)
            }

            fn record(&mut self) -> Option<&mut dyn crate::read::ReadFields> {
                crate::read::Sink::record(&mut self.0)
            }
        }

        crate::read::implement! { $name }
    };
}

/// Reads a type from any format of serde.
macro_rules! deserialize {
    ($name:ident) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                crate::read::deserialize(deserializer)
            }
        }
    };
}

/// Reads a type from a string.
macro_rules! text {
    ($name:ident, $expected:literal, $blank:expr, |$text:ident| $value:expr) => {
        impl crate::read::Read for $name {
            const FORM: crate::read::Form =
                crate::read::Form::new(crate::read::Kind::Text, $expected);

            fn blank() -> Self {
                $blank
            }
        }

        impl crate::read::Sink for $name {
            fn form(&self) -> &'static crate::read::Form {
                &<Self as crate::read::Read>::FORM
            }

            fn take(&mut self, given: crate::read::Given<'_>) -> Result<(), crate::read::Fault> {
                let crate::read::Given::Text($text) = given else {
                    return Err(crate::read::Fault::Type);
                };
                *self = $value;
                Ok(())
            }
        }

        crate::read::implement! { $name }
    };
}

pub(crate) use {deserialize, newtype, text};
