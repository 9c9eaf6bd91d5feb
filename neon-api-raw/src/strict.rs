//! Request bodies that come from others, read without overlooking anything.
//!
//! The decoders of this crate ignore what they do not know, since the API adds fields without notice.
//! For a body that a person wrote into a file, or that a language model made up, that hides mistakes:
//! `{"project": {"nam": "app"}}` changes nothing, and succeeds. These functions refuse it.
//!
//! ```
//! use neon_api_raw::strict;
//! use neon_api_raw::types::ProjectUpdateRequest;
//!
//! let error = strict::from_str::<ProjectUpdateRequest>(r#"{"project": {"nam": "app"}}"#).unwrap_err();
//! assert_eq!(error.path(), "$.project.nam");
//!
//! let body: ProjectUpdateRequest = strict::from_str(r#"{"project": {"name": "app"}}"#)?;
//! assert_eq!(body.project.name.as_deref(), Some("app"));
//! # Ok::<(), strict::Refused>(())
//! ```
//!
//! Refused are unknown fields at every level, values of a union's tag that this version does not know,
//! IDs that cannot be such, and what the decoder does not take. Values of enums are left to the API,
//! which adds some; so are bounds and patterns.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode;
use crate::error::DecodeError;
use crate::ids::InvalidId;

/// A type of which request bodies are made. The generated code implements it for all of them, with
/// what the API's description says about their fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of request bodies",
    label = "expected a type that a request body of the API holds"
)]
pub trait RequestBody: DeserializeOwned {
    #[doc(hidden)]
    const SHAPE: &'static Shape;
}

/// What a value of a request body holds.
#[doc(hidden)]
#[derive(Debug)]
pub enum Shape {
    /// A value that only the decoder looks at.
    Value,
    /// An ID, and its check.
    Id(fn(&str) -> Result<(), InvalidId>),
    /// A list, by its items.
    List(&'static Shape),
    /// A map with keys of the caller's own, by its values.
    Map(&'static Shape),
    /// An object, by its fields.
    Object(&'static [(&'static str, &'static Shape)]),
    /// An object whose fields depend on one of them.
    Union {
        tag: &'static str,
        variants: &'static [(&'static str, &'static Shape)],
    },
}

/// Reads a request body from JSON and refuses what would be overlooked.
///
/// ```
/// use neon_api_raw::strict;
/// use neon_api_raw::types::ProjectCreateRequest;
///
/// let body: ProjectCreateRequest = strict::from_str(r#"{"project": {"name": "app"}}"#)?;
/// # Ok::<(), strict::Refused>(())
/// ```
///
/// # Errors
///
/// [`Refused`], with the path of the place.
pub fn from_str<T: RequestBody>(json: &str) -> Result<T, Refused> {
    read(Bytes::copy_from_slice(json.as_bytes()))
}

/// Reads a request body from a JSON value and refuses what would be overlooked.
///
/// ```
/// use neon_api_raw::serde_json::json;
/// use neon_api_raw::strict;
/// use neon_api_raw::types::BranchRestoreRequest;
///
/// let restore = json!({"source_branch_id": "the parent"});
/// let error = strict::from_value::<BranchRestoreRequest>(&restore).unwrap_err();
/// assert_eq!(error.path(), "$.source_branch_id");
/// assert_eq!(error.invalid_id().map(|id| id.kind()), Some("branch"));
/// ```
///
/// # Errors
///
/// [`Refused`], with the path of the place.
pub fn from_value<T: RequestBody>(value: &Value) -> Result<T, Refused> {
    check::<T>(value)?;
    // By way of its text, in which the decoder tells where it stopped.
    decoded(value.to_string().into())
}

/// Checks the fields and IDs of a request body, and leaves the decoding to the caller.
///
/// # Errors
///
/// [`Refused`], with the path of the place.
pub fn check<T: RequestBody>(value: &Value) -> Result<(), Refused> {
    T::SHAPE.check(value, &mut Vec::new())
}

fn read<T: RequestBody>(text: Bytes) -> Result<T, Refused> {
    // What is not JSON is left to the decoder of the type, whose errors have a place.
    if let Ok(value) = serde_json::from_slice(&text) {
        check::<T>(&value)?;
    }
    decoded(text)
}

fn decoded<T: DeserializeOwned>(text: Bytes) -> Result<T, Refused> {
    match decode::json(StatusCode::OK, text) {
        Ok(body) => Ok(*body),
        Err(error) => Err(Refused::undecoded(error)),
    }
}

/// Decodes a value that stands at this place of a larger one.
#[cfg(feature = "dynamic")]
pub(crate) fn decoded_below<T: DeserializeOwned>(place: &str, value: &Value) -> Result<T, Refused> {
    decode::json(StatusCode::OK, value.to_string().into())
        .map(|value| *value)
        .map_err(|error| Refused::undecoded(error.below(place)))
}

/// Decodes a value whose fields stand at the root of a larger one.
#[cfg(feature = "dynamic")]
pub(crate) fn decoded_at_root<T: DeserializeOwned>(value: &Value) -> Result<T, Refused> {
    decoded(value.to_string().into())
}

/// A step to a place in a value.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) if is_plain(key) => write!(f, ".{key}"),
            Self::Key(key) => write!(f, "[{key:?}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

type Fields = &'static [(&'static str, &'static Shape)];

impl Shape {
    /// Checks the fields and IDs of a value.
    #[cfg(feature = "dynamic")]
    pub(crate) fn check_value(&self, value: &Value) -> Result<(), Refused> {
        self.check(value, &mut Vec::new())
    }

    fn check<'a>(&self, value: &'a Value, place: &mut Vec<Step<'a>>) -> Result<(), Refused> {
        match (self, value) {
            (Self::Id(check), Value::String(text)) => {
                check(text).map_err(|fault| Refused::at(place, Fault::Id(fault)))
            }
            (Self::List(items), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    place.push(Step::Index(index));
                    items.check(value, place)?;
                    place.pop();
                }
                Ok(())
            }
            (Self::Map(values), Value::Object(entries)) => {
                for (key, value) in entries {
                    place.push(Step::Key(key));
                    values.check(value, place)?;
                    place.pop();
                }
                Ok(())
            }
            (Self::Object(fields), Value::Object(_)) => in_object(fields, None, value, place),
            (Self::Union { tag, variants }, Value::Object(entries)) => {
                // Without a tag there is no variant to go by.
                let found = entries
                    .get(*tag)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let known = variants.iter().find(|(name, _)| *name == found);
                match known {
                    Some((_, Self::Object(fields))) => in_object(fields, Some(tag), value, place),
                    Some((_, other)) => other.check(value, place),
                    None => {
                        place.push(Step::Key(tag));
                        let known = names(variants);
                        Err(Refused::at(place, Fault::Variant { known }))
                    }
                }
            }
            // What has another type than it should is the decoder's to refuse, and null to take.
            _ => Ok(()),
        }
    }
}

/// Checks the fields of an object, which may have a tag beside those of its variant.
fn in_object<'a>(
    fields: Fields,
    tag: Option<&str>,
    value: &'a Value,
    place: &mut Vec<Step<'a>>,
) -> Result<(), Refused> {
    for (key, value) in value.as_object().into_iter().flatten() {
        place.push(Step::Key(key));
        match fields.iter().find(|(name, _)| name == key) {
            Some((_, shape)) => shape.check(value, place)?,
            None if tag == Some(key) => {}
            None => {
                let known = names(fields);
                return Err(Refused::at(place, Fault::Field { known }));
            }
        }
        place.pop();
    }
    Ok(())
}

fn names(of: Fields) -> Vec<&'static str> {
    of.iter().map(|(name, _)| *name).collect()
}

/// Why JSON is not taken for a request body.
///
/// Its text names the place and what is expected there, and shows no value.
pub struct Refused {
    path: String,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Field {
        known: Vec<&'static str>,
    },
    #[cfg(feature = "dynamic")]
    Missing,
    #[cfg(feature = "dynamic")]
    Form {
        rule: &'static str,
    },
    Variant {
        known: Vec<&'static str>,
    },
    Id(InvalidId),
    Decode(DecodeError),
}

impl Refused {
    fn at(place: &[Step<'_>], fault: Fault) -> Self {
        let steps: String = place.iter().map(ToString::to_string).collect();
        let path = format!("${steps}");
        Self { path, fault }
    }

    fn undecoded(error: DecodeError) -> Self {
        Self {
            path: error.path().to_owned(),
            fault: Fault::Decode(error),
        }
    }

    /// The path of the place, such as `$.endpoints[0].autoscaling_limit_mni_cu`. Keys that are no
    /// plain words are quoted: `$.annotation_value["a key"]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names that could stand in place of the unknown one: fields, or values of a union's tag.
    /// Empty for other faults.
    pub fn expected(&self) -> &[&'static str] {
        match &self.fault {
            Fault::Field { known } | Fault::Variant { known } => known,
            _ => &[],
        }
    }

    /// Whether the fault is a field that the API's description does not have.
    pub fn is_unknown_field(&self) -> bool {
        matches!(self.fault, Fault::Field { .. })
    }

    /// What is wrong with the ID at the place, if that is the fault.
    pub fn invalid_id(&self) -> Option<&InvalidId> {
        match &self.fault {
            Fault::Id(fault) => Some(fault),
            _ => None,
        }
    }
}

#[cfg(feature = "dynamic")]
impl Refused {
    /// A value that must be there and is not.
    pub(crate) fn missing(place: &str) -> Self {
        Self {
            path: format!("$.{place}"),
            fault: Fault::Missing,
        }
    }

    /// A value that is not of a form that its type does not show.
    pub(crate) fn not_of_form(place: &str, rule: &'static str) -> Self {
        Self {
            path: format!("$.{place}"),
            fault: Fault::Form { rule },
        }
    }

    /// Input that is not an object.
    pub(crate) fn no_object() -> Self {
        Self {
            path: "$".to_owned(),
            fault: Fault::Form { rule: "an object" },
        }
    }
}

fn is_plain(key: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !key.is_empty() && key.chars().all(is_word)
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.fault {
            Fault::Field { known } => {
                write!(f, "unknown field {path}: expected ")?;
                one_of(known, f)
            }
            Fault::Variant { known } => {
                write!(f, "unknown or missing {path}: expected ")?;
                one_of(known, f)
            }
            #[cfg(feature = "dynamic")]
            Fault::Missing => write!(f, "missing {path}"),
            #[cfg(feature = "dynamic")]
            Fault::Form { rule } => write!(f, "invalid {path}: expected {rule}"),
            Fault::Id(fault) => write!(f, "{path}: {fault}"),
            Fault::Decode(error) => error.fmt(f),
        }
    }
}

fn one_of(names: &[&str], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match names {
        [] => f.write_str("no fields"),
        [name] => write!(f, "`{name}`"),
        _ => write!(f, "one of `{}`", names.join("`, `")),
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("path", &self.path)
            .field("fault", &self.fault)
            .finish()
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Id(fault) => Some(fault),
            Fault::Decode(error) => Some(error),
            _ => None,
        }
    }
}
