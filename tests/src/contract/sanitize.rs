//! Exchanges without anything of an account.
//!
//! Only what is listed is kept. A property that the specification does not declare is dropped; of a
//! declared one, the value is kept if it is a number that counts, a boolean, a time, or a word that
//! everybody gets. IDs, hosts and names become others of the same form, the same in the whole
//! recording. All other strings are replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::cursor::{self, Cursor};
use super::exchange::Exchange;
use super::ids::{id_text, is_id};
use super::ledger::MARK;
use crate::spec;

/// The strings that are kept as they are: words that the API chooses, the same for everybody.
const WORDS: [&str; 20] = [
    "action",
    "code",
    "compute_release_version",
    "creation_source",
    "current_state",
    "effective_project_permission",
    "end_time",
    "init_source",
    "pending_state",
    "plan",
    "platform_id",
    "pooler_mode",
    "provisioner",
    "region_id",
    "sort_by",
    "sort_order",
    "start_time",
    "status",
    "subscription_type",
    "type",
];

/// Names that the API gives by itself.
const NAMES: [&str; 3] = ["main", "neondb", "neondb_owner"];

/// The parameters of queries that say nothing of an account.
const PARAMETERS: [&str; 9] = [
    "database_name",
    "granularity",
    "include_deleted",
    "limit",
    "pooled",
    "recoverable",
    "role_name",
    "sort_by",
    "sort_order",
];

/// What the API says of what it refuses, as far as it names nothing.
const MESSAGE: &str = "redacted";

/// The names of all properties that the specification declares.
static DECLARED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    fn collect(node: &Value, names: &mut BTreeSet<String>) {
        match node {
            Value::Object(map) => {
                if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                    names.extend(properties.keys().cloned());
                }
                map.values().for_each(|value| collect(value, names));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    collect(spec::document(), &mut names);
    names
});

/// Replaces what belongs to an account, the same thing by the same other.
#[derive(Debug, Default)]
pub struct Sanitizer {
    others: BTreeMap<String, String>,
    /// The properties that were dropped, which a newer specification may declare.
    pub dropped: BTreeSet<String>,
}

impl Sanitizer {
    /// The exchange without anything of an account.
    pub fn exchange(&mut self, exchange: &Exchange) -> Exchange {
        let headers = exchange.headers.iter();
        let headers = headers.filter(|(name, _)| name.starts_with("content-"));
        Exchange {
            set: exchange.set.clone(),
            date: exchange.date.clone(),
            method: exchange.method.clone(),
            path: self.path(exchange),
            request: self.value("", &exchange.request),
            status: exchange.status,
            headers: headers.map(|(n, v)| (n.clone(), v.clone())).collect(),
            response: self.value("", &exchange.response),
        }
    }

    /// Parameters of the template become others; names that the API gives stay.
    fn path(&mut self, exchange: &Exchange) -> String {
        let (path, query) = exchange
            .path
            .split_once('?')
            .unwrap_or((&exchange.path, ""));
        let template = exchange.operation().path.split('/');
        let segments = template.zip(path.split('/')).map(|(template, segment)| {
            match template.strip_prefix('{') {
                Some(_) if NAMES.contains(&segment) => segment.to_owned(),
                Some(_) => self.other(segment),
                None => segment.to_owned(),
            }
        });
        let mut path = segments.collect::<Vec<_>>().join("/");
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let kept = pairs.filter(|(name, value)| {
            PARAMETERS.contains(name) && (!name.ends_with("_name") || NAMES.contains(value))
        });
        for (number, (name, value)) in kept.enumerate() {
            let separator = if number == 0 { '?' } else { '&' };
            write!(path, "{separator}{name}={value}").ok();
        }
        path
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(self.object(name, map)),
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::String(text) => json!(self.text(name, text)),
            Value::Number(_) if is_id(name) => {
                let other = id_text(value).map(|id| self.other(&id));
                json!(other.and_then(|id| id.parse::<i64>().ok()).unwrap_or(0))
            }
            other => other.clone(),
        }
    }

    fn object(&mut self, of: &str, map: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, value) in map {
            // What callers annotate is theirs; lists have it by the ID of the branch.
            if of == "annotations" && value.get("object").is_some() {
                kept.insert(self.other(name), self.value("annotation", value));
                continue;
            }
            if ["value", "annotations", "annotation_value"].contains(&of) {
                continue;
            }
            if DECLARED.contains(name) {
                kept.insert(name.clone(), self.value(name, value));
            } else {
                self.dropped.insert(name.clone());
            }
        }
        kept
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        if text.is_empty() || WORDS.contains(&name) && is_word(text) {
            return text.to_owned();
        }
        match name {
            "next" | "cursor" => self.cursor(text),
            "host" | "pooler_host" | "proxy_host" => self.host(text),
            "connection_uri" | "uri" => "postgresql://redacted".to_owned(),
            "password" => "npg_redacted".to_owned(),
            "key" => "napi_redacted".to_owned(),
            "message" => MESSAGE.to_owned(),
            "name" | "key_name" | "role" | "database" | "owner_name" if NAMES.contains(&text) => {
                text.to_owned()
            }
            "name" | "key_name" if text.starts_with(MARK) => text.to_owned(),
            name if is_id(name) => self.other(text),
            name if name.ends_with("_at") || is_time_name(name) => {
                match DateTime::parse_from_rfc3339(text) {
                    Ok(_) => text.to_owned(),
                    Err(_) => "redacted".to_owned(),
                }
            }
            _ => "redacted".to_owned(),
        }
    }

    fn cursor(&mut self, text: &str) -> String {
        match cursor::read(text) {
            Cursor::Time => text.to_owned(),
            Cursor::Text => self.other(text),
            Cursor::Object(mut object) => {
                if let Some(map) = object.as_object_mut() {
                    map.retain(|name, _| {
                        ["branch_id", "sort_by", "sort_by_value", "sort_order"]
                            .contains(&name.as_str())
                    });
                    let by_name = map.get("sort_by") == Some(&json!("name"));
                    for (name, value) in map.iter_mut() {
                        let text = value.as_str().unwrap_or_default().to_owned();
                        match name.as_str() {
                            "branch_id" => *value = json!(self.other(&text)),
                            "sort_by_value" if by_name => *value = json!("redacted"),
                            _ => {}
                        }
                    }
                }
                cursor::write(&object)
            }
        }
    }

    /// The endpoint's ID becomes another; the region stays.
    fn host(&mut self, text: &str) -> String {
        let (first, rest) = text.split_once('.').unwrap_or((text, ""));
        if !first.starts_with("ep-") {
            let is_region = text.ends_with(".neon.tech") && is_word(&text.replace('.', "-"));
            return if is_region { text } else { "redacted" }.to_owned();
        }
        match first.strip_suffix("-pooler") {
            Some(id) => format!("{}-pooler.{rest}", self.other(id)),
            None => format!("{}.{rest}", self.other(first)),
        }
    }

    /// Another ID of the same form, always the same for the same.
    fn other(&mut self, id: &str) -> String {
        let number = self.others.len() + 1;
        let of_form = || {
            let is_number = id.bytes().all(|b| b.is_ascii_digit());
            let prefix = id.split('-').next().unwrap_or_default();
            match prefix {
                _ if is_number => (1_000_000 + number).to_string(),
                "br" | "ep" => format!("{prefix}-plain-leaf-a{number:07}"),
                "org" => format!("org-plain-leaf-{number:08}"),
                "snap" => format!("snap-plain-leaf-a{number:07}"),
                _ if is_uuid(id) => format!("00000000-0000-4000-8000-{number:012}"),
                _ => format!("plain-leaf-{number:08}"),
            }
        };
        let other = self.others.entry(id.to_owned());
        other.or_insert_with(of_form).clone()
    }
}

/// Letters, digits, `_` and `-`: no name, address or text.
fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
    text.len() <= 40 && text.chars().all(fits)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
}

fn is_time_name(name: &str) -> bool {
    let others = ["last_active", "parent_timestamp", "recoverable_until"];
    others.contains(&name) || name.starts_with("consumption_period_")
}
