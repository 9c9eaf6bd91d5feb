//! Errors of other libraries, with clearer messages.

use std::error::Error;
use std::fmt;

/// An error with a clearer message than its source.
#[derive(Debug)]
pub(crate) struct Explained {
    text: String,
    source: Box<dyn Error + Send + Sync>,
}

impl Explained {
    pub(crate) fn new(text: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        Self { text, source }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Explained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
