//! What is in a project: its branches in the order of their tree, with their endpoints.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::view::{pick, shown_operation};
use crate::clock::Moment;
use crate::state::Source;
use crate::state::branch::Branch;
use crate::state::branches::SortBy;
use crate::state::project::Project;

/// How many are listed of each.
const BRANCHES: usize = 200;
const ENDPOINTS: usize = 20;
const OPERATIONS: usize = 8;

pub(super) fn of(project: &Project, source: &Source, now: Moment) -> Value {
    let rows: Vec<Value> = ordered(project)
        .into_iter()
        .map(|(depth, branch)| row(depth, branch, project, source, now))
        .collect();
    let operations = project.operations.newest().take(OPERATIONS);
    let operations: Vec<Value> = operations
        .map(|operation| shown_operation(operation, project, source, now))
        .collect();
    json!({ "branches": rows, "operations": operations })
}

/// The default branch and the newest ones, each with its depth and before its children, which are in
/// the order of their creation. One whose parent is not listed is at the top.
fn ordered(project: &Project) -> Vec<(usize, &Branch)> {
    let newest = project.branches.walk(SortBy::CreatedAt, true, None);
    let mut listed: BTreeMap<u64, &Branch> = newest
        .take(BRANCHES)
        .map(|(_, branch)| (branch.number, branch))
        .collect();
    if let Some(default) = project.branches.get(&project.default_branch) {
        listed.insert(default.number, default);
    }
    let ids: HashSet<&str> = listed.values().map(|branch| branch.id.as_str()).collect();
    let mut children: BTreeMap<Option<&str>, Vec<&Branch>> = BTreeMap::new();
    // The newest first, since they are taken from the end.
    for branch in listed.values().rev() {
        let parent = branch.parent_id().filter(|parent| ids.contains(parent));
        children.entry(parent).or_default().push(branch);
    }
    let mut ordered = Vec::new();
    let mut next: Vec<(usize, &Branch)> = Vec::new();
    let below = |children: &mut BTreeMap<_, Vec<_>>, parent, depth| {
        let below = children.remove(&parent).unwrap_or_default();
        below.into_iter().map(move |branch| (depth, branch))
    };
    next.extend(below(&mut children, None, 0));
    while let Some((depth, branch)) = next.pop() {
        ordered.push((depth, branch));
        next.extend(below(&mut children, Some(branch.id.as_str()), depth + 1));
    }
    ordered
}

fn row(depth: usize, branch: &Branch, project: &Project, source: &Source, now: Moment) -> Value {
    let endpoints: Vec<Value> = project
        .endpoints
        .of_branch(&branch.id)
        .take(ENDPOINTS)
        .map(|endpoint| {
            let all = endpoint.json(&project.id, source, now);
            pick(
                all,
                &[
                    "id",
                    "type",
                    "current_state",
                    "pending_state",
                    "disabled",
                    "started_at",
                    "suspended_at",
                ],
            )
        })
        .collect();
    let mut row = pick(
        branch.json(project, source, now),
        &[
            "id",
            "name",
            "parent_id",
            "current_state",
            "pending_state",
            "default",
            "protected",
            "init_source",
            "created_at",
            "expires_at",
            "restored_from",
        ],
    );
    if let Some(row) = row.as_object_mut() {
        row.insert("depth".to_owned(), json!(depth));
        row.insert("roles".to_owned(), json!(branch.roles.len()));
        row.insert("databases".to_owned(), json!(branch.databases.len()));
        row.insert("endpoints".to_owned(), json!(endpoints));
    }
    row
}
