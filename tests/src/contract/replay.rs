//! Recorded requests, sent again.

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::ids::{Ids, id_text};
use super::shape::{Difference, Kind, differences};
use super::table::Outcome;
use super::target::Target;

/// Sends the requests of `exchanges` with IDs that stand for the recorded ones, and compares what
/// comes back.
///
/// What a recording shows to be there before is created first, and what it shows to be gone is
/// deleted. Of lists, only what was created here is compared: an account may have more.
pub async fn replay(target: &mut Target, exchanges: &[Exchange]) -> Vec<Outcome> {
    let mut ids = Ids::default();
    let mut outcomes = Vec::new();
    for exchange in exchanges {
        let operation = exchange.operation().id;
        if operation == "listProjects" {
            prepare(target, &exchange.response, &mut ids).await;
        }
        let path = with_org(target, operation, ids.path(&exchange.path));
        let request = marked(target, operation, &exchange.request);
        let response = target.send(&exchange.method, &path, &request).await;
        let mut found = Vec::new();
        if response.status == exchange.status {
            let (recorded, shown) = own(target, &ids, &exchange.response, response.body);
            found.extend(differences(&recorded, &shown, &mut ids));
        } else {
            found.push(Difference {
                at: String::new(),
                is: Kind::Status,
            });
        }
        outcomes.push(Outcome {
            of: exchange.year(),
            operation,
            differences: found,
        });
    }
    outcomes
}

fn is_marked(project: &Value) -> bool {
    let name = project.get("name").and_then(Value::as_str);
    name.is_some_and(|name| name.starts_with(super::ledger::MARK))
}

/// Makes the projects that were created here those that a recorded list shows.
async fn prepare(target: &mut Target, recorded: &Value, ids: &mut Ids) {
    let recorded = recorded["projects"].as_array().cloned().unwrap_or_default();
    let recorded: Vec<String> = recorded.iter().filter_map(|p| id_text(&p["id"])).collect();
    let wanted: Vec<&str> = recorded.iter().filter_map(|id| ids.of(id)).collect();
    for id in target.ledger.projects() {
        if !wanted.contains(&id.as_str()) {
            let path = format!("/projects/{id}");
            target.send("DELETE", &path, &Value::Null).await.success();
        }
    }
    for id in &recorded {
        if ids.of(id).is_none() {
            let made = target.project(id).await;
            let found = id_text(&made["project"]["id"]).unwrap_or_default();
            ids.learn(id, &found);
        }
    }
}

/// The request with names that are marked as created here.
fn marked(target: &Target, operation: &str, recorded: &Value) -> Value {
    let mut request = recorded.clone();
    for pointer in ["/project/name", "/key_name"] {
        if let Some(name) = request.pointer_mut(pointer)
            && let Some(text) = name.as_str()
        {
            *name = json!(target.name(text));
        }
    }
    if let (Some(org_id), "createProject") = (&target.org_id, operation)
        && let Some(project) = request.get_mut("project")
    {
        project["org_id"] = json!(org_id);
    }
    request
}

fn with_org(target: &Target, operation: &str, path: String) -> String {
    match (&target.org_id, operation) {
        (Some(org_id), "listProjects") => {
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{path}{separator}org_id={org_id}")
        }
        _ => path,
    }
}

/// Both responses without what others have in their accounts.
fn own(target: &Target, ids: &Ids, recorded: &Value, mut found: Value) -> (Value, Value) {
    let mut recorded = recorded.clone();
    // Keys that were there before cannot be created again.
    if let (Some(before), Some(now)) = (recorded.as_array_mut(), found.as_array_mut()) {
        let stands = |key: &Value| Some(ids.of(&id_text(key.get("id")?)?)?.to_owned());
        before.retain(|key| stands(key).is_some());
        let wanted: Vec<String> = before.iter().filter_map(stands).collect();
        now.retain(|key| id_text(&key["id"]).is_some_and(|id| wanted.contains(&id)));
    }
    if let Some(projects) = found.get_mut("projects").and_then(Value::as_array_mut) {
        let all = projects.len();
        projects.retain(|project| {
            let id = id_text(&project["id"]).unwrap_or_default();
            is_marked(project) && target.ledger.projects().contains(&id)
        });
        if projects.len() < all {
            // The last item of the page is somebody else's.
            let of_last = "pagination";
            recorded.as_object_mut().map(|map| map.remove(of_last));
            found.as_object_mut().map(|map| map.remove(of_last));
        }
    }
    (recorded, found)
}
