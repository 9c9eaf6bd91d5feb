//! Running SQL so that an error names the statement.

use futures_util::{StreamExt, pin_mut};
use tokio_postgres::error::{ErrorPosition, SqlState};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::statements::{Statement, statements};
use crate::error::{MigrationError, described};

/// How much of a statement an error shows.
const SHOWN: usize = 60;

pub(super) async fn connect(url: &str, name: &str) -> Result<Client, MigrationError> {
    let connected = crate::connect::connect(url).await;
    connected.map_err(|why| MigrationError::new(name, why))
}

/// Runs the statements, as one transaction unless they begin others.
pub(super) async fn execute(client: &Client, name: &str, sql: &str) -> Result<(), MigrationError> {
    let failed = |completed: usize, error: &tokio_postgres::Error| MigrationError {
        source_name: name.to_string(),
        statement: failed_statement(sql, completed, error),
        why: described(error),
    };
    let responses = client.simple_query_raw(sql).await;
    let responses = responses.map_err(|error| failed(0, &error))?;
    pin_mut!(responses);
    let mut completed = 0;
    while let Some(response) = responses.next().await {
        match response {
            Ok(SimpleQueryMessage::CommandComplete(_)) => completed += 1,
            Ok(_) => {}
            Err(error) => return Err(failed(completed, &error)),
        }
    }
    Ok(())
}

/// The one at the position of an error in the file's syntax, which is found before anything is done;
/// else the one after those that succeeded.
fn failed_statement(
    sql: &str,
    completed: usize,
    error: &tokio_postgres::Error,
) -> Option<(usize, usize, String)> {
    let all = statements(sql);
    let position = error.as_db_error().and_then(|error| error.position());
    let is_syntax = error.code() == Some(&SqlState::SYNTAX_ERROR);
    let at = match position {
        Some(ErrorPosition::Original(position)) if is_syntax => {
            let line = line_of(sql, *position);
            all.iter()
                .rposition(|Statement { line: begin, .. }| *begin <= line)
        }
        _ => Some(completed),
    };
    let at = at?;
    let Statement { line, text } = all.get(at)?;
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = one_line.chars().take(SHOWN).collect();
    if shown.len() < one_line.len() {
        shown.push('…');
    }
    Some((at + 1, *line, shown))
}

/// The line of a character, both from 1.
fn line_of(sql: &str, position: u32) -> usize {
    let before = usize::try_from(position)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    sql.chars().take(before).filter(|c| *c == '\n').count() + 1
}

/// Runs what a tool has failed at and has rolled back, to find out which statement it is. Nothing of it
/// stays.
#[cfg(any(feature = "refinery", feature = "sqlx"))]
pub(super) async fn locate(url: &str, name: &str, sql: &str) -> Option<MigrationError> {
    let client = connect(url, name).await.ok()?;
    client.batch_execute("BEGIN").await.ok()?;
    let error = execute(&client, name, sql).await.err();
    client.batch_execute("ROLLBACK").await.ok();
    error.filter(|error| error.statement.is_some())
}
