//! The roles and databases of the API in a cluster.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::Result;
use super::server::Server;
use super::template::GROUP;
use crate::state::backing::Change;

/// Neon's, as far as they let nobody out of the database: before version 16 whoever may create
/// roles may also give them the right to run programs on the server.
fn attributes(version: i64) -> &'static str {
    if version >= 16 {
        "CREATEDB CREATEROLE BYPASSRLS REPLICATION"
    } else {
        "CREATEDB BYPASSRLS REPLICATION"
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    // With standard_conforming_strings, which is the default, only quotes are special.
    format!("'{}'", text.replace('\'', "''"))
}

/// Makes one change, which may have been made already.
pub(super) async fn apply(server: &Server, change: &Change, version: i64) -> Result<()> {
    let client = server.connect("postgres").await?;
    match change {
        Change::Role { name, password } => {
            let login = match password {
                Some(password) => {
                    let verifier = verifier(password.clone()).await?;
                    format!("LOGIN PASSWORD {}", literal(&verifier))
                }
                None => "NOLOGIN PASSWORD NULL".to_owned(),
            };
            let role = quoted(name);
            let created = format!("CREATE ROLE {role} {} IN ROLE {GROUP}", attributes(version));
            unless(
                &SqlState::DUPLICATE_OBJECT,
                client.batch_execute(&created).await,
            )?;
            let set = format!("ALTER ROLE {role} {login}");
            client.batch_execute(&set).await?;
        }
        Change::DropRole(name) => drop_role(server, &client, name).await?,
        Change::Database { name, owner } => {
            let (database, owner) = (quoted(name), quoted(owner));
            let created = format!("CREATE DATABASE {database} OWNER {owner}");
            unless(
                &SqlState::DUPLICATE_DATABASE,
                client.batch_execute(&created).await,
            )?;
            let given = format!("ALTER DATABASE {database} OWNER TO {owner}");
            client.batch_execute(&given).await?;
        }
        Change::RenameDatabase { from, to } if from == to => {}
        Change::RenameDatabase { from, to } => {
            disconnect(&client, from).await?;
            let rename = format!("ALTER DATABASE {} RENAME TO {}", quoted(from), quoted(to));
            client.batch_execute(&rename).await?;
        }
        Change::DropDatabase(name) => {
            let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
            client.batch_execute(&drop).await?;
        }
    }
    Ok(())
}

/// Thousands of hashes: not for the thread that serves connections.
async fn verifier(password: String) -> Result<String> {
    let hash = move || postgres_protocol::password::scram_sha_256(password.as_bytes());
    Ok(tokio::task::spawn_blocking(hash).await?)
}

fn unless(state: &SqlState, result: Result<(), tokio_postgres::Error>) -> Result<()> {
    match result {
        Err(error) if error.code() == Some(state) => Ok(()),
        other => Ok(other?),
    }
}

/// Nobody can rename a database that is in use.
async fn disconnect(client: &Client, database: &str) -> Result<()> {
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    client.query(end, &[&database]).await?;
    Ok(())
}

/// What the role owns in a database goes to the database's owner.
async fn drop_role(server: &Server, client: &Client, name: &str) -> Result<()> {
    let known = "SELECT 1 FROM pg_roles WHERE rolname = $1";
    if client.query_opt(known, &[&name]).await?.is_none() {
        return Ok(());
    }
    let role = quoted(name);
    let databases = "SELECT datname, pg_get_userbyid(datdba)::text FROM pg_database \
                     WHERE datallowconn AND datname <> 'template1'";
    for row in client.query(databases, &[]).await? {
        let (database, owner): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let inside = server.connect(&database).await?;
        let heir = if owner == name {
            "CURRENT_USER".to_owned()
        } else {
            quoted(&owner)
        };
        let given = format!("REASSIGN OWNED BY {role} TO {heir}; DROP OWNED BY {role}");
        inside.batch_execute(&given).await?;
    }
    client.batch_execute(&format!("DROP ROLE {role}")).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{literal, quoted};

    #[test]
    fn names_and_texts_cannot_end_their_quotes() {
        assert_eq!(quoted("a\"; DROP ROLE b"), "\"a\"\"; DROP ROLE b\"");
        assert_eq!(literal("it's"), "'it''s'");
    }
}
