//! `Started<T>` dereferences to what a call returned: its own methods must not hide what that has.

// The lints allow these in test functions, but not in what those call.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use xtask::files::{Folder, SPEC, workspace};

type Surface = BTreeMap<String, Vec<String>>;

/// The paragraphs of the committed surface, by path.
fn surface() -> Surface {
    let text = fs::read_to_string(workspace().join("neon-api/surface.txt")).unwrap();
    let mut found = Surface::new();
    let mut path = String::new();
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(line) => found.entry(path.clone()).or_default().push(line.to_owned()),
            None => line.clone_into(&mut path),
        }
    }
    found
}

/// The names of the methods and the public fields that lines of a surface have.
fn members(lines: &[String]) -> BTreeSet<String> {
    let name = |line: &String| {
        let line = line.rsplit_once("fn ").map_or_else(
            || {
                let (field, _) = line.split_once(':')?;
                Some(field.to_owned())
            },
            |_| {
                let (_, rest) = line.split_once("fn ")?;
                Some(rest.to_owned())
            },
        )?;
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        Some(line.get(..end.unwrap_or(line.len()))?.to_owned())
    };
    let lines = lines.iter().filter(|line| {
        !line.starts_with("impl ") || line.contains(": fn ") || line.contains(": async fn ")
    });
    lines.filter_map(name).collect()
}

/// What is in the brackets of each `Started<…>`.
fn started_types(surface: &Surface) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in surface.values().flatten() {
        for part in line.split("Started<").skip(1) {
            let end = part.find(['>', '<']).unwrap();
            found.insert(part[..end].to_owned());
        }
    }
    // The type of the definitions, and of methods of any.
    found.remove("T");
    found
}

/// The fields of a type of the API, by the spec.
fn properties(document: &Value, ty: &str) -> BTreeSet<String> {
    fn add(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            add(document, document.pointer(pointer).unwrap(), found);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            add(document, part, found);
        }
        if let Some(fields) = schema["properties"].as_object() {
            found.extend(fields.keys().cloned());
        }
    }
    let mut found = BTreeSet::new();
    let schemas = document.pointer("/components/schemas").unwrap();
    let schemas = schemas.as_object().unwrap();
    // `JWKS` is the type `Jwks`.
    let of_type = schemas
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(ty));
    if let Some((_, schema)) = of_type {
        add(document, schema, &mut found);
    }
    found
}

#[test]
fn no_method_of_started_hides_what_a_value_has() {
    let surface = surface();
    let own = members(&surface["neon_api::Started"]);
    for name in ["finished", "into_value", "operations", "ready", "token"] {
        assert!(own.contains(name), "{own:?}");
    }
    let text = fs::read(Folder::new(None).file(SPEC)).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    let types = started_types(&surface);
    assert!(types.len() >= 10, "{types:?}");
    for ty in &types {
        // Traits may be implemented for it: their methods count whichever it is.
        let of_crate = surface.iter().filter(|(path, lines)| {
            let is_type = path.rsplit("::").next() == Some(ty);
            is_type || lines.iter().any(|line| line.starts_with("trait "))
        });
        let mut theirs: BTreeSet<String> = of_crate.flat_map(|(_, lines)| members(lines)).collect();
        for name in ["compute_last_active_at", "last_active"] {
            assert!(theirs.contains(name), "{theirs:?}");
        }
        let is_own = surface
            .keys()
            .any(|path| path.ends_with(&format!("::{ty}")));
        let of_spec = properties(&document, ty);
        assert!(ty == "()" || is_own || !of_spec.is_empty(), "{ty}");
        theirs.extend(of_spec);
        let both: Vec<&String> = own.intersection(&theirs).collect();
        assert!(both.is_empty(), "{ty} has {both:?}");
    }
}

#[test]
fn a_method_that_hides_a_field_would_be_found() {
    let lines = [
        "#[must_use] struct Started<T>",
        "impl<T> Started<T>: fn id(self) -> u8",
    ];
    let own = members(&lines.map(str::to_owned));
    assert_eq!(own.iter().collect::<Vec<_>>(), ["id"]);
    let text = fs::read(Folder::new(None).file(SPEC)).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    assert!(properties(&document, "Branch").contains("id"));
}
