//! The database that others are copies of: made once for the same migrations, and kept.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::copies;
use super::session::Session;
use crate::error::{Error, Result};
use crate::plan::{self, Plan};
use crate::secret;

/// Those that were not used for so long are removed.
const KEPT: &str = "7 days";
/// How long another process may take to make one: longer than its migrations may.
const PATIENCE: Duration = plan::PATIENCE.saturating_add(Duration::from_secs(60));

/// Makes the template, unless it is there.
pub(super) async fn ensure(session: &Session, plan: &Plan, name: &str) -> Result<()> {
    let cell = {
        let mut all = session
            .templates
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(name.to_owned()).or_default())
    };
    let made = cell.get_or_try_init(|| make_once(session, plan, name));
    made.await.copied()
}

async fn make_once(session: &Session, plan: &Plan, name: &str) -> Result<()> {
    if is_there(&session.client, name).await? {
        return Ok(());
    }
    // A connection of its own, that nothing else waits for, and whose end unlocks.
    let client = session.server.connect("postgres").await?;
    let lock = format!(
        "SET lock_timeout = '{}s'; SELECT pg_advisory_lock({}); SET lock_timeout = 0",
        PATIENCE.as_secs(),
        lock(name)
    );
    let locked = client.batch_execute(&lock).await;
    locked.map_err(|error| {
        if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
            let why = "another test process has been running the same migrations for";
            let time = PATIENCE.as_secs();
            Error::Database(format!("{why} {time} s: end it, if it hangs"))
        } else {
            error.into()
        }
    })?;
    if is_there(&client, name).await? {
        return Ok(());
    }
    make(session, &client, plan, name).await
}

/// Notes that it is used, if it is there.
async fn is_there(client: &tokio_postgres::Client, name: &str) -> Result<bool> {
    let noted = format!(
        "INSERT INTO templates SELECT datname, now() FROM pg_database WHERE datname = '{name}' \
         ON CONFLICT (name) DO UPDATE SET used_at = now() RETURNING 1"
    );
    Ok(!client.query(&noted, &[]).await?.is_empty())
}

async fn make(
    session: &Session,
    client: &tokio_postgres::Client,
    plan: &Plan,
    name: &str,
) -> Result<()> {
    let (new, password) = (format!("new_{name}"), secret::random::<16>()?);
    let verifier = secret::verifier(&password)?;
    let create = format!(
        "DO $$ BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
         ALTER ROLE {name} LOGIN PASSWORD '{verifier}'"
    );
    for command in [
        format!("DROP DATABASE IF EXISTS {new} WITH (FORCE)"),
        create,
        format!("CREATE DATABASE {new} OWNER {name} TEMPLATE template0"),
        format!("REVOKE ALL ON DATABASE {new} FROM PUBLIC"),
    ] {
        client.batch_execute(&command).await?;
    }
    let migrated = plan.run(&url(session, &new, name, &password)).await;
    if let Err(error) = migrated {
        let drop = format!("DROP DATABASE IF EXISTS {new} WITH (FORCE)");
        client.batch_execute(&drop).await?;
        client
            .batch_execute(&format!("DROP ROLE {name}"))
            .await
            .ok();
        return Err(error.into());
    }
    for command in [
        format!("ALTER DATABASE {new} ALLOW_CONNECTIONS false"),
        format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{new}'"
        ),
        format!("ALTER ROLE {name} NOLOGIN PASSWORD NULL"),
        format!("ALTER DATABASE {new} OWNER TO CURRENT_USER"),
        format!("ALTER DATABASE {new} RENAME TO {name}"),
    ] {
        client.batch_execute(&command).await?;
    }
    is_there(client, name).await.map(|_| ())
}

/// The connection string of a role for a database.
pub(super) fn url(session: &Session, database: &str, role: &str, password: &str) -> String {
    let port = session.server.port;
    format!("postgresql://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// Removes templates that have not been used for long, with their copies, and what was left behind by
/// processes that ended while they made one.
pub(super) async fn sweep(session: &Session) -> Result<()> {
    let maker = session.maker().await?;
    for name in unfinished(&maker.client).await? {
        // What cannot be removed must not keep the rest from it.
        remove_unfinished(&maker.client, &name).await.ok();
    }
    let old = format!("SELECT name FROM templates WHERE used_at < now() - interval '{KEPT}'");
    for row in maker.client.query(&old, &[]).await? {
        let name: String = row.try_get(0)?;
        while let Some(copy) = {
            let taken = maker.client.query_one("SELECT take($1)", &[&name]).await?;
            taken.try_get::<_, Option<String>>(0)?
        } {
            copies::remove(&maker, &copy).await?;
        }
        for command in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("DELETE FROM templates WHERE name = '{name}'"),
            format!("DROP ROLE IF EXISTS {name}"),
        ] {
            maker.client.batch_execute(&command).await?;
        }
    }
    // It holds the locks of the copies that are gone.
    drop(maker);
    Ok(())
}

/// The templates whose roles are there, but not their databases: the role is created first.
async fn unfinished(client: &tokio_postgres::Client) -> Result<Vec<String>> {
    let roles = "SELECT rolname FROM pg_roles WHERE rolname ~ '^neon_test_[0-9a-f]+$' \
                 AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname)";
    let found = client.query(roles, &[]).await?;
    found.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Unless somebody is making it, or has made it meanwhile.
async fn remove_unfinished(client: &tokio_postgres::Client, name: &str) -> Result<()> {
    let lock = format!("SELECT pg_try_advisory_lock({})", lock(name));
    if !client.query_one(&lock, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(());
    }
    let removed = async {
        if unfinished(client).await?.iter().any(|one| one == name) {
            for command in [
                format!("DROP DATABASE IF EXISTS new_{name} WITH (FORCE)"),
                format!("DROP ROLE {name}"),
            ] {
                client.batch_execute(&command).await?;
            }
        }
        Ok(())
    };
    let removed = removed.await;
    let unlock = format!("SELECT pg_advisory_unlock({})", self::lock(name));
    client.batch_execute(&unlock).await?;
    removed
}

/// The advisory lock of whoever makes a template.
fn lock(name: &str) -> String {
    format!("1, hashtext('{name}')")
}
