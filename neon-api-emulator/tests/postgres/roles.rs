//! Roles, passwords and databases of the API are those of the cluster.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{Server, connect, run, text, value};

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_databases_are_created_changed_and_deleted() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let name = "it's \"odd\" äöü";
    let asked = json!({ "role": { "name": name } });
    let made = server
        .done("POST", &project.of_branch("/roles"), asked)
        .await;
    let password = text(&made["role"], "password");
    let asked = json!({ "database": { "name": "shop; --", "owner_name": name } });
    server
        .done("POST", &project.of_branch("/databases"), asked)
        .await;

    let query = [
        ("role_name", name),
        ("database_name", "shop; --"),
        ("branch_id", &project.branch),
    ];
    let path = |query: &[(&str, &str)]| {
        let pairs = query
            .iter()
            .map(|(name, value)| [*name, "=", &encoded(value), "&"].concat());
        let query: String = pairs.collect();
        format!("/projects/{}/connection_uri?{query}", project.id)
    };
    let (_, found) = server.ask("GET", &path(&query), Value::Null).await;
    let uri = text(&found, "uri");
    assert!(uri.contains(&password), "the password of the creation");
    assert_eq!(value(&uri, "SELECT current_user::text").await, name);
    run(&uri, "CREATE TABLE mine (v int)").await;

    // A new password, and the old one is refused.
    let role = project.of_branch(&format!("/roles/{}", encoded(name)));
    server
        .done("POST", &format!("{role}/reset_password"), Value::Null)
        .await;
    let error = PgConnection::connect(&uri).await.unwrap_err();
    assert_eq!(
        error.as_database_error().unwrap().code().as_deref(),
        Some("28P01")
    );
    let (_, revealed) = server
        .ask("GET", &format!("{role}/reveal_password"), Value::Null)
        .await;
    let uri = uri.replace(&password, &text(&revealed, "password"));

    // Renamed, with its data, and although somebody is connected.
    let open = connect(&uri).await;
    let database = project.of_branch(&format!("/databases/{}", encoded("shop; --")));
    let asked = json!({ "database": { "name": "store" } });
    server.done("PATCH", &database, asked).await;
    drop(open);
    let uri = uri.replace(&encoded("shop; --"), "store");
    assert_eq!(value(&uri, "SELECT count(*)::text FROM mine").await, "0");

    server
        .done(
            "DELETE",
            &project.of_branch("/databases/store"),
            Value::Null,
        )
        .await;
    let error = PgConnection::connect(&uri).await.unwrap_err();
    assert_eq!(
        error.as_database_error().unwrap().code().as_deref(),
        Some("3D000")
    );
    server.done("DELETE", &role, Value::Null).await;
    let known = format!(
        "SELECT count(*)::text FROM pg_roles WHERE rolname = '{}'",
        name.replace('\'', "''")
    );
    assert_eq!(value(&project.uri, &known).await, "0");
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deleted_role_owned_goes_to_the_owner_of_the_database() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let asked = json!({ "role": { "name": "worker" } });
    let made = server
        .done("POST", &project.of_branch("/roles"), asked)
        .await;
    run(&project.uri, "GRANT CREATE ON SCHEMA public TO worker").await;
    let password = text(&made["role"], "password");
    let owner = project
        .uri
        .split("://")
        .nth(1)
        .unwrap()
        .split('@')
        .next()
        .unwrap();
    let uri = project.uri.replace(owner, &format!("worker:{password}"));
    run(&uri, "CREATE TABLE work AS SELECT 'done' AS v").await;
    server
        .done("DELETE", &project.of_branch("/roles/worker"), Value::Null)
        .await;
    let owner = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'work'";
    assert_eq!(value(&project.uri, owner).await, "neondb_owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_suspended_branch_are_there_when_it_starts_and_in_its_children() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let asked = json!({ "database": { "name": "late", "owner_name": "neondb_owner" } });
    server
        .done("POST", &project.of_branch("/databases"), asked)
        .await;
    let (_, child) = server.branch(&project, json!({ "name": "dev" })).await;
    for uri in [&child, &project.uri] {
        let uri = uri.replace("/neondb?", "/late?");
        assert_eq!(value(&uri, "SELECT current_database()::text").await, "late");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_a_protected_branch_have_passwords_of_their_own() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    let asked = json!({ "branch": { "protected": true } });
    server.done("PATCH", &project.of_branch(""), asked).await;
    let (_, child) = server.branch(&project, json!({ "name": "dev" })).await;
    let password = |uri: &str| uri.split(['@', ':']).nth(2).unwrap().to_owned();
    assert_ne!(password(&child), password(&project.uri));
    assert_eq!(value(&child, "SELECT 'in'").await, "in");
    let mixed = child.replace(&password(&child), &password(&project.uri));
    assert!(PgConnection::connect(&mixed).await.is_err());
}
