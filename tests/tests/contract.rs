//! The emulator under the contract, and the contract's own rules.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use neon_api_emulator::{Emulator, Fault};
use neon_api_tests::contract::exchange::{self, recorded};
use neon_api_tests::contract::ledger::Ledger;
use neon_api_tests::contract::questions::{self, Place};
use neon_api_tests::contract::recorder::Recorder;
use neon_api_tests::contract::shape::{Difference, Kind};
use neon_api_tests::contract::table::{Outcome, Row, check, check_rows};
use neon_api_tests::contract::target::Target;
use neon_api_tests::contract::{live, published, replay};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn what_was_recorded_comes_back() {
    let exchanges = recorded();
    let mut target = Target::in_process(Emulator::default());
    let outcomes = replay::replay(&mut target, &exchanges).await;
    assert_eq!(outcomes.len(), exchanges.len());
    let all = |is: fn(&Difference) -> bool| {
        let agree = |o: &&Outcome| o.differences.iter().all(is);
        outcomes.iter().filter(agree).count()
    };
    let (agree, complete) = (all(|_| false), all(|d| d.is == Kind::Extra));
    println!(
        "of {}, {agree} agree and {complete} have all that was recorded; the rest is in the table",
        outcomes.len()
    );
    if let Err(wrong) = check("recordings/differences.json", &outcomes) {
        panic!("tests/recordings/differences.json:\n{wrong}");
    }
}

/// As in January 2025: a cursor on the last page of branches, in the recorded form.
#[tokio::test(start_paused = true)]
async fn the_older_cursors_come_back_on_demand() {
    let emulator = Emulator::default();
    emulator.faults().inject(Fault::last_cursor().always());
    let mut target = Target::in_process(emulator);
    let outcomes = replay::replay(&mut target, &recorded()).await;
    let lists = outcomes
        .iter()
        .filter(|o| o.operation == "listProjectBranches");
    let places: Vec<Vec<&str>> = lists
        .map(|list| list.differences.iter().map(|d| d.at.as_str()).collect())
        .collect();
    assert_eq!(places.len(), 4);
    for places in places {
        assert_eq!(places, [".branches[].init_source"], "the cursor agrees");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_published_comes_back() {
    let mut target = Target::in_process(Emulator::default());
    let outcomes = published::walk(&mut target).await;
    let mut walked: Vec<&str> = outcomes.iter().map(|o| o.operation).collect();
    walked.sort_unstable();
    assert_eq!(walked, published::documented(), "each of them once");
    if let Err(wrong) = check("contract/published-differences.json", &outcomes) {
        panic!("tests/contract/published-differences.json:\n{wrong}");
    }
}

/// The table says what the emulator does, and the document has every question.
#[tokio::test(start_paused = true)]
async fn open_questions_have_an_answer_here() {
    let emulator = Emulator::default();
    let mut target = Target::in_process(emulator.clone());
    target.org_id = Some(emulator.organization_id().to_owned());
    let place = Place::create(&mut target).await;
    let document = std::fs::read_to_string(exchange::data("contract/README.md")).unwrap();
    for question in questions::all() {
        let answer = place.ask(&mut target, &question).await;
        assert_eq!(
            answer.as_deref(),
            Some(question.emulator.as_str()),
            "{}",
            question.id
        );
        assert!(
            question.sources.len() > 1,
            "{}: who contradicts whom?",
            question.id
        );
        let row = format!("| `{}` | {} |", question.id, question.question);
        assert!(document.contains(&row), "not in contract/README.md: {row}");
    }
    assert_eq!(target.clean_up().await, [""; 0]);
    assert!(emulator.state().projects().is_empty());
}

fn outcome(at: &str) -> Outcome {
    Outcome {
        of: "2025".to_owned(),
        operation: "getProject",
        differences: vec![Difference {
            at: at.to_owned(),
            is: Kind::Extra,
        }],
    }
}

#[test]
fn a_table_has_neither_too_much_nor_too_little() {
    let row = |at: &[&str], operations: &[&str]| -> Row {
        let row = json!({
            "of": ["2025"], "operations": operations, "at": at, "is": "extra", "reason": "new",
        });
        serde_json::from_value(row).unwrap()
    };
    let found = [outcome(".a")];
    assert_eq!(check_rows(&[row(&[".a"], &[])], &found), Ok(()));
    assert_eq!(check_rows(&[row(&[".a"], &["getProject"])], &found), Ok(()));
    for (rows, says) in [
        (vec![], "not in the table: 2025 getProject .a Extra"),
        (
            vec![row(&[".a", ".b"], &[])],
            "stale: row 0, 2025, any operation, .b",
        ),
        (
            vec![row(&[".a"], &["getProject", "listProjects"])],
            "stale: row 0, 2025, listProjects, .a",
        ),
    ] {
        let wrong = check_rows(&rows, &found).unwrap_err();
        assert_eq!(wrong.trim_end(), says);
    }
}

/// What the recorder writes, as it is written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All strings and numbers of a value that may belong to an account.
fn private(value: &Value, name: &str, found: &mut Vec<String>) {
    const OF_ALL: [&str; 4] = ["main", "neondb", "neondb_owner", "read_write"];
    match value {
        Value::Object(map) => map.iter().for_each(|(name, v)| private(v, name, found)),
        Value::Array(items) => items.iter().for_each(|v| private(v, name, found)),
        Value::String(text) => {
            let is_private = [
                "id", "key", "password", "email", "host", "uri", "image", "login", "next",
            ];
            let is_id = name.ends_with("_id") && name != "region_id" && name != "platform_id";
            let is_uri = name.ends_with("_uri") || name == "pooler_host" || name == "last_name";
            if (is_private.contains(&name) || is_id || is_uri) && !OF_ALL.contains(&text.as_str()) {
                found.push(text.clone());
            }
        }
        Value::Number(number) if name == "id" => found.push(number.to_string()),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn recordings_have_nothing_of_an_account_and_can_be_replayed() {
    // Nothing is ever done, so that the recording does not depend on when it was made.
    let latency = std::time::Duration::from_secs(86_400);
    let builder = Emulator::builder()
        .operation_latency(latency..=latency)
        .conflicts(false);
    let emulator = builder.clone().seed(7).build();
    let mut target = Target::in_process(emulator.clone());
    let written = Written::default();
    target.recorder = Some(Recorder::new(written.clone()));
    replay::replay(&mut target, &recorded()).await;
    let made = target.project("secret").await;
    let project = made["project"]["id"].as_str().unwrap();
    let annotated = json!({
        "branch": { "name": "alice@example.com" }, "annotation_value": { "a_secret": "s3cr3t" },
    });
    let branches = format!("/projects/{project}/branches");
    let branch = target.send("POST", &branches, &annotated).await.success();
    target.settle(project).await;
    for path in [branches.clone(), format!("/projects/{project}?note=alice")] {
        target.send("GET", &path, &Value::Null).await.success();
    }
    let again = target.send("POST", &branches, &annotated).await;
    assert_eq!(again.status, 409, "its message names the branch");
    target.clean_up().await;
    let recorder = target.recorder.take().unwrap();
    recorder.finish().unwrap();

    let bytes = written.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    let mut found = vec![
        "alice".to_owned(),
        "s3cr3t".to_owned(),
        "a_secret".to_owned(),
    ];
    for response in [&made, &branch] {
        private(response, "", &mut found);
    }
    let user = emulator.respond(
        http::Request::get("/api/v2/users/me")
            .header("authorization", "Bearer k")
            .body(bytes::Bytes::new())
            .unwrap(),
    );
    let user: Value = serde_json::from_slice(user.await.body()).unwrap();
    private(&user, "", &mut found);
    assert!(found.len() > 30, "{found:?}");
    for secret in &found {
        assert!(
            !text.contains(secret.as_str()),
            "{secret} is in the recording"
        );
    }

    // The same form: what was written is a recording, and the emulator agrees with itself.
    let exchanges: Vec<exchange::Exchange> = serde_json::from_str(&text).unwrap();
    assert!(exchanges.len() > recorded().len());
    let mut target = Target::in_process(builder.build());
    let marked = exchanges.iter().map(|e| &e.request["project"]["name"]);
    assert!(marked.filter(|name| name.is_string()).count() > 5);
    for outcome in replay::replay(&mut target, &exchanges).await {
        assert_eq!(outcome.differences, [], "{}", outcome.operation);
    }
}

/// Nothing is sent to what was not created by the run.
#[tokio::test(start_paused = true)]
async fn what_belongs_to_others_is_not_touched() {
    let emulator = Emulator::default();
    let theirs = emulator.seed(|seed| seed.project("production")).unwrap();
    let path = format!("/projects/{}", theirs.project.id.as_str());
    let requests: [(&str, String, Value); 6] = [
        ("GET", path.clone(), Value::Null),
        ("DELETE", path.clone(), Value::Null),
        (
            "PATCH",
            path.clone(),
            json!({ "project": { "name": "neon-api-contract-x" } }),
        ),
        ("POST", format!("{path}/branches"), json!({})),
        ("DELETE", "/api_keys/1".to_owned(), Value::Null),
        (
            "POST",
            "/projects".to_owned(),
            json!({ "project": { "name": "unmarked" } }),
        ),
    ];
    for (method, path, body) in requests {
        let emulator = emulator.clone();
        let sending = tokio::spawn(async move {
            let mut target = Target::in_process(emulator);
            target.send(method, &path, &body).await;
        });
        let refusal = sending.await.unwrap_err().into_panic();
        let refusal = refusal.downcast_ref::<String>().unwrap();
        assert!(refusal.starts_with("refused to send "), "{refusal}");
    }
    assert_eq!(emulator.total_requests(), 0);
    assert_eq!(emulator.state().projects().len(), 1);
}

/// A run that was killed is cleaned up by the next: of its projects, those that still have its mark.
#[tokio::test]
async fn what_a_killed_run_left_is_deleted_by_the_next() {
    let server = Emulator::builder()
        .operation_latency(std::time::Duration::ZERO..=std::time::Duration::ZERO)
        .start()
        .await
        .unwrap();
    let folder = std::env::temp_dir().join(format!("contract-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ledger");
    let open = || Ledger::open(&file).unwrap();
    let mut killed = Target::http(server.base_url(), "napi_any", open());
    killed.project("one").await;
    let renamed = killed.project("two").await;
    let renamed = format!("/projects/{}", renamed["project"]["id"].as_str().unwrap());
    let body = json!({ "project": { "name": "kept" } });
    killed.send("PATCH", &renamed, &body).await.success();
    drop(killed);

    let mut next = Target::http(server.base_url(), "napi_any", open());
    let left = next.clean_up().await;
    assert_eq!(left.len(), 1, "what lost its mark is somebody's");
    let names = server.emulator().state().projects();
    let names: Vec<&str> = names.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["kept"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_live_run_needs_the_key_and_the_wish() {
    let read = |variables: &[(&str, &str)]| {
        let all: std::collections::HashMap<&str, &str> = variables.iter().copied().collect();
        live::Settings::read(|name| all.get(name).map(|value| (*value).to_owned()))
    };
    let (key, wish) = (("NEON_API_KEY", "napi_x"), ("NEON_LIVE_TESTS", "1"));
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[key]), None);
    assert_eq!(read(&[wish]), None);
    assert_eq!(read(&[key, ("NEON_LIVE_TESTS", "0")]), None);
    assert_eq!(read(&[("NEON_API_KEY", ""), wish]), None);
    let settings = read(&[key, wish]).unwrap();
    assert_eq!(settings.base, "https://console.neon.tech/api/v2");
    let gate = std::fs::read_to_string(exchange::data("../.ci/run")).unwrap();
    assert!(
        gate.contains("in \"${!NEON_@}\"; do\n  unset"),
        "the gate has no NEON_ variables"
    );
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_holds_and_leaves_nothing() {
    let emulator = Emulator::default();
    let mut target = Target::in_process(emulator.clone());
    target.run = "run-1-".to_owned();
    // What an account has besides.
    emulator.seed(|seed| seed.project("production")).unwrap();
    let report = live::all(&mut target, &recorded()).await;
    println!("{}\n{}", live::cost(&recorded()), report.text);
    assert!(report.holds, "{}", report.text);
    assert_eq!(target.clean_up().await, [""; 0]);
    let left = emulator.state().projects();
    let left: Vec<&str> = left.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(left, ["production"]);
    assert!(
        report
            .text
            .contains("question next-on-the-last-page: absent")
    );
}
