//! `Debug` of fields that may echo secrets.

use std::collections::BTreeMap;
use std::fmt;

use crate::masked::Masked;

/// Shows a field of a response: secrets in strings are masked, and only the keys of maps are shown.
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

impl fmt::Debug for FreeText<'_, BTreeMap<String, String>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.keys().map(|key| (key, format_args!("…"))))
            .finish()
    }
}
