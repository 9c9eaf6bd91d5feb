//! Fields of a change that can be kept, cleared or set.

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::read::{Fault, Form, Given, Read, ReadFields, Sink};
use crate::write::{Content, KEPT, Write};

/// A change of a nullable field.
///
/// A field that is kept has no JSON form and must be left out, as the generated types do by
/// `#[serde(skip_serializing_if = "Patch::is_keep")]`. Otherwise, as in a list, serializing fails:
/// `null` would clear the field.
///
/// ```
/// use neon_api_raw::{Patch, types::BranchUpdateRequestBranch};
///
/// let untouched = BranchUpdateRequestBranch::default();
/// assert_eq!(serde_json::to_string(&untouched)?, "{}");
///
/// let never_expires = BranchUpdateRequestBranch::default().with_expires_at(Patch::Clear);
/// assert_eq!(serde_json::to_string(&never_expires)?, r#"{"expires_at":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// The field is unchanged; nothing is sent.
    #[default]
    Keep,
    /// The field is cleared; `null` is sent.
    Clear,
    /// The field is set to this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field is unchanged.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value, once it is set to this one.
    fn set(&mut self, value: T) -> Option<&mut T> {
        *self = Self::Set(value);
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => Err(S::Error::custom(KEPT)),
            Self::Clear => serializer.serialize_none(),
            Self::Set(value) => serializer.serialize_some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}

impl<T: Write> Write for Patch<T> {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Keep => Content::Kept,
            Self::Clear => Content::Null,
            Self::Set(value) => Content::Some(value),
        }
    }
}

impl<T: Read> Read for Patch<T> {
    const FORM: Form = T::FORM.nullable();

    fn blank() -> Self {
        Self::Keep
    }
}

impl<T: Read> Sink for Patch<T> {
    fn form(&self) -> &'static Form {
        const { &<Self as Read>::FORM }
    }

    fn take(&mut self, given: Given<'_>) -> Result<(), Fault> {
        if let Given::Null = given {
            *self = Self::Clear;
            return Ok(());
        }
        self.set(T::blank())
            .map_or(Ok(()), |value| value.take(given))
    }

    fn record(&mut self) -> Option<&mut dyn ReadFields> {
        self.set(T::blank())?.record()
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::Patch;

    #[test]
    fn what_is_kept_is_never_sent_as_null() {
        let error = serde_json::to_string(&[Patch::Set(1), Patch::Keep]).unwrap_err();
        assert!(error.to_string().contains("left out"), "{error}");
        let sendable = serde_json::to_string(&[Patch::Set(1), Patch::Clear]).unwrap();
        assert_eq!(sendable, "[1,null]");
    }
}
