//! The database that others are copies of: made once for the same migrations, and kept.

use std::sync::{Arc, PoisonError};

use super::copies;
use super::session::Session;
use crate::error::Result;
use crate::plan::Plan;
use crate::secret;

/// Those that were not used for so long are removed.
const KEPT: &str = "7 days";
/// How long another process may take to make one.
const PATIENCE: &str = "300s";

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
        "SET lock_timeout = '{PATIENCE}'; SELECT pg_advisory_lock(1, hashtext('{name}')); \
         SET lock_timeout = 0"
    );
    client.batch_execute(&lock).await?;
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

/// Removes templates that have not been used for long, with their copies.
pub(super) async fn sweep(session: &Session) -> Result<()> {
    let maker = session.maker().await?;
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
