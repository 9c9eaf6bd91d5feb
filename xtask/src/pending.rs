//! Operations that wait for a method of the ergonomic crate, with the day since when.
//!
//! So a new document can be taken before its methods are written.

use std::collections::BTreeMap;
use std::path::Path;

use crate::failure::Failure;
use crate::files;

/// What the file says of itself.
const HEAD: &str = "# Operations without a method of the ergonomic crate, with the day on which they came.\n\
                    # `cargo xtask take-spec` adds new ones; delete the line when the method is there.\n";

/// The days by operation.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pending(BTreeMap<String, String>);

impl Pending {
    /// Reads the list; a file that is not there holds none.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let source = path.display().to_string();
        let bytes = files::read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| match line.split_once(' ') {
                Some((day, id)) if day.len() == 10 => Ok((id.trim().to_owned(), day.to_owned())),
                _ => Err(Failure::new(
                    &source,
                    format!("`{line}` is not a day and an operation"),
                )),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Adds operations that are not there yet, as of this day.
    pub fn add<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>, day: &str) {
        for id in ids {
            self.0
                .entry(id.to_owned())
                .or_insert_with(|| day.to_owned());
        }
    }

    /// Takes out operations that the document no longer has.
    pub fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| is_there(id));
    }

    /// The operations with their days, sorted by operation.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(id, day)| (id.as_str(), day.as_str()))
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let lines = self.iter().map(|(id, day)| format!("{day} {id}\n"));
        std::iter::once(HEAD.to_owned()).chain(lines).collect()
    }
}
