//! Fields that may repeat secrets, as `Debug` and `Serialize` show them.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::masked::Masked;
use crate::secret::is_exposing;
use crate::write::Content;

/// Shows a string of a response with the secrets in it masked.
pub(crate) struct FreeText<'a, T: ?Sized>(pub(crate) &'a T);

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

impl Serialize for FreeText<'_, str> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_exposing() {
            serializer.serialize_str(self.0)
        } else {
            serializer.collect_str(&Masked(self.0))
        }
    }
}

/// A field of such a string.
pub(crate) trait Free {
    fn content(&self) -> Content<'_>;
}

impl Free for String {
    fn content(&self) -> Content<'_> {
        Content::Free(self)
    }
}

impl Free for Option<String> {
    fn content(&self) -> Content<'_> {
        match self {
            Some(text) => Content::Free(text),
            None => Content::Null,
        }
    }
}
