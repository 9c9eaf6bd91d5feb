//! Finding the server that all test processes share, or starting it.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use neon_api_emulator::Postgres;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, Config, NoTls};

use super::place::{self, Place};
use super::processes::{end, lives};
use super::programs::Programs;
use crate::error::{Error, Result};
use crate::secret;
use crate::settings;

const GUARD: &str = include_str!("guard.sh");
const REGISTRY: &str = include_str!("registry.sql");
/// How long a start may take on a busy machine, recovery included.
const START: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(3);
/// Seconds without a user after which the server ends: programs with tests run one after another.
const LINGER: u32 = 10;
/// A port that was free may be taken when the server opens it; the last attempt is with new data.
const ATTEMPTS: usize = 4;

/// Tests need no durability, and many connections for a short time.
const SETTINGS: [&str; 17] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "max_connections=500",
    "superuser_reserved_connections=100",
    "wal_level=minimal",
    "max_wal_senders=0",
    "min_wal_size=4MB",
    "max_wal_size=256MB",
    "autovacuum=off",
    "max_logical_replication_workers=0",
    "jit=off",
    "logging_collector=off",
    "log_min_messages=fatal",
];

/// Everybody who connects has a password; the superuser's is in a file that only its user can read.
const HBA: &str = "host all all 127.0.0.1/32 scram-sha-256\n";

#[derive(Serialize, Deserialize)]
struct Running {
    port: u16,
    password: String,
    guard: i32,
}

/// A server in use by this process.
pub(super) struct Server {
    pub(super) port: u16,
    password: String,
    /// The server runs while this is open.
    _use: fs::File,
}

impl Server {
    /// The one that runs, or a new one.
    pub(super) async fn find_or_start() -> Result<(Self, Client)> {
        let programs = Programs::from_env();
        let place = Place::new(&programs)?;
        let lock = place.lock().await?;
        // Nothing is sent to whoever else may have its port by now.
        if let Some(running) = read(&place)
            && lives(&place.data())
            && let Ok(client) = connect(running.port, &running.password, "postgres").await
        {
            let server = Self {
                port: running.port,
                password: running.password,
                _use: place.join().await?,
            };
            return Ok((server, client));
        }
        let postgres = programs.find()?;
        let place = place.owned_by(postgres.runs_as()?);
        let found = start(&postgres, &place).await?;
        drop(lock);
        Ok(found)
    }

    /// A connection of the superuser.
    pub(super) async fn connect(&self, database: &str) -> Result<Client> {
        connect(self.port, &self.password, database).await
    }
}

async fn connect(port: u16, password: &str, database: &str) -> Result<Client> {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(Postgres::SUPERUSER)
        .password(password)
        .dbname(database)
        .application_name("neon-api-test");
    let connected = timeout(CONNECT, config.connect(NoTls)).await;
    let (client, connection) =
        connected.map_err(|_| Error::Database("the server does not respond".to_owned()))??;
    tokio::spawn(connection);
    Ok(client)
}

/// The server that was started last, as far as it was noted.
fn read(place: &Place) -> Option<Running> {
    let kept = fs::read_to_string(place.server_file()).ok()?;
    serde_json::from_str(&kept).ok()
}

/// Ends what a run left behind that was killed.
pub(super) async fn end_rest(place: &Place) {
    end(place, read(place).map(|running| running.guard)).await;
}

/// Starts the server of a place, and with it its data, unless they are there.
pub(super) async fn start(postgres: &Postgres, place: &Place) -> Result<(Server, Client)> {
    end_rest(place).await;
    place.hand_over()?;
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        if attempt + 1 == ATTEMPTS && !place.is_single {
            // What was kept may have lost files to those who clean up such folders.
            let stamp = place.stamp();
            gone(fs::remove_file(&stamp)).map_err(Error::file(&stamp))?;
        }
        prepare(postgres, place).await?;
        match run(postgres, place).await {
            Ok(running) => {
                let (port, password) = (running.port, running.password);
                let client = connect(port, &password, "postgres").await?;
                client.batch_execute(REGISTRY).await?;
                let server = Server {
                    port,
                    password,
                    _use: place.join().await?,
                };
                return Ok((server, client));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::Database("the server did not start".to_owned())))
}

/// Makes the data directory, unless one is there that was left in order, by the same release, since
/// the machine was started: nothing of it is ever forced to the disk.
async fn prepare(postgres: &Postgres, place: &Place) -> Result<()> {
    if place.is_single {
        // It was copied.
        return Ok(());
    }
    let (data, stamp) = (place.data(), place.stamp());
    let wanted = stamped(postgres);
    let is_same = fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
    let is_whole = data.join("PG_VERSION").is_file() && !data.join("postmaster.pid").exists();
    if is_same && is_whole && read(place).is_some() {
        return Ok(());
    }
    let failed = |path: &Path| Error::file(path.to_owned());
    for path in [&stamp, &place.server_file()] {
        gone(fs::remove_file(path)).map_err(failed(path))?;
    }
    // What a creation that was interrupted has left beside it.
    for path in [data.clone(), place.folder.join("initdb")] {
        gone(fs::remove_dir_all(&path)).map_err(failed(&path))?;
    }
    let password = secret::random::<32>()?;
    let verifier = secret::verifier(&password)?;
    postgres.create_cluster(&data, &verifier).await?;
    fs::write(data.join("pg_hba.conf"), HBA).map_err(failed(&data))?;
    let (port, guard) = (0, 0);
    let kept = Running {
        port,
        password,
        guard,
    };
    write(place, &kept)?;
    fs::write(&stamp, wanted).map_err(failed(&stamp))
}

/// What data are of: a release, and a start of the machine.
pub(super) fn stamped(postgres: &Postgres) -> String {
    format!("{} {}", postgres.release(), boot())
}

/// Differs after a start of the machine.
fn boot() -> String {
    let linux = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let other = || {
        let mut command = Command::new("sysctl");
        let printed = command.args(["-n", "kern.bootsessionuuid"]).output().ok()?;
        String::from_utf8(printed.stdout).ok()
    };
    let boot = linux.ok().or_else(other).unwrap_or_default();
    boot.trim().to_owned()
}

/// In one step, so that a process that is killed leaves a whole file.
fn write(place: &Place, running: &Running) -> Result<()> {
    let path = place.server_file();
    let new = path.with_extension("new");
    let written = || {
        gone(fs::remove_file(&new))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let content = serde_json::to_string(running)?;
        options.open(&new)?.write_all(content.as_bytes())?;
        fs::rename(&new, &path)
    };
    written().map_err(Error::file(&path))
}

fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

async fn run(postgres: &Postgres, place: &Place) -> Result<Running> {
    let kept =
        read(place).ok_or_else(|| Error::Database("the server's file is gone".to_owned()))?;
    let password = kept.password;
    let port = free_port().map_err(Error::file("127.0.0.1"))?;
    let data = place.data();
    let log = place.log();
    let log = || place::open(&log).map_err(Error::file(&log));
    let mut command = guard(place)?;
    // An immediate shutdown if the guard is killed.
    if binds() {
        command.args(["setpriv", "--pdeathsig", "QUIT", "--"]);
    }
    command
        .arg(postgres.program("postgres"))
        .arg("-D")
        .arg(&data);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(["-c", &format!("port={port}")]);
    command.env_clear().env("LC_ALL", "C");
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    if let Some((user, group)) = postgres.runs_as()? {
        command.uid(user).gid(group);
    }
    // Signals of a terminal are for the tests.
    command.process_group(0).current_dir("/");
    command.stdin(Stdio::null()).stdout(log()?).stderr(log()?);
    let mut child = command.spawn().map_err(Error::file("sh"))?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    let running = Running {
        port,
        password,
        guard: pid,
    };
    write(place, &running)?;
    let end = Instant::now() + START;
    while !is_ready(&data) {
        let guard_ended = child.try_wait().is_ok_and(|status| status.is_some());
        if has_failed(&place.log()) || guard_ended || Instant::now() >= end {
            let why = why(&place.log());
            child.kill().ok();
            child.wait().ok();
            return Err(Error::Database(format!("the server did not start: {why}")));
        }
        sleep(STEP).await;
    }
    // Nobody waits for the guard while this process lives; it outlives it as a rule.
    std::thread::spawn(move || child.wait());
    Ok(running)
}

fn guard(place: &Place) -> Result<Command> {
    let linger = match settings::string("NEON_TEST_LINGER") {
        Some(set) => set.trim().parse().map_err(|_| {
            let why = format!("{set:?} is not a number of seconds");
            Error::Setting("NEON_TEST_LINGER", why)
        })?,
        None => LINGER,
    };
    let linger = if place.ends_at_once { 0 } else { linger };
    // Its last words should be those of this start.
    let log = place.log();
    let emptied = OpenOptions::new().write(true).truncate(true).open(&log);
    if emptied.is_err() {
        place::open(&log).map_err(Error::file(&log))?;
    }
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "neon-api-test"]);
    command.arg(place.lock_file()).arg(place.users_file());
    command.arg(linger.to_string());
    let data = place.data();
    command.arg(if place.is_single {
        data.as_path()
    } else {
        Path::new("")
    });
    Ok(command)
}

fn binds() -> bool {
    let mut probe = Command::new("setpriv");
    probe.args(["--pdeathsig", "QUIT", "true"]);
    probe.stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// The eighth line of this file says what the server is doing.
fn is_ready(data: &Path) -> bool {
    let noted = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let line = noted.lines().nth(7);
    line.is_some_and(|line| line.starts_with("ready"))
}

/// The guard does not end with the server, so that this shows in what was printed.
fn has_failed(log: &Path) -> bool {
    let log = fs::read_to_string(log).unwrap_or_default();
    let fatal = [
        "FATAL",
        "PANIC",
        "postgres:",
        "setpriv:",
        "sh:",
        "error while loading",
    ];
    fatal.iter().any(|word| log.contains(word))
}

fn why(log: &Path) -> String {
    let log = fs::read_to_string(log).unwrap_or_default();
    let fatal = |line: &&str| line.contains("FATAL") || line.contains("PANIC");
    let line = log.lines().rev().find(fatal).or_else(|| log.lines().last());
    line.unwrap_or("it printed nothing").to_owned()
}
