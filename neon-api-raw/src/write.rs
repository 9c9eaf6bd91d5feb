//! Writing of values, by code that exists once for each type, as [`read`](crate::read) has it for
//! reading: a type describes its [`Content`], and only what writes that is generic.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::ser::{Error, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::free_text::FreeText;
use crate::secret;

/// A type whose values can be written.
pub(crate) trait Write {
    /// What is written.
    fn content(&self) -> Content<'_>;
}

/// What a value is written as.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'a str),
    /// A string that may repeat secrets.
    Free(&'a str),
    Secret(&'a str),
    Time(DateTime<Utc>),
    Some(&'a dyn Write),
    List(&'a dyn List),
    Map(&'a dyn Entries),
    Record(&'a dyn WriteFields),
    Union(&'a dyn Union),
    Object(&'a Map<String, Value>),
    Any(&'a Value),
    /// A field that a change keeps, which has to be left out.
    Kept,
}

/// A list to be written.
pub(crate) trait List {
    fn item(&self, number: usize) -> Option<&dyn Write>;
}

/// A map to be written.
pub(crate) trait Entries {
    fn each(&self, write: &mut dyn FnMut(&str, &dyn Write) -> bool);
}

/// A struct to be written as an object.
pub(crate) trait WriteFields {
    fn fields(&self) -> &'static Fields;

    /// The content of the field with this number, unless it is left out.
    fn sent(&self, number: usize) -> Option<Content<'_>>;
}

/// One of several types.
pub(crate) trait Union {
    fn tree(&self) -> serde_json::Result<Value>;
}

/// The error for [`Content::Kept`].
pub(crate) const KEPT: &str = "a field that is kept must be left out: skip it if `Patch::is_keep`";

/// Writes a value in any format: all that is compiled for each type and format.
pub(crate) fn serialize<S: Serializer>(
    value: &dyn Write,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Written(value.content()).serialize(serializer)
}

/// A value as serde writes it.
pub(crate) struct Written<'a>(pub(crate) Content<'a>);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Content::Null => serializer.serialize_none(),
            Content::Bool(value) => serializer.serialize_bool(value),
            Content::Signed(value) => serializer.serialize_i64(value),
            Content::Unsigned(value) => serializer.serialize_u64(value),
            Content::Float(value) => serializer.serialize_f64(value),
            Content::Text(text) => serializer.serialize_str(text),
            Content::Free(text) => FreeText(text).serialize(serializer),
            Content::Secret(text) => secret::serialize(text, serializer),
            Content::Time(time) => time.serialize(serializer),
            Content::Some(value) => serializer.serialize_some(&Written(value.content())),
            Content::List(list) => {
                let items = (0..).map_while(|number| list.item(number));
                serializer.collect_seq(items.map(|item| Written(item.content())))
            }
            Content::Map(map) => write_map(map, serializer),
            Content::Record(record) => write_record(record, serializer),
            Content::Union(union) => match union.tree() {
                Ok(tree) => tree.serialize(serializer),
                Err(error) => Err(S::Error::custom(error)),
            },
            Content::Object(object) => object.serialize(serializer),
            Content::Any(value) => value.serialize(serializer),
            Content::Kept => Err(S::Error::custom(KEPT)),
        }
    }
}

fn write_map<S: Serializer>(map: &dyn Entries, serializer: S) -> Result<S::Ok, S::Error> {
    let mut length = 0;
    map.each(&mut |_, _| {
        length += 1;
        true
    });
    let mut out = serializer.serialize_map(Some(length))?;
    let mut outcome = Ok(());
    map.each(&mut |key, value| {
        outcome = out.serialize_entry(key, &Written(value.content()));
        outcome.is_ok()
    });
    outcome?;
    out.end()
}

fn write_record<S: Serializer>(record: &dyn WriteFields, serializer: S) -> Result<S::Ok, S::Error> {
    let fields = record.fields();
    let sent = |number: usize| record.sent(number);
    let numbers = 0..fields.names.len();
    let length = numbers.filter(|number| sent(*number).is_some()).count();
    let mut out = serializer.serialize_struct(fields.record, length)?;
    for (number, name) in fields.names.iter().enumerate() {
        if let Some(content) = sent(number) {
            out.serialize_field(name, &Written(content))?;
        }
    }
    out.end()
}

/// Writes a type as one variant of [`Content`].
macro_rules! content {
    ($($ty:ty, |$this:ident| $content:expr;)*) => {$(
        impl crate::write::Write for $ty {
            fn content(&self) -> crate::write::Content<'_> {
                let $this = self;
                $content
            }
        }
    )*};
}

/// Writes a type in any format of serde.
macro_rules! implement {
    ($name:ident) => {
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::write::serialize(self, serializer)
            }
        }
    };
}

pub(crate) use {content, implement};

content! {
    bool, |this| Content::Bool(*this);
    i64, |this| Content::Signed(*this);
    u64, |this| Content::Unsigned(*this);
    f64, |this| Content::Float(*this);
    str, |this| Content::Text(this);
    String, |this| Content::Text(this);
    DateTime<Utc>, |this| Content::Time(*this);
    Map<String, Value>, |this| Content::Object(this);
    Value, |this| Content::Any(this);
}

impl<T: Write + ?Sized> Write for &T {
    fn content(&self) -> Content<'_> {
        (**self).content()
    }
}

impl<T: Write> Write for Option<T> {
    fn content(&self) -> Content<'_> {
        match self {
            Some(value) => Content::Some(value),
            None => Content::Null,
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn content(&self) -> Content<'_> {
        Content::List(self)
    }
}

impl<T: Write> List for Vec<T> {
    fn item(&self, number: usize) -> Option<&dyn Write> {
        match self.get(number) {
            Some(item) => Some(item),
            None => None,
        }
    }
}

impl<T: Write> Write for BTreeMap<String, T> {
    fn content(&self) -> Content<'_> {
        Content::Map(self)
    }
}

impl<T: Write> Entries for BTreeMap<String, T> {
    fn each(&self, write: &mut dyn FnMut(&str, &dyn Write) -> bool) {
        for (key, value) in self {
            if !write(key, value) {
                return;
            }
        }
    }
}
