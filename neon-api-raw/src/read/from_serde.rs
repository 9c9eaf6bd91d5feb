//! From serde's formats to the values that are read.

use std::fmt;

use serde::Deserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::{Map, Value};

use super::{Entries, Fault, Form, Given, Items, Kind, ReadFields, Sink};

/// Reads a value.
pub(super) fn fill<'de, D: Deserializer<'de>>(
    value: &mut dyn Sink,
    deserializer: D,
) -> Result<(), D::Error> {
    let form = value.form();
    let taker = Taker { value, form };
    if form.is_nullable {
        deserializer.deserialize_option(Nullable(taker))
    } else {
        taker.fill(deserializer)
    }
}

/// Passes what a format finds to a value.
struct Taker<'a> {
    value: &'a mut dyn Sink,
    form: &'static Form,
}

impl Taker<'_> {
    fn fill<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.form.kind {
            Kind::Bool => deserializer.deserialize_bool(self),
            Kind::Signed => deserializer.deserialize_i64(self),
            Kind::Unsigned => deserializer.deserialize_u64(self),
            Kind::Float => deserializer.deserialize_f64(self),
            Kind::Text => deserializer.deserialize_str(self),
            Kind::List => deserializer.deserialize_seq(self),
            // As structs, records could also be lists, whose code none uses.
            Kind::Map | Kind::Record => deserializer.deserialize_map(self),
            Kind::Object => {
                let object = Map::deserialize(deserializer)?;
                self.take(Given::Object(object), Unexpected::Map)
            }
            Kind::Any => {
                let value = Value::deserialize(deserializer)?;
                self.take(Given::Any(value), Unexpected::Other("value"))
            }
        }
    }

    fn take<E: Error>(self, given: Given<'_>, found: Unexpected<'_>) -> Result<(), E> {
        match self.value.take(given) {
            Ok(()) => Ok(()),
            Err(fault) => Err(fault.into_error(found, self.form)),
        }
    }
}

impl<'de> Visitor<'de> for Taker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form.expected)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.take(Given::Bool(value), Unexpected::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.take(Given::Signed(value), Unexpected::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.take(Given::Unsigned(value), Unexpected::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.take(Given::Float(value), Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.take(Given::Text(value), Unexpected::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let mut items = Keeping {
            access,
            error: None,
        };
        match self.value.take(Given::List(&mut items)) {
            Ok(()) => Ok(()),
            Err(fault) => Err(items.error_for(fault, Unexpected::Seq, self.form)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        if let Some(fields) = self.value.record() {
            return fill_fields(fields, access);
        }
        let mut entries = Keeping {
            access,
            error: None,
        };
        match self.value.take(Given::Map(&mut entries)) {
            Ok(()) => Ok(()),
            Err(fault) => Err(entries.error_for(fault, Unexpected::Map, self.form)),
        }
    }
}

/// A value that may be `null`.
struct Nullable<'a>(Taker<'a>);

impl<'de> Visitor<'de> for Nullable<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("option")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.0.take(Given::Null, Unexpected::Option)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.take(Given::Null, Unexpected::Unit)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.fill(deserializer)
    }
}

/// A list or a map, and the error that ended it.
struct Keeping<A, E> {
    access: A,
    error: Option<E>,
}

impl<A, E: Error> Keeping<A, E> {
    fn keep<T>(&mut self, outcome: Result<T, E>) -> Result<T, Fault> {
        match outcome {
            Ok(value) => Ok(value),
            Err(error) => {
                self.error = Some(error);
                Err(Fault::Kept)
            }
        }
    }

    fn error_for(self, fault: Fault, found: Unexpected<'_>, form: &Form) -> E {
        match (fault, self.error) {
            (Fault::Kept, Some(error)) => error,
            (fault, _) => fault.into_error(found, form),
        }
    }
}

impl<'de, A: SeqAccess<'de>> Items for Keeping<A, A::Error> {
    fn next(&mut self, item: &mut dyn Sink) -> Result<bool, Fault> {
        let item = self.access.next_element_seed(Filled(item));
        let item = self.keep(item)?;
        Ok(item.is_some())
    }
}

impl<'de, A: MapAccess<'de>> Entries for Keeping<A, A::Error> {
    fn key(&mut self) -> Result<Option<String>, Fault> {
        let key = self.access.next_key();
        self.keep(key)
    }

    fn value(&mut self, value: &mut dyn Sink) -> Result<(), Fault> {
        let value = self.access.next_value_seed(Filled(value));
        self.keep(value)
    }
}

/// Reads all entries. Unknown ones are skipped.
fn fill_fields<'de, A: MapAccess<'de>>(
    record: &mut dyn ReadFields,
    mut entries: A,
) -> Result<(), A::Error> {
    let fields = record.fields();
    let name = |number: usize| fields.names.get(number).copied().unwrap_or_default();
    let mut seen = 0_u128;
    while let Some(number) = entries.next_key_seed(Number(fields.number))? {
        let Some(field) = record.field(number) else {
            entries.next_value::<IgnoredAny>()?;
            continue;
        };
        let bit = 1 << number;
        if seen & bit != 0 {
            return Err(A::Error::duplicate_field(name(number)));
        }
        seen |= bit;
        entries.next_value_seed(Filled(field))?;
    }
    let missing = fields.required & !seen;
    if missing == 0 {
        Ok(())
    } else {
        let first = missing.trailing_zeros() as usize;
        Err(A::Error::missing_field(name(first)))
    }
}

struct Filled<'a>(&'a mut dyn Sink);

impl<'de> DeserializeSeed<'de> for Filled<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        fill(self.0, deserializer)
    }
}

/// Reads a key as the number of a name.
struct Number(fn(&str) -> usize);

impl<'de> DeserializeSeed<'de> for Number {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Number {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        Ok((self.0)(text))
    }
}
