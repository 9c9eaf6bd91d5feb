//! IDs of a recording, and those that stand for them.

use std::collections::HashMap;

use serde_json::Value;

/// What stands for the IDs of a recording.
#[derive(Debug, Default)]
pub struct Ids {
    found: HashMap<String, String>,
}

/// Whether the property holds an ID that differs from run to run.
pub fn is_id(name: &str) -> bool {
    let is_fixed = ["platform_id", "region_id"].contains(&name);
    !is_fixed && (name == "id" || name.ends_with("_id"))
}

/// An ID as a string: some are numbers.
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Ids {
    /// What stands for a recorded ID, if that is known.
    pub fn of(&self, recorded: &str) -> Option<&str> {
        self.found.get(recorded).map(String::as_str)
    }

    /// Notes what stands for a recorded ID. The first to do so counts.
    pub fn learn(&mut self, recorded: &str, found: &str) {
        let entry = self.found.entry(recorded.to_owned());
        entry.or_insert_with(|| found.to_owned());
    }

    /// A path with the IDs that stand for the recorded ones.
    pub fn path(&self, recorded: &str) -> String {
        let (path, query) = match recorded.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (recorded, String::new()),
        };
        let segments = path.split('/').map(|s| self.of(s).unwrap_or(s));
        segments.collect::<Vec<_>>().join("/") + &query
    }
}
