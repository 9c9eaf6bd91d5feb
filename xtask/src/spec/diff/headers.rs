//! Comparison of the headers of a response.

use serde_json::Value;

use super::change::{Changes, Place, Subject};
use super::rules::{Directions, Rule};
use super::schemas::{Schemas, join};
use crate::spec::Document;
use crate::spec::document::entries;

pub(super) fn compare(
    base: &Document,
    new: &Document,
    subject: &Subject,
    status: &str,
    old: &Value,
    found: &Value,
    out: &mut Changes,
) {
    let headers = join(status, "header");
    // Names of headers are the same in any case.
    let find = |response: &Value, name: &str| -> bool {
        entries(response, "headers").any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    for (name, before) in entries(old, "headers") {
        let location = join(&headers, name);
        let place = Place {
            subject,
            location: &location,
            directions: Directions::RESPONSE,
        };
        let after = entries(found, "headers")
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, header)| new.resolve(header));
        let Some(after) = after else {
            out.add(Rule::HeaderRemoved, place, name, Value::Null);
            continue;
        };
        let before = base.resolve(before);
        let rules = [Rule::HeaderNowRequired, Rule::HeaderNowOptional];
        out.add_requirement(rules, place, before, after);
        if let (Some(was), Some(is)) = (before.get("schema"), after.get("schema")) {
            Schemas::new(base, new, subject, Directions::RESPONSE).compare(was, is, &location, out);
        }
    }
    for (name, _) in entries(found, "headers") {
        if !find(old, name) {
            let location = join(&headers, name);
            let place = Place {
                subject,
                location: &location,
                directions: Directions::RESPONSE,
            };
            out.add(Rule::HeaderAdded, place, Value::Null, name);
        }
    }
}
