//! A real Redis on a unix socket in a temporary folder.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use neon_api::Rates;
use neon_api_redis::{RedisLimiter, RedisLimiterBuilder};
use tempfile::TempDir;

/// A server that ends with its value.
pub struct Server {
    program: &'static str,
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

/// Redis or Valkey, if installed. Says loudly that tests are skipped otherwise, and fails if
/// `REDIS=required`.
pub fn find() -> Option<&'static str> {
    let is_there = |program: &&str| {
        let mut command = Command::new(program);
        let status = command.arg("--version").stdout(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let found = ["redis-server", "valkey-server"].into_iter().find(is_there);
    if found.is_none() {
        eprintln!("\n!!! SKIPPED: neither redis-server nor valkey-server is installed\n");
        assert!(
            std::env::var("REDIS").as_deref() != Ok("required"),
            "REDIS=required, and there is none"
        );
    }
    found
}

impl Server {
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        let mut server = Self {
            program: find()?,
            folder: TempDir::new().unwrap(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            child: None,
        };
        server.run();
        Some(server)
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn socket(&self) -> String {
        self.folder.path().join("redis.sock").display().to_string()
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket())
    }

    /// Starts it, again if it was killed.
    pub fn run(&mut self) {
        assert!(self.child.is_none());
        let mut command = Command::new(self.program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--unixsocket", &self.socket(), "--dir"])
            .arg(self.folder.path())
            .args(&self.arguments)
            .stdout(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "Redis does not start"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it, without any notice.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn client(&self) -> redis::Client {
        redis::Client::open(self.url()).unwrap()
    }

    /// Sends one command.
    pub fn send(&self, command: &[&str]) -> redis::Value {
        let mut connection = self.client().get_connection().unwrap();
        let mut sent = redis::cmd(command.first().unwrap());
        for argument in command.iter().skip(1) {
            sent.arg(*argument);
        }
        sent.query(&mut connection).unwrap()
    }

    pub fn builder(&self, rates: Rates) -> RedisLimiterBuilder {
        RedisLimiter::builder(self.url(), "acme").rates(rates)
    }

    pub async fn limiter(&self, rates: Rates) -> RedisLimiter {
        self.builder(rates).build().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
