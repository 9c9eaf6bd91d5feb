//! What the tests share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use neon_api_emulator::{Emulator, Postgres, RunningEmulator};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// `None`, with a line that the gate counts, where there is no PostgreSQL.
pub(crate) fn postgres() -> Option<Postgres> {
    match Postgres::find() {
        Ok(postgres) => Some(postgres.on_failure(|line| eprintln!("postgres: {line}"))),
        Err(error) => {
            eprintln!("!!! SKIPPED: {error}");
            None
        }
    }
}

pub(crate) struct Server {
    pub(crate) running: RunningEmulator,
    http: reqwest::Client,
}

impl Server {
    pub(crate) async fn start() -> Option<Self> {
        // Processes are found by the ID of their branch, on a machine where others have some as well.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let seed = (u64::from(std::process::id()) << 32) | number;
        Self::start_with(Emulator::builder().seed(seed), postgres()?).await
    }

    pub(crate) async fn start_with(
        builder: neon_api_emulator::Builder,
        postgres: Postgres,
    ) -> Option<Self> {
        let running = builder.postgres(postgres).start().await.unwrap();
        Some(Self {
            running,
            http: reqwest::Client::new(),
        })
    }

    /// The status and the body.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.running.base_url());
        let method = method.parse().unwrap();
        let request = self.http.request(method, url).bearer_auth("napi_any");
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// A request that succeeds, and its operations as well.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, value) = self.ask(method, path, body).await;
        assert!(status < 300, "{method} {path}: {status} {value}");
        for operation in value["operations"].as_array().into_iter().flatten() {
            let ended = self.operation(operation).await;
            assert_eq!(ended["status"], "finished", "{ended}");
        }
        value
    }

    /// An operation when it has ended.
    pub(crate) async fn operation(&self, operation: &Value) -> Value {
        let (project, id) = (text(operation, "project_id"), text(operation, "id"));
        let path = format!("/projects/{project}/operations/{id}");
        let ended = async {
            loop {
                let (_, value) = self.ask("GET", &path, Value::Null).await;
                let status = text(&value["operation"], "status");
                if !["scheduling", "running"].contains(&status.as_str()) {
                    return value["operation"].clone();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("the operation ends")
    }

    pub(crate) async fn project(&self) -> Project {
        let made = self
            .done("POST", "/projects", json!({ "project": {} }))
            .await;
        Project::of(&made)
    }

    /// A branch with an endpoint, of this one; its ID and connection string.
    pub(crate) async fn branch(&self, project: &Project, body: Value) -> (String, String) {
        let path = format!("/projects/{}/branches", project.id);
        let asked = json!({ "branch": body, "endpoints": [{ "type": "read_write" }] });
        let made = self.done("POST", &path, asked).await;
        let id = text(&made["branch"], "id");
        // Absent if the branch has several databases.
        let uri = match made["connection_uris"][0]["connection_uri"].as_str() {
            Some(uri) => uri.to_owned(),
            None => self.connection_uri(project, &id).await,
        };
        (id, uri)
    }

    async fn connection_uri(&self, project: &Project, branch: &str) -> String {
        let path = format!(
            "/projects/{}/connection_uri?branch_id={branch}&database_name=neondb&role_name=neondb_owner&pooled=false",
            project.id
        );
        let (_, found) = self.ask("GET", &path, Value::Null).await;
        text(&found, "uri")
    }

    /// Waits until an endpoint is in this state.
    pub(crate) async fn until(&self, project: &Project, state: &str) {
        let path = format!("/projects/{}/endpoints/{}", project.id, project.endpoint);
        let reached = async {
            loop {
                let (_, value) = self.ask("GET", &path, Value::Null).await;
                if value["endpoint"]["current_state"] == state {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        reached.unwrap_or_else(|_| panic!("the endpoint is never {state}"));
    }
}

pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) branch: String,
    pub(crate) endpoint: String,
    pub(crate) uri: String,
}

impl Project {
    /// That of the response to its creation.
    pub(crate) fn of(made: &Value) -> Self {
        Self {
            id: text(&made["project"], "id"),
            branch: text(&made["branch"], "id"),
            endpoint: text(&made["endpoints"][0], "id"),
            uri: text(&made["connection_uris"][0], "connection_uri"),
        }
    }

    pub(crate) fn of_endpoint(&self, rest: &str) -> String {
        format!("/projects/{}/endpoints/{}{rest}", self.id, self.endpoint)
    }

    pub(crate) fn of_branch(&self, rest: &str) -> String {
        format!("/projects/{}/branches/{}{rest}", self.id, self.branch)
    }
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    let found = value[key].as_str();
    found
        .unwrap_or_else(|| panic!("no {key} in {value}"))
        .to_owned()
}

pub(crate) async fn connect(uri: &str) -> PgConnection {
    PgConnection::connect(uri)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) async fn run(uri: &str, sql: &str) {
    connect(uri)
        .await
        .execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The first column of the first row, as text.
pub(crate) async fn value(uri: &str, sql: &str) -> String {
    let row = connect(uri).await.fetch_one(sql).await;
    let row = row.unwrap_or_else(|error| panic!("{sql}: {error}"));
    row.get(0)
}
