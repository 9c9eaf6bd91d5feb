//! The example, run as a process: what Prometheus would scrape.

use std::process::{Command as Blocking, Stdio};

use neon_api_emulator::Emulator;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// Built with the features of this test, which Cargo does not do for one test alone.
fn program() -> std::path::PathBuf {
    let folder = std::env::current_exe().unwrap();
    let program = folder.parent().unwrap().parent().unwrap();
    let program = program.join("examples").join("metrics");
    if !program.exists() {
        let mut cargo = Blocking::new(env!("CARGO"));
        cargo.args(["build", "--package", "neon-api", "--example", "metrics"]);
        assert!(
            cargo
                .args(["--features", "metrics"])
                .status()
                .unwrap()
                .success()
        );
    }
    program
}

/// The lines of a metric, without comments.
fn lines<'a>(page: &'a str, metric: &str) -> Vec<&'a str> {
    let start = format!("{metric}{{");
    page.lines()
        .filter(|line| line.starts_with(&start))
        .collect()
}

#[tokio::test]
async fn prometheus_scrapes_the_example() {
    let server = Emulator::builder()
        .api_key("napi_metrics1234")
        .start()
        .await
        .unwrap();
    let mut program = Command::new(program())
        .arg("127.0.0.1:0")
        .env("NEON_API_HOST", server.base_url())
        .env("NEON_API_KEY", "napi_metrics1234")
        .env_remove("NEON_ORG_ID")
        .env_remove("NEON_PROJECT_ID")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = said.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap();
    let get = |path: &str| {
        let url = format!("http://{address}{path}");
        async move { reqwest::get(url).await.unwrap().error_for_status().unwrap() }
    };
    for _ in 0..3 {
        assert_eq!(get("/projects").await.text().await.unwrap(), "0");
    }
    let response = get("/metrics").await;
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let page = response.text().await.unwrap();

    assert!(page.contains("# TYPE http_client_request_duration_seconds histogram\n"));
    let [count] = lines(&page, "http_client_request_duration_seconds_count")[..] else {
        panic!("{page}")
    };
    assert!(count.ends_with("} 3"), "{count}");
    for label in [
        "http_request_method=\"GET\"",
        "http_response_status_code=\"200\"",
        "server_address=\"127.0.0.1\"",
        "url_template=\"/projects\"",
        "otel_scope_name=\"neon_api\"",
    ] {
        assert!(count.contains(label), "{label} in {count}");
    }
    let buckets = lines(&page, "http_client_request_duration_seconds_bucket");
    assert_eq!(buckets.len(), 15, "{buckets:?}");
    let permits = lines(&page, "neon_client_permit_wait_duration_seconds_count");
    assert!(permits[0].contains("neon_api_operation=\"listProjects\""));
    assert!(permits[0].ends_with("} 3"), "{permits:?}");
    let calls = lines(&page, "neon_client_call_duration_seconds_count");
    assert!(calls[0].ends_with("} 3"), "{calls:?}");
    assert!(!page.contains("napi_"), "{page}");
}
