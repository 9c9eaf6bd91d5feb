//! What the page shows, as JSON. Its size is bounded, however much there is: the newest are listed,
//! and all are counted.

use std::collections::HashMap;

use neon_api_raw::error::Masked;
use serde_json::{Map, Value, json};

use super::tree;
use crate::clock::{Clock, Moment};
use crate::emulator::Emulator;
use crate::log::{LastRequest, cut};
use crate::state::operation::Operation;
use crate::state::project::Project;
use crate::state::{Source, State};

/// How many are listed of each.
const ORGANIZATIONS: usize = 50;
const PROJECTS: usize = 100;
const OPEN_PROJECTS: usize = 20;
const OPERATIONS: usize = 50;
const FAULTS: usize = 50;
/// The most characters of a name or a message.
const TEXT: usize = 200;

/// What the page asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What projects must have, in lowercase; empty means nothing.
    filter: String,
    /// IDs of the projects whose branches are shown.
    open: Vec<String>,
}

impl Asked {
    pub(super) fn new(query: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in query {
            match name.as_str() {
                "filter" => asked.filter = value.trim().to_lowercase(),
                "open" if asked.open.len() < OPEN_PROJECTS => asked.open.push(value),
                _ => {}
            }
        }
        asked
    }

    /// By a part of its name or its ID, or of its organization's ID; by the name of a branch, the ID of
    /// a branch or an endpoint, or the host of an endpoint.
    fn fits(&self, project: &Project) -> bool {
        let filter = self.filter.as_str();
        if filter.is_empty() {
            return true;
        }
        let host = filter.split('.').next().unwrap_or_default();
        let endpoint = host.strip_suffix("-pooler").unwrap_or(host);
        project.name.to_lowercase().contains(filter)
            || project.id.contains(filter)
            || project.org_id.contains(filter)
            || project.branches.named(filter).is_some()
            || project.branches.get(filter).is_some()
            || project.endpoints.get(endpoint).is_some()
    }
}

/// The whole view.
pub(super) fn of(emulator: &Emulator, asked: &Asked) -> Value {
    let (requests, requests_total) = emulator.last_requests();
    let clock = emulator.clock();
    let requests: Vec<Value> = requests.iter().map(|r| request(r, clock)).collect();
    let faults = emulator.faults().shown(FAULTS);
    let mut view = {
        let mut state = emulator.lock_state();
        // Read under the lock, so that time never goes back for the state.
        let now = emulator.now();
        let mut view = of_state(&mut state, asked, now);
        view.insert("now".to_owned(), json!(clock.micros(now)));
        view
    };
    let limits = emulator.shown_limits(emulator.now());
    let rest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        // Another one has another start, and numbers of its own.
        "started_at": clock.micros(Moment::ZERO),
        "seed": emulator.seed_number(),
        "one_key": emulator.has_api_key(),
        "requests": { "total": requests_total, "items": requests },
        "faults": { "remaining": emulator.faults().remaining(), "items": faults },
        "rate_limits": limits,
    });
    if let Value::Object(rest) = rest {
        view.extend(rest);
    }
    Value::Object(view)
}

fn of_state(state: &mut State, asked: &Asked, now: Moment) -> Map<String, Value> {
    let (listed, matching) = chosen(state, asked);
    for id in &listed {
        // Brings it up to now. One that is gone since was not in the list.
        state.project(id, now).ok();
    }
    let State {
        source,
        account,
        projects,
        ..
    } = &*state;
    let mut totals = Totals::default();
    let mut of_organization: HashMap<&str, usize> = HashMap::new();
    for project in projects.after(None).into_iter().flatten() {
        totals.add(project, source, now);
        *of_organization.entry(&project.org_id).or_default() += 1;
    }
    let mut members: HashMap<&str, usize> = HashMap::new();
    for member in &account.members {
        *members.entry(&member.org_id).or_default() += 1;
    }
    let organizations = account.organizations.iter().rev().take(ORGANIZATIONS);
    let organizations: Vec<Value> = organizations
        .map(|organization| {
            let id = organization.id.as_str();
            json!({
                "id": id,
                "name": cut(&organization.name, TEXT),
                "projects": of_organization.get(id).copied().unwrap_or(0),
                "members": members.get(id).copied().unwrap_or(0),
            })
        })
        .collect();
    let listed = listed.iter().filter_map(|id| projects.get(id));
    let items: Vec<Value> = listed
        .map(|project| row(project, asked, source, now))
        .collect();
    let view = json!({
        "users": account.users.len(),
        "organizations": { "total": account.organizations.len(), "items": organizations },
        "projects": { "total": totals.projects, "matching": matching, "items": items },
        "branches": totals.branches,
        "endpoints": { "total": totals.endpoints, "running": totals.running },
        "operations": { "total": totals.operations, "items": totals.first_operations },
        "settings": source.shown(),
    });
    match view {
        Value::Object(view) => view,
        _ => Map::new(),
    }
}

/// The IDs of the newest projects that fit, and of those that are open, the newest first; and how
/// many fit.
fn chosen(state: &State, asked: &Asked) -> (Vec<String>, usize) {
    let mut matching = 0;
    let mut ids = Vec::new();
    for project in state.projects.after(None).into_iter().flatten() {
        if !asked.fits(project) {
            continue;
        }
        if matching < PROJECTS || asked.open.contains(&project.id) {
            ids.push(project.id.clone());
        }
        matching += 1;
    }
    (ids, matching)
}

/// Counts over all projects.
#[derive(Debug, Default)]
struct Totals {
    projects: usize,
    branches: usize,
    endpoints: usize,
    running: usize,
    operations: usize,
    first_operations: Vec<Value>,
}

impl Totals {
    fn add(&mut self, project: &Project, source: &Source, now: Moment) {
        self.projects += 1;
        self.branches += project.branches.len();
        self.endpoints += project.endpoints.len();
        self.running += project.endpoints.running();
        for operation in unfinished(project, now) {
            self.operations += 1;
            if self.first_operations.len() < OPERATIONS {
                let mut shown = shown_operation(operation, project, source, now);
                if let Some(shown) = shown.as_object_mut() {
                    shown.insert("project".to_owned(), json!(cut(&project.name, TEXT)));
                }
                self.first_operations.push(shown);
            }
        }
    }
}

/// The newest first; none of a project is read whose operations have all ended.
fn unfinished(project: &Project, now: Moment) -> impl Iterator<Item = &Operation> {
    let operations = &project.operations;
    let is_busy = operations.busy_until() > now;
    let all = is_busy.then(|| operations.newest()).into_iter().flatten();
    all.filter(move |operation| operation.ends_at > now)
}

pub(super) fn shown_operation(
    operation: &Operation,
    project: &Project,
    source: &Source,
    now: Moment,
) -> Value {
    let mut shown = pick(
        operation.json(&project.id, source, now),
        &[
            "id",
            "project_id",
            "branch_id",
            "endpoint_id",
            "action",
            "status",
            "created_at",
            "total_duration_ms",
            "error",
        ],
    );
    if let Some(Value::String(error)) = shown.get_mut("error") {
        *error = cut(&Masked(error).to_string(), TEXT);
    }
    shown
}

/// A project in the list.
fn row(project: &Project, asked: &Asked, source: &Source, now: Moment) -> Value {
    let is_open = asked.open.contains(&project.id);
    json!({
        "id": project.id,
        "name": cut(&project.name, TEXT),
        "org_id": project.org_id,
        "region_id": project.region_id,
        "pg_version": project.pg_version,
        "created_at": source.text(project.created_at),
        "branches": project.branches.len(),
        "endpoints": project.endpoints.len(),
        "running": project.endpoints.running(),
        "operations": unfinished(project, now).count(),
        "open": is_open.then(|| tree::of(project, source, now)),
    })
}

fn request(request: &LastRequest, clock: &Clock) -> Value {
    json!({
        "number": request.number,
        "at": clock.micros(request.at),
        "took_us": u64::try_from(request.took.as_micros()).unwrap_or(u64::MAX),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "operation_id": request.operation_id,
        "status": request.status,
        "fault": request.fault,
        "request_id": request.request_id,
    })
}

/// These members of an object, with strings cut: what the API returns may grow, what is shown is
/// decided about.
pub(super) fn pick(mut object: Value, names: &[&str]) -> Value {
    let mut picked = Map::new();
    for name in names {
        let value = match object.get_mut(*name).map(Value::take) {
            Some(Value::String(text)) => Value::String(cut(&text, TEXT)),
            Some(value) => value,
            None => continue,
        };
        picked.insert((*name).to_owned(), value);
    }
    Value::Object(picked)
}
