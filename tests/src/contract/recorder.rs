//! Writes down what is exchanged, in the form of `tests/recordings`.

use std::fmt;
use std::io::{self, Write};

use super::exchange::Exchange;
use super::sanitize::Sanitizer;

/// Writes exchanges to a file, each as soon as it has happened.
///
/// What is written has been sanitized: nothing of an account gets as far as the file, not even for a
/// moment.
pub struct Recorder {
    out: Box<dyn Write + Send>,
    sanitizer: Sanitizer,
    count: usize,
    /// The name of the flow that is recorded.
    pub set: String,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// One that writes to `out`.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            sanitizer: Sanitizer::default(),
            count: 0,
            set: "recorded".to_owned(),
        }
    }

    /// Writes an exchange.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn record(&mut self, exchange: &Exchange) {
        let mut exchange = self.sanitizer.exchange(exchange);
        exchange.set.clone_from(&self.set);
        let begin = if self.count == 0 { "[" } else { "," };
        self.count += 1;
        exchange.headers.insert(
            "x-neon-ret-request-id".to_owned(),
            format!("reqid-{}", self.count),
        );
        let json = serde_json::to_string(&exchange).expect("an exchange is JSON");
        let written = write!(self.out, "{begin}\n{json}");
        written.expect("the recording is written");
    }

    /// Ends the file; returns the names of the properties that were left out because the
    /// specification does not declare them.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn finish(mut self) -> io::Result<Vec<String>> {
        let begin = if self.count == 0 { "[" } else { "" };
        writeln!(self.out, "{begin}\n]")?;
        self.out.flush()?;
        Ok(self.sanitizer.dropped.into_iter().collect())
    }
}
