//! The comparison of two real states of the platform's interface, against an
//! independent list of what changed between them.

// The lints allow these in test functions, but not in what those call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod common;

use std::collections::BTreeSet;

use common::{assert_golden, data_path, json_data, run};
use serde_json::Value;

fn check(args: &[&str]) -> common::Run {
    let (june, november) = (
        data_path("upstream-june.json"),
        data_path("upstream-november.json"),
    );
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec!["check-spec", "--base", &june, "--from", &november];
    all.extend(args);
    run(folder.path(), &all)
}

#[test]
fn golden_reports() {
    for (format, name) in [
        ("text", "june-to-november.txt"),
        ("json", "june-to-november.json"),
        ("markdown", "june-to-november.md"),
    ] {
        let run = check(&["--format", format]);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""));
        assert_golden(name, &run.stdout);
    }
}

type Facts = BTreeSet<(String, String, String, String)>;

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Subject, location with keyword, before and after of the reported changes of some kinds.
fn reported(report: &Value, kinds: &[&str], of: &str) -> Facts {
    let changes = ["breaking", "additive"]
        .iter()
        .flat_map(|class| report[class].as_array().unwrap());
    let mut facts = Facts::new();
    for change in changes {
        let is_of = of.is_empty() || change.get(of).is_some();
        if kinds.contains(&change["kind"].as_str().unwrap()) && is_of {
            let subject = change
                .get("operation")
                .or(change.get("schema"))
                .unwrap_or(&Value::Null);
            let fresh = facts.insert((
                text(subject),
                text(&change["location"]) + &text(change.get("keyword").unwrap_or(&Value::Null)),
                text(&change["before"]),
                text(&change["after"]),
            ));
            assert!(fresh, "reported twice: {change}");
        }
    }
    facts
}

/// The listed changes of one category, through a function to the same form.
fn listed(list: &Value, category: &str, form: impl Fn(&Value) -> [String; 4]) -> Facts {
    let items = list[category].as_array().unwrap();
    let facts: Facts = items
        .iter()
        .map(|item| {
            let [subject, location, before, after] = form(item);
            (subject, location, before, after)
        })
        .collect();
    assert_eq!(facts.len(), items.len());
    // Counts that are stated must hold, so that no fact was merged away.
    if let Some(count) = list["counts"].get(category) {
        assert_eq!(count.as_u64().unwrap(), facts.len() as u64, "{category}");
    }
    facts
}

fn without_values(facts: Facts) -> Facts {
    facts
        .into_iter()
        .map(|(subject, location, _, _)| (subject, location, String::new(), String::new()))
        .collect()
}

#[test]
#[allow(clippy::too_many_lines)] // one category after the other
fn exactly_the_known_changes() {
    let list = json_data("changes-june-to-november.json");
    let report: Value = serde_json::from_str(&check(&["--format", "json"]).stdout).unwrap();
    let s = |item: &Value, key: &str| text(&item[key]);
    let none = String::new;
    let mut told = 0;
    let mut same = |found: Facts, expected: Facts, count: usize| {
        assert_eq!(found, expected);
        assert_eq!(found.len(), count);
        told += count;
    };

    let route = |i: &Value| format!("{} {}", s(i, "method"), s(i, "path"));
    same(
        reported(&report, &["operation_added"], ""),
        listed(&list, "added_operations", |i| {
            [s(i, "operationId"), none(), none(), route(i)]
        }),
        35,
    );
    same(
        reported(&report, &["operation_removed"], ""),
        listed(&list, "removed_operations", |i| {
            [s(i, "operationId"), none(), route(i), none()]
        }),
        2,
    );
    for (kind, category) in [
        ("parameter_added", "added_parameters"),
        ("parameter_removed", "removed_parameters"),
    ] {
        same(
            without_values(reported(&report, &[kind], "")),
            listed(&list, category, |i| {
                [
                    s(i, "operationId"),
                    format!("{}.{}", s(i, "in"), s(i, "name")),
                    none(),
                    none(),
                ]
            }),
            1,
        );
    }
    same(
        reported(&report, &["deprecated"], "operation"),
        listed(&list, "deprecated_operations_added", |i| {
            [text(i), none(), "false".into(), "true".into()]
        }),
        1,
    );
    same(
        reported(&report, &["sunset_changed", "stability_changed"], ""),
        listed(&list, "operation_attribute_changes", |i| {
            [s(i, "operationId"), none(), s(i, "old"), s(i, "new")]
        }),
        2,
    );
    same(
        reported(&report, &["response_type_changed"], ""),
        listed(&list, "response_changes", |i| {
            [
                s(i, "operationId"),
                s(i, "status"),
                s(i, "old"),
                s(i, "new"),
            ]
        }),
        4,
    );
    for (kind, category, count) in [
        ("schema_added", "added_schemas", 71),
        ("schema_removed", "removed_schemas", 38),
    ] {
        same(
            without_values(reported(&report, &[kind], "")),
            listed(&list, category, |i| [text(i), none(), none(), none()]),
            count,
        );
    }
    same(
        reported(&report, &["tag_added"], ""),
        listed(&list, "added_tags", |i| {
            [none(), "tags".into(), none(), text(i)]
        }),
        5,
    );
    same(
        without_values(reported(&report, &["property_added"], "")),
        listed(&list, "added_properties", |i| {
            [s(i, "schema"), s(i, "prop"), none(), none()]
        }),
        3,
    );
    same(
        reported(&report, &["property_required"], ""),
        listed(&list, "requiredness_changes", |i| {
            [
                s(i, "schema"),
                s(i, "prop"),
                s(i, "old_required"),
                s(i, "new_required"),
            ]
        }),
        6,
    );
    same(
        reported(&report, &["enum_value_added"], ""),
        listed(&list, "added_enum_members", |i| {
            [s(i, "schema"), none(), none(), s(i, "value")]
        }),
        7,
    );
    same(
        reported(&report, &["enum_value_removed"], ""),
        listed(&list, "removed_enum_members", |i| {
            [s(i, "schema"), none(), s(i, "value"), none()]
        }),
        3,
    );
    let change = |i: &Value| [s(i, "schema"), s(i, "path"), s(i, "old"), s(i, "new")];
    same(
        reported(&report, &["nullable"], ""),
        listed(&list, "nullability_changes", change),
        1,
    );
    same(
        reported(&report, &["type_changed"], ""),
        listed(&list, "type_changes", change),
        1,
    );
    same(
        reported(
            &report,
            &["constraint_changed", "default_changed", "sensitive_changed"],
            "",
        ),
        listed(&list, "constraint_changes", |i| {
            let subject = s(i, "schema") + &s(i, "operationId");
            [
                subject,
                s(i, "path") + &s(i, "keyword"),
                s(i, "old"),
                s(i, "new"),
            ]
        }),
        6,
    );
    same(
        reported(&report, &["deprecated"], "schema"),
        listed(&list, "deprecations_added", |i| {
            [s(i, "schema"), s(i, "path"), "false".into(), "true".into()]
        }),
        2,
    );

    let all =
        report["breaking"].as_array().unwrap().len() + report["additive"].as_array().unwrap().len();
    assert_eq!(all, told, "something was reported that is not on the list");
}

#[test]
fn thresholds() {
    assert_eq!(check(&["--fail-on", "any"]).code, 1);
    assert_eq!(check(&["--fail-on", "breaking"]).code, 1);
    assert_eq!(check(&["--fail-on", "never"]).code, 0);
}
