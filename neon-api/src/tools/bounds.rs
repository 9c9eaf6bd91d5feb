//! Results of a bounded size.

use std::io::{self, Write};

use neon_api_raw::serde_json::{self, Value};
use serde::Serialize;

use super::result::Truncated;

/// How many lists and strings are cut before all is left out.
const MOST_CUTS: usize = 8;
/// What is kept of a string that is cut, in characters.
const KEPT_CHARACTERS: usize = 500;

/// The size of a value in bytes of JSON.
pub(super) fn size(value: &impl Serialize) -> usize {
    struct Count(usize);

    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // What cannot be written is as large as can be.
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// Cuts a value until it fits: the largest lists lose their ends, long strings too, and in the end all
/// of it is left out. `has_limit` is whether the call can ask for fewer items.
pub(super) fn cut(value: &mut Value, most: usize, has_limit: bool) -> Option<Truncated> {
    let of_bytes = size(value);
    if of_bytes <= most {
        return None;
    }
    let mut notes = Vec::new();
    let mut left = of_bytes;
    for _ in 0..MOST_CUTS {
        if left <= most {
            break;
        }
        let mut path = Vec::new();
        heaviest(value, &mut path);
        let excess = left - most;
        let Some(note) = cut_at(value, &path, excess, has_limit) else {
            break;
        };
        notes.push(note);
        left = size(value);
    }
    if left > most {
        *value = Value::Null;
        notes = vec!["all of it, since it is too large: ask for less".to_owned()];
    }
    let message = format!("left out: {}", notes.join("; "));
    Some(Truncated { of_bytes, message })
}

/// A step to a part of a value.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Follows the largest parts to the one that is worth cutting: a list of several items, or a string.
fn heaviest(value: &Value, path: &mut Vec<Step>) {
    let parts: Vec<(Step, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (Step::Key(key.clone()), value))
            .collect(),
        Value::Array(items) if items.len() == 1 => items
            .iter()
            .enumerate()
            .map(|(index, value)| (Step::Index(index), value))
            .collect(),
        _ => return,
    };
    let largest = parts.into_iter().max_by_key(|(_, value)| size(value));
    if let Some((step, part)) = largest {
        path.push(step);
        heaviest(part, path);
    }
}

fn part<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// Fields of a page that lead to the next one.
const CURSORS: &[&str] = &["pagination", "next_cursor"];

/// Cuts a part; the note says what was left out and what to do. `None` if it cannot be cut.
fn cut_at(value: &mut Value, path: &[Step], excess: usize, has_limit: bool) -> Option<String> {
    let name = match path.last() {
        Some(Step::Key(key)) => key.clone(),
        _ => "items".to_owned(),
    };
    let is_page = path.len() <= 1;
    let (all, kept) = match part(value, path)? {
        Value::Array(items) if items.len() > 1 => {
            let all = items.len();
            let mut freed = 0;
            while items.len() > 1 && freed < excess {
                let last = items.pop()?;
                freed += size(&last) + 1;
            }
            (all, items.len())
        }
        Value::String(text) => {
            let (end, _) = text.char_indices().nth(KEPT_CHARACTERS)?;
            let left_out = text.len() - end;
            text.truncate(end);
            text.push('…');
            return Some(format!("the last {left_out} bytes of {name}"));
        }
        _ => return None,
    };
    if is_page && let Some(page) = value.as_object_mut() {
        // It stands for the end of the whole page, so that what was cut would be skipped.
        for cursor in CURSORS {
            page.remove(*cursor);
        }
    }
    let what_to_do = if is_page && has_limit {
        format!("call again with limit {kept}, and use the cursor of that call for more")
    } else {
        "ask for less".to_owned()
    };
    let left_out = all - kept;
    Some(format!(
        "{left_out} of {all} {name} after the first {kept}: {what_to_do}"
    ))
}
