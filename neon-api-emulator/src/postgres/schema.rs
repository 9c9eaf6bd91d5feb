//! Branches that take over a schema, without data.

use super::error::{PostgresError, Result};
use super::programs::Programs;
use super::roles::quoted;
use super::server::Server;
use super::template::SUPERUSER;
use crate::state::backing::Schema;

/// Copies roles, databases and what is in them, but no rows, to a server that has none.
pub(super) async fn copy(programs: &Programs, from: &Server, to: &Server) -> Result<()> {
    let mut command = from.client(programs, "pg_dumpall");
    command.args(["--roles-only", "--no-comments", "--database=postgres"]);
    let roles = programs.run(command, "").await?;
    let admin = to.connect("postgres").await?;
    let statements = String::from_utf8_lossy(&roles.stdout).into_owned();
    let superuser = [
        format!("ROLE {SUPERUSER};"),
        format!("ROLE {SUPERUSER} WITH"),
    ];
    for statement in statements.lines() {
        // A statement is one line here.
        let is_one = ["CREATE ROLE", "ALTER ROLE", "GRANT"];
        let is_one = is_one.iter().any(|word| statement.starts_with(word));
        if !is_one || superuser.iter().any(|own| statement.contains(own)) {
            continue;
        }
        let done = admin.batch_execute(statement).await;
        match done {
            // What every cluster has.
            Err(error)
                if error.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_OBJECT) => {}
            other => other?,
        }
    }
    let databases = "SELECT datname, pg_get_userbyid(datdba)::text FROM pg_database \
                     WHERE NOT datistemplate AND datname <> 'postgres'";
    let source = from.connect("postgres").await?;
    for row in source.query(databases, &[]).await? {
        let (name, owner): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let created = format!("CREATE DATABASE {} OWNER {}", quoted(&name), quoted(&owner));
        admin.batch_execute(&created).await?;
        let dump = dump(programs, from, &name).await?;
        to.connect(&name).await?.batch_execute(&dump).await?;
    }
    Ok(())
}

/// The statements that make what is in a database, without its rows.
async fn dump(programs: &Programs, from: &Server, database: &str) -> Result<String> {
    let mut command = from.client(programs, "pg_dump");
    command.arg("--schema-only").env("PGDATABASE", database);
    let dump = programs.run(command, "").await?;
    Ok(sql(&String::from_utf8_lossy(&dump.stdout)))
}

/// As the API describes tables.
const TABLES: &str = "
SELECT coalesce(json_agg(json_build_object(
    'schema', n.nspname, 'name', c.relname,
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
            'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'nullable', NOT a.attnotnull, 'generated', a.attgenerated <> ''
        ) ORDER BY a.attnum), '[]')
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'constraints', (
        SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
            'name', k.conname,
            'type', CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE'
                WHEN 'f' THEN 'FOREIGN KEY' WHEN 'c' THEN 'CHECK' ELSE 'EXCLUDE' END,
            'columns', (
                SELECT json_agg(a.attname ORDER BY u.at)
                FROM unnest(k.conkey) WITH ORDINALITY AS u (number, at)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
            'referenced_table', CASE k.contype WHEN 'f' THEN json_build_object(
                'schema', other.nspname, 'table', target.relname, 'columns', (
                    SELECT json_agg(a.attname ORDER BY u.at)
                    FROM unnest(k.confkey) WITH ORDINALITY AS u (number, at)
                    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number))
                END
        )) ORDER BY k.conname), '[]')
        FROM pg_constraint k
        LEFT JOIN pg_class target ON target.oid = k.confrelid
        LEFT JOIN pg_namespace other ON other.oid = target.relnamespace
        WHERE k.conrelid = c.oid AND cardinality(k.conkey) > 0 AND k.contype IN ('p', 'u', 'f', 'c', 'x'))
    ) ORDER BY n.nspname, c.relname), '[]')::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

pub(super) async fn read(programs: &Programs, from: &Server, database: &str) -> Result<Schema> {
    let sql = dump(programs, from, database).await?;
    let inside = from.connect(database).await?;
    // The superuser must not run functions of roles instead of the system's.
    inside.batch_execute("SET search_path = ''").await?;
    let row = inside.query_one(TABLES, &[]).await?;
    let tables: String = row.try_get(0)?;
    let tables = serde_json::from_str(&tables)
        .map_err(|error| PostgresError::Failed(format!("the tables cannot be read: {error}")))?;
    Ok(Schema { sql, tables })
}

/// Without the lines that only psql understands.
fn sql(dump: &str) -> String {
    let is_meta =
        |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    let lines = dump.lines().filter(|line| !is_meta(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::sql;

    #[test]
    fn commands_of_psql_are_left_out() {
        let dump = "--\n\\restrict abc\nSELECT 1;\n\\unrestrict abc\n";
        assert_eq!(sql(dump), "--\nSELECT 1;\n");
    }
}
