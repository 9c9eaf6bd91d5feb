//! Files of states whose numbers somebody changed.

use std::time::Duration;

use neon_api_emulator::Emulator;
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{Api, Folder, KEY, text};

/// The JSON pointers of all numbers.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                numbers(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                numbers(value, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// A state with something of everything; the paths of its project and of a branch of it.
async fn filled(api: &Api) -> (String, String) {
    let (project, path) = api.project_path().await;
    let main = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let body = json!({
        "branch": { "name": "dev", "expires_at": "2026-02-01T00:00:00Z" },
        "endpoints": [{ "type": "read_write" }],
    });
    api.branch(&path, body).await;
    let schedule = json!({ "schedule": [{ "frequency": "hourly", "retention_seconds": 7200 }] });
    let quota = json!({ "project": { "settings": { "quota": { "active_time_seconds": 900 } } } });
    let auth = json!({ "auth_provider": "better_auth", "database_name": "neondb" });
    for (method, path, body, status) in [
        ("PUT", format!("{main}/backup_schedule"), schedule, 200),
        ("POST", format!("{main}/snapshot"), Value::Null, 200),
        ("PATCH", path.clone(), quota, 200),
        (
            "POST",
            "/api_keys".to_owned(),
            json!({ "key_name": "ci" }),
            200,
        ),
        ("POST", format!("{path}/transfer_requests"), json!({}), 201),
        ("POST", format!("{main}/auth"), auth, 201),
    ] {
        api.send(method, &path, body).await.expect(status);
    }
    let gone = api.branch(&path, json!({})).await;
    let gone = format!("{path}/branches/{}", text(&gone, "/branch/id"));
    api.delete(&gone).await.expect(200);
    let gone = api.project("gone").await;
    let gone = format!("/projects/{}", text(&gone, "/project/id"));
    api.delete(&gone).await.expect(200);
    (path, main)
}

/// Looks at everything and adds to everything. What is answered need not make sense.
async fn use_all(emulator: &Emulator, path: &str, main: &str) {
    let ask = async |method: &str, path: &str, body: Value| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header("authorization", format!("Bearer {KEY}"))
            .body(body.to_string().into());
        emulator.respond(request.unwrap()).await;
    };
    let history = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&granularity=daily";
    for path in [
        "/projects?recoverable=true",
        "/api_keys",
        path,
        &format!("{path}/branches?include_deleted=true"),
        &format!("{path}/endpoints"),
        &format!("{path}/operations"),
        &format!("{path}/snapshots"),
        &format!("/consumption_history/projects?{history}"),
    ] {
        ask("GET", path, Value::Null).await;
    }
    advance(Duration::from_secs(7200)).await;
    let past = json!({ "branch": { "parent_timestamp": "2026-01-01T00:00:00Z" } });
    for (path, body) in [
        (&format!("{path}/branches"), past),
        (&format!("{path}/branches"), json!({})),
        (&format!("{main}/snapshot"), Value::Null),
        (&"/api_keys".to_owned(), json!({ "key_name": "more" })),
        (&"/projects".to_owned(), json!({ "project": {} })),
        (&"/projects".to_owned(), json!({ "project": {} })),
    ] {
        ask("POST", path, body).await;
    }
    ask("DELETE", path, Value::Null).await;
}

/// Whatever numbers it holds, a file is refused or served: nothing overflows.
#[tokio::test(start_paused = true)]
async fn no_number_of_a_file_is_too_large_or_too_small() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let builder = Emulator::builder()
        .operation_latency(crate::support::NONE)
        .start_time("2026-01-01T00:00:00Z".parse().unwrap());
    let api = Api::of(builder.clone().build());
    let (path, main) = filled(&api).await;
    api.emulator.save(&file).unwrap();
    let good: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let mut places = Vec::new();
    numbers(&good, "", &mut places);
    assert!(places.len() > 200, "{}", places.len());
    let mut served = 0;
    for place in &places {
        for extreme in [json!(u64::MAX), json!(i64::MAX), json!(i64::MIN)] {
            let mut state = good.clone();
            *state.pointer_mut(place).unwrap() = extreme;
            std::fs::write(&file, state.to_string()).unwrap();
            if let Ok(emulator) = builder.clone().load(&file) {
                use_all(&emulator, &path, &main).await;
                served += 1;
            }
        }
    }
    assert!(served > 300, "{served}");
}
