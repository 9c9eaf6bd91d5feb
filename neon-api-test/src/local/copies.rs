//! Databases that are copies of a template.

use std::thread;

use super::session::{Maker, Session};
use crate::error::{Error, Result};
use crate::secret;

/// A copy in use, and the password of its role.
pub(super) struct Leased {
    pub(super) name: String,
    pub(super) password: String,
}

/// A copy that was free, or a new one.
pub(super) async fn lease(session: &Session, template: &str) -> Result<Leased> {
    let name = match take(session, template).await? {
        Some(name) => name,
        None => make(session, template).await?,
    };
    match open(session, &name).await {
        Ok(password) => Ok(Leased { name, password }),
        Err(error) => {
            release(session, &name).await?;
            Err(error)
        }
    }
}

async fn take(session: &Session, template: &str) -> Result<Option<String>> {
    let taken = session
        .client
        .query_one(&session.take, &[&template])
        .await?;
    Ok(taken.try_get(0)?)
}

async fn make(session: &Session, template: &str) -> Result<String> {
    let maker = session.maker().await?;
    // One may have been made or released while this waited.
    if let Some(name) = take(session, template).await? {
        maker.done();
        return Ok(name);
    }
    let begun = session
        .client
        .query_one(&session.begin, &[&template])
        .await?;
    let name: String = begun.try_get(0)?;
    match create(session, &maker, &name, template).await {
        Ok(()) => {
            maker.done();
            Ok(name)
        }
        Err(error) => {
            drop(maker);
            release(session, &name).await?;
            Err(error)
        }
    }
}

async fn create(session: &Session, maker: &Maker<'_>, name: &str, template: &str) -> Result<()> {
    // The template's objects belong to its role, whose rights a member has.
    let role = format!("CREATE ROLE {name} NOLOGIN IN ROLE {template}");
    maker.client.batch_execute(&role).await?;
    let strategy = session.strategy;
    let database = format!("CREATE DATABASE {name} OWNER {name} TEMPLATE {template} {strategy}");
    maker.client.batch_execute(&database).await?;
    Ok(())
}

/// Lets nobody in but the role, with a new password.
async fn open(session: &Session, name: &str) -> Result<String> {
    let password = secret::random::<16>()?;
    let verifier = secret::verifier(&password)?;
    let open = format!(
        "ALTER ROLE {name} LOGIN PASSWORD '{verifier}'; REVOKE ALL ON DATABASE {name} FROM PUBLIC"
    );
    session.client.batch_execute(&open).await?;
    Ok(password)
}

/// Removes a copy that this process has used.
pub(super) async fn release(session: &Session, name: &str) -> Result<()> {
    let maker = session.maker().await?;
    remove(&maker, name).await?;
    maker.done();
    unlock(&session.client, name).await
}

async fn unlock(client: &tokio_postgres::Client, name: &str) -> Result<()> {
    let unlock = format!("SELECT pg_advisory_unlock(number_of('{name}'))");
    Ok(client.batch_execute(&unlock).await?)
}

/// Ends whoever is still connected.
pub(super) async fn remove(maker: &Maker<'_>, name: &str) -> Result<()> {
    for command in [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("DROP ROLE IF EXISTS {name}"),
        format!("DELETE FROM used WHERE name = '{name}'"),
    ] {
        maker.client.batch_execute(&command).await?;
    }
    Ok(())
}

/// Makes copies until there are as many as tests run at the same time.
pub(super) async fn refill(session: &Session, template: &str) -> Result<()> {
    let wanted = thread::available_parallelism().map_or(2, usize::from);
    let wanted = i64::try_from(wanted.clamp(2, 8)).unwrap_or(2);
    loop {
        let maker = session.maker().await?;
        let free = session
            .client
            .query_one(&session.free, &[&template])
            .await?;
        if free.try_get::<_, i64>(0)? >= wanted {
            maker.done();
            return Ok(());
        }
        let command = format!("SELECT begin_copy('{template}', false)");
        let begun = maker.client.query_one(&command, &[]).await?;
        let name: String = begun.try_get(0)?;
        create(session, &maker, &name, template).await?;
        unlock(&maker.client, &name).await?;
        maker.done();
    }
}

/// Removes what processes left behind that have ended.
pub(super) async fn sweep(session: &Session) -> Result<()> {
    loop {
        let maker = session.maker().await?;
        let abandoned = maker
            .client
            .query_one("SELECT take_abandoned()", &[])
            .await?;
        let Some(name) = abandoned.try_get::<_, Option<String>>(0)? else {
            maker.done();
            return Ok(());
        };
        // What cannot be removed must not be met for ever.
        remove(&maker, &name).await.map_err(|error| {
            Error::Database(format!(
                "{name} was left behind, and cannot be removed: {error}"
            ))
        })?;
        unlock(&maker.client, &name).await?;
        maker.done();
    }
}
