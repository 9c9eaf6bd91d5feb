//! Resources without rules of their own: they are created, listed, updated and deleted. Their
//! responses are samples of their schemas with the known fields.

mod fit;
mod served;
mod table;

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::State;
use crate::state::resources::Shelf;
use fit::{fit, named};
use table::{AUTH, BUCKET, CREDENTIAL, FUNCTION, Kind, PLUGINS, Verb};

/// The page size where the caller asks for none; the API states no default.
const PAGE: usize = 100;

/// The kinds that a branch takes over from its parent.
pub(super) const INHERITED: [&str; 3] = [BUCKET.name, CREDENTIAL.name, FUNCTION.name];

/// Whether an operation is about such things.
pub(super) fn is_about(operation_id: &str) -> bool {
    table::find(operation_id).is_some() || operation_id == "getNeonAuthPluginConfigs"
}

pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Answer {
    let Some((kind, verb)) = table::find(call.operation.id()) else {
        return plugins(state, call);
    };
    let shelf = shelf(state, call, kind)?;
    if kind.of_auth {
        must_have_auth(state, &shelf)?;
    }
    match verb {
        Verb::Create => create(state, call, kind, shelf),
        Verb::List => Ok(list(state, call, kind, &shelf)),
        Verb::Get => get(state, call, kind, &shelf),
        Verb::Update => update(state, call, kind, shelf),
        Verb::Delete => delete(state, call, kind, &shelf),
        Verb::Rotate => rotate(state, call, kind, shelf),
        Verb::Deploy => Ok(deploy(state, call, kind, shelf)),
        Verb::Read => Ok(read(state, call, &shelf)),
        Verb::Write => Ok(write(state, call, shelf)),
    }
}

/// Where things of a kind are kept: by the branch of the path, of the body, or the default one.
fn shelf(state: &mut State, call: &Call<'_>, kind: &Kind) -> Result<Shelf, ApiError> {
    let given = |name: &str| {
        let in_path = call.parameters.get(name).map(String::as_str);
        in_path.or_else(|| call.body.get(name).and_then(Value::as_str))
    };
    let project_id = given("project_id").unwrap_or_default();
    super::access::check_project(state, call, project_id)?;
    let (project, _) = state.project(project_id, call.now)?;
    let branch_id = given("branch_id").unwrap_or(&project.default_branch);
    let branch = project.branch(branch_id)?;
    if let Some(name) = call.parameters.get("database_name") {
        let missing = || ApiError::not_found("database");
        branch.database(name).ok_or_else(missing)?;
    }
    Ok(Shelf {
        project_id: project_id.to_owned(),
        branch_id: branch_id.to_owned(),
        kind: kind.name.into(),
    })
}

fn must_have_auth(state: &State, shelf: &Shelf) -> Result<(), ApiError> {
    let auth = Shelf {
        kind: AUTH.name.into(),
        ..shelf.clone()
    };
    match state.resources.get(&auth, "") {
        Some(_) => Ok(()),
        None => Err(ApiError::not_found(AUTH.name)),
    }
}

/// The key that the path names; empty where there is one thing for a branch.
fn key<'a>(call: &'a Call<'_>, kind: &Kind) -> &'a str {
    call.parameter(kind.parameter)
}

/// What the body says that the operation declares.
fn asked(call: &Call<'_>) -> Map<String, Value> {
    let schema = call.operation.request_schema();
    schema.map_or_else(Map::new, |schema| named(schema, call.body))
}

/// A response as declared by the operation, with the known fields.
fn reply(call: &Call<'_>, known: &Value) -> Reply {
    let declared = call.operation.successes().next();
    let status = declared.and_then(|answer| answer.status).unwrap_or(200);
    match declared.and_then(|answer| answer.schema.as_ref()) {
        Some(schema) => Reply::json(status, fit(schema, known, seed(call, known))),
        None => Reply::empty(status),
    }
}

/// What is not known of a thing stays the same as long as it exists.
fn seed(call: &Call<'_>, known: &Value) -> u64 {
    let of_thing = |value: &Value| value.get("seed").and_then(Value::as_u64);
    let wrapped = || known.as_object()?.values().find_map(of_thing);
    of_thing(known).or_else(wrapped).unwrap_or(call.seed)
}

/// A response with one resource.
fn about(call: &Call<'_>, kind: &Kind, thing: &Value) -> Reply {
    if kind.wrapper.is_empty() {
        reply(call, thing)
    } else {
        let mut wrapped = Map::new();
        wrapped.insert(kind.wrapper.to_owned(), thing.clone());
        reply(call, &Value::Object(wrapped))
    }
}

/// A new thing: what the body says, where it belongs, when it was made.
fn new(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: &Shelf) -> Map<String, Value> {
    let mut thing = served::facts(state, call, kind, &shelf.project_id, &shelf.branch_id);
    thing.extend(asked(call));
    let source = &mut state.source;
    let seed = source.ids.number();
    let made_at = source.text(call.now);
    for (name, value) in [
        ("seed", json!(seed)),
        ("project_id", json!(shelf.project_id)),
        ("branch_id", json!(shelf.branch_id)),
        ("created_at", json!(made_at)),
        ("updated_at", json!(made_at)),
    ] {
        thing.insert(name.to_owned(), value);
    }
    if !kind.key.is_empty() && !kind.chosen {
        thing.insert(kind.key.to_owned(), json!(source.ids.uuid()));
    }
    thing
}

/// Stores a new resource with the sampled fields of its response, so that later responses are
/// consistent.
fn keep(state: &mut State, kind: &Kind, shelf: Shelf, key: &str, thing: Value, shown: &Reply) {
    let mut kept = match &shown.body {
        super::ReplyBody::Json(Value::Object(map)) => match map.get(kind.wrapper) {
            Some(Value::Object(map)) => map.clone(),
            _ => map.clone(),
        },
        _ => Map::new(),
    };
    if let Value::Object(thing) = thing {
        kept.extend(thing);
    }
    state
        .resources
        .put(shelf, key.to_owned(), Value::Object(kept));
}

fn create(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: Shelf) -> Answer {
    let thing = new(state, call, kind, &shelf);
    let key = match thing.get(kind.key).and_then(Value::as_str) {
        Some(key) => key.to_owned(),
        None => key(call, kind).to_owned(),
    };
    if state.resources.get(&shelf, &key).is_some() {
        let message = format!("{} already exists", kind.name);
        return Err(ApiError::conflict(message));
    }
    let thing = Value::Object(thing);
    let shown = about(call, kind, &thing);
    keep(state, kind, shelf, &key, thing, &shown);
    Ok(shown)
}

fn list(state: &State, call: &Call<'_>, kind: &Kind, shelf: &Shelf) -> Reply {
    let cursor = call.text("cursor");
    let all = state.resources.all(shelf);
    let mut all = all.filter(|(key, _)| cursor.is_none_or(|cursor| key.as_str() > cursor));
    let page: Vec<(&String, &Value)> = all.by_ref().take(call.limit(PAGE)).collect();
    let things: Vec<&Value> = page.iter().map(|(_, thing)| *thing).collect();
    let mut known = Map::new();
    known.insert(kind.items.to_owned(), json!(things));
    if let (Some(_), Some((last, _))) = (all.next(), page.last()) {
        known.insert("pagination".to_owned(), json!({ "next": last }));
    }
    reply(call, &Value::Object(known))
}

fn get(state: &State, call: &Call<'_>, kind: &Kind, shelf: &Shelf) -> Answer {
    let found = state.resources.get(shelf, key(call, kind));
    let found = found.ok_or_else(|| ApiError::not_found(kind.name))?;
    Ok(about(call, kind, found))
}

fn update(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: Shelf) -> Answer {
    let key = key(call, kind);
    let found = state.resources.get(&shelf, key);
    let mut found = found.ok_or_else(|| ApiError::not_found(kind.name))?.clone();
    if let Some(map) = found.as_object_mut() {
        map.extend(asked(call));
        let changed_at = state.source.text(call.now);
        map.insert("updated_at".to_owned(), json!(changed_at));
    }
    let shown = about(call, kind, &found);
    state.resources.put(shelf, key.to_owned(), found);
    Ok(shown)
}

fn delete(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: &Shelf) -> Answer {
    let missing = || ApiError::not_found(kind.name);
    // Some are named in the body, many at once.
    let named = call.body.get(kind.items).and_then(Value::as_array);
    let keys: Vec<&str> = match named {
        Some(items) => {
            let keys = items.iter().filter_map(|item| item.get(kind.key)?.as_str());
            keys.collect()
        }
        None => vec![key(call, kind)],
    };
    if keys
        .iter()
        .any(|key| state.resources.get(shelf, key).is_none())
    {
        return Err(missing());
    }
    for key in keys {
        state.resources.remove(shelf, key);
    }
    Ok(reply(call, &json!({})))
}

fn rotate(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: Shelf) -> Answer {
    let key = key(call, kind);
    let found = state.resources.get(&shelf, key);
    let mut thing = found.ok_or_else(|| ApiError::not_found(kind.name))?.clone();
    let seed = state.source.ids.number();
    if let Some(map) = thing.as_object_mut() {
        map.retain(|name, _| !["api_token", "s3_secret_access_key"].contains(&name.as_str()));
        map.insert("seed".to_owned(), json!(seed));
    }
    let shown = about(call, kind, &thing);
    keep(state, kind, shelf, key, thing, &shown);
    Ok(shown)
}

fn deploy(state: &mut State, call: &Call<'_>, kind: &Kind, shelf: Shelf) -> Reply {
    let slug = key(call, kind);
    let mut function = match state.resources.get(&shelf, slug) {
        Some(Value::Object(known)) => known.clone(),
        _ => new(state, call, kind, &shelf),
    };
    let last = function.get("current_deployment").and_then(|d| d.get("id"));
    let number = last.and_then(Value::as_i64).unwrap_or(0).saturating_add(1);
    // It is built in no time: whoever asks for the function sees it done.
    let deployment = |status: &str| {
        json!({
            "id": number,
            "status": status,
            "runtime": "nodejs24",
            "memory_mib": 256,
            "created_at": state.source.text(call.now),
        })
    };
    let (pending, done) = (deployment("pending"), deployment("completed"));
    for (name, value) in [("slug", json!(slug)), ("name", json!(slug))] {
        function.entry(name).or_insert(value);
    }
    function.insert("current_deployment".to_owned(), done.clone());
    function.insert("active_deployment".to_owned(), done);
    let function = Value::Object(function);
    state.resources.put(shelf, slug.to_owned(), function);
    reply(call, &json!({ "deployment": pending }))
}

fn read(state: &State, call: &Call<'_>, shelf: &Shelf) -> Reply {
    let nothing = json!({});
    reply(call, state.resources.get(shelf, "").unwrap_or(&nothing))
}

fn write(state: &mut State, call: &Call<'_>, shelf: Shelf) -> Reply {
    let known = state.resources.get(&shelf, "").cloned();
    let mut known = known.unwrap_or_else(|| json!({}));
    if let Some(map) = known.as_object_mut() {
        map.extend(asked(call));
    }
    let shown = reply(call, &known);
    if let super::ReplyBody::Json(Value::Object(shown)) = &shown.body
        && let Some(map) = known.as_object_mut()
    {
        for (name, value) in shown {
            map.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    state.resources.put(shelf, String::new(), known);
    shown
}

/// The settings of several plugins together.
fn plugins(state: &mut State, call: &Call<'_>) -> Answer {
    let shelf = shelf(state, call, &AUTH)?;
    must_have_auth(state, &shelf)?;
    let mut known = Map::new();
    for kind in PLUGINS {
        let shelf = Shelf {
            kind: kind.name.into(),
            ..shelf.clone()
        };
        if let Some(settings) = state.resources.get(&shelf, "") {
            known.insert(kind.name.to_owned(), settings.clone());
        }
    }
    Ok(reply(call, &Value::Object(known)))
}
