//! What the tests share.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use neon_api_test::{Backend, Builder, TestDb};
use tokio_postgres::{Client, NoTls};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// `None`, loudly, where there is no PostgreSQL.
pub(crate) fn builder() -> Option<Builder> {
    if let Err(error) = neon_api_emulator::Postgres::find() {
        eprintln!("!!! SKIPPED: {error}");
        return None;
    }
    Some(TestDb::builder().backend(Backend::Local))
}

/// A folder for a server that only the processes of one test use.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Tests that run at the same time may use the same name: whoever drops a folder ends its server.
    pub(crate) fn new(name: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let (process, made) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(format!("neon-kit-{name}-{process}-{made}")))
    }

    /// One of the ignored tests of this program, in a process of its own.
    pub(crate) fn helper(&self, name: &str, linger: u32) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            name,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env("NEON_TEST_DIR", &self.0);
        command.env("NEON_TEST_LINGER", linger.to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn server_folder(&self) -> Option<PathBuf> {
        let mut found = fs::read_dir(&self.0).ok()?;
        Some(found.next()?.ok()?.path())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.server_folder().unwrap().join("data")
    }

    pub(crate) fn postmaster(&self) -> Option<i32> {
        let noted = self.server_folder()?.join("data/postmaster.pid");
        fs::read_to_string(noted).ok()?.lines().next()?.parse().ok()
    }

    fn kept(&self) -> serde_json::Value {
        let kept = self.server_folder().unwrap().join("server.json");
        serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap()
    }

    pub(crate) fn guard(&self) -> i32 {
        self.kept()["guard"].as_i64().unwrap().try_into().unwrap()
    }

    /// A connection of the superuser to the server that runs.
    pub(crate) async fn connect(&self) -> Option<Client> {
        let kept = self.kept();
        let url = format!(
            "postgresql://cloud_admin:{}@127.0.0.1:{}/postgres",
            kept["password"].as_str().unwrap(),
            kept["port"]
        );
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }

    /// Waits until this query counts nothing.
    pub(crate) async fn until_none(&self, what: &str, count: &str) {
        let client = self.connect().await.unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let rest: i64 = client.query_one(count, &[]).await.unwrap().get(0);
            if rest == 0 {
                return;
            }
            assert!(Instant::now() < end, "{what}: {rest} remain");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Databases in use or left behind, roles without a database, and those that may be used.
    pub(crate) async fn count(&self) -> (i64, i64, i64) {
        let client = self.connect().await.unwrap();
        let copies = "datname LIKE 'neon\\_test\\_%\\_%'";
        let counted = format!(
            "SELECT (SELECT count(*) FROM used), \
             (SELECT count(*) FROM pg_roles r WHERE rolname LIKE 'neon\\_test\\_%\\_%' \
              AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname)), \
             (SELECT count(*) FROM pg_database WHERE {copies} \
              AND NOT EXISTS (SELECT FROM used WHERE name = datname))"
        );
        let row = client.query_one(&counted, &[]).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let pid = pid.to_string();
            Command::new("kill").args(["-QUIT", &pid]).status().ok();
            wait_until("the server has ended", || {
                self.postmaster().is_none() || !lives(&pid)
            });
        }
        // It would sleep until its time is over, with all that it has started.
        let kept = self.server_folder().map(|place| place.join("server.json"));
        let kept = kept.and_then(|path| fs::read_to_string(path).ok());
        let kept = kept.and_then(|kept| serde_json::from_str::<serde_json::Value>(&kept).ok());
        if let Some(guard) = kept.and_then(|kept| kept["guard"].as_i64().filter(|pid| *pid > 1)) {
            let group = format!("-{guard}");
            let mut kill = Command::new("kill");
            kill.args(["-KILL", "--", &group]).stderr(Stdio::null());
            kill.status().ok();
        }
        fs::remove_dir_all(&self.0).ok();
    }
}

fn lives(pid: &str) -> bool {
    Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

pub(crate) fn is_alive(pid: i32) -> bool {
    lives(&pid.to_string())
}

pub(crate) fn kill(pid: i32) {
    Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .status()
        .unwrap();
}

/// That a helper succeeds; returns what it printed.
pub(crate) fn success(mut command: Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{errors}");
    printed
}

/// Starts a helper, and returns when it has printed this line.
pub(crate) fn until_line(mut command: Command, line: &'static str) -> Child {
    use std::io::{BufRead, BufReader};
    use std::sync::mpsc;

    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (found, seen) = mpsc::channel();
    // Until the end, since what it prints has to go somewhere.
    std::thread::spawn(move || {
        for printed in output.lines().map_while(Result::ok) {
            if printed.contains(line) {
                found.send(()).ok();
            }
        }
    });
    if seen.recv_timeout(PATIENCE).is_err() {
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    }
    child
}

/// Looks again and again, since nobody says when another process has done something.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it is not so in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder with these files.
pub(crate) fn files(all: &[(&str, &str)]) -> Files {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("neon-kit-files-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::create_dir_all(&path).unwrap();
    for (name, content) in all {
        fs::write(path.join(name), content).unwrap();
    }
    Files(path)
}

pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
