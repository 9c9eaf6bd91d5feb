//! The forms in which differences are shown.

mod json;
mod markdown;
mod text;

pub use json::json;
pub use markdown::markdown;
pub use text::{change, text};

use serde_json::Value;

/// A fact in a few characters; what is absent shows as nothing.
fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let text = crate::failure::one_line(&text);
    if text.chars().count() > MAX_FACT {
        let mut cut: String = text.chars().take(MAX_FACT - 1).collect();
        cut.push('…');
        cut
    } else {
        text
    }
}

/// Longer facts (patterns, mostly) are whole in the JSON form.
const MAX_FACT: usize = 120;

/// `1 change`, `2 changes`.
fn plural(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}
