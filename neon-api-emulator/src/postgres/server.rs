//! One running server.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, Config, NoTls};

use super::admin::Admin;
use super::error::{PostgresError, Result};
use super::parameters::{Parameters, arguments};
use super::programs::Programs;
use super::servers::Process;
use super::template::SUPERUSER;

/// How long a start may take on a busy machine, recovery included.
const START: Duration = Duration::from_secs(60);
/// How long each way to stop is given before a harsher one.
const STOP: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(3);

/// Stopped at once when it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    process: Arc<Process>,
    pub(super) place: SocketPlace,
    admin: Arc<Admin>,
    /// With which it was started.
    pub(super) parameters: Parameters,
}

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) struct SocketPlace {
    pub(super) folder: PathBuf,
    pub(super) port: u16,
}

impl SocketPlace {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }
}

/// Small and fast; what is lost when the machine fails is lost anyway. What is committed survives a
/// crash of the server.
const SETTINGS: [&str; 15] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "shared_buffers=16MB",
    "max_connections=100",
    "superuser_reserved_connections=3",
    "wal_level=replica",
    "max_wal_senders=0",
    "min_wal_size=4MB",
    "max_wal_size=256MB",
    "autovacuum_max_workers=1",
    "max_logical_replication_workers=0",
    "jit=off",
    "logging_collector=off",
    "log_destination=stderr",
];

fn command(
    programs: &Programs,
    data: &Path,
    place: &SocketPlace,
    parameters: &Parameters,
) -> Result<Command> {
    let mut command = programs.command("postgres");
    command.arg("-D").arg(data);
    let folder = place.folder.to_str().ok_or_else(|| {
        PostgresError::Failed(format!("{} is not valid UTF-8", place.folder.display()))
    })?;
    let mut set = |setting: &str| {
        command.args(["-c", setting]);
    };
    for setting in SETTINGS {
        set(setting);
    }
    for setting in arguments(parameters)? {
        set(&setting);
    }
    set(&format!("unix_socket_directories={folder}"));
    set(&format!("port={}", place.port));
    if programs.binaries.version >= 18 {
        // Without processes for it.
        set("io_method=sync");
    }
    let mut log = OpenOptions::new();
    log.append(true).create(true).mode(0o600);
    let log = log.open(log_of(data))?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}

fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

impl Server {
    /// Returns when it accepts connections.
    pub(super) async fn start(
        programs: &Programs,
        data: &Path,
        place: SocketPlace,
        admin: Arc<Admin>,
        parameters: &Parameters,
    ) -> Result<Self> {
        let failed = |why: &str| {
            let log = fs::read_to_string(log_of(data)).unwrap_or_default();
            let last = log
                .lines()
                .rev()
                .find(|l| l.contains("FATAL") || l.contains("PANIC"));
            let last = last.unwrap_or_else(|| log.lines().last().unwrap_or_default());
            PostgresError::Failed(format!("the server {why}: {last}"))
        };
        // One that crashed leaves it, and its process ID may be another's.
        fs::remove_file(data.join("postmaster.pid")).ok();
        let child = programs
            .spawn(command(programs, data, &place, parameters)?)
            .await?;
        let process = programs.servers().add(child);
        let process = process.ok_or_else(|| failed("was stopped"))?;
        let server = Self {
            process,
            place,
            admin,
            parameters: parameters.clone(),
        };
        let end = Instant::now() + START;
        while !is_ready(data) {
            if !server.lives() {
                return Err(failed("did not start"));
            }
            if Instant::now() >= end {
                return Err(failed("did not start in time"));
            }
            sleep(STEP).await;
        }
        Ok(server)
    }

    pub(super) fn lives(&self) -> bool {
        self.process.lives()
    }

    /// Ends sessions with the message that clients of Neon see, and writes everything down.
    pub(super) async fn stop(&self) {
        for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
            self.process.signal(signal);
            let end = Instant::now() + STOP;
            while self.lives() && Instant::now() < end {
                sleep(STEP).await;
            }
            if !self.lives() {
                return;
            }
        }
    }

    /// A connection of the superuser, which ends with the client.
    pub(super) async fn connect(&self, database: &str) -> Result<Client> {
        let mut config = Config::new();
        config
            .host_path(&self.place.folder)
            .port(self.place.port)
            .user(SUPERUSER)
            .password(self.admin.password())
            .dbname(database)
            .application_name("neon-api-emulator")
            .connect_timeout(START);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// One of PostgreSQL's client programs, connected as the superuser.
    pub(super) fn client(&self, programs: &Programs, name: &str) -> Command {
        let mut command = programs.command(name);
        command
            .env("PGHOST", &self.place.folder)
            .env("PGPORT", self.place.port.to_string())
            .env("PGUSER", SUPERUSER)
            .env("PGPASSWORD", self.admin.password());
        command
    }
}

/// The last line of this file says what the server is doing.
fn is_ready(data: &Path) -> bool {
    let noted = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    noted
        .lines()
        .nth(7)
        .is_some_and(|line| line.starts_with("ready"))
}
