//! Schemas of branches are those of their databases.

use serde_json::{Value, json};

use crate::support::{Project, Server, run};

async fn schema(server: &Server, project: &Project, query: &str) -> (u16, Value) {
    let path = project.of_branch(&format!("/schema?db_name={query}"));
    server.ask("GET", &path, Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_that_of_the_database() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(
        &project.uri,
        "CREATE TABLE owner (a int, b text, PRIMARY KEY (b, a));
         CREATE TABLE thing (
             id bigint PRIMARY KEY CHECK (id > 0), name varchar(9) NOT NULL,
             twice bigint GENERATED ALWAYS AS (id * 2) STORED, a int, b text,
             CONSTRAINT owned FOREIGN KEY (b, a) REFERENCES owner);
         CREATE FUNCTION json_build_object(text, name, text, text, text, bool, text, bool)
             RETURNS json LANGUAGE sql AS 'SELECT ''\"trap\"''::json';
         INSERT INTO owner VALUES (1, 'planted-row')",
    )
    .await;
    let (status, found) = schema(&server, &project, "neondb").await;
    assert_eq!(status, 200, "{found}");
    let sql = found["sql"].as_str().unwrap();
    for part in [
        "-- PostgreSQL database dump",
        "CREATE TABLE public.thing (",
        "name character varying(9) NOT NULL",
        "ALTER TABLE public.thing OWNER TO neondb_owner;",
    ] {
        assert!(sql.contains(part), "{part}: {sql}");
    }
    assert!(
        !sql.contains("planted-row") && !sql.contains("\\restrict"),
        "{sql}"
    );

    let (_, found) = schema(&server, &project, "neondb&format=json").await;
    let column = |name: &str, of: &str, nullable: bool, generated: bool| json!({ "name": name, "type": of, "nullable": nullable, "generated": generated });
    let expected = json!({ "json": { "tables": [
        {
            "schema": "public", "name": "owner",
            "columns": [column("a", "integer", false, false), column("b", "text", false, false)],
            "constraints": [
                { "name": "owner_pkey", "type": "PRIMARY KEY", "columns": ["b", "a"] }
            ],
        },
        {
            "schema": "public", "name": "thing",
            "columns": [
                column("id", "bigint", false, false),
                column("name", "character varying(9)", false, false),
                column("twice", "bigint", true, true),
                column("a", "integer", true, false),
                column("b", "text", true, false),
            ],
            "constraints": [
                {
                    "name": "owned", "type": "FOREIGN KEY", "columns": ["b", "a"],
                    "referenced_table":
                        { "schema": "public", "table": "owner", "columns": ["b", "a"] },
                },
                { "name": "thing_id_check", "type": "CHECK", "columns": ["id"] },
                { "name": "thing_pkey", "type": "PRIMARY KEY", "columns": ["id"] },
            ],
        },
    ] } });
    assert_eq!(found, expected);
    assert_eq!(schema(&server, &project, "other").await.0, 404);
    for past in ["lsn=0/1", "timestamp=2024-01-01T00:00:00Z"] {
        let (status, found) = schema(&server, &project, &format!("neondb&{past}")).await;
        assert_eq!(status, 422, "{found}");
    }

    // That of a suspended branch is there as well, with what the API has changed since.
    server
        .done("POST", &project.of_endpoint("/suspend"), Value::Null)
        .await;
    let asked = json!({ "database": { "name": "late", "owner_name": "neondb_owner" } });
    server
        .done("POST", &project.of_branch("/databases"), asked)
        .await;
    assert_eq!(schema(&server, &project, "neondb").await.1["sql"], sql);
    let (status, found) = schema(&server, &project, "late").await;
    assert_eq!(status, 200, "{found}");
    assert!(!found["sql"].as_str().unwrap().contains("CREATE TABLE"));
    server.until(&project, "idle").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_branches_are_compared() {
    let Some(server) = Server::start().await else {
        return;
    };
    let project = server.project().await;
    run(&project.uri, "CREATE TABLE t (id int, old text)").await;
    let (branch, uri) = server.branch(&project, json!({ "name": "dev" })).await;
    let path = format!(
        "/projects/{}/branches/{branch}/compare_schema?db_name=neondb",
        project.id
    );
    // As soon as its request is made: the work on the branch is waited for.
    let (status, same) = server.ask("GET", &path, Value::Null).await;
    assert_eq!((status, same), (200, json!({ "diff": "" })));
    run(
        &uri,
        "ALTER TABLE t DROP COLUMN old, ADD COLUMN new int; CREATE TABLE u (v int)",
    )
    .await;
    let (_, other) = server.ask("GET", &path, Value::Null).await;
    let diff = other["diff"].as_str().unwrap();
    assert!(diff.starts_with("--- a\n+++ b\n@@ -"), "{diff}");
    for line in [
        " CREATE TABLE public.t (\n     id integer,\n",
        "\n-    old text\n",
        "\n+    new integer\n",
        "\n+CREATE TABLE public.u (\n",
    ] {
        assert!(diff.contains(line), "{line}: {diff}");
    }
}
