//! One difference, and the list of them.

use serde_json::{Map, Value, json};

use super::rules::{Class, Directions, Rule};
use crate::spec::document::flag;

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The API as a whole.
    Interface,
    /// An operation, by ID.
    Operation(String),
    /// A declaration that operations share, such as `parameters/LimitParam`.
    Component(String),
    /// A named schema.
    Schema(String),
}

impl Subject {
    /// The name that is shown to people.
    pub fn name(&self) -> &str {
        match self {
            Self::Interface => "(interface)",
            Self::Operation(name) | Self::Component(name) | Self::Schema(name) => name,
        }
    }
}

/// One difference between two interfaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The rule that classed it.
    pub rule: Rule,
    /// What it means for callers.
    pub class: Class,
    /// What it is about.
    pub subject: Subject,
    /// Where inside the subject, as a dotted path; empty for the subject itself.
    pub location: String,
    /// The keyword, where the kind alone does not tell.
    pub keyword: Option<&'static str>,
    /// The fact as it was.
    pub before: Value,
    /// The fact as it is.
    pub after: Value,
}

impl Change {
    /// Its kind, in snake case.
    pub fn kind(&self) -> &'static str {
        self.rule.kind()
    }

    /// Subject and location in one word, for people.
    pub fn place(&self) -> String {
        match (&self.subject, self.location.as_str()) {
            (Subject::Interface, location) => location.to_owned(),
            (subject, "") => subject.name().to_owned(),
            (subject, location) => format!("{} {location}", subject.name()),
        }
    }

    /// The machine-readable form.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("kind".to_owned(), json!(self.kind()));
        let key = match self.subject {
            Subject::Interface => None,
            Subject::Operation(_) => Some("operation"),
            Subject::Component(_) => Some("component"),
            Subject::Schema(_) => Some("schema"),
        };
        if let Some(key) = key {
            map.insert(key.to_owned(), json!(self.subject.name()));
        }
        map.insert("location".to_owned(), json!(self.location));
        if let Some(keyword) = self.keyword {
            map.insert("keyword".to_owned(), json!(keyword));
        }
        map.insert("before".to_owned(), self.before.clone());
        map.insert("after".to_owned(), self.after.clone());
        Value::Object(map)
    }
}

/// All differences between two interfaces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// Those that break callers.
    pub breaking: Vec<Change>,
    /// Those that do not.
    pub additive: Vec<Change>,
}

impl Drift {
    /// Whether the interfaces are the same.
    pub fn is_empty(&self) -> bool {
        self.breaking.is_empty() && self.additive.is_empty()
    }

    /// All changes, the breaking ones first.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        self.breaking.iter().chain(&self.additive)
    }
}

/// Where the comparison puts what it finds.
#[derive(Debug, Default)]
pub(super) struct Changes {
    list: Vec<Change>,
}

/// A place inside a subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub subject: &'a Subject,
    pub location: &'a str,
    pub directions: Directions,
}

impl Changes {
    pub(super) fn add(
        &mut self,
        rule: Rule,
        place: Place<'_>,
        before: impl Into<Value>,
        after: impl Into<Value>,
    ) {
        self.add_keyword(rule, place, None, before.into(), after.into());
    }

    /// What became required, or optional, by the two rules in this order.
    pub(super) fn add_requirement(
        &mut self,
        [now_required, now_optional]: [Rule; 2],
        place: Place<'_>,
        before: &Value,
        after: &Value,
    ) {
        let (was, is) = (flag(before, "required"), flag(after, "required"));
        if was != is {
            let rule = if is { now_required } else { now_optional };
            self.add(rule, place, was, is);
        }
    }

    pub(super) fn add_keyword(
        &mut self,
        rule: Rule,
        place: Place<'_>,
        keyword: Option<&'static str>,
        before: Value,
        after: Value,
    ) {
        self.list.push(Change {
            rule,
            class: rule.class(place.directions),
            subject: place.subject.clone(),
            location: place.location.to_owned(),
            keyword,
            before,
            after,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Sorted, so that the same two documents always give the same report.
    pub(super) fn finish(mut self) -> Drift {
        self.list.sort_by_cached_key(|change| {
            (
                change.rule.rank(),
                change.subject.clone(),
                change.location.clone(),
                change.keyword,
                change.before.to_string(),
                change.after.to_string(),
            )
        });
        self.list.dedup();
        let (breaking, additive) = self
            .list
            .into_iter()
            .partition(|change| change.class == Class::Breaking);
        Drift { breaking, additive }
    }
}
