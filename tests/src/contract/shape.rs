//! Where a response differs from a recorded one: in what it names, in order, in cursors, and in
//! the values that say what state things are in.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cursor;
use super::ids::{Ids, id_text, is_id};

/// How a response differs from the recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Another status.
    Status,
    /// The recorded response has it.
    Missing,
    /// The recorded response does not have it.
    Extra,
    /// A value of another JSON type.
    Type,
    /// Another state, action, kind or message; or an ID of something else.
    Value,
    /// Another number of items.
    Count,
    /// Other items, or in another order.
    Order,
    /// A cursor of another form, or of another item.
    Cursor,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Where: `.projects[].settings.hipaa`; empty for the response itself.
    pub at: String,
    /// How.
    pub is: Kind,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.at, self.is)
    }
}

/// The properties whose values are the same for everybody who does the same.
const FACTS: [&str; 17] = [
    "action",
    "code",
    "creation_source",
    "current_state",
    "default",
    "disabled",
    "init_source",
    "message",
    "passwordless_access",
    "pending_state",
    "pooler_enabled",
    "pooler_mode",
    "primary",
    "protected",
    "sort_by",
    "sort_order",
    "status",
];

/// What stands in recordings for what belongs to an account.
const REDACTED: &str = "redacted";

/// `last_active` of a compute that nobody has used.
const NEVER: &str = "2000-01-01T00:00:00Z";

struct Comparison<'a> {
    ids: &'a mut Ids,
    found: Vec<Difference>,
}

/// Where `found` differs from `recorded`; notes which IDs stand for the recorded ones.
pub fn differences(recorded: &Value, found: &Value, ids: &mut Ids) -> Vec<Difference> {
    let mut comparison = Comparison {
        ids,
        found: Vec::new(),
    };
    comparison.value("", "", recorded, found);
    comparison.found.sort();
    comparison.found.dedup();
    comparison.found
}

fn is_cursor(at: &str) -> bool {
    at.ends_with("pagination.next") || at.ends_with("pagination.cursor")
}

impl Comparison<'_> {
    fn add(&mut self, at: &str, is: Kind) {
        self.found.push(Difference {
            at: at.to_owned(),
            is,
        });
    }

    fn add_unless(&mut self, agree: bool, at: &str, is: Kind) {
        if !agree {
            self.add(at, is);
        }
    }

    fn value(&mut self, at: &str, name: &str, recorded: &Value, found: &Value) {
        match (recorded, found) {
            (Value::Object(recorded), Value::Object(found)) => self.object(at, recorded, found),
            (Value::Array(recorded), Value::Array(found)) => self.array(at, recorded, found),
            (recorded, found) if is_id(name) => self.id(at, recorded, found),
            (Value::String(recorded), Value::String(found)) if is_cursor(at) => {
                let agree = cursor::agree(recorded, found, self.ids);
                self.add_unless(agree, at, Kind::Cursor);
            }
            _ if std::mem::discriminant(recorded) != std::mem::discriminant(found) => {
                self.add(at, Kind::Type);
            }
            _ if recorded == REDACTED => {}
            _ if name == "last_active" => {
                let agree = (recorded == NEVER) == (found == NEVER);
                self.add_unless(agree, at, Kind::Value);
            }
            _ if FACTS.contains(&name) && recorded != found => self.add(at, Kind::Value),
            _ => {}
        }
    }

    fn object(&mut self, at: &str, recorded: &Map<String, Value>, found: &Map<String, Value>) {
        // A map by ID says nothing by its keys.
        if at.ends_with(".annotations") {
            if recorded.is_empty() != found.is_empty() {
                self.add(at, Kind::Count);
            }
            return;
        }
        // Cursors name items: those are known by then.
        let later = |(name, _): &(&String, &Value)| *name == "pagination";
        let (last, first): (Vec<_>, Vec<_>) = recorded.iter().partition(later);
        for (name, recorded) in first.into_iter().chain(last) {
            let at = format!("{at}.{name}");
            match found.get(name) {
                Some(found) => self.value(&at, name, recorded, found),
                None => self.add(&at, Kind::Missing),
            }
        }
        for name in found.keys().filter(|name| !recorded.contains_key(*name)) {
            self.add(&format!("{at}.{name}"), Kind::Extra);
        }
    }

    fn array(&mut self, at: &str, recorded: &[Value], found: &[Value]) {
        let at = format!("{at}[]");
        if recorded.len() != found.len() {
            self.add(&at, Kind::Count);
        }
        let known = |item: &Value| {
            let id = id_text(item.get("id")?)?;
            self.ids.of(&id).map(str::to_owned)
        };
        let expected: Option<Vec<String>> = recorded.iter().map(known).collect();
        let all = found.iter().map(|item| id_text(item.get("id")?));
        let all: Option<Vec<String>> = all.collect();
        if let (Some(expected), Some(all)) = (expected, all)
            && expected.len() == all.len()
            && expected != all
        {
            self.add(&at, Kind::Order);
            return;
        }
        for (recorded, found) in recorded.iter().zip(found) {
            self.value(&at, "", recorded, found);
        }
    }

    fn id(&mut self, at: &str, recorded: &Value, found: &Value) {
        let (Some(recorded), Some(found)) = (id_text(recorded), id_text(found)) else {
            return self.add(at, Kind::Type);
        };
        self.ids.learn(&recorded, &found);
        if self.ids.of(&recorded) != Some(found.as_str()) {
            self.add(at, Kind::Value);
        }
    }
}
