//! Fields that may repeat secrets, as `Debug` and `Serialize` show them.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::masked::Masked;
use crate::secret::is_exposing;

/// Shows a string of a response with the secrets in it masked.
pub(crate) struct FreeText<'a, T>(pub(crate) &'a T);

impl fmt::Debug for FreeText<'_, String> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Masked(self.0).fmt(f)
    }
}

impl fmt::Debug for FreeText<'_, Option<String>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_deref().map(Masked).fmt(f)
    }
}

impl Serialize for FreeText<'_, String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_exposing() {
            serializer.serialize_str(self.0)
        } else {
            serializer.collect_str(&Masked(self.0))
        }
    }
}

impl Serialize for FreeText<'_, Option<String>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(text) => serializer.serialize_some(&FreeText(text)),
            None => serializer.serialize_none(),
        }
    }
}
