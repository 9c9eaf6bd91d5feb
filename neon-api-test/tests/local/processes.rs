//! Processes that share a server, end, panic, and are killed.

use std::path::Path;

use neon_api_test::{MigrateWith, TestDb};

use crate::support::{self, Folder, is_alive, kill, success, until_line, wait_until};

/// In a process of its own: prints its database, and ends.
#[tokio::test]
#[ignore = "run by the tests in a process of its own"]
async fn one_lease() {
    let db = TestDb::lease().await.unwrap();
    let client = db.tokio_postgres().await.unwrap();
    client
        .batch_execute("CREATE TABLE same (key int)")
        .await
        .unwrap();
    println!("leased");
}

/// In a process of its own: panics in a test.
#[neon_api_test::branch]
#[ignore = "run by the tests in a process of its own"]
async fn one_panic(_db: TestDb) {
    panic!("as intended");
}

/// In a process of its own: never ends by itself.
#[neon_api_test::branch]
#[ignore = "run by the tests in a process of its own"]
async fn one_that_hangs(db: TestDb) {
    db.tokio_postgres().await.unwrap();
    println!("leased");
    std::future::pending::<()>().await;
}

/// In a process of its own: its migrations never end.
#[tokio::test]
#[ignore = "run by the tests in a process of its own"]
async fn one_that_migrates() {
    let hangs = MigrateWith::new("hangs", "", async |url: String| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute("CREATE TABLE half (id int)").await?;
        println!("migrating");
        client.batch_execute("SELECT pg_sleep(3600)").await?;
        Ok(())
    });
    let _db = TestDb::builder().migrate(hangs).lease().await.unwrap();
}

/// In a process of its own: uses the server until another one has been swept up.
#[tokio::test]
#[ignore = "run by the tests in a process of its own"]
async fn one_that_sweeps() {
    let _db = TestDb::lease().await.unwrap();
    println!("leased");
    // Ends with its input.
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn what_a_panic_and_a_killed_process_leave_is_gone_after_the_next_run() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("left");
    let panicked = folder.helper("processes::one_panic", 600).output().unwrap();
    assert!(!panicked.status.success());
    let mut hanging = until_line(folder.helper("processes::one_that_hangs", 600), "leased");
    let used = folder.count().await.0;
    assert!(used >= 1, "{used}");
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    let client = folder.connect().await.unwrap();
    let left = client.query("SELECT name FROM used", &[]).await.unwrap();
    let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
    assert!(!left.is_empty());
    let left = format!("ARRAY['{}']::text[]", left.join("', '"));

    let mut command = folder.helper("processes::one_that_sweeps", 600);
    command.stdin(std::process::Stdio::piped());
    let mut next = until_line(command, "leased");
    let rest = format!(
        "SELECT (SELECT count(*) FROM used WHERE name = ANY({left})) + \
         (SELECT count(*) FROM pg_database WHERE datname = ANY({left})) + \
         (SELECT count(*) FROM pg_roles WHERE rolname = ANY({left}))"
    );
    folder.until_none("what was left behind", &rest).await;
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());
}

/// The next one may have other migrations, and never come to make this template again.
#[tokio::test]
async fn a_template_whose_process_was_killed_is_gone_after_the_next_run() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("half");
    let migrates = || folder.helper("processes::one_that_migrates", 600);
    let mut living = until_line(migrates(), "migrating");
    let made = "SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE 'new\\_%') + \
         (SELECT count(*) FROM pg_roles WHERE rolname ~ '^neon_test_[0-9a-f]+$' \
         AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname))";
    let client = folder.connect().await.unwrap();
    let sweeps = || {
        let mut command = folder.helper("processes::one_that_sweeps", 600);
        command.stdin(std::process::Stdio::piped());
        until_line(command, "leased")
    };
    let mut next = sweeps();
    // What is being made stays: `client` sees it until its process is killed.
    let count = client.query_one(made, &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 2);
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());

    living.kill().unwrap();
    living.wait().unwrap();
    let mut next = sweeps();
    folder.until_none("the template and its role", made).await;
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());
}

#[tokio::test]
async fn processes_share_a_server_that_ends_with_the_last() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("share");
    let mut first = until_line(folder.helper("processes::one_that_hangs", 0), "leased");
    let server = folder.postmaster().unwrap();
    let guard = folder.guard();
    for _ in 0..3 {
        success(folder.helper("processes::one_lease", 0));
        assert_eq!(folder.postmaster(), Some(server));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    wait_until("the server has ended", || {
        folder.postmaster().is_none() && !is_alive(server)
    });
    wait_until("its guard has ended", || !is_alive(guard));
    // What it kept is used again.
    success(folder.helper("processes::one_lease", 0));
}

#[tokio::test]
async fn a_server_that_was_killed_is_replaced() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("killed");
    success(folder.helper("processes::one_lease", 600));
    let (server, guard) = (folder.postmaster().unwrap(), folder.guard());
    kill(guard);
    wait_until("the server ends with its guard", || !is_alive(server));
    success(folder.helper("processes::one_lease", 600));
    let second = folder.postmaster().unwrap();
    kill(second);
    wait_until("the server is gone", || !is_alive(second));
    success(folder.helper("processes::one_lease", 600));
    assert_ne!(folder.postmaster(), Some(second));
}

/// Many begin at the same time, of which one starts the server, and all are served by it.
#[tokio::test]
async fn processes_that_begin_together_have_one_server() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("together");
    let start = |_| folder.helper("processes::one_lease", 600).spawn().unwrap();
    let all: Vec<_> = (0..6).map(start).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let client = folder.connect().await.unwrap();
    let made = "SELECT count(*) FROM templates";
    assert_eq!(
        client.query_one(made, &[]).await.unwrap().get::<_, i64>(0),
        1
    );
}

/// As those do who clean up folders for temporary files.
#[tokio::test]
async fn data_that_lost_files_are_made_anew() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("lost");
    success(folder.helper("processes::one_lease", 0));
    wait_until("the server has ended", || folder.postmaster().is_none());
    std::fs::remove_dir_all(folder.data().join("global")).unwrap();
    success(folder.helper("processes::one_lease", 0));
}

/// Where there is no `flock`, as on macOS.
#[tokio::test]
async fn a_server_ends_with_its_last_user_by_perl_too() {
    let programs = ["sh", "sleep", "perl", "setpriv", "true"];
    let found = |name: &&str| Path::new("/usr/bin").join(name).exists();
    if support::builder().is_none() || !programs.iter().all(found) {
        return;
    }
    let path = support::files(&[]);
    for name in programs {
        std::os::unix::fs::symlink(Path::new("/usr/bin").join(name), path.path().join(name))
            .unwrap();
    }
    let folder = Folder::new("perl");
    let mut command = folder.helper("processes::one_lease", 0);
    command.env("PATH", path.path());
    success(command);
    wait_until("the server has ended", || folder.postmaster().is_none());
}
