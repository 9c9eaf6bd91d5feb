//! A PostgreSQL server of a test's own, with TLS and SCRAM, that can be stopped and started. It is
//! included by its path in the tests of several crates, and needs nothing but the standard library;
//! `front.rs`, which some include beside it, needs Tokio.
#![allow(dead_code, reason = "each test uses its own part")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

/// The superuser and its password, with which tests log in. It needs encoding in a URI.
pub(crate) const ROLE: &str = "app owner";
pub(crate) const PASSWORD: &str = "p@ss:w/ord?&#%'\"é";

static NEXT: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    pub(crate) port: u16,
}

impl Cluster {
    /// One that runs, with a certificate for this host, or `None`, with a line that the gate counts,
    /// where there is no PostgreSQL.
    pub(crate) fn start_for(host: &str) -> Option<Self> {
        Self::start_with(host, "-sha256")
    }

    /// With a certificate that is signed by this digest.
    pub(crate) fn start_with(host: &str, digest: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("!!! SKIPPED: PostgreSQL is not installed");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("neon-api-test-{}-{number}", process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let user = user();
        own(user, &folder);
        let port = free_port(number);
        let cluster = Self {
            folder,
            programs,
            user,
            port,
        };
        let password = cluster.folder.join("password");
        fs::write(&password, PASSWORD).unwrap();
        own(user, &password);
        cluster.run("initdb", |initdb| {
            initdb
                .arg("-D")
                .arg(cluster.data())
                .arg("--pwfile")
                .arg(&password);
            initdb.args([
                "-U",
                ROLE,
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--no-sync",
                "--no-locale",
            ]);
        });
        fs::write(
            cluster.data().join("pg_hba.conf"),
            "host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n",
        )
        .unwrap();
        cluster.certify(host, digest);
        cluster.resume();
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The server's certificate, which no authority has issued, in PEM.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        fs::read(self.data().join("server.crt")).unwrap()
    }

    /// What the server has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn certify(&self, host: &str, digest: &str) {
        let names = match host.parse::<std::net::IpAddr>() {
            Ok(address) => format!("subjectAltName=IP:{address}"),
            Err(_) => format!("subjectAltName=DNS:{host}"),
        };
        let (key, certificate) = (
            self.data().join("server.key"),
            self.data().join("server.crt"),
        );
        let output = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", digest,
            ])
            .args(["-subj", "/CN=a test", "-addext", &names])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("these tests need the openssl command");
        assert!(output.status.success(), "{output:?}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        own(self.user, &key);
        own(self.user, &certificate);
    }

    /// Starts it again.
    pub(crate) fn resume(&self) {
        let settings = format!(
            "-p {} -k {} -c ssl=on -c listen_addresses=127.0.0.1 -c fsync=off -c jit=off \
             -c shared_buffers=16MB -c log_connections=on -c log_disconnections=on",
            self.port,
            self.folder.display()
        );
        self.run("pg_ctl", |pg_ctl| {
            pg_ctl
                .args(["start", "-w", "-s", "-t", "120", "-D"])
                .arg(self.data());
            pg_ctl
                .arg("-l")
                .arg(self.folder.join("log"))
                .arg("-o")
                .arg(&settings);
        });
    }

    /// Stops it as Neon suspends a compute: sessions end with 57P01.
    pub(crate) fn suspend(&self) {
        self.run("pg_ctl", |pg_ctl| {
            pg_ctl
                .args(["stop", "-w", "-s", "-t", "120", "-m", "fast", "-D"])
                .arg(self.data());
        });
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command)) {
        let mut command = self.command(program);
        arguments(&mut command);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{program}: {output:?}\n{}",
            self.log()
        );
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).env_clear();
        // The server keeps them open otherwise, and what reads them waits.
        command.stdin(process::Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-s", "-m", "immediate", "-D"])
            .arg(self.data());
        let _ = stop.output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that stays free while the server is stopped: below those that the system gives out.
fn free_port(number: u32) -> u16 {
    let first = process::id().wrapping_add(number.wrapping_mul(997));
    let candidates = (0..2000).map(|step| 12_000 + first.wrapping_add(step * 7) % 18_000);
    let mut ports = candidates.filter_map(|port| u16::try_from(port).ok());
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}

/// The folder of the newest version that Debian or `PATH` has.
fn programs() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<(u32, PathBuf)> = packaged
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    versions.sort();
    let packaged = versions.into_iter().rev().map(|(_, path)| path);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all: Vec<PathBuf> = std::env::split_paths(&path).chain(packaged).collect();
    all.into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// As whom it runs if the test runs as root, which PostgreSQL refuses.
fn user() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn own(user: Option<(u32, u32)>, path: &Path) {
    if let Some((uid, gid)) = user {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}
