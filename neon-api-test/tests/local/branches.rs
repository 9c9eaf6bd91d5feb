//! Servers of their own: processes share the template, and leave nothing behind.

use std::fs;
use std::path::PathBuf;

use neon_api_test::{Isolation, TestDb};

use crate::support::{self, Folder, is_alive, success, until_line, wait_until};

/// What the helpers ask for.
fn branch() -> neon_api_test::Builder {
    let builder = TestDb::builder().isolation(Isolation::Branch);
    builder.migrations("tests/local/migrations")
}

async fn write_the_same(db: &TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    let commands = "CREATE DATABASE same; ";
    client.simple_query(commands).await.unwrap();
    let insert = "INSERT INTO account VALUES (1, 'Ada', 1)";
    client.simple_query(insert).await.unwrap();
    let count = "SELECT count(*) FROM account";
    let count: i64 = client.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
}

/// In a process of its own: two at a time, which are given back.
#[tokio::test]
#[ignore = "run by the tests in a process of its own"]
async fn two_branches() {
    let (first, second) = (
        branch().lease().await.unwrap(),
        branch().lease().await.unwrap(),
    );
    assert_ne!(first.url(), second.url());
    write_the_same(&first).await;
    write_the_same(&second).await;
    println!("leased");
}

/// In a process of its own: never ends by itself.
#[tokio::test]
#[ignore = "run by the tests in a process of its own"]
async fn a_branch_that_hangs() {
    let db = branch().lease().await.unwrap();
    write_the_same(&db).await;
    println!("leased");
    std::future::pending::<()>().await;
}

/// The folders that begin with this.
fn folders(folder: &Folder, start: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.path()) else {
        return Vec::new();
    };
    let all = entries.map(|entry| entry.unwrap());
    all.filter(|entry| entry.file_name().to_string_lossy().starts_with(start))
        .map(|entry| entry.path())
        .collect()
}

fn server(place: &std::path::Path) -> Option<i32> {
    let noted = fs::read_to_string(place.join("data/postmaster.pid")).ok()?;
    noted.lines().next()?.parse().ok()
}

#[tokio::test]
async fn processes_share_a_template_and_no_branch() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("branches");
    let start = |_| folder.helper("branches::two_branches", 0).spawn().unwrap();
    let all: Vec<_> = (0..4).map(start).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        assert!(output.status.success(), "{printed}");
    }
    let templates = folders(&folder, "template-");
    assert_eq!(templates.len(), 1, "{templates:?}");
    assert_eq!(server(&templates[0]), None, "a template has no server");
    // It is the same one that a later run uses: what it was made from is not made again.
    let version = templates[0].join("data/PG_VERSION");
    let made = fs::metadata(&version).unwrap().modified().unwrap();
    success(folder.helper("branches::two_branches", 0));
    assert_eq!(fs::metadata(&version).unwrap().modified().unwrap(), made);
    // No shared server was started for any of them.
    assert_eq!(folders(&folder, "template-"), templates);
    let rest = || folders(&folder, "branch-");
    wait_until("the data of ended processes are gone", || {
        rest().iter().all(|place| !place.join("data/base").exists())
    });
}

#[tokio::test]
async fn a_killed_process_leaves_no_server_and_nothing_after_the_next_run() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("branch-killed");
    let mut hanging = until_line(
        folder.helper("branches::a_branch_that_hangs", 600),
        "leased",
    );
    let places = folders(&folder, "branch-");
    let [place] = &places[..] else {
        panic!("{places:?}")
    };
    let pid = server(place).unwrap();
    // Another process does not take it for one that was left.
    success(folder.helper("branches::two_branches", 600));
    assert!(is_alive(pid) && place.join("data").exists());
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    wait_until("its server has ended", || !is_alive(pid));
    // Of root, the folder itself is left to the next run.
    wait_until("its data are gone", || !place.join("data/base").exists());
    success(folder.helper("branches::two_branches", 600));
    assert!(!place.exists());
}

/// As after a process that was killed while it made the template.
#[tokio::test]
async fn a_template_that_is_not_complete_is_made_again() {
    if support::builder().is_none() {
        return;
    }
    let folder = Folder::new("branch-half");
    success(folder.helper("branches::two_branches", 0));
    let template = folders(&folder, "template-").remove(0);
    fs::remove_file(template.join("made")).unwrap();
    fs::remove_dir_all(template.join("data/base")).unwrap();
    success(folder.helper("branches::two_branches", 0));
    assert!(template.join("made").exists());
}
