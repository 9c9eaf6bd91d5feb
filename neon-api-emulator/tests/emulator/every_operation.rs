//! All operations of the specification, called with valid requests.

use crate::support::{Api, KEY};
use neon_api_emulator::BASE_PATH;
use neon_api_emulator::spec::{Spec, sample, validate};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

async fn call(api: &Api, id: &str, options: &sample::Options) -> crate::support::Answer {
    let request = sample::request(id, options).unwrap();
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = request.query.iter();
    let pairs: Vec<String> = pairs
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
        .collect();
    let uri = format!("{BASE_PATH}{}?{}", request.path, pairs.join("&"));
    let body = request
        .body
        .map(|body| body.to_string())
        .unwrap_or_default();
    let request = http::Request::builder()
        .method(request.method.as_str())
        .uri(uri)
        .header("authorization", format!("Bearer {KEY}"))
        .body(body.into())
        .unwrap();
    api.raw(request).await
}

/// Every operation responds as the specification says, or that what the sampled IDs name does not
/// exist.
#[tokio::test]
async fn every_operation_answers() {
    let api = Api::instant();
    let mut count = 0;
    for operation in Spec::get().operations() {
        let id = operation.id();
        for options in [
            sample::Options::default(),
            sample::Options::default().required_only(),
            sample::Options::default().seed(3),
        ] {
            let answer = call(&api, id, &options).await;
            let succeeded = operation.success_statuses().any(|s| s == answer.status);
            // Sampled times and cursors are as good as random.
            let field = answer.message().split(':').next().unwrap_or_default();
            let nonsense =
                answer.status == 406 || answer.status == 400 && ["cursor", "from"].contains(&field);
            let multipart = operation.request_schema().is_some() && !operation.takes_json();
            assert!(
                succeeded
                    || answer.status == 404
                    || nonsense
                    || (multipart && answer.status == 400),
                "{id}: {} {}",
                answer.status,
                answer.body
            );
        }
        assert_eq!(api.emulator.count(id), 3);
        count += 1;
    }
    let stated = neon_api_raw::openapi::V2_JSON
        .matches("\"operationId\":")
        .count();
    assert_eq!(count, stated);
}

/// What can be read of things that exist is there.
#[tokio::test]
async fn everything_of_a_project_can_be_read() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = crate::support::text(&project, "/branch/id");
    let auth = json!({ "auth_provider": "better_auth" });
    let branch_path = format!("{path}/branches/{branch}");
    api.post(&format!("{branch_path}/auth"), auth)
        .await
        .expect(201);
    let data_api = format!("{branch_path}/data-api/neondb");
    api.post(&data_api, Value::Null).await.expect(201);
    let realtime = format!("{branch_path}/realtime");
    assert_eq!(api.post(&realtime, json!({})).await.status, 202);
    let known = [
        ("project_id", crate::support::text(&project, "/project/id")),
        ("branch_id", branch),
        ("org_id", api.emulator.organization_id()),
        (
            "endpoint_id",
            crate::support::text(&project, "/endpoints/0/id"),
        ),
        (
            "operation_id",
            crate::support::text(&project, "/operations/0/id"),
        ),
        ("database_name", "neondb"),
        ("role_name", "neondb_owner"),
        ("db_name", "neondb"),
        ("base_branch_id", branch),
        ("region_id", "aws-us-east-1"),
        ("field_name", "service"),
    ];
    let query = "db_name=neondb&base_branch_id=BRANCH&role_name=neondb_owner\
                 &database_name=neondb&prefix=";
    let query = query.replace("BRANCH", branch);
    let mut read = 0;
    for operation in Spec::get().operations() {
        let mut target = operation.path().to_owned();
        for (name, value) in known {
            target = target.replace(&format!("{{{name}}}"), value);
        }
        if operation.method() != "GET" || target.contains('{') || target.contains("consumption") {
            continue;
        }
        let answer = api.get(&format!("{target}?{query}")).await;
        assert_eq!(answer.status, 200, "{}: {}", operation.id(), answer.body);
        read += 1;
    }
    assert!(read > 55, "{read}");
}

#[test]
fn what_is_sampled_conforms() {
    for operation in Spec::get().operations() {
        let id = operation.id();
        for seed in 0..20 {
            for options in [
                sample::Options::default().seed(seed),
                sample::Options::default().seed(seed).required_only(),
            ] {
                let response = sample::response(id, &options).unwrap();
                assert_eq!(response, sample::response(id, &options).unwrap(), "{id}");
                if let Some(body) = response.body {
                    let valid = validate::response(id, response.status, &body);
                    assert_eq!(valid, Ok(()), "{id}: {body:#}");
                }
                let request = sample::request(id, &options).unwrap();
                assert_eq!(validate::query(id, &request.query), Ok(()), "{id}");
                assert!(!request.path.contains(['{', '}']), "{}", request.path);
                if let Some(body) = sample::request_body(id, &options) {
                    assert_eq!(validate::request_body(id, &body), Ok(()), "{id}: {body:#}");
                }
            }
        }
    }
}

/// A walk over a sampled list ends: it is not given a cursor to go on with.
#[tokio::test]
async fn sampled_lists_end() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!(
        "{path}/branches/{}",
        crate::support::text(&project, "/branch/id")
    );
    let objects = format!("{branch}/buckets/any/objects");
    let logs = format!("{branch}/logs/query");
    for body in [
        api.get(&objects).await.expect(200),
        api.post(&logs, json!({})).await.expect(200),
    ] {
        assert_eq!(body.get("pagination"), None);
        assert_eq!(body.get("next_cursor"), None);
        assert_eq!(body["is_truncated"], false);
    }
}

/// IDs in the path come back, and those of what does not exist are refused, in the form that the
/// operation declares.
#[tokio::test]
async fn sampled_answers_fit_the_state() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = crate::support::text(&project, "/branch/id");
    let status = format!("{path}/branches/{branch}/anonymized_status");
    let shown = api.get(&status).await.expect(200);
    assert_eq!(crate::support::text(&shown, "/branch_id"), branch);
    for of in ["ai_gateway", "storage", "logs/fields", "anonymized_status"] {
        let missing = api.get(&format!("{path}/branches/br-none/{of}")).await;
        missing.refused(404, "branch not found");
        if of != "anonymized_status" {
            assert_eq!(missing.body["reason"], "branch_not_found");
        }
    }
}
