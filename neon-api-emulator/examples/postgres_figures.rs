//! Measures what Postgres behind the emulator costs: `cargo run --release -p neon-api-emulator
//! --features postgres --example postgres_figures`. A target that is missed by half is an error.
//!
//! As root it makes an XFS in a file and mounts it, to show what reflinks are worth.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints figures"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use neon_api_emulator::{Emulator, Postgres, RunningEmulator};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How far a figure may be beyond its target, on a busy machine.
const TOLERANCE: f64 = 1.5;

struct Figures {
    missed: bool,
}

impl Figures {
    fn show(&mut self, what: &str, value: f64, unit: &str, target: f64) {
        let verdict = if value <= target {
            "ok"
        } else if value <= target * TOLERANCE {
            "slow"
        } else {
            self.missed = true;
            "MISSED"
        };
        println!("{what:<52} {value:>9.1} {unit:<3} (at most {target}) {verdict}");
    }

    fn time(&mut self, what: &str, took: Duration, target: f64) {
        self.show(what, took.as_secs_f64() * 1000.0, "ms", target);
    }
}

fn untargeted(what: &str, took: Duration) {
    println!("{what:<52} {:>9.1} ms", took.as_secs_f64() * 1000.0);
}

struct Api {
    server: RunningEmulator,
    http: reqwest::Client,
}

impl Api {
    async fn start(folder: Option<&Path>) -> Result<Self> {
        let mut postgres = Postgres::find()?.on_failure(|line| eprintln!("{line}"));
        if let Some(folder) = folder {
            postgres = postgres.data_folder(folder);
        }
        let server = Emulator::builder()
            .conflicts(false)
            .postgres(postgres)
            .start()
            .await?;
        let http = reqwest::Client::new();
        Ok(Self { server, http })
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}{path}", self.server.base_url());
        let request = self
            .http
            .request(method.parse()?, url)
            .bearer_auth("napi_any");
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn project(&self) -> Result<Project> {
        let made = self
            .call("POST", "/projects", json!({ "project": {} }))
            .await?;
        let text = |pointer: &str| {
            let found = made.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned).ok_or("an unexpected response")
        };
        Ok(Project {
            id: text("/project/id")?,
            branch: text("/branch/id")?,
            endpoint: text("/endpoints/0/id")?,
            uri: text("/connection_uris/0/connection_uri")?,
        })
    }

    async fn branch(&self, project: &Project, name: &str) -> Result<String> {
        let body = json!({ "branch": { "name": name }, "endpoints": [{ "type": "read_write" }] });
        let made = self
            .call("POST", &format!("/projects/{}/branches", project.id), body)
            .await?;
        let uri = made.pointer("/connection_uris/0/connection_uri");
        Ok(uri
            .and_then(Value::as_str)
            .ok_or("no connection string")?
            .to_owned())
    }

    async fn idle(&self, project: &Project) -> Result<()> {
        let path = format!("/projects/{}/operations", project.id);
        loop {
            let listed = self.call("GET", &path, Value::Null).await?;
            let all = listed.pointer("/operations").and_then(Value::as_array);
            let runs = |o: &Value| o.get("status").is_some_and(|s| s != "finished");
            if !all.is_some_and(|all| all.iter().any(runs)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Project {
    id: String,
    branch: String,
    endpoint: String,
    uri: String,
}

/// Connects, sends this, and waits for its end.
async fn run(uri: &str, sql: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(sql).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut figures = Figures { missed: false };
    match measure(&mut figures).await {
        Ok(()) if figures.missed => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(figures: &mut Figures) -> Result<()> {
    if let Err(error) = Postgres::find() {
        println!("!!! SKIPPED: {error}");
        return Ok(());
    }
    // Makes the template, which is once for each version.
    drop(Api::start(None).await?);
    let begin = Instant::now();
    let api = Api::start(None).await?;
    untargeted("the emulator's start", begin.elapsed());
    let project = connections(&api, figures).await?;
    small(&api, &project, figures).await?;
    memory(&project, figures);
    many(&api, &project, figures).await?;
    drop(api);
    match Xfs::mount()? {
        Some(xfs) => large(&xfs.folder, figures).await?,
        None => println!("!!! SKIPPED: 1 GB with reflinks needs root, mkfs.xfs and loop devices"),
    }
    Ok(())
}

async fn connections(api: &Api, figures: &mut Figures) -> Result<Project> {
    let begin = Instant::now();
    let project = api.project().await?;
    run(&project.uri, "SELECT 1").await?;
    figures.time(
        "request for a project to its first row",
        begin.elapsed(),
        1000.0,
    );
    api.idle(&project).await?;
    let mut warm: Vec<Duration> = Vec::new();
    for _ in 0..10 {
        let begin = Instant::now();
        run(&project.uri, "SELECT 1").await?;
        warm.push(begin.elapsed());
    }
    warm.sort();
    if let Some(median) = warm.get(warm.len() / 2) {
        figures.time("connection string to first row, warm", *median, 150.0);
    }
    let suspend = format!(
        "/projects/{}/endpoints/{}/suspend",
        project.id, project.endpoint
    );
    api.call("POST", &suspend, Value::Null).await?;
    api.idle(&project).await?;
    let begin = Instant::now();
    run(&project.uri, "SELECT 1").await?;
    figures.time(
        "connection string to first row, cold",
        begin.elapsed(),
        1000.0,
    );
    Ok(project)
}

const ROWS: &str = "SELECT n, repeat(md5(n::text), 32) FROM generate_series(1, $1) n";

async fn small(api: &Api, project: &Project, figures: &mut Figures) -> Result<()> {
    let rows = ROWS.replace("$1", "10000");
    run(&project.uri, &format!("CREATE TABLE small AS {rows}")).await?;
    let begin = Instant::now();
    let uri = api.branch(project, "small").await?;
    api.idle(project).await?;
    figures.time("branch of 40 MB, with its compute", begin.elapsed(), 700.0);
    run(&uri, "SELECT 1 / (count(*) / 10000)::int FROM small").await
}

/// Twenty at once, each with a connection.
async fn many(api: &Api, project: &Project, figures: &mut Figures) -> Result<()> {
    let begin = Instant::now();
    let mut clients = Vec::new();
    for n in 0..20 {
        let uri = api.branch(project, &format!("many-{n}")).await?;
        clients.push(tokio::spawn(async move {
            let (client, connection) = tokio_postgres::connect(&uri, NoTls).await?;
            let connection = tokio::spawn(connection);
            client
                .batch_execute("CREATE TABLE own AS SELECT 1 AS v")
                .await?;
            Ok::<_, tokio_postgres::Error>((client, connection))
        }));
    }
    let mut open = Vec::new();
    for client in clients {
        open.push(client.await??);
    }
    untargeted("20 branches made and in use at once", begin.elapsed());
    for (client, _) in &open {
        client.batch_execute("INSERT INTO own VALUES (2)").await?;
    }
    figures.show(
        "branches in use at once, missing of 20",
        20.0 - as_float(open.len()),
        "",
        0.0,
    );
    Ok(())
}

fn as_float(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// The proportional share of memory of an idle compute's processes.
fn memory(project: &Project, figures: &mut Figures) {
    let mut processes: Vec<PathBuf> = Vec::new();
    let of = |path: &Path, name: &str| fs::read_to_string(path.join(name)).unwrap_or_default();
    let all: Vec<PathBuf> = match fs::read_dir("/proc") {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    let root = all.iter().find(|path| {
        let arguments = of(path, "cmdline");
        arguments.contains(&project.branch) && arguments.contains("/postgres\0")
    });
    let Some(root) = root else {
        println!("!!! SKIPPED: memory is read from /proc");
        return;
    };
    let id = root
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let parent = format!("PPid:\t{id}");
    processes.push(root.clone());
    processes.extend(
        all.iter()
            .filter(|p| of(p, "status").lines().any(|l| l == parent))
            .cloned(),
    );
    let mut kilobytes = 0;
    for path in &processes {
        let usage = of(path, "smaps_rollup");
        let line = usage.lines().find_map(|line| line.strip_prefix("Pss:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        kilobytes += number.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    }
    if kilobytes == 0 {
        println!("!!! SKIPPED: memory of Postgres' processes can be read by root only");
        return;
    }
    let what = format!("memory of an idle compute, {} processes", processes.len());
    figures.show(&what, as_float(kilobytes) / 1024.0, "MB", 20.0);
}

/// A branch of a large database where files share blocks.
async fn large(folder: &Path, figures: &mut Figures) -> Result<()> {
    let api = Api::start(Some(folder)).await?;
    let project = api.project().await?;
    let rows = ROWS.replace("$1", "850000");
    run(&project.uri, &format!("CREATE TABLE large AS {rows}")).await?;
    let (client, connection) = tokio_postgres::connect(&project.uri, NoTls).await?;
    tokio::spawn(connection);
    let size = "SELECT pg_database_size(current_database()) / 1048576";
    let size: i64 = client.query_one(size, &[]).await?.try_get(0)?;
    // The first waits until the disk has what was just written, which the system would do within
    // half a minute; blocks can be shared only then.
    let begin = Instant::now();
    api.branch(&project, "first").await?;
    api.idle(&project).await?;
    let what = format!("the same of {size} MB, right after they were written");
    untargeted(&what, begin.elapsed());
    let begin = Instant::now();
    let uri = api.branch(&project, "large").await?;
    api.idle(&project).await?;
    let what = format!("branch of {size} MB with reflinks, with its compute");
    figures.time(&what, begin.elapsed(), 1000.0);
    run(&uri, "SELECT 1 / (count(*) / 850000)::int FROM large").await?;
    drop(api);
    Ok(())
}

/// A file system with reflinks in a file, unmounted when it is dropped.
struct Xfs {
    image: PathBuf,
    folder: PathBuf,
}

impl Xfs {
    /// `None` where that is not allowed or not possible.
    fn mount() -> Result<Option<Self>> {
        let base = std::env::temp_dir();
        let id = std::process::id();
        let xfs = Self {
            image: base.join(format!("figures-{id}.xfs")),
            folder: base.join(format!("figures-{id}")),
        };
        fs::File::create(&xfs.image)?.set_len(6 << 30)?;
        fs::create_dir(&xfs.folder)?;
        let made = quiet("mkfs.xfs", &["-q", "-m", "reflink=1"], &[&xfs.image]);
        let mounted = made && quiet("mount", &["-o", "loop"], &[&xfs.image, &xfs.folder]);
        if !mounted {
            return Ok(None);
        }
        fs::set_permissions(&xfs.folder, fs::Permissions::from_mode(0o755))?;
        Ok(Some(xfs))
    }
}

impl Drop for Xfs {
    fn drop(&mut self) {
        quiet("umount", &[], &[&self.folder]);
        fs::remove_dir(&self.folder).ok();
        fs::remove_file(&self.image).ok();
    }
}

fn quiet(program: &str, arguments: &[&str], paths: &[&Path]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).args(paths);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
