//! Nobody gets in who should not, and nobody gets out.

use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::computes::process_of;
use crate::support::{Server, connect, run};

fn code(error: &sqlx::Error) -> String {
    let code = error
        .as_database_error()
        .and_then(|e| e.code().map(std::borrow::Cow::into_owned));
    code.unwrap_or_else(|| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_opens() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let rest = project.uri.split('@').nth(1).unwrap();
    for who in [
        "neondb_owner:wrong",
        "neondb_owner:",
        "neondb_owner",
        "cloud_admin:x",
        "postgres:x",
        "postgres",
        "cloud_admin",
    ] {
        let error = PgConnection::connect(&format!("postgresql://{who}@{rest}"))
            .await
            .unwrap_err();
        assert_eq!(code(&error), "28P01", "{who}: {error}");
    }
}

/// A startup packet with these parameters.
fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = vec![0, 3, 0, 0];
    for (name, value) in parameters {
        for word in [name, value] {
            body.extend(word.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap();
    [length.to_be_bytes().to_vec(), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_superuser_is_refused_before_it_is_asked_for_a_password() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let options = format!("endpoint={}", project.endpoint);
    let common = [("database", "neondb"), ("options", &options)];
    let address = server.running.postgres_address().unwrap();
    let first = async |users: &[&str]| {
        let users = users.iter().map(|user| ("user", *user));
        let parameters: Vec<_> = common.into_iter().chain(users).collect();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(&startup(&parameters)).await.unwrap();
        stream.read_u8().await.unwrap()
    };
    // R asks for a password, E is an error.
    assert_eq!(first(&["neondb_owner"]).await, b'R');
    assert_eq!(first(&["cloud_admin"]).await, b'E');
    assert_eq!(first(&["neondb_owner", "cloud_admin"]).await, b'E');
    assert_eq!(first(&["cloud_admin", "neondb_owner"]).await, b'E');
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_cannot_leave_the_database() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t (v text)").await;
    let mut connection = connect(&project.uri).await;
    for sql in [
        "COPY t FROM PROGRAM 'id'",
        "COPY t TO PROGRAM 'cat'",
        "COPY t FROM '/etc/passwd'",
        "COPY t TO '/tmp/out'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "GRANT pg_execute_server_program TO CURRENT_USER",
        "GRANT pg_write_server_files TO CURRENT_USER",
        "SET ROLE cloud_admin",
        "SET SESSION AUTHORIZATION cloud_admin",
        "ALTER ROLE cloud_admin PASSWORD 'x'",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "CREATE ROLE s SUPERUSER",
        "ALTER SYSTEM SET archive_command = 'id'",
        "UPDATE pg_authid SET rolsuper = true",
        "CREATE LANGUAGE plpythonu",
        "CREATE EXTENSION adminpack",
        "CREATE EXTENSION dblink",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
        "LOAD '/tmp/x.so'",
        "CREATE TABLESPACE x LOCATION '/tmp'",
    ] {
        let error = connection.execute(sql).await.map(|_| ()).unwrap_err();
        let code = code(&error);
        // Insufficient privilege, or an object that is not there.
        assert!(
            ["42501", "42704", "0A000", "58P01"].contains(&code.as_str()),
            "{sql}: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_listen_only_in_a_folder_that_others_cannot_enter() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let pid = process_of(&project.branch);
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let arguments = String::from_utf8(arguments).unwrap();
    let folder = arguments
        .split('\0')
        .find_map(|a| a.strip_prefix("unix_socket_directories="));
    let folder = folder.unwrap();
    let port = arguments
        .split('\0')
        .find_map(|a| a.strip_prefix("port="))
        .unwrap();
    assert!(arguments.split('\0').any(|a| a == "listen_addresses="));
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    let psql = |user: Option<u32>, role: &str| {
        let mut command = Command::new("psql");
        command.args([
            "-h", folder, "-p", port, "-U", role, "-w", "-d", "postgres", "-c", "SELECT 1",
        ]);
        command.env_remove("PGPASSWORD");
        if let Some(user) = user {
            command.uid(user).gid(user).current_dir("/");
        }
        command.output()
    };
    // Who can reach the socket needs a password all the same.
    for role in ["cloud_admin", "neondb_owner", "postgres"] {
        let Ok(output) = psql(None, role) else {
            eprintln!("!!! SKIPPED: there is no psql here");
            return;
        };
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{role}");
        assert!(
            printed.contains("no password supplied"),
            "{role}: {printed}"
        );
    }
    // Another user of the system, here nobody, cannot reach it at all.
    match psql(Some(65_534), "cloud_admin") {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(printed.contains("Permission denied"), "{printed}");
        }
        Err(error) => eprintln!("!!! SKIPPED: another user needs root: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_must_be_named_and_exist() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let (without, _) = project.uri.split_once('?').unwrap();
    let error = PgConnection::connect(without).await.unwrap_err();
    assert_eq!(code(&error), "08P01");
    let unknown = project
        .uri
        .replace(&project.endpoint, "ep-not-there-a1234567");
    let error = PgConnection::connect(&unknown).await.unwrap_err();
    assert_eq!(code(&error), "XX000");
    // The password of one project opens no other.
    let other = server
        .done("POST", "/projects", json!({ "project": {} }))
        .await;
    let other = other["endpoints"][0]["id"].as_str().unwrap();
    let mixed = project.uri.replace(&project.endpoint, other);
    let error = PgConnection::connect(&mixed).await.unwrap_err();
    assert_eq!(code(&error), "28P01");
}
