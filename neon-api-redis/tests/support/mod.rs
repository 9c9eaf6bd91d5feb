//! A real Redis on a unix socket in a temporary folder.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

pub mod script;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use neon_api::Rates;
use neon_api_redis::{RedisLimiter, RedisLimiterBuilder};
use tempfile::TempDir;

/// Longer than anything takes on a busy machine: it bounds what hangs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Repeats what takes no longer than Redis is waited for (100 ms), unless the machine stops for as
/// long: of ten times one has to go well.
pub async fn one_of_ten(mut attempt: impl AsyncFnMut() -> bool) {
    for _ in 0..10 {
        if attempt().await {
            return;
        }
    }
    panic!("it did not go well once");
}

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

    /// The slots of an operation that were reserved, as long as its limit has not forgotten any, and
    /// none was reserved for six seconds.
    pub fn slots(&self, operation: &str) -> usize {
        let key = format!("neon-api:{{acme}}:r:{operation}");
        match self.send(&["LLEN", &key]) {
            redis::Value::Int(count) => count.try_into().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// A number of the account's state, in microseconds.
    pub fn state(&self, field: &str) -> i64 {
        match self.send(&["HGET", "neon-api:{acme}:s", field]) {
            redis::Value::BulkString(bytes) => String::from_utf8(bytes).unwrap().parse().unwrap(),
            redis::Value::Nil => 0,
            other => panic!("{other:?}"),
        }
    }

    pub fn set_state(&self, field: &str, value: i64) {
        self.send(&["HSET", "neon-api:{acme}:s", field, &value.to_string()]);
    }

    /// As if nothing had been sent for long.
    pub fn fill_bucket(&self) {
        self.set_state(":tat", 1);
    }

    /// The clock of Redis, in microseconds.
    pub fn time(&self) -> i64 {
        let time = redis::cmd("TIME").query(&mut self.client().get_connection().unwrap());
        let (seconds, micros): (i64, i64) = time.unwrap();
        seconds * 1_000_000 + micros
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
