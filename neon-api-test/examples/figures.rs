//! What databases for tests cost on this machine, beside `#[sqlx::test]` on a plain server:
//!
//! ```sh
//! cargo run --release -p neon-api-test --example figures --features sqlx,tokio-postgres
//! ```
//!
//! Each measurement runs in a process of its own, as tests do.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::borrow::Cow;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use neon_api_emulator::Postgres;
use neon_api_test::{Builder, SqlxMigrations, TestDb};
use sqlx::PgPool;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::testing::{TestArgs, TestFn};

const TESTS: usize = 200;
const MIGRATIONS: i64 = 20;
const LEASES: usize = 60;

fn main() {
    match env::args().nth(1).as_deref() {
        Some("one") => one(),
        Some("many") => many(),
        Some("ours") => ours(),
        Some("sqlx") => theirs(),
        _ => all(),
    }
}

/// Tables as a program has them.
fn migrator(count: i64) -> &'static Migrator {
    let migration = |number: i64| {
        let sql = format!(
            "CREATE TABLE t{number} (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz); \
             CREATE INDEX ON t{number} (name); INSERT INTO t{number} (name) VALUES ('first');"
        );
        let kind = MigrationType::Simple;
        Migration::new(number, "table".into(), kind, Cow::Owned(sql), false)
    };
    let migrations = (1..=count).map(migration).collect::<Vec<_>>();
    Box::leak(Box::new(Migrator {
        migrations: Cow::Owned(migrations),
        ..Migrator::DEFAULT
    }))
}

fn builder(migrations: i64) -> Builder {
    TestDb::builder().migrate(SqlxMigrations::new(migrator(migrations)))
}

/// What each test does in its database.
async fn work(pool: &PgPool) {
    let insert = "INSERT INTO t1 (name) VALUES ('second')";
    sqlx::query(insert).execute(pool).await.unwrap();
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM t1");
    assert_eq!(count.fetch_one(pool).await.unwrap(), 2);
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// The first database of a process.
fn one() {
    let begin = Instant::now();
    let db = runtime().block_on(builder(2).lease()).unwrap();
    println!("{}", begin.elapsed().as_micros());
    drop(db);
}

/// The median of many, each of which is used.
fn many() {
    runtime().block_on(async {
        let mut times = Vec::new();
        for _ in 0..LEASES {
            let begin = Instant::now();
            let db = builder(2).lease().await.unwrap();
            times.push(begin.elapsed());
            let pool = db.sqlx().await.unwrap();
            work(&pool).await;
            pool.close().await;
        }
        times.sort();
        println!("{}", times[LEASES / 2].as_micros());
    });
}

/// Runs the tests as libtest does: in as many threads as there are processors.
fn in_threads(test: impl Fn(usize) + Sync) {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= TESTS {
                        return;
                    }
                    test(number);
                }
            });
        }
    });
    println!("{}", begin.elapsed().as_micros());
}

fn ours() {
    let migrator = migrator(MIGRATIONS);
    in_threads(|_| {
        let builder = TestDb::builder().migrate(SqlxMigrations::new(migrator));
        let test = async |db: TestDb| {
            let pool = db.sqlx().await.unwrap();
            work(&pool).await;
        };
        runtime().block_on(builder.run(test)).unwrap();
    });
}

async fn test(pool: PgPool) {
    work(&pool).await;
}

/// As `#[sqlx::test(migrator = "…")]` expands.
fn theirs() {
    let migrator = migrator(MIGRATIONS);
    in_threads(|number| {
        let path: &'static str = Box::leak(format!("figures::test_{number}").into_boxed_str());
        let mut args = TestArgs::new(path);
        args.migrator(migrator);
        (test as fn(PgPool) -> _).run_test(args);
    });
}

/// A run of this program, and the time that it prints.
fn measured(what: &str, set: &[(&str, &str)]) -> Duration {
    let mut command = Command::new(env::current_exe().unwrap());
    command.arg(what).envs(set.iter().copied());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{what} failed");
    let printed = String::from_utf8(output.stdout).unwrap();
    Duration::from_micros(printed.lines().last().unwrap().parse().unwrap())
}

/// A server as it is installed.
struct Plain {
    folder: PathBuf,
    child: Child,
    url: String,
}

impl Plain {
    fn start(parent: &Path) -> Self {
        let postgres = Postgres::find().unwrap();
        let folder = parent.join("plain");
        fs::create_dir(&folder).unwrap();
        let data = folder.join("data");
        let made = postgres.create_cluster(&data, "SCRAM-SHA-256$1:YQ==$YQ==:YQ==");
        runtime().block_on(made).unwrap();
        fs::write(
            data.join("pg_hba.conf"),
            "host all all 127.0.0.1/32 trust\n",
        )
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut command = Command::new(postgres.program("postgres"));
        command.arg("-D").arg(&data);
        command.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            &format!("port={port}"),
        ]);
        if let Some((user, group)) = postgres.runs_as().unwrap() {
            command.uid(user).gid(group);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let url = format!(
            "postgresql://{}@127.0.0.1:{port}/postgres",
            Postgres::SUPERUSER
        );
        let is_ready = || {
            let noted = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            noted
                .lines()
                .nth(7)
                .is_some_and(|line| line.starts_with("ready"))
        };
        while !is_ready() {
            thread::sleep(Duration::from_millis(10));
        }
        Self { folder, child, url }
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().ok();
        self.child.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn all() {
    let parent = env::temp_dir().join(format!("neon-api-test-figures-{}", std::process::id()));
    fs::create_dir(&parent).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    fs::set_permissions(&parent, mode).unwrap();
    let ours = parent.join("ours");
    let ours = ours.to_str().unwrap();
    let set = |linger| [("NEON_TEST_DIR", ours), ("NEON_TEST_LINGER", linger)];
    let ended = || {
        let server = fs::read_dir(ours).unwrap().next().unwrap().unwrap().path();
        while server.join("data/postmaster.pid").exists() {
            thread::sleep(Duration::from_millis(10));
        }
    };
    let first = measured("one", &set("0"));
    ended();
    println!(
        "first database ever, with initdb and migrations  {:7.1} ms",
        millis(first)
    );
    let mut cold: Vec<Duration> = (0..5)
        .map(|_| {
            let time = measured("one", &set("0"));
            ended();
            time
        })
        .collect();
    cold.sort();
    println!(
        "first of a run, with the start of the server     {:7.1} ms",
        millis(cold[2])
    );
    // The server goes on until the end.
    measured("one", &set("600"));
    let process = measured("one", &set("600"));
    println!(
        "first of a process, while the server runs        {:7.1} ms",
        millis(process)
    );
    let median = measured("many", &set("600"));
    println!(
        "median of {LEASES} one after the other                 {:7.1} ms",
        millis(median)
    );
    let plain = Plain::start(&parent);
    let theirs = measured("sqlx", &[("DATABASE_URL", &plain.url)]);
    drop(plain);
    let tests = measured("ours", &set("600"));
    end_server(Path::new(ours));
    println!(
        "{TESTS} tests with {MIGRATIONS} migrations, #[sqlx::test]         {:7.2} s",
        theirs.as_secs_f64()
    );
    println!(
        "{TESTS} tests with {MIGRATIONS} migrations, here                  {:7.2} s",
        tests.as_secs_f64()
    );
    println!(
        "ratio                                            {:7.2}",
        tests.as_secs_f64() / theirs.as_secs_f64()
    );
    fs::remove_dir_all(&parent).unwrap();
}

/// It would wait for the next tests.
fn end_server(folder: &Path) {
    let server = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let noted = server.join("data/postmaster.pid");
    let pid = fs::read_to_string(&noted).unwrap();
    let pid = pid.lines().next().unwrap();
    Command::new("kill").args(["-INT", pid]).status().unwrap();
    while noted.exists() {
        thread::sleep(Duration::from_millis(10));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
