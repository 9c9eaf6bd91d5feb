//! Comparison of two schemas at one place.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Changes, Place, Subject};
use super::describe::{describe, describe_property};
use super::rules::{Directions, Rule};
use super::shape::{BOUNDS, Shape, common_parts};
use super::view::View;
use super::{bounds, unions};
use crate::spec::Document;
use crate::spec::document::last_segment;

/// Checked documents never nest this deep; the limit only guards the stack.
const MAX_DEPTH: usize = 64;

/// Compares schemas that belong to one subject and travel one way.
pub(super) struct Schemas<'a> {
    pub base: &'a Document,
    pub new: &'a Document,
    pub subject: &'a Subject,
    pub directions: Directions,
    /// The rule for another type at the place where the comparison begins.
    pub other_type: Rule,
    /// Pairs of names that are being compared, so that recursion ends.
    trail: Vec<(&'a str, &'a str)>,
    depth: usize,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(
        base: &'a Document,
        new: &'a Document,
        subject: &'a Subject,
        directions: Directions,
    ) -> Self {
        Self {
            base,
            new,
            subject,
            directions,
            other_type: Rule::TypeChanged,
            trail: Vec::new(),
            depth: 0,
        }
    }

    /// With a rule of its own for another type at the starting place.
    pub(super) fn naming(mut self, rule: Rule) -> Self {
        self.other_type = rule;
        self
    }

    pub(super) fn place<'p>(&self, location: &'p str) -> Place<'p>
    where
        'a: 'p,
    {
        Place {
            subject: self.subject,
            location,
            directions: self.directions,
        }
    }

    /// Compares and reports into `out`.
    pub(super) fn compare(
        &mut self,
        before: &'a Value,
        after: &'a Value,
        location: &str,
        out: &mut Changes,
    ) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        // Only the first place has a rule of its own.
        let other_type = std::mem::replace(&mut self.other_type, Rule::TypeChanged);
        let b = View::of(self.base, before);
        let a = View::of(self.new, after);
        match (b.name, a.name) {
            (Some(old), Some(new)) if old == new => {
                // What the name stands for is compared where it is declared.
                self.notes(|view, key| view.written.get(key), b, a, location, out);
            }
            (Some(old), Some(new)) => {
                self.notes(View::note, b, a, location, out);
                if !self.trail.contains(&(old, new)) {
                    self.trail.push((old, new));
                    let mut inner = Changes::default();
                    self.shapes(b.target, a.target, location, other_type, &mut inner);
                    self.trail.pop();
                    // A new name for the same thing is told once, as a schema
                    // that went and one that came. Where the old one lives
                    // on, this place was given another type.
                    let moved = self.new.component("schemas", old).is_some();
                    if moved || !inner.is_empty() {
                        out.add(
                            other_type,
                            self.place(location),
                            last_segment(old).unwrap_or(old),
                            last_segment(new).unwrap_or(new),
                        );
                    }
                }
            }
            _ => {
                self.notes(View::note, b, a, location, out);
                self.shapes(b.target, a.target, location, other_type, out);
            }
        }
        self.depth -= 1;
    }

    fn notes(
        &self,
        note: impl Fn(&View<'a>, &str) -> Option<&'a Value>,
        before: View<'a>,
        after: View<'a>,
        location: &str,
        out: &mut Changes,
    ) {
        let place = self.place(location);
        for (key, gained, lost) in [
            ("nullable", Rule::NowNullable, Rule::NoLongerNullable),
            ("readOnly", Rule::NowReadOnly, Rule::NoLongerReadOnly),
            ("writeOnly", Rule::NowWriteOnly, Rule::NoLongerWriteOnly),
            ("deprecated", Rule::Deprecated, Rule::Deprecated),
        ] {
            let is = |view| note(view, key).and_then(Value::as_bool).unwrap_or(false);
            let (old, new) = (is(&before), is(&after));
            if old != new {
                out.add(if new { gained } else { lost }, place, old, new);
            }
        }
        for (key, rule) in [
            ("x-sunset", Rule::SunsetChanged),
            ("x-stability-level", Rule::StabilityChanged),
        ] {
            changed(note(&before, key), note(&after, key), rule, place, out);
        }
        let key = "x-sensitive";
        let (old, new) = (note(&before, key), note(&after, key));
        if old != new {
            let rule = Rule::SensitiveChanged;
            out.add_keyword(rule, place, Some(key), owned(old), owned(new));
        }
        let (old, new) = (note(&before, "default"), note(&after, "default"));
        if !bounds::same(old, new) {
            let rule = match (old, new) {
                (None, _) => Rule::DefaultAdded,
                (_, None) => Rule::DefaultRemoved,
                _ => Rule::DefaultChanged,
            };
            out.add_keyword(rule, place, Some("default"), owned(old), owned(new));
        }
    }

    fn shapes(
        &mut self,
        before: &'a Value,
        after: &'a Value,
        location: &str,
        other_type: Rule,
        out: &mut Changes,
    ) {
        let common = common_parts(self.base, before, self.new, after);
        let b = Shape::of(self.base, before, &BTreeSet::new());
        let a = Shape::of(self.new, after, &BTreeSet::new());
        let pair = if common.is_empty() {
            Pair {
                own_before: b.clone(),
                own_after: a.clone(),
                before: b,
                after: a,
            }
        } else {
            Pair {
                own_before: Shape::of(self.base, before, &common),
                own_after: Shape::of(self.new, after, &common),
                before: b,
                after: a,
            }
        };
        if pair.is_other_type() {
            out.add(
                other_type,
                self.place(location),
                describe(self.base, before),
                describe(self.new, after),
            );
            return;
        }
        self.scalars(&pair, location, out);
        self.properties(&pair, location, out);
        if let (Some(old), Some(new)) = (pair.before.items, pair.after.items) {
            self.compare(old, new, &format!("{location}[]"), out);
        }
        self.map_values(&pair, location, out);
        unions::compare(self, &pair.before, &pair.after, location, out);
    }

    fn scalars(&self, pair: &Pair<'a>, location: &str, out: &mut Changes) {
        let place = self.place(location);
        let (b, a) = (&pair.before, &pair.after);
        if b.format != a.format && pair.own_before.format != pair.own_after.format {
            out.add(Rule::FormatChanged, place, b.format, a.format);
        }
        if pair.own_before.values != pair.own_after.values
            && let (Some(old), Some(new)) = (&b.values, &a.values)
        {
            for value in old.iter().filter(|value| !new.contains(value)) {
                out.add(Rule::EnumValueRemoved, place, (*value).clone(), Value::Null);
            }
            for value in new.iter().filter(|value| !old.contains(value)) {
                out.add(Rule::EnumValueAdded, place, Value::Null, (*value).clone());
            }
        }
        for keyword in BOUNDS {
            let get = |shape: &Shape<'a>| shape.bounds.get(keyword).copied();
            if bounds::same(get(b), get(a))
                || bounds::same(get(&pair.own_before), get(&pair.own_after))
            {
                continue;
            }
            let rule = bounds::rule(keyword, get(b), get(a));
            let (old, new) = (owned(get(b)), owned(get(a)));
            out.add_keyword(rule, place, Some(keyword), old, new);
        }
    }

    fn properties(&mut self, pair: &Pair<'a>, location: &str, out: &mut Changes) {
        let (b, a) = (&pair.before, &pair.after);
        for (name, old) in &b.properties {
            let at = join(location, name);
            let Some(new) = a.properties.get(name) else {
                if pair.own_before.properties.contains_key(name) {
                    let was = describe_property(self.base, old, b.required.contains(name));
                    out.add(Rule::PropertyRemoved, self.place(&at), was, Value::Null);
                }
                continue;
            };
            let own = |shape: &Shape<'a>| shape.properties.contains_key(name);
            if own(&pair.own_before) || own(&pair.own_after) {
                self.compare(old, new, &at, out);
            }
        }
        for (name, new) in &a.properties {
            if !b.properties.contains_key(name) && pair.own_after.properties.contains_key(name) {
                let required = a.required.contains(name);
                let rule = if required {
                    Rule::RequiredPropertyAdded
                } else {
                    Rule::PropertyAdded
                };
                let is = describe_property(self.new, new, required);
                let at = join(location, name);
                out.add(rule, self.place(&at), Value::Null, is);
            }
        }
        // A name can be required without being declared here.
        for name in b.required.union(&a.required) {
            let (was, is) = (b.required.contains(name), a.required.contains(name));
            let own = |shape: &Shape<'a>| shape.required.contains(name);
            let appears = b.properties.contains_key(name) != a.properties.contains_key(name);
            if was != is && own(&pair.own_before) != own(&pair.own_after) && !appears {
                let rule = if is {
                    Rule::PropertyNowRequired
                } else {
                    Rule::PropertyNowOptional
                };
                out.add(rule, self.place(&join(location, name)), was, is);
            }
        }
    }

    fn map_values(&mut self, pair: &Pair<'a>, location: &str, out: &mut Changes) {
        let keyword = Some("additionalProperties");
        let old = pair.own_before.additional;
        let new = pair.own_after.additional;
        let at = join(location, "*");
        let rule = match (old, new) {
            (Some(old), Some(new)) if old.is_object() && new.is_object() => {
                return self.compare(old, new, &at, out);
            }
            _ if old == new => return,
            (_, Some(Value::Bool(_))) | (None, Some(_)) => Rule::Tightened,
            (Some(Value::Object(_)), None) => Rule::MapWidened,
            _ => Rule::Loosened,
        };
        let words = |document, value: Option<&Value>| match value {
            Some(schema) if schema.is_object() => Value::from(describe(document, schema)),
            Some(other) => other.clone(),
            None => Value::Bool(true),
        };
        let (old, new) = (words(self.base, old), words(self.new, new));
        out.add_keyword(rule, self.place(&at), keyword, old, new);
    }
}

/// Two merged schemas, once whole and once without the parts that both build
/// on, which are reported where they are declared.
struct Pair<'a> {
    before: Shape<'a>,
    after: Shape<'a>,
    own_before: Shape<'a>,
    own_after: Shape<'a>,
}

impl Pair<'_> {
    fn is_other_type(&self) -> bool {
        let (b, a) = (&self.before, &self.after);
        let united = |shape: &Shape<'_>| !shape.variants.is_empty();
        if united(b) != united(a) {
            return true;
        }
        // A union says nothing more by calling itself an object.
        let kinds_differ = match (b.kind, a.kind) {
            (Some(old), Some(new)) => old != new,
            (None, None) => false,
            _ => !united(b),
        };
        // A closed list of values is a type of its own in the client.
        kinds_differ || b.values.is_some() != a.values.is_some()
    }
}

/// Adds a name to a dotted path.
pub(super) fn join(location: &str, name: &str) -> String {
    if location.is_empty() {
        name.to_owned()
    } else {
        format!("{location}.{name}")
    }
}

/// Reports a plain difference.
pub(super) fn changed(
    before: Option<&Value>,
    after: Option<&Value>,
    rule: Rule,
    place: Place<'_>,
    out: &mut Changes,
) {
    if before != after {
        out.add(rule, place, owned(before), owned(after));
    }
}

/// An absent fact is null in reports.
pub(super) fn owned(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or(Value::Null)
}
