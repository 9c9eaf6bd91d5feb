//! The state in a file.

use std::path::PathBuf;
use std::time::Duration;

use neon_api_emulator::spec::validate;
use neon_api_emulator::{Emulator, StateError};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{Api, Folder, text};

const HOUR: Duration = Duration::from_secs(3600);

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_state_is_taken_up_again() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let builder = Emulator::builder().start_time(at("2026-01-01T00:00:00Z"));
    let api = Api::of(builder.clone().load(&file).unwrap());
    let (made, path) = api.project_path().await;
    advance(HOUR).await;
    let body = json!({ "branch": { "name": "brief", "expires_at": "2026-01-01T03:00:00Z" } });
    api.branch(&path, body).await;
    let key = api
        .post("/api_keys", json!({ "key_name": "ci" }))
        .await
        .expect(200);
    api.emulator.save(&file).unwrap();
    let before = api.get(&path).await.expect(200);

    // At the moment of saving: the branch is still being made.
    let again = Emulator::builder().start_time(at("2026-01-01T01:00:00Z"));
    let again = Api::of(again.load(&file).unwrap());
    assert_eq!(again.get(&path).await.expect(200), before);
    assert_eq!(
        again
            .post(&format!("{path}/branches"), json!({}))
            .await
            .status,
        423
    );
    // Keys that were made are known, IDs are not made twice, and time goes on.
    assert_eq!(
        text(&again.get("/api_keys").await.expect(200), "/0/name"),
        text(&key, "/name")
    );
    assert_ne!(
        again.project("other").await["project"]["id"],
        made["project"]["id"]
    );
    let count = async |api: &Api| {
        let count = api.get(&format!("{path}/branches/count")).await.expect(200);
        count["count"].as_u64().unwrap()
    };
    assert_eq!(count(&again).await, 2);
    advance(2 * HOUR).await;
    assert_eq!(count(&again).await, 1, "it expired");

    // While nobody ran it, time went on too; where the wall clock went back, it did not.
    let later = Emulator::builder().start_time(at("2026-01-02T00:00:00Z"));
    assert_eq!(count(&Api::of(later.load(&file).unwrap())).await, 1);
    let earlier = Emulator::builder().start_time(at("2025-01-02T00:00:00Z"));
    assert_eq!(count(&Api::of(earlier.load(&file).unwrap())).await, 2);
}

#[tokio::test]
async fn what_is_no_state_is_told() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let emulator = Emulator::default();
    emulator.seed(|seed| seed.project("app")).unwrap();
    emulator.save(&file).unwrap();
    let good = std::fs::read(&file).unwrap();
    let mut other_version: Value = serde_json::from_slice(&good).unwrap();
    other_version["version"] = json!(99);
    let half = &good[..good.len() / 2];
    for (bytes, told) in [
        (&b""[..], "it ends too early (line 1, column 0)"),
        (half, "it ends too early"),
        (b"secret", "it is not JSON (line 1, column 1)"),
        (b"{}", "it is not a state of this emulator"),
        (br#"{"version":1}"#, "it is not a state of this emulator"),
        (
            other_version.to_string().as_bytes(),
            "it is of version 99, and this program reads version 1",
        ),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = Emulator::builder().load(&file).unwrap_err();
        assert!(matches!(error, StateError::Corrupt(_)));
        assert!(error.to_string().starts_with(told), "{error}");
    }
    let nowhere = folder.file("no/such/folder");
    assert!(matches!(emulator.save(nowhere), Err(StateError::Io(_))));
    assert!(matches!(
        emulator.save(PathBuf::from("/")),
        Err(StateError::Io(_))
    ));
    let folder = folder.file(".");
    assert!(matches!(
        Emulator::builder().load(folder),
        Err(StateError::Io(_))
    ));
}

/// What another program began to write does no harm, and nobody else may read what is written.
#[tokio::test]
async fn saving_replaces_the_file_whole() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    std::fs::write(folder.file("state.json.new"), "half a st").unwrap();
    let emulator = Emulator::builder().load(&file).unwrap();
    emulator.seed(|seed| seed.project("app")).unwrap();
    emulator.save(&file).unwrap();
    assert!(!folder.file("state.json.new").exists());
    assert_eq!(
        Emulator::builder()
            .load(&file)
            .unwrap()
            .state()
            .projects()
            .len(),
        1
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test(start_paused = true)]
async fn changes_are_saved_by_themselves() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let api = Api::instant();
    let saved = || {
        let loaded = Emulator::builder().load(&file).unwrap();
        loaded.state().projects().len()
    };
    let changing = async {
        api.project("one").await;
        while saved() < 1 {
            advance(Duration::from_millis(10)).await;
        }
        api.emulator.seed(|seed| seed.project("two")).unwrap();
        while saved() < 2 {
            advance(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        error = api.emulator.save_on_change(&file) => panic!("{error}"),
        done = tokio::time::timeout(Duration::from_secs(60), changing) => done.unwrap(),
    }
    // It ends when it cannot save.
    let nowhere = folder.file("no/such/folder");
    let (error, ()) = tokio::join!(api.emulator.save_on_change(nowhere), async {
        tokio::task::yield_now().await;
        api.project("three").await;
    });
    assert!(matches!(error, StateError::Io(_)));
}

/// However far the clock is from now, and whatever a file says of it.
#[tokio::test(start_paused = true)]
async fn clocks_end_before_time_does() {
    use chrono::{DateTime, Utc};
    let folder = Folder::new();
    let file = folder.file("state.json");
    for wall in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let emulator = Emulator::builder().start_time(wall).build();
        let api = Api::of(emulator.clone());
        let (project, path) = api.project_path().await;
        let branch = text(&project, "/branch/id");
        let body =
            json!({ "branch": { "parent_timestamp": text(&project, "/branch/created_at") } });
        api.post(&format!("{path}/branches"), body).await;
        let schedule = json!({ "schedule": [{ "frequency": "hourly" }] });
        let url = format!("{path}/branches/{branch}/backup_schedule");
        api.put(&url, schedule).await.expect(200);
        advance(Duration::from_secs(86_400 * 365)).await;
        let shown = api.get(&path).await.expect(200);
        validate::response("getProject", 200, &shown).unwrap();
        emulator.save(&file).unwrap();

        let mut state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        state["at"]["secs"] = json!(u64::MAX);
        std::fs::write(&file, state.to_string()).unwrap();
        let api = Api::of(Emulator::builder().load(&file).unwrap());
        let shown = api.get(&path).await.expect(200);
        validate::response("getProject", 200, &shown).unwrap();
    }
}

/// What is kept of branches that come and go does not grow with each.
#[tokio::test(start_paused = true)]
async fn who_is_busy_no_more_is_forgotten() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    for _ in 0..20 {
        let made = api.branch(&path, json!({})).await;
        let branch = format!("{path}/branches/{}", text(&made, "/branch/id"));
        advance(Duration::from_secs(1)).await;
        api.delete(&branch).await.expect(200);
        advance(Duration::from_secs(1)).await;
    }
    api.emulator.save(&file).unwrap();
    let state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let operations = &state["projects"]["by_number"]["0"]["operations"];
    assert!(operations["list"].as_array().unwrap().len() > 40);
    let busy = operations["branch_busy_until"].as_object().unwrap();
    assert!(busy.len() <= 1, "{}", busy.len());
}

/// Whatever a response acknowledges can be loaded at that moment, however many there are at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_durable_change_is_saved_before_its_response() {
    let folder = Folder::new();
    let file = folder.file("state.json");
    let emulator = Emulator::builder().durable(&file).build();
    let all: Vec<_> = (0..40)
        .map(|_| {
            let (emulator, file) = (emulator.clone(), file.clone());
            tokio::spawn(async move {
                let made = Api::of(emulator).project("app").await;
                let id = text(&made, "/project/id").to_owned();
                let saved = Emulator::builder().load(file).unwrap();
                let projects = saved.state().projects();
                assert!(projects.iter().any(|p| p.id.as_str() == id));
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(emulator.state().projects().len(), 40);
}

#[tokio::test]
async fn what_cannot_be_saved_is_not_acknowledged() {
    let folder = Folder::new();
    let file = folder.file("none/state.json");
    let api = Api::of(Emulator::builder().durable(&file).build());
    let project = json!({ "project": {} });
    let refused = api.post("/projects", project.clone()).await;
    refused.refused(500, "could not be saved");
    // A read would show what may be lost.
    let shown = api.get("/projects").await;
    shown.refused(500, "could not be saved");
    std::fs::create_dir(folder.file("none")).unwrap();
    api.post("/projects", project).await.expect(201);
    let saved = Emulator::builder().load(&file).unwrap();
    assert_eq!(saved.state().projects().len(), 2);
}
