//! `take-spec`: a new API spec, from beginning to end.

use std::process::Command;
use std::time::Instant;

use super::regen_spec;
use super::{Outcome, Result, complain, print, surface};
use crate::cli::{Common, TakeSpec};
use crate::docs::{Docs, Problem};
use crate::failure::Failure;
use crate::files;
use crate::pending::Pending;
use crate::report;
use crate::spec::diff::{self, Change, Drift, Subject};
use crate::spec::document::entries;
use crate::spec::{self, Document};
use crate::uses::Sources;

/// Parts of names of properties that may hold a secret.
const SECRET_NAMES: [&str; 6] = [
    "secret",
    "password",
    "token",
    "key",
    "credential",
    "private",
];

/// Runs the command. What is left for a person is a finding.
pub fn run(common: &Common, options: &TakeSpec) -> Result {
    let start = Instant::now();
    let one = |failure: Failure| vec![failure];
    // First, so that files that cannot be read stop it before anything is written.
    let docs = Docs::read(&common.folder())?;
    let committed = base(common, options)?;
    let taken = regen_spec::take(common, &options.from)?;
    let base = committed.as_ref().or(taken.before.as_ref());
    let document = &taken.document;
    let step = Step {
        base,
        document,
        drift: base.map_or_else(Drift::default, |base| diff::compare(base, document)),
    };
    regen_spec::print_drift(step.base, step.document);
    regen_spec::print_counts(&taken);

    let mut todo = Todo::default();
    removed(&step, &mut todo).map_err(one)?;
    breaking(&step, &mut todo);
    texts(common, docs, &step, &mut todo)?;
    secrets(&step, &mut todo);
    pending(common, &step, &mut todo).map_err(one)?;
    if common.is_workspace() {
        surface::run(true)?;
    }
    if !options.no_build {
        build(&start, &mut todo).map_err(one)?;
    }
    Ok(todo.report())
}

/// From which document to which.
struct Step<'a> {
    base: Option<&'a Document>,
    document: &'a Document,
    drift: Drift,
}

/// The document that the new one is compared with, where it is not the one in the folder: until it
/// is committed, a second run is to find the same as the first.
fn base(
    common: &Common,
    options: &TakeSpec,
) -> std::result::Result<Option<Document>, Vec<Failure>> {
    if let Some(path) = &options.base {
        return super::load_file(path).map(Some);
    }
    if !common.is_workspace() {
        return Ok(None);
    }
    let committed = Command::new("git")
        .args(["show", "HEAD:neon-api-raw/openapi/v2.json"])
        .current_dir(files::workspace())
        .output();
    match committed {
        Ok(output) if output.status.success() => spec::load("HEAD", &output.stdout).map(Some),
        // Not a checkout.
        _ => Ok(None),
    }
}

/// What is left for a person, in the order in which it is done.
#[derive(Default)]
struct Todo(Vec<(String, Vec<String>)>);

impl Todo {
    fn add(&mut self, what: impl Into<String>, items: Vec<String>) {
        if !items.is_empty() {
            self.0.push((what.into(), items));
        }
    }

    fn report(&self) -> Outcome {
        if self.0.is_empty() {
            print("\nnothing is left to do except review and commit\n");
            return Outcome::Clean;
        }
        print("\nremaining manual steps, in this order:\n");
        for (number, (what, items)) in self.0.iter().enumerate() {
            print(&format!("{}. {what}\n", number + 1));
            for item in items {
                print(&format!("     {item}\n"));
            }
        }
        Outcome::Findings
    }
}

fn ids(document: &Document) -> Vec<&str> {
    document.operations().iter().map(|o| o.id).collect()
}

/// Operations that are gone and that hand-written sources name.
fn removed(step: &Step<'_>, todo: &mut Todo) -> std::result::Result<(), Failure> {
    let Some(before) = step.base else {
        return Ok(());
    };
    let now = ids(step.document);
    let gone: Vec<&str> = ids(before)
        .into_iter()
        .filter(|id| !now.contains(id))
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let sources = Sources::read(&files::workspace())?;
    let items = gone.iter().flat_map(|id| {
        let uses = sources.uses(id);
        uses.into_iter()
            .map(move |u| format!("{id}: {}:{}", u.file, u.line))
    });
    todo.add(
        "Delete hand-written code for removed operations:",
        items.collect(),
    );
    Ok(())
}

fn breaking(step: &Step<'_>, todo: &mut Todo) {
    let items: Vec<String> = step.drift.breaking.iter().map(report::change).collect();
    todo.add(
        "Review each breaking change and its effect on users (CHANGELOG.md):",
        items,
    );
}

fn texts(
    common: &Common,
    mut docs: Docs,
    step: &Step<'_>,
    todo: &mut Todo,
) -> std::result::Result<(), Vec<Failure>> {
    let gone = docs.follow(step.document, step.base);
    docs.write(&common.folder())
        .map_err(|failure| vec![failure])?;
    todo.add(
        "Reuse what still fits of the documentation that was removed as stale:",
        gone,
    );
    let problems = docs.problems(step.document);
    let items = problems.iter().map(Problem::to_string).collect();
    todo.add(
        "Write the missing documentation, until `cargo xtask check-docs` passes:",
        items,
    );
    Ok(())
}

/// New properties that may hold a secret.
fn secrets(step: &Step<'_>, todo: &mut Todo) {
    let drift = &step.drift;
    let is_new = |change: &&Change| {
        let location = change.location.to_lowercase();
        let names_one = SECRET_NAMES.iter().any(|part| location.contains(part));
        match change.kind() {
            "property_added" => names_one,
            "sensitive_changed" => true,
            _ => false,
        }
    };
    let mut items: Vec<String> = drift.all().filter(is_new).map(Change::place).collect();
    let added = drift.all().filter(|change| change.kind() == "schema_added");
    for change in added {
        let Subject::Schema(name) = &change.subject else {
            continue;
        };
        let schema = step.document.component("schemas", name);
        items.extend(schema.into_iter().flat_map(|schema| {
            let properties = entries(schema, "properties");
            let named = properties.filter(|(property, _)| {
                let lower = property.to_lowercase();
                SECRET_NAMES.iter().any(|part| lower.contains(part)) || is_marked(schema, property)
            });
            named
                .map(|(property, _)| format!("{name} {property}"))
                .collect::<Vec<_>>()
        }));
    }
    items.sort();
    items.dedup();
    todo.add(
        "Check whether these are secrets, and adjust neon-api-raw/codegen/rules/secrets.rs (properties marked in the spec are hidden unless listed there as data):",
        items,
    );
}

fn is_marked(schema: &serde_json::Value, property: &str) -> bool {
    let marks = schema
        .get("x-sensitive")
        .and_then(serde_json::Value::as_array);
    marks.is_some_and(|marks| marks.iter().any(|mark| mark == property))
}

/// New operations go to the list of those without a method; those that are gone leave it.
fn pending(common: &Common, step: &Step<'_>, todo: &mut Todo) -> std::result::Result<(), Failure> {
    let path = common.pending();
    let mut list = Pending::read(&path)?;
    let now = ids(step.document);
    let known = step.base.map(ids).unwrap_or_default();
    let new = now
        .iter()
        .filter(|id| step.base.is_some() && !known.contains(id));
    let day = chrono::Utc::now().format("%Y-%m-%d").to_string();
    list.add(new.copied(), &day);
    list.keep(|id| now.contains(&id));
    std::fs::write(&path, list.to_text()).map_err(|error| {
        Failure::new(
            path.display().to_string(),
            format!("could not write: {error}"),
        )
    })?;
    let items = list.iter().map(|(id, day)| format!("{id}, since {day}"));
    todo.add(
        "Add methods for these operations to neon-api:",
        items.collect(),
    );
    Ok(())
}

/// Builds the ergonomic crate with the new document.
fn build(start: &Instant, todo: &mut Todo) -> std::result::Result<(), Failure> {
    print("\ncargo check -p neon-api\n");
    let failed = |error: std::io::Error| Failure::new("cargo check", error.to_string());
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--quiet", "-p", "neon-api"])
        .current_dir(files::workspace())
        .status()
        .map_err(failed)?;
    let took = start.elapsed().as_secs_f64();
    if status.success() {
        print(&format!("from the spec to a green build: {took:.1} s\n"));
    } else {
        complain(&format!("the build failed after {took:.1} s"));
        let item = "cargo check -p neon-api".to_owned();
        todo.add("Fix the build:", vec![item]);
    }
    Ok(())
}
