//! Tests as a user writes them, with connection strings that lead to databases.

use std::process::Command;

use neon_api_emulator::{Emulator, Postgres};
use neon_api_test::TestDb;

async fn write_the_same_key(db: TestDb) {
    let client = db.tokio_postgres().await.unwrap();
    let write = "INSERT INTO account (id, owner) VALUES (7, 'mine')";
    client.batch_execute(write).await.unwrap();
    let count = client
        .query_one("SELECT count(*) FROM account", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), 3);
}

#[neon_api_test::branch(migrations = "tests/local/migrations", seed = "tests/local/seed.sql")]
#[ignore = "run by the test below, in a process of its own"]
async fn the_first_writes(db: TestDb) {
    write_the_same_key(db).await;
    panic!("as intended");
}

#[neon_api_test::branch(migrations = "tests/local/migrations", seed = "tests/local/seed.sql")]
#[ignore = "run by the test below, in a process of its own"]
async fn the_second_does_not_see_it(db: TestDb) {
    write_the_same_key(db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_a_branch_that_is_reset_between_them() {
    let postgres = match Postgres::find() {
        Ok(postgres) => postgres,
        Err(error) => return eprintln!("!!! SKIPPED: {error}"),
    };
    let server = Emulator::builder()
        .postgres(postgres)
        .start()
        .await
        .unwrap();
    let neon = neon_api::Neon::builder().api_key("napi_any");
    let neon = neon
        .transport(server.emulator().transport())
        .build()
        .unwrap();
    let project = neon
        .projects()
        .create("tests")
        .ready()
        .await
        .unwrap()
        .project
        .id
        .clone();
    let folder = std::env::temp_dir().join(format!("neon-kit-neon-{}", std::process::id()));
    let run = |name: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([name, "--exact", "--ignored", "--test-threads=1"]);
        command
            .env("NEON_TEST_BACKEND", "neon")
            .env("NEON_API_KEY", "napi_any");
        command.env("NEON_API_HOST", server.base_url());
        command.env("NEON_TEST_PROJECTS", project.as_str());
        command
            .env("NEON_TEST_POOL", "1")
            .env("NEON_TEST_DIR", &folder);
        async move {
            let output = tokio::task::spawn_blocking(move || command.output()).await;
            let output = output.unwrap().unwrap();
            let printed = [output.stdout, output.stderr].concat();
            (
                output.status.success(),
                String::from_utf8_lossy(&printed).into_owned(),
            )
        }
    };
    let (success, printed) = run("postgres::the_first_writes").await;
    assert!(!success && printed.contains("as intended"), "{printed}");
    let (success, printed) = run("postgres::the_second_does_not_see_it").await;
    assert!(success, "{printed}");
    // The project's own branch, the one with the migrations, and the pool's only one.
    assert_eq!(server.emulator().state().branches(&project).len(), 3);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What a connection string requires is done: here the certificate is one that nobody can verify.
#[tokio::test]
async fn migrations_use_tls_if_the_connection_string_requires_it() {
    use neon_api_test::{Migrate, SqlFile};

    let postgres = match Postgres::find() {
        Ok(postgres) => postgres,
        Err(error) => return eprintln!("!!! SKIPPED: {error}"),
    };
    let server = Emulator::builder()
        .postgres(postgres)
        .start()
        .await
        .unwrap();
    let url = format!(
        "postgresql://a:b@{}/c?sslmode=require",
        server.postgres_address().unwrap()
    );
    let error = SqlFile::new("tests/local/seed.sql")
        .run(&url)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(!error.contains("a:b"), "{error}");
}
