//! The list of the methods that tests call.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::failure::Failure;
use crate::files;

/// Methods, such as `Roles::create`, by the operation that they call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Called(BTreeMap<String, BTreeSet<String>>);

impl Called {
    /// Reads the list: an operation and a method on each line.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a line of another form.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = files::read(path)?;
        Self::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|problem| Failure::new(path.display().to_string(), problem))
    }

    /// [`read`](Self::read) for the text of the file.
    ///
    /// # Errors
    ///
    /// What is wrong with a line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let Some((id, method)) = line.split_once(' ') else {
                return Err(format!("`{line}` is not an operation and a method"));
            };
            let methods = found.entry(id.to_owned()).or_default();
            methods.insert(method.trim().to_owned());
        }
        Ok(Self(found))
    }

    /// The methods that call an operation.
    pub fn methods_of(&self, id: &str) -> impl Iterator<Item = &str> {
        self.0.get(id).into_iter().flatten().map(String::as_str)
    }

    /// All operations with their methods.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(id, methods)| {
            let methods = methods.iter().map(String::as_str);
            methods.map(move |method| (id.as_str(), method))
        })
    }

    /// Whether tests call the method.
    pub fn has(&self, id: &str, method: &str) -> bool {
        self.0
            .get(id)
            .is_some_and(|methods| methods.contains(method))
    }
}
