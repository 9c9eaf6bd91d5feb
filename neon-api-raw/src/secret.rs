//! A string that is not shown by accident.

use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// What a secret is serialised as, unless it is asked for.
const MASK: &str = "[redacted]";

/// A password, key, token or connection string.
///
/// `Debug` shows nothing of it and there is no `Display`; [`expose`](Self::expose) takes it out.
/// Serialised it is `"[redacted]"`, also within other values, so that a response can be logged or kept
/// without it. Requests to the API contain it, and so does what is serialised
/// [with its secrets](ExposeSecrets::with_secrets). Secrets are compared in a time that depends on
/// their lengths only.
///
/// ```
/// let secret = neon_api_raw::Secret::new("npg_abc");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(serde_json::to_string(&secret)?, r#""[redacted]""#);
/// assert_eq!(secret.expose(), "npg_abc");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(transparent)
)]
pub struct Secret(String);

crate::read::newtype! { @read Secret(String) }

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value. Keep it out of logs and error messages.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_exposed(self) -> String {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (own, other) = (self.0.as_bytes(), other.0.as_bytes());
        let pairs = own.iter().zip(other);
        let differing = pairs.fold(0, |differing, (a, b)| differing | (a ^ b));
        // The compiler is not to end the comparison early.
        own.len() == other.len() && std::hint::black_box(differing) == 0
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

thread_local! {
    /// How many serialisations with secrets are under way, one within another.
    static EXPOSING: Cell<u32> = const { Cell::new(0) };
}

/// Whether what is serialised now is to contain its secrets.
pub(crate) fn is_exposing() -> bool {
    EXPOSING.get() > 0
}

/// Ends a serialisation with secrets, also where it panics.
struct Exposing;

impl Exposing {
    fn begin() -> Self {
        EXPOSING.set(EXPOSING.get().saturating_add(1));
        Self
    }
}

impl Drop for Exposing {
    fn drop(&mut self) {
        EXPOSING.set(EXPOSING.get().saturating_sub(1));
    }
}

crate::write::content! { Secret, |this| crate::write::Content::Secret(&this.0); }
crate::write::implement! { Secret }

pub(crate) fn serialize<S: Serializer>(secret: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if !is_exposing() {
        return serializer.serialize_str(MASK);
    }
    // It was read back from what was written without it.
    if secret == MASK {
        let rule = "a secret was masked where it was serialized: with_secrets() keeps it";
        return Err(serde::ser::Error::custom(rule));
    }
    serializer.serialize_str(secret)
}

/// Serialises values with their secrets, which are masked otherwise.
pub trait ExposeSecrets: Serialize {
    /// The value, to be serialised with its secrets: for a store that is meant to have them.
    ///
    /// ```
    /// use neon_api_raw::{ExposeSecrets, Secret};
    ///
    /// let secret = Secret::new("npg_abc");
    /// assert_eq!(serde_json::to_string(&secret.with_secrets())?, r#""npg_abc""#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    fn with_secrets(&self) -> WithSecrets<'_, Self> {
        WithSecrets(self)
    }
}

impl<T: Serialize + ?Sized> ExposeSecrets for T {}

/// A value that is serialised with its secrets, made by [`ExposeSecrets::with_secrets`].
pub struct WithSecrets<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for WithSecrets<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _exposing = Exposing::begin();
        self.0.serialize(serializer)
    }
}

impl<T: ?Sized> fmt::Debug for WithSecrets<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithSecrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_equal_if_all_of_them_is() {
        for (a, b, expected) in [
            ("", "", true),
            ("npg_abc", "npg_abc", true),
            ("npg_abc", "npg_abd", false),
            ("npg_abc", "npg_ab", false),
            ("", "n", false),
        ] {
            assert_eq!(Secret::new(a) == Secret::new(b), expected, "{a} {b}");
        }
    }

    #[test]
    fn secrets_are_masked_but_for_what_is_serialised_with_them() {
        let nested = vec![Some(Secret::new("npg_abc"))];
        assert_eq!(serde_json::to_string(&nested).unwrap(), r#"["[redacted]"]"#);
        let with = serde_json::to_string(&nested.with_secrets()).unwrap();
        assert_eq!(with, r#"["npg_abc"]"#);
        let pair = (nested.with_secrets(), &nested);
        let pair = serde_json::to_string(&pair).unwrap();
        assert_eq!(pair, r#"[["npg_abc"],["[redacted]"]]"#);
        assert!(!format!("{:?}", nested.with_secrets()).contains("npg"));
    }

    #[test]
    fn a_masked_secret_that_was_read_back_is_not_taken_for_one() {
        let masked = serde_json::to_string(&Secret::new("npg_abc")).unwrap();
        let read: Secret = serde_json::from_str(&masked).unwrap();
        let error = serde_json::to_string(&read.with_secrets()).unwrap_err();
        assert!(error.to_string().contains("with_secrets()"), "{error}");
    }
}
