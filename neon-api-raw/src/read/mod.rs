//! Reading of values, by code that exists once for each type.
//!
//! serde compiles what reads a type anew for each format and in each crate that reads it: with three
//! hundred types that was a third of what a program with this client was compiled to. Here a type
//! takes what is given to it through a trait object, and only the way from serde's formats to that
//! is generic ([`from_serde`]).

mod from_serde;
mod values;

use serde::{Deserializer, de};
use serde_json::{Map, Value};

use crate::fields::Fields;

pub(crate) use values::{deserialize as implement, newtype, text};

/// A type whose values can be read. A value is read by filling a blank one, in place.
pub(crate) trait Read: Sink + Sized {
    /// What it is read from.
    const FORM: Form;

    /// A value to be filled. It is dropped if that fails.
    fn blank() -> Self;
}

/// A value that is being read.
pub(crate) trait Sink {
    /// [`Read::FORM`].
    fn form(&self) -> &'static Form;

    /// Takes what is in the place of the value.
    fn take(&mut self, given: Given<'_>) -> Result<(), Fault>;

    /// The fields to be filled, of a value of [`Kind::Record`].
    fn record(&mut self) -> Option<&mut dyn ReadFields> {
        None
    }
}

/// What a value is read from.
pub(crate) struct Form {
    pub(crate) kind: Kind,
    /// Whether it may be `null`, which is taken as [`Given::Null`].
    pub(crate) is_nullable: bool,
    /// What is expected, in errors.
    pub(crate) expected: &'static str,
}

impl Form {
    pub(crate) const fn new(kind: Kind, expected: &'static str) -> Self {
        Self {
            kind,
            is_nullable: false,
            expected,
        }
    }

    pub(crate) const fn nullable(self) -> Self {
        Self {
            is_nullable: true,
            ..self
        }
    }
}

/// How to ask a format for a value.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    Text,
    List,
    Map,
    /// A map whose entries are fields.
    Record,
    /// Any object, as it is.
    Object,
    /// Any value, as it is.
    Any,
}

/// What was found in the place of a value.
pub(crate) enum Given<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'a str),
    List(&'a mut dyn Items),
    Map(&'a mut dyn Entries),
    Object(Map<String, Value>),
    Any(Value),
}

/// The items of a list.
pub(crate) trait Items {
    /// Reads the next item. Returns whether there was one.
    fn next(&mut self, item: &mut dyn Sink) -> Result<bool, Fault>;
}

/// The entries of a map: a key, then its value.
pub(crate) trait Entries {
    /// Reads the next key.
    fn key(&mut self) -> Result<Option<String>, Fault>;

    /// Reads the value of the key.
    fn value(&mut self, value: &mut dyn Sink) -> Result<(), Fault>;
}

/// A struct that is read from an object.
pub(crate) trait ReadFields {
    fn fields(&self) -> &'static Fields;

    /// The field with this number.
    fn field(&mut self, number: usize) -> Option<&mut dyn Sink>;
}

/// Why a value could not be read.
pub(crate) enum Fault {
    /// The format's own error, which [`Items`] or [`Entries`] keep.
    Kept,
    /// A value of another type.
    Type,
    /// A value out of range.
    Range,
    Other(String),
}

/// Reads a value from any format: all that is compiled for each type and format.
pub(crate) fn deserialize<'de, T: Read, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let mut value = T::blank();
    from_serde::fill(&mut value, deserializer)?;
    Ok(value)
}

/// Reads a complete JSON text.
pub(crate) fn json(text: &[u8], value: &mut dyn Sink) -> serde_json::Result<()> {
    // Checked at once, which takes a tenth of the steps of a check of each string.
    match str::from_utf8(text) {
        Ok(text) => whole(serde_json::Deserializer::from_str(text), value),
        // It says where.
        Err(_) => whole(serde_json::Deserializer::from_slice(text), value),
    }
}

fn whole<'de, R: serde_json::de::Read<'de>>(
    mut text: serde_json::Deserializer<R>,
    value: &mut dyn Sink,
) -> serde_json::Result<()> {
    from_serde::fill(value, &mut text)?;
    text.end()
}

/// Reads a JSON value.
pub(crate) fn tree(tree: Value, value: &mut dyn Sink) -> serde_json::Result<()> {
    from_serde::fill(value, tree)
}

impl Fault {
    pub(crate) fn other(fault: &impl ToString) -> Self {
        Self::Other(fault.to_string())
    }

    /// The error of a format for what was found.
    fn into_error<E: de::Error>(self, found: de::Unexpected<'_>, form: &Form) -> E {
        match self {
            Self::Type => E::invalid_type(found, &form.expected),
            Self::Range => E::invalid_value(found, &form.expected),
            Self::Other(message) => E::custom(message),
            Self::Kept => E::custom("the value could not be read"),
        }
    }
}
