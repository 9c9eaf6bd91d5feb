//! Branches that take over a schema, without data.

use super::error::Result;
use super::programs::Programs;
use super::roles::quoted;
use super::server::Server;
use super::template::SUPERUSER;

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
        let mut command = from.client(programs, "pg_dump");
        command.arg("--schema-only").env("PGDATABASE", &name);
        let dump = programs.run(command, "").await?;
        let inside = to.connect(&name).await?;
        inside
            .batch_execute(&sql(&String::from_utf8_lossy(&dump.stdout)))
            .await?;
    }
    Ok(())
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
