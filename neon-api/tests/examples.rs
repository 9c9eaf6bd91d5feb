//! The example programs, run as processes against an emulator over a socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

#[path = "examples/pictures.rs"]
mod pictures;
#[path = "examples/rotation.rs"]
mod rotation;

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Once;
use std::time::Duration;

use neon_api::Neon;
use neon_api::projects::CreatedProject;
use neon_api_emulator::{Emulator, RunningEmulator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

const KEY: &str = "napi_examples1234";

async fn emulator() -> RunningEmulator {
    let latency = Duration::from_millis(1);
    let emulator = Emulator::builder()
        .api_key(KEY)
        .operation_latency(latency..=latency);
    emulator.start().await.unwrap()
}

fn client(server: &RunningEmulator) -> Neon {
    let builder = Neon::builder().api_key(KEY);
    builder.base_url(server.base_url()).build().unwrap()
}

async fn app(server: &RunningEmulator) -> CreatedProject {
    client(server)
        .projects()
        .create("app")
        .ready()
        .await
        .unwrap()
}

/// Cargo puts the examples of a package beside its tests, and builds them with all tests but not for
/// one of them alone.
fn program(name: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    let folder = std::env::current_exe().unwrap();
    let folder = folder.parent().unwrap().parent().unwrap().join("examples");
    BUILT.call_once(|| {
        let mut names = PROGRAMS.iter().map(|(name, _)| *name).chain(["readme"]);
        if names.any(|name| !folder.join(name).exists()) {
            let mut cargo = std::process::Command::new(env!("CARGO"));
            let arguments = [
                "build",
                "--package",
                "neon-api",
                "--examples",
                "--features",
                "fleet",
            ];
            assert!(cargo.args(arguments).status().unwrap().success());
        }
    });
    folder.join(name)
}

fn command(server: &RunningEmulator, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program(name));
    command
        .args(arguments)
        .env("NEON_API_HOST", server.base_url())
        .env("NEON_API_KEY", KEY)
        .env_remove("NEON_ORG_ID")
        .env_remove("NEON_PROJECT_ID")
        // Where nobody has signed in.
        .env("NEON_CONFIG_DIR", "/nonexistent")
        .kill_on_drop(true);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a program that succeeds, and returns what it prints.
async fn run(server: &RunningEmulator, name: &str, arguments: &[&str]) -> String {
    let output = command(server, name, arguments).output().await.unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    assert!(
        !told.contains("npg_") && !told.contains(KEY),
        "{name}: {told}"
    );
    text(&output.stdout)
}

const PROGRAMS: [(&str, usize); 9] = [
    ("agent_tools", 1),
    ("branch_tree", 1),
    ("cost_report", 2),
    ("nightly_reset", 2),
    ("preview_branch", 2),
    ("rotate_key", 2),
    ("tenants", 2),
    ("test_branch", 2),
    ("web_handler", 1),
];

/// A program that is an example is read as a whole.
#[test]
fn all_are_short() {
    for (name, _) in PROGRAMS {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
        let text = std::fs::read_to_string(format!("{folder}/{name}.rs")).unwrap();
        let most = match name {
            "web_handler" => 100,
            _ => 60,
        };
        let lines = text.lines().count();
        assert!(lines < most, "{name} has {lines} lines");
    }
}

#[tokio::test]
async fn all_have_help_and_refuse_other_arguments() {
    let server = emulator().await;
    for (name, _) in PROGRAMS {
        let help = run(&server, name, &["--help"]).await;
        assert!(help.starts_with(&format!("usage: {name} ")), "{help}");
        assert!(help.contains("NEON_API_KEY is the API key"), "{help}");
        let wrong = command(&server, name, &["a", "b", "c"])
            .output()
            .await
            .unwrap();
        assert_eq!(wrong.status.code(), Some(2), "{name}");
    }
    assert_eq!(server.emulator().total_requests(), 0);
}

/// The README has the program that is run here.
#[tokio::test]
async fn the_program_of_the_readme_runs_and_says_what_failed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let read = |file: &str| std::fs::read_to_string(format!("{root}{file}")).unwrap();
    let (readme, example) = (read("README.md"), read("examples/readme.rs"));
    let blocks = readme.split("```rust,no_run\n").skip(1);
    let mut programs = blocks.filter_map(|block| block.split("```").next());
    let shown = programs.find(|block| block.contains("fn main() -> ExitCode"));
    let (_, program) = example.split_once("\n\n").unwrap();
    assert_eq!(program, shown.unwrap());

    let server = emulator().await;
    let said = run(&server, "readme", &[]).await;
    let branches = server.emulator().count("listProjectBranches");
    assert!(said.contains("2 branches\n") && branches == 2, "{said}");
    for (key, advice) in [("", "NEON_API_KEY"), ("napi_wrong", "check the API key")] {
        let mut command = command(&server, "readme", &[]);
        let output = command.env("NEON_API_KEY", key).output().await.unwrap();
        let line = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}");
        let is_debug = line.contains("Failed {") || line.contains("Config(");
        assert!(line.contains(advice) && !is_debug, "{line}");
    }
}

/// Failures are one line with what to do, and not the `Debug` of an error.
#[tokio::test]
async fn failures_say_what_to_do() {
    let server = emulator().await;
    let failed = |output: Output| {
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        let mut failures = told.lines().filter(|line| line.starts_with("error: "));
        let line = failures.next().unwrap().to_owned();
        assert!(told.trim().ends_with(&line), "{told}");
        assert!(
            !line.contains("Failed {") && !line.contains("napi_wrong"),
            "{line}"
        );
        line
    };
    for (name, arguments) in PROGRAMS {
        if name == "web_handler" {
            continue;
        }
        // A file that exists, which is read, and one that does not, which would be written.
        let file = match name {
            "tenants" => "../clippy.toml",
            _ => "/nonexistent/file",
        };
        let arguments = &["late-frost-12345678", file][..arguments];
        let mut without_key = command(&server, name, arguments);
        let line = failed(
            without_key
                .env_remove("NEON_API_KEY")
                .output()
                .await
                .unwrap(),
        );
        assert!(
            line.contains("NEON_API_KEY") && line.contains("Neon Console"),
            "{line}"
        );
        let mut wrong_key = command(&server, name, arguments);
        let line = failed(
            wrong_key
                .env("NEON_API_KEY", "napi_wrong")
                .output()
                .await
                .unwrap(),
        );
        assert!(
            line.contains("401") && line.contains("check the API key"),
            "{line}"
        );
    }
    let org = client(&server).org(server.emulator().organization_id());
    let of_org = org.api_keys().create("ci").await.unwrap();
    let mut wrong_kind = command(&server, "rotate_key", &["ci", "/nonexistent/file"]);
    let wrong_kind = wrong_kind.env("NEON_API_KEY", of_org.key.expose());
    let line = failed(wrong_kind.output().await.unwrap());
    assert!(line.contains("requires a personal API key"), "{line}");
}

#[tokio::test]
async fn a_preview_branch_is_created_once() {
    let server = emulator().await;
    let app = app(&server).await;
    let arguments = [app.project.id.as_str(), "42"];
    let first = run(&server, "preview_branch", &arguments).await;
    let second = run(&server, "preview_branch", &arguments).await;
    assert!(first.starts_with("postgresql://"), "{first}");
    assert_eq!(first, second);
    assert_eq!(server.emulator().count("createProjectBranch"), 1);
    let branches = client(&server).project(&app).branches();
    let branch = branches.find("preview/pr-42").await.unwrap().unwrap();
    assert!(branch.expires_at.is_some());
}

#[tokio::test]
async fn tenants_are_created_once_each() {
    let server = emulator().await;
    let file = std::env::temp_dir().join(format!("tenants-{}", std::process::id()));
    let names: Vec<String> = (0..20).map(|number| format!("tenant-{number}")).collect();
    std::fs::write(&file, names.join("\n")).unwrap();
    let arguments = ["aws-us-east-1", file.to_str().unwrap()];
    let lines = run(&server, "tenants", &arguments).await;
    let created: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(created.len(), 20);
    assert!(created.iter().all(|line| line["project"].is_string()));
    assert_eq!(run(&server, "tenants", &arguments).await, "");
    assert_eq!(server.emulator().count("createProject"), 20);
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_test_branch_is_deleted_whatever_the_command_does() {
    let server = emulator().await;
    let app = app(&server).await;
    let id = app.project.id.as_str();
    let said = run(&server, "test_branch", &[id, "echo ${DATABASE_URL%%:*}"]).await;
    assert_eq!(said, "postgresql\n");
    let failing = command(&server, "test_branch", &[id, "exit 3"])
        .output()
        .await
        .unwrap();
    assert_eq!(failing.status.code(), Some(1));
    assert!(text(&failing.stderr).contains("exit status: 3"));
    assert_eq!(server.emulator().count("createProjectBranch"), 2);
    assert_eq!(server.emulator().count("deleteProjectBranch"), 2);
    let branches = client(&server)
        .project(&app)
        .branches()
        .list()
        .await
        .unwrap();
    assert_eq!(branches.len(), 1);
}

#[tokio::test]
async fn a_nightly_reset_keeps_the_day_before() {
    let server = emulator().await;
    let app = app(&server).await;
    let branches = client(&server).project(&app).branches();
    branches.create("staging").ready().await.unwrap();
    let said = run(
        &server,
        "nightly_reset",
        &[app.project.id.as_str(), "staging"],
    )
    .await;
    assert!(
        said.starts_with("staging is reset; staging-before-"),
        "{said}"
    );
    let all = branches.list().await.unwrap();
    let kept = all
        .iter()
        .find(|branch| branch.name.starts_with("staging-before-"))
        .unwrap();
    assert!(kept.expires_at.is_some());
    let missing = command(&server, "nightly_reset", &[app.project.id.as_str(), "none"]);
    let mut missing = missing;
    let missing = missing.output().await.unwrap();
    assert_eq!(
        text(&missing.stderr),
        "error: there is no branch named none\n"
    );
}

#[tokio::test]
async fn an_agent_has_its_tools_and_no_others() {
    let server = emulator().await;
    let app = app(&server).await;
    let mut command = command(&server, "agent_tools", &[app.project.id.as_str()]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut call = async |line: Value| -> Value {
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        let line = output.next_line().await.unwrap().unwrap();
        assert!(!line.contains("npg_"), "{line}");
        serde_json::from_str(&line).unwrap()
    };
    let created = call(json!({"tool": "create_branch", "name": "try"})).await;
    assert_eq!(created["name"], "try");
    let all = call(json!({"tool": "list_branches"})).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let typo = call(json!({"tool": "create_branch", "name": "x", "parnt": "main"})).await;
    assert!(typo["error"].as_str().unwrap().contains("parnt"), "{typo}");
    let main = app.branch.name.as_str();
    let guarded = call(json!({"tool": "delete_branch", "name": main})).await;
    assert!(guarded["error"].is_string(), "{guarded}");
    let deleted = call(json!({"tool": "delete_branch", "name": "try"})).await;
    assert!(deleted.is_null(), "{deleted}");
    assert_eq!(server.emulator().count("deleteProjectBranch"), 1);
    assert_eq!(server.emulator().count("createProjectBranch"), 1);
}

#[tokio::test]
async fn a_web_service_responds_before_the_project_is_ready() {
    let server = emulator().await;
    let mut command = command(&server, "web_handler", &["127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = output.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap().to_owned();
    let client = reqwest::Client::new();
    let started = client
        .post(format!("http://{address}/projects/shop"))
        .send()
        .await
        .unwrap();
    assert_eq!(started.status(), 202);
    let id = started.text().await.unwrap();
    let mut said = String::new();
    while said != "ready" {
        let response = client
            .get(format!("http://{address}/projects/{id}"))
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success());
        said = response.text().await.unwrap();
    }
    let missing = client
        .get(format!("http://{address}/projects/none"))
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status(), 404);
    assert_eq!(server.emulator().count("createProject"), 1);
}
