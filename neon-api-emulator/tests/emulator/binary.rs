//! The program.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::{each, text};

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neon-api-emulator"));
    command.args(arguments).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program, serving.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) base: String,
}

impl Running {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut child = program(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let base = first.strip_prefix("listening on ").unwrap().to_owned();
        Self { child, base }
    }

    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(10), self.child.wait());
        ended.await.unwrap().unwrap()
    }

    pub(crate) async fn stop(self, signal: &str) -> ExitStatus {
        self.signal(signal).await;
        self.ended().await
    }

    async fn stderr(&mut self) -> String {
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    }
}

#[tokio::test]
async fn it_serves_and_stops() {
    let arguments =
        "--port 0 --api-key napi_k --rate-limit real --operation-latency 1ms..2s --seed 3 -v";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let mut running = Running::start(&arguments).await;
    let base = &running.base;
    assert!(
        base.starts_with("http://127.0.0.1:") && base.ends_with("/api/v2"),
        "{base}"
    );
    let get = |path, key| {
        reqwest::Client::new()
            .get(format!("{base}{path}"))
            .bearer_auth(key)
            .send()
    };
    assert_eq!(get("/users/me", "napi_k").await.unwrap().status(), 200);
    assert_eq!(
        get("/users/me?key=hidden", "other").await.unwrap().status(),
        401
    );
    // A key in the wrong place.
    let lost = get("/nowhere/napi_hidden", "napi_k").await.unwrap();
    assert_eq!(lost.status(), 404);

    // A second one on the same port.
    let port = base
        .split([':', '/'])
        .find(|part| part.parse::<u16>().is_ok())
        .unwrap();
    let second = program(&["--port", port]).output().await.unwrap();
    assert_eq!(second.status.code(), Some(2));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(
        message.starts_with("error: cannot listen on 127.0.0.1:"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1);

    running.signal("INT").await;
    let log = running.stderr().await;
    assert_eq!(running.ended().await.code(), Some(0));
    assert_eq!(
        log,
        "200 GET /api/v2/users/me (getCurrentUserInfo)\n\
         401 GET /api/v2/users/me (getCurrentUserInfo)\n\
         404 GET /api/v2/nowhere/napi_*** (unknown route)\n"
    );
}

#[tokio::test]
async fn projects_move_between_its_organizations() {
    let running =
        Running::start(&["--organization", "org-two", "--organization", "org-three"]).await;
    let http = reqwest::Client::new();
    let get = async |path: &str| {
        let request = http.get(format!("{}{path}", running.base)).bearer_auth("k");
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let post = async |path: &str, body: Value| {
        let request = http.post(format!("{}{path}", running.base)).json(&body);
        let answer = request.bearer_auth("k").send().await.unwrap();
        answer
            .error_for_status()
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()
    };
    let listed = get("/users/me/organizations").await;
    let ids = each(&listed["organizations"], "id");
    assert_eq!(ids[1..], ["org-two", "org-three"]);
    let made = post("/projects", json!({ "project": { "org_id": "org-two" } })).await;
    let id = text(&made, "/project/id");
    let body = json!({ "destination_org_id": "org-three", "project_ids": [id] });
    post("/organizations/org-two/projects/transfer", body).await;
    let shown = get(&format!("/projects/{id}")).await;
    assert_eq!(text(&shown, "/project/org_id"), "org-three");
}

#[tokio::test]
async fn listening_to_others_is_warned_of() {
    for (host, warned) in [("0.0.0.0", true), ("127.0.0.1", false)] {
        let mut running = Running::start(&["--host", host]).await;
        running.signal("TERM").await;
        let log = running.stderr().await;
        assert_eq!(running.ended().await.code(), Some(0));
        assert_eq!(
            log.starts_with("warning: listening on 0.0.0.0:"),
            warned,
            "{log}"
        );
        assert_eq!(log.lines().count(), usize::from(warned));
    }
}

#[tokio::test]
async fn its_page_is_announced_and_for_this_machine_only() {
    let mut child = program(&["--ui"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base = lines.next_line().await.unwrap().unwrap();
    let origin = base.strip_prefix("listening on ").unwrap();
    let origin = origin.strip_suffix("/api/v2").unwrap();
    let ui = lines.next_line().await.unwrap().unwrap();
    assert_eq!(ui, format!("ui on {origin}/"));
    let page = reqwest::get(format!("{origin}/")).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<h1>"));

    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let refused = program(&["--ui", "--host", host]).output().await.unwrap();
        assert_eq!(refused.status.code(), Some(2));
        let message = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("error: --ui "), "{message}");
        assert!(message.contains(&format!(" {host} ")), "{message}");
    }
}

/// One request in any minute, where a bucket would let 40 through.
#[tokio::test]
async fn the_model_of_its_limits_can_be_chosen() {
    let arguments = "--rate-limit 1 --rate-limit-model sliding-log --route-limit-model bucket";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    for retry_after in [true, false] {
        let flag = retry_after.then_some("--retry-after");
        let arguments: Vec<&str> = arguments.iter().copied().chain(flag).collect();
        let running = Running::start(&arguments).await;
        let http = reqwest::Client::new();
        let get = async || {
            let request = http.get(format!("{}/projects", running.base));
            request.bearer_auth("k").send().await.unwrap()
        };
        assert_eq!(get().await.status(), 200);
        let refused = get().await;
        assert_eq!(refused.status(), 429);
        let wait = refused.headers().get("retry-after");
        let wait = wait.map(|seconds| seconds.to_str().unwrap().parse::<u64>().unwrap());
        assert_eq!(
            wait.is_some_and(|wait| (1..=60).contains(&wait)),
            retry_after
        );
    }
}

#[tokio::test]
async fn bad_options_are_told_in_one_line() {
    for arguments in [
        &["--rate-limit", "fast"][..],
        &["--rate-limit", "0"],
        &["--rate-limit-model", "leaky"],
        &["--route-limit-model", "leaky"],
        &["--operation-latency", "1h"],
        &["--operation-latency", "2s..1s"],
        &["--port", "70000"],
        &["--host", "nowhere"],
        &["--seed", "x"],
        &["--organization", "my org"],
        &["--frobnicate"],
    ] {
        let output = program(arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("error: "), "{message}");
        assert!(message.contains(arguments[0]), "{message}");
    }
    let help = program(&["--help"]).output().await.unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("--state <FILE>")
    );
}

#[tokio::test]
async fn postgres_that_cannot_be_had_is_told_in_one_line() {
    let cases: &[(&[&str], &str)] = if cfg!(feature = "postgres") {
        &[
            (&["--postgres", "/nowhere"], "PostgreSQL in /nowhere"),
            (&["--postgres", "--state", "/nowhere/s"], "--state"),
        ]
    } else {
        &[(&["--postgres"], "--features postgres")]
    };
    for (arguments, reason) in cases {
        let output = program(arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn an_organization_can_be_required() {
    for (arguments, status) in [(&[][..], 200), (&["--org-id-required"][..], 400)] {
        let running = Running::start(arguments).await;
        let list = reqwest::Client::new().get(format!("{}/projects", running.base));
        let answer = list.bearer_auth("k").send().await.unwrap();
        assert_eq!(answer.status(), status);
        let body: Value = answer.json().await.unwrap();
        if status == 400 {
            assert!(text(&body, "/message").starts_with("org_id is required"));
        }
        let list = format!("{}/projects?org_id=org-ocean-art-12345678", running.base);
        let list = reqwest::Client::new().get(list).bearer_auth("k").send();
        assert_eq!(list.await.unwrap().status(), 200);
    }
}
