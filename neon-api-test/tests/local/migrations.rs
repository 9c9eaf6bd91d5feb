//! Migrations of each kind, and their errors.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use neon_api_test::{
    DieselMigrations, Error, MigrateWith, MigrationError, RefineryMigrations, SqlxMigrations,
    TestDb,
};

use crate::support;

static SQLX: sqlx::migrate::Migrator = sqlx::migrate!("tests/local/migrations");
static BROKEN_SQLX: sqlx::migrate::Migrator = sqlx::migrate!("tests/local/broken");
const DIESEL: EmbeddedMigrations = embed_migrations!("tests/local/diesel");
const BROKEN_DIESEL: EmbeddedMigrations = embed_migrations!("tests/local/broken_diesel");

mod good {
    refinery::embed_migrations!("tests/local/refinery");
}

mod broken {
    refinery::embed_migrations!("tests/local/broken_refinery");
}

async fn balances(db: &TestDb) -> i64 {
    let client = db.tokio_postgres().await.unwrap();
    let write = "INSERT INTO account (id, owner, balance) VALUES (1, 'Ada', 5)";
    client.batch_execute(write).await.unwrap();
    let row = client
        .query_one("SELECT balance FROM account", &[])
        .await
        .unwrap();
    row.get(0)
}

async fn rows(db: &TestDb, table: &str) -> i64 {
    let client = db.tokio_postgres().await.unwrap();
    let count = format!("SELECT count(*) FROM {table}");
    client.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn each_kind_makes_the_template() {
    let Some(builder) = support::builder() else {
        return;
    };
    let files = builder
        .clone()
        .migrations("tests/local/migrations")
        .lease()
        .await
        .unwrap();
    assert_eq!(balances(&files).await, 5);
    let sqlx = builder
        .clone()
        .migrate(SqlxMigrations::new(&SQLX))
        .lease()
        .await
        .unwrap();
    assert_eq!(balances(&sqlx).await, 5);
    assert_eq!(rows(&sqlx, "_sqlx_migrations").await, 2);
    let refinery = RefineryMigrations::new(good::migrations::runner());
    let refinery = builder.clone().migrate(refinery).lease().await.unwrap();
    assert_eq!(balances(&refinery).await, 5);
    assert_eq!(rows(&refinery, "refinery_schema_history").await, 2);
    let diesel = builder
        .clone()
        .migrate(DieselMigrations::new(DIESEL))
        .lease()
        .await
        .unwrap();
    assert_eq!(balances(&diesel).await, 5);
    assert_eq!(rows(&diesel, "__diesel_schema_migrations").await, 2);
    let schema = "CREATE TABLE account (id bigint, owner text, balance bigint)";
    let with = MigrateWith::new("schema", schema, async move |url: String| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(schema).await?;
        Ok(())
    });
    let with = builder.migrate(with).lease().await.unwrap();
    assert_eq!(balances(&with).await, 5);
}

fn shown(outcome: Result<TestDb, Error>) -> String {
    outcome.expect_err("it is broken").to_string()
}

#[tokio::test]
async fn a_broken_migration_is_named_with_its_statement() {
    let Some(builder) = support::builder() else {
        return;
    };
    let at = "failed at statement 2 (line 4: INSERT INTO missing VALUES (2)): relation \
              \"missing\" does not exist (42P01)";
    let files = shown(
        builder
            .clone()
            .migrations("tests/local/broken")
            .lease()
            .await,
    );
    assert!(
        files.ends_with(&format!("tests/local/broken/2_rows.sql {at}")),
        "{files}"
    );
    let sqlx = SqlxMigrations::new(&BROKEN_SQLX);
    let sqlx = shown(builder.clone().migrate(sqlx).lease().await);
    assert_eq!(sqlx, format!("migration 2_rows.sql {at}"));
    let refinery = RefineryMigrations::new(broken::migrations::runner());
    let refinery = shown(builder.clone().migrate(refinery).lease().await);
    assert_eq!(refinery, format!("migration V2__rows.sql {at}"));
    let diesel = DieselMigrations::new(BROKEN_DIESEL);
    let diesel = shown(builder.clone().migrate(diesel).lease().await);
    assert_eq!(diesel, format!("migration 2_rows/up.sql {at}"));
    let with = MigrateWith::new("schema", "", async |_: String| Err("no luck".into()));
    let with = shown(builder.migrate(with).lease().await);
    assert_eq!(with, "migration schema failed: no luck");
}

/// As exactly as the function lets it be known.
#[tokio::test]
async fn a_function_that_fails_is_named_with_its_step_and_what_the_server_said() {
    let Some(builder) = support::builder() else {
        return;
    };
    let server = MigrateWith::new("schema", "1", async |url: String| {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client
            .batch_execute("INSERT INTO missing VALUES (2)")
            .await?;
        Ok(())
    });
    let server = shown(builder.clone().migrate(server).lease().await);
    let why = "relation \"missing\" does not exist (42P01)";
    assert_eq!(server, format!("migration schema failed: {why}"));
    let step = MigrateWith::new("schema", "2", async |_: String| {
        Err(MigrationError::new("step 3 of 7", "no luck").into())
    });
    let step = shown(builder.clone().migrate(step).lease().await);
    assert_eq!(step, "migration schema, step 3 of 7 failed: no luck");
    let nested = MigrateWith::new("schema", "3", async |_: String| {
        let cause = std::io::Error::other("the disk is full");
        Err(std::io::Error::other(cause).into())
    });
    let nested = shown(builder.clone().migrate(nested).lease().await);
    assert_eq!(nested, "migration schema failed: the disk is full");
    #[allow(unreachable_code, reason = "it is given the type of a result")]
    let panics = MigrateWith::new("schema", "4", async |_: String| {
        panic!("row {} is missing", 3);
        Ok(())
    });
    let panics = shown(builder.clone().migrate(panics).lease().await);
    assert_eq!(
        panics,
        "migration schema failed: it panicked: row 3 is missing"
    );
    // The thread that makes databases goes on.
    drop(builder.lease().await.unwrap());
}

#[tokio::test]
async fn files_that_cannot_be_put_in_order_are_refused() {
    let Some(builder) = support::builder() else {
        return;
    };
    let folder = support::files(&[("1_a.sql", ""), ("01_b.sql", "")]);
    let error = shown(builder.clone().migrations(folder.path()).lease().await);
    assert!(error.contains("have the same number"), "{error}");
    let folder = support::files(&[("a.sql", "")]);
    let error = shown(builder.clone().migrations(folder.path()).lease().await);
    assert!(
        error.contains("a.sql has no number: expected <number>_<name>.sql"),
        "{error}"
    );
    let folder = support::files(&[("1_a.sql", "SELECT 1;\nSELEC 2;\n")]);
    let error = shown(builder.clone().migrations(folder.path()).lease().await);
    assert!(
        error.contains("at statement 2 (line 2: SELEC 2): syntax error"),
        "{error}"
    );
    let error = shown(builder.seed("missing.sql").lease().await);
    assert!(
        error.contains("missing.sql failed: No such file"),
        "{error}"
    );
}

/// A function cannot be compared: its name and its contents say which template is its own.
#[tokio::test]
async fn functions_of_different_names_make_different_templates() {
    let Some(builder) = support::builder() else {
        return;
    };
    for name in ["first", "second"] {
        let with = MigrateWith::new(name, "", move |url: String| async move {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let create = format!("CREATE TABLE {name} (id bigint)");
            Ok(client.batch_execute(&create).await?)
        });
        let db = builder.clone().migrate(with).lease().await.unwrap();
        assert_eq!(rows(&db, name).await, 0);
    }
}

/// The contents count, not the names.
#[tokio::test]
async fn a_changed_migration_makes_another_template() {
    let Some(builder) = support::builder() else {
        return;
    };
    for number in 1..=2_i64 {
        let table = format!("CREATE TABLE t AS SELECT generate_series(1, {number})");
        let folder = support::files(&[("1_t.sql", &table)]);
        let db = builder
            .clone()
            .migrations(folder.path())
            .lease()
            .await
            .unwrap();
        assert_eq!(rows(&db, "t").await, number);
    }
}
