//! SQL over HTTP, as Neon's JavaScript client sends it.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::{Project, Server, run, value};

/// Sends queries for one connection string.
pub(crate) struct Sql {
    http: reqwest::Client,
    url: String,
    pub(crate) uri: String,
    headers: Vec<(&'static str, &'static str)>,
}

impl Sql {
    pub(crate) fn new(server: &Server, uri: &str) -> Self {
        let address = server.running.postgres_address().unwrap();
        Self {
            http: reqwest::Client::new(),
            url: format!("http://{address}/sql"),
            uri: uri.to_owned(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn request(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let request = self.http.post(&self.url).body(body);
        let request = request.header("neon-connection-string", &self.uri);
        let headers = self.headers.iter();
        headers.fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    }

    pub(crate) async fn send(&self, body: &Value) -> (u16, Value, HeaderMap) {
        let response = self.request(body.to_string()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, response.json().await.unwrap(), headers)
    }

    /// The result of a query that succeeds.
    pub(crate) async fn query(&self, query: &str, params: Value) -> Value {
        let body = json!({ "query": query, "params": params });
        let (status, result, _) = self.send(&body).await;
        assert_eq!(status, 200, "{query}: {result}");
        result
    }

    pub(crate) async fn rows(&self, query: &str, params: Value) -> Value {
        self.query(query, params).await["rows"].clone()
    }

    /// The error of one that fails.
    pub(crate) async fn error(&self, status: u16, query: &str) -> Value {
        let (found, result, _) = self.send(&json!({ "query": query })).await;
        assert_eq!(found, status, "{query}: {result}");
        result
    }

    /// The status and the results or the error of a transaction.
    pub(crate) async fn batch(&self, queries: &[&str]) -> (u16, Value, HeaderMap) {
        let queries: Vec<Value> = queries.iter().map(|q| json!({ "query": q })).collect();
        self.send(&json!({ "queries": queries })).await
    }
}

pub(crate) async fn started() -> Option<(Server, Project)> {
    let server = Server::start().await?;
    let project = server.project().await;
    Some((server, project))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_has_rows_and_fields() {
    let Some((server, project)) = started().await else {
        return;
    };
    let sql = Sql::new(&server, &project.uri);
    let created = "CREATE TABLE t (id serial PRIMARY KEY, name varchar(20))";
    let created = sql.query(created, json!([])).await;
    let expected = json!({
        "command": "CREATE", "rowCount": null, "rows": [], "fields": [], "rowAsArray": false
    });
    assert_eq!(created, expected);
    let insert = "INSERT INTO t (name) VALUES ($1), ($2) RETURNING id, name";
    let inserted = sql.query(insert, json!(["a", null])).await;
    let table: Value = sql
        .rows("SELECT 't'::regclass::oid::int AS oid", json!([]))
        .await;
    let table = &table[0]["oid"];
    let field = |name, column, of, size, modifier| {
        json!({
            "name": name, "tableID": table, "columnID": column, "dataTypeID": of,
            "dataTypeSize": size, "dataTypeModifier": modifier, "format": "text"
        })
    };
    let expected = json!({
        "command": "INSERT",
        "rowCount": 2,
        "rows": [{ "id": 1, "name": "a" }, { "id": 2, "name": null }],
        "fields": [field("id", 1, 23, 4, -1), field("name", 2, 1043, -1, 24)],
        "rowAsArray": false
    });
    assert_eq!(inserted, expected);
    let counted = sql.query("UPDATE t SET name = 'x'", json!([])).await;
    assert_eq!(
        (&counted["command"], &counted["rowCount"]),
        (&json!("UPDATE"), &json!(2))
    );
    let empty = sql.query("", json!([])).await;
    assert_eq!(
        (&empty["command"], &empty["rowCount"]),
        (&json!(""), &Value::Null)
    );

    // Each request is a session of its own.
    sql.query("BEGIN", json!([])).await;
    sql.query("DELETE FROM t", json!([])).await;
    sql.query("SET search_path = nowhere", json!([])).await;
    assert_eq!(
        sql.rows("SELECT count(*)::int AS n FROM t", json!([]))
            .await,
        json!([{ "n": 0 }])
    );
    assert_eq!(
        value(&project.uri, "SELECT count(*)::text FROM t").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn values_have_the_form_that_was_asked_for() {
    let Some((server, project)) = started().await else {
        return;
    };
    let query = "SELECT 1 AS n, 'a' AS s, '{1,2,3}'::int4[] AS l, NULL AS z, true AS b";
    let objects = Sql::new(&server, &project.uri);
    let expected = json!([{ "n": 1, "s": "a", "l": [1, 2, 3], "z": null, "b": true }]);
    assert_eq!(objects.rows(query, json!([])).await, expected);
    let arrays = Sql::new(&server, &project.uri).with("neon-array-mode", "true");
    let result = arrays.query(query, json!([])).await;
    assert_eq!(result["rows"], json!([[1, "a", [1, 2, 3], null, true]]));
    assert_eq!(result["rowAsArray"], true);
    let raw = Sql::new(&server, &project.uri).with("neon-raw-text-output", "true");
    let expected = json!([{ "n": "1", "s": "a", "l": "{1,2,3}", "z": null, "b": "t" }]);
    assert_eq!(raw.rows(query, json!([])).await, expected);
    let both = raw.with("neon-array-mode", "true");
    assert_eq!(
        both.rows(query, json!([])).await,
        json!([["1", "a", "{1,2,3}", null, "t"]])
    );
    // A query may decide for itself.
    let body = json!({ "query": query, "arrayMode": false });
    let (_, result, _) = both.send(&body).await;
    assert_eq!(result["rows"][0]["n"], "1");
    assert_eq!(result["rowAsArray"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_and_values_of_many_types() {
    let Some((server, project)) = started().await else {
        return;
    };
    let sql = Sql::new(&server, &project.uri).with("neon-array-mode", "true");
    for (query, parameter, expected) in [
        ("$1", json!(42), json!("42")),
        ("$1 * 1", json!(42), json!(42)),
        ("$1::bool", json!(true), json!(true)),
        (
            "$1::int8",
            json!("9007199254740993"),
            json!("9007199254740993"),
        ),
        ("$1::numeric", json!(1.5), json!("1.5")),
        ("$1::float8", json!(0.1), json!(0.1)),
        ("$1::float8", json!("NaN"), json!("NaN")),
        (
            "$1::text",
            json!("o'n\"e\\\n\u{fc}\u{1F600}"),
            json!("o'n\"e\\\n\u{fc}\u{1F600}"),
        ),
        ("$1::text", json!(null), json!(null)),
        ("$1::bytea", json!("\\x00ff"), json!("\\x00ff")),
        ("$1::date", json!("2024-02-29"), json!("2024-02-29")),
        (
            "$1::uuid",
            json!("00000000-0000-0000-0000-00000000000a"),
            json!("00000000-0000-0000-0000-00000000000a"),
        ),
        (
            "$1::json->'a'",
            json!({ "a": { "b": 42 } }),
            json!({ "b": 42 }),
        ),
        (
            "$1::jsonb",
            json!("{\"b\": [1, null]}"),
            json!({ "b": [1, null] }),
        ),
        ("$1::int[]", json!([1, 2, null]), json!([1, 2, null])),
        (
            "$1::int[][]",
            json!([[1, 2], [3, 4]]),
            json!([[1, 2], [3, 4]]),
        ),
        (
            "$1::text[]",
            json!(["a b", "", "NULL", null, "\"\\,{}"]),
            json!(["a b", "", "NULL", null, "\"\\,{}"]),
        ),
        (
            "$1::jsonb[]",
            json!([{ "foo": 1 }, { "bar": 2 }]),
            json!([{ "foo": 1 }, { "bar": 2 }]),
        ),
        (
            "$1::interval",
            json!("1 day 02:03"),
            json!("1 day 02:03:00"),
        ),
        ("$1::point", json!("(1,2)"), json!("(1,2)")),
        ("$1::name", json!("x"), json!("x")),
    ] {
        let rows = sql
            .rows(&format!("SELECT {query}"), json!([parameter]))
            .await;
        assert_eq!(rows, json!([[expected]]), "{query}");
    }
    // Types that only this database has, also several times and in a transaction.
    run(
        &project.uri,
        "CREATE TYPE mood AS ENUM ('sad', 'o,k'); CREATE DOMAIN small AS int;
         CREATE TYPE pair AS (a int, b mood)",
    )
    .await;
    let query = "SELECT 'sad'::mood AS a, '{sad,\"o,k\"}'::mood[] AS b, 1::small AS c, \
                 '{1,2}'::small[] AS d, (1, 'sad')::pair AS e, '{sad}'::mood[] AS f";
    let expected = json!([["sad", ["sad", "o,k"], 1, ["1", "2"], "(1,sad)", ["sad"]]]);
    assert_eq!(sql.rows(query, json!([])).await, expected);
    let (status, result, _) = sql.batch(&[query, query]).await;
    assert_eq!(status, 200, "{result}");
    assert_eq!(result["results"][1]["rows"], expected);
    // Every type that the catalogs use has a form.
    assert_eq!(
        sql.query("SELECT * FROM pg_class LIMIT 1", json!([])).await["rowCount"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_those_of_the_server() {
    let Some((server, project)) = started().await else {
        return;
    };
    let sql = Sql::new(&server, &project.uri);
    run(
        &project.uri,
        "CREATE TABLE t (id int CONSTRAINT one PRIMARY KEY)",
    )
    .await;
    let error = sql.error(400, "SELECT wrong FROM t").await;
    assert_eq!(error["code"], "42703");
    assert_eq!(error["severity"], "ERROR");
    assert_eq!(error["position"], "8");
    assert_eq!(error["message"], "column \"wrong\" does not exist");
    assert!(
        error["routine"].is_string() && error["line"].is_string(),
        "{error}"
    );
    let error = sql.error(400, "INSERT INTO t VALUES (1), (1)").await;
    assert_eq!(error["code"], "23505");
    assert_eq!(error["detail"], "Key (id)=(1) already exists.");
    let place = [&error["schema"], &error["table"], &error["constraint"]];
    assert_eq!(place, ["public", "t", "one"]);
    assert_eq!(error["position"], Value::Null);
    let raise =
        "DO $$ BEGIN RAISE 'mine' USING ERRCODE = 'ZZ123', HINT = 'h', DETAIL = 'd'; END $$";
    let error = sql.error(400, raise).await;
    assert_eq!(error["code"], "ZZ123");
    assert_eq!(
        (&error["hint"], &error["detail"]),
        (&json!("h"), &json!("d"))
    );
    assert!(
        error["where"].as_str().unwrap().contains("RAISE"),
        "{error}"
    );
    let inner = "DO $$ BEGIN EXECUTE 'SELEC'; END $$";
    let error = sql.error(400, inner).await;
    assert_eq!(
        (&error["internalQuery"], &error["internalPosition"]),
        (&json!("SELEC"), &json!("1"))
    );
    for (query, code) in [
        ("SELECT 1; SELECT 2", "42601"),
        ("SELECT 1/0", "22012"),
        ("SELECT $1::int", "08P01"),
        ("SELECT 'x'::int", "22P02"),
        ("SELECT 1/(2-n) FROM generate_series(1, 3) n", "22012"),
        ("SELECT pg_read_file('/etc/passwd')", "42501"),
    ] {
        assert_eq!(sql.error(400, query).await["code"], code, "{query}");
    }
    // What the protocol here has no form for is an error, too, and no end of the service.
    for query in ["COPY t FROM STDIN", "COPY t TO STDOUT", "SELECT '\0'"] {
        let error = sql.error(400, query).await;
        assert_eq!(error["code"], "", "{query}: {error}");
    }
    let many: Vec<u32> = (0..70_000).collect();
    let (status, _, _) = sql
        .send(&json!({ "query": "SELECT 1", "params": many }))
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        sql.rows("SELECT 1 AS n", json!([])).await,
        json!([{ "n": 1 }])
    );
}
