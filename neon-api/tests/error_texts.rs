//! Errors made of bodies as the API sends them: what they answer, and what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use neon_api::ids::BranchId;
use neon_api::raw::BoxFuture;
use neon_api::raw::transport::FailureKind;
use neon_api::{Error, KeyProvider, RetryPolicy, Secret};
use serde_json::{Value, json};
use support::lists::sample;
use support::{Server, Step, branch_id, call, fail, handle, operation, operation_id, project_id};

fn answer(status: u16, body: &Value) -> Step {
    Step::Response(status, Vec::new(), body.to_string())
}

/// The error of a change that is answered so and not repeated.
async fn error_of(step: Step) -> Error {
    let server = Server::steps(vec![step]);
    let neon = server.builder().retry(RetryPolicy::never()).build();
    let error = call(&neon.unwrap(), "POST").await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

/// The predicates that hold, by their names.
fn holds(error: &Error) -> Vec<&'static str> {
    let all = [
        ("not_found", error.is_not_found()),
        ("conflict", error.is_conflict()),
        ("locked", error.is_locked()),
        ("rate_limited", error.is_rate_limited()),
        ("quota_exceeded", error.is_quota_exceeded()),
        ("auth", error.is_auth()),
        ("timeout", error.is_timeout()),
        ("outcome_unknown", error.outcome_unknown()),
        ("retryable", error.is_retryable()),
    ];
    let held = all.into_iter().filter(|(_, holds)| *holds);
    held.map(|(name, _)| name).collect()
}

#[tokio::test(start_paused = true)]
async fn is_not_found() {
    let body =
        json!({"request_id": "a1b2", "code": "", "message": "branch not found", "reason": "gone"});
    let error = error_of(answer(404, &body)).await;
    assert_eq!(holds(&error), ["not_found"]);
    assert_eq!(error.message(), Some("branch not found"));
    assert_eq!((error.code(), error.reason()), (None, Some("gone")));
    assert_eq!(error.request_id(), Some("a1b2"));
    assert_eq!(error.route().unwrap().id, "createProjectBranchDatabase");
    assert_eq!(error.attempts(), 1);
    let text = format!(
        "createProjectBranchDatabase ({}): the API responded 404: branch not found (request a1b2)",
        error.resource().unwrap(),
    );
    let on = format!("projects/{}/branches/{}", project_id(), branch_id());
    assert_eq!(error.resource(), Some(on.as_str()));
    assert_eq!(error.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn is_conflict() {
    let body = json!({"code": "PROJECT_ID_ALREADY_EXISTS", "message": "project already exists"});
    let error = error_of(answer(409, &body)).await;
    assert_eq!(holds(&error), ["conflict"]);
    assert_eq!(error.code(), Some("PROJECT_ID_ALREADY_EXISTS"));
}

#[tokio::test(start_paused = true)]
async fn is_locked() {
    let body = json!({
        "code": "",
        "message": "project already has running conflicting operations, scheduling of new ones is prohibited",
    });
    let error = error_of(answer(423, &body)).await;
    assert_eq!(holds(&error), ["locked", "retryable"]);
}

#[tokio::test(start_paused = true)]
async fn is_rate_limited() {
    let body = json!({"code": "", "message": "rate limit exceeded"});
    let error = error_of(answer(429, &body)).await;
    assert_eq!(holds(&error), ["rate_limited", "retryable"]);
}

#[tokio::test(start_paused = true)]
async fn is_quota_exceeded() {
    for code in [
        "PROJECTS_LIMIT_EXCEEDED",
        "BRANCHES_LIMIT_EXCEEDED",
        "BRANCHES_PROTECTED_LIMIT_EXCEEDED",
        "ROOT_BRANCHES_LIMIT_EXCEEDED",
        "ENDPOINTS_LIMIT_EXCEEDED",
        "ACTIVE_ENDPOINTS_LIMIT_EXCEEDED",
        "ROLES_LIMIT_EXCEEDED",
        "DATABASES_LIMIT_EXCEEDED",
        "DATA_TRANSFER_LIMIT_EXCEEDED",
        "VPC_ENDPOINTS_LIMIT_EXCEEDED",
        "BRANCH_SIZE_LIMIT_EXCEEDED_THRESHOLD",
        "COMPUTE_TIME_EXCEEDED",
        "NON_PRIMARY_BRANCH_COMPUTE_TIME_EXCEEDED",
    ] {
        let body = json!({"code": code, "message": "limit exceeded"});
        let error = error_of(answer(422, &body)).await;
        assert_eq!(holds(&error), ["quota_exceeded"], "{code}");
        assert!(error.to_string().contains(code), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn is_auth() {
    for (status, told) in [(401, "check the API key"), (403, "another organization")] {
        let body = json!({"request_id": "r", "code": "", "message": "no"});
        let error = error_of(answer(status, &body)).await;
        assert_eq!(holds(&error), ["auth"]);
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn is_timeout_and_outcome_unknown() {
    let error = error_of(Step::Hang).await;
    assert_eq!(holds(&error), ["timeout", "outcome_unknown"]);
    assert!(
        error.to_string().contains("check before retrying"),
        "{error}"
    );
    let error = error_of(fail(FailureKind::Interrupted)).await;
    assert_eq!(holds(&error), ["outcome_unknown"]);
    let error = error_of(fail(FailureKind::Connect)).await;
    assert_eq!(holds(&error), ["retryable"]);
}

#[tokio::test(start_paused = true)]
async fn other_answers_are_none_of_these() {
    let password = json!({"code": "", "message": "role password is not stored"});
    let error = error_of(answer(412, &password)).await;
    assert_eq!(holds(&error), [""; 0]);
    let text = error.to_string();
    assert!(
        text.contains("branch.role(name).reset_password()"),
        "{text}"
    );
    for page in [
        "<html>\n<h1>Bad gateway</h1></html>",
        "",
        "\u{0}",
        "[]",
        "null",
        "{\"code\":5}",
    ] {
        let error = error_of(Step::Response(502, Vec::new(), page.to_owned())).await;
        assert_eq!((error.code(), error.message()), (None, None));
        assert_eq!(error.status().unwrap().as_u16(), 502);
        assert!(!error.to_string().contains('<'), "{error}");
    }
}

/// A change is then perhaps made: the API's own word that cannot be read, or a proxy's page with
/// the status of a success. It is not sent again.
#[tokio::test(start_paused = true)]
async fn outcome_unknown_of_a_success_that_cannot_be_read() {
    for (body, told) in [
        ("<html></html>", "HTML"),
        ("", "empty"),
        ("[]", "invalid type"),
        ("{\"operations\":", "EOF"),
        ("{\"operations\":[]}", "missing field"),
    ] {
        for (method, held) in [
            ("POST", &["outcome_unknown"][..]),
            ("PUT", &["outcome_unknown"]),
            ("PATCH", &["outcome_unknown"]),
            ("DELETE", &["outcome_unknown"]),
            ("GET", &[]),
        ] {
            let server = Server::new(move |_, _| Step::Response(200, Vec::new(), body.to_owned()));
            let Err(error) = call(&server.client(), method).await else {
                // All that the answer of this one may hold is optional.
                assert_eq!((method, body), ("PUT", "{\"operations\":[]}"));
                continue;
            };
            assert!(matches!(error, Error::Decode(_)), "{error:?}");
            assert_eq!(holds(&error), held, "{method} {body}");
            let text = error.to_string();
            assert!(text.contains(told), "{text}");
            let is_change = method != "GET";
            assert_eq!(text.contains("check before retrying"), is_change);
            assert!(error.request_id().is_some());
            assert_eq!((error.attempts(), server.total()), (1, 1));
        }
    }
}

/// Routes of the user that a key belongs to refuse the keys of organizations, in several ways.
#[tokio::test(start_paused = true)]
async fn which_kind_of_key_is_needed_is_told() {
    for code in [400, 401, 403, 404] {
        let body = json!({"code": "", "message": "not allowed"});
        let server = Server::steps(vec![answer(code, &body); 3]);
        let neon = server.client();
        let personal = neon.raw().get_current_user_info().await.unwrap_err();
        let personal = Error::from(personal).to_string();
        assert!(personal.contains("personal"), "{code}: {personal}");
        let any = neon.project(project_id()).get().await.unwrap_err();
        assert!(!any.to_string().contains("personal"), "{code}: {any}");
    }
}

#[tokio::test(start_paused = true)]
async fn which_parameter_is_missing_is_told() {
    let body =
        json!({"code": "", "message": "org_id is required, you can find it in the settings"});
    for code in [400, 422] {
        let server = Server::steps(vec![answer(code, &body)]);
        let projects = server.client().projects();
        let errors = [
            projects.list().try_next().await.unwrap_err(),
            projects.create("app").await.unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(
                text.contains("org(…)") && text.contains("NEON_ORG_ID"),
                "{text}"
            );
        }
    }
}

/// A success that cannot be read has a status too.
#[tokio::test(start_paused = true)]
async fn an_answer_that_could_not_be_read_has_a_status() {
    let error = error_of(Step::Response(201, Vec::new(), "[]".to_owned())).await;
    assert_eq!(error.status().unwrap().as_u16(), 201);
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(decode.status(), error.status());
}

#[tokio::test(start_paused = true)]
async fn bad_input_says_what_it_breaks() {
    let server = Server::steps(vec![]);
    let projects = server.client().projects();
    let input = |error: Error| match error {
        Error::InvalidInput(input) => input,
        other => panic!("{other:?}"),
    };
    let region = input(projects.create("app").region("").await.unwrap_err());
    assert_eq!(region.route().unwrap().id, "createProject");
    assert_eq!(region.invalid_id().unwrap().kind(), "region");
    assert_eq!(region.rule(), Some(region.invalid_id().unwrap().rule()));

    // An ID of its own, by `?`.
    let id = || Ok::<_, Error>(BranchId::new("No Branch")?);
    let error = id().unwrap_err();
    assert_eq!(error.route().map(|operation| operation.id), None);
    let told = error.to_string();
    let id = input(error);
    assert_eq!(id.invalid_id().unwrap().kind(), "branch");
    assert_eq!(told, id.invalid_id().unwrap().to_string());

    for units in [
        f64::NAN..=1.0,
        1.0..=f64::NAN,
        2.0..=1.0,
        0.0..=1.0,
        1.0..=f64::INFINITY,
    ] {
        let input = input(projects.create("app").autoscaling(units).await.unwrap_err());
        assert!(input.field().unwrap().contains("autoscaling"), "{input}");
        assert!(input.invalid_id().is_none() && input.invalid_request().is_none());
    }

    let empty: BranchId = serde_json::from_str("\"\"").unwrap();
    let branch = server.client().project(project_id()).branch(empty);
    let branch = input(branch.get().await.unwrap_err());
    assert!(branch.invalid_request().is_some() && branch.rule().is_none());
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_connection_string_is_no_bad_input() {
    let server = Server::new(|seen, _| {
        let mut branch = sample(seen.operation);
        branch["connection_uris"] = json!([]);
        support::ok(&branch)
    });
    let branches = server.client().project(project_id()).branches();
    let created = branches.create("preview").await.unwrap().into_value();
    let error = created.connection_uri().unwrap_err();
    assert!(matches!(error, Error::NotInResponse(_)), "{error:?}");
    assert!(
        error.to_string().contains("branch.connection_uri()"),
        "{error}"
    );
    assert_eq!(holds(&error), [""; 0]);
}

/// Every text of the server's with breaks in it.
#[tokio::test(start_paused = true)]
async fn a_servers_line_breaks_stay_out_of_every_error() {
    const BROKEN: &str = "a\nb\r\nc\u{2028}d\te";
    let body = json!({"code": BROKEN, "message": BROKEN, "reason": BROKEN, "request_id": BROKEN});
    let mut texts = Vec::new();
    for code in [400, 401, 409, 412, 502] {
        let server = Server::steps(vec![answer(code, &body)]);
        let neon = server.builder().retry(RetryPolicy::never()).build();
        texts.push(call(&neon.unwrap(), "POST").await.unwrap_err().to_string());
    }
    // Raw errors as well.
    let server = Server::steps(vec![answer(400, &body)]);
    let raw = server
        .client()
        .raw()
        .get_current_user_info()
        .await
        .unwrap_err();
    texts.push(raw.to_string());
    // An operation's error, status and action.
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => {
            let mut failed = operation(&operation_id(1), "failed");
            failed["error"] = json!(BROKEN);
            failed["action"] = json!(BROKEN);
            support::operations(&[failed])
        }
        _ => support::success(seen),
    });
    let wait = server.client().wait(handle([1])).await.unwrap_err();
    texts.push(wait.to_string());
    texts.push(Error::from(wait).to_string());
    let mut unknown = operation(&operation_id(1), BROKEN);
    unknown["error"] = json!(BROKEN);
    let server = Server::new(move |_, _| support::operations(&[unknown.clone()]));
    let wait = server.client().wait(handle([1])).await.unwrap_err();
    texts.push(wait.to_string());
    // A key provider's.
    let neon = server.builder().key_provider(BrokenKey).build().unwrap();
    texts.push(call(&neon, "GET").await.unwrap_err().to_string());
    for text in texts {
        assert!(text.contains("a b c d e"), "{text:?}");
        let is_break = |c: char| c.is_control() || c == '\u{2028}';
        assert!(!text.contains(is_break), "{text:?}");
    }
}

#[derive(Debug)]
struct BrokenKey;

impl KeyProvider for BrokenKey {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async { Err("a\nb\r\nc\u{2028}d\te".into()) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_in_the_place_of_a_branch_id_is_recognised() {
    let server = Server::new(|_, _| support::status(404));
    let project = server.client().project(project_id());
    for (id, is_advised) in [("main", true), ("br-main-12345678", false)] {
        let error = project.branch(id).get().await.unwrap_err();
        assert_eq!(
            error.to_string().contains("find(name)"),
            is_advised,
            "{error}"
        );
    }
    let error = project.get().await.unwrap_err();
    assert!(!error.to_string().contains("find(name)"), "{error}");

    // One in a body cannot be seen.
    for (what, is_advised) in [("parent branch", true), ("project", false)] {
        let body = json!({"code": "", "message": format!("{what} not found")});
        let create = Server::steps(vec![answer(404, &body)]).client();
        let create = create.project(project_id()).branches().create("preview");
        let error = create.parent("main").await.unwrap_err().to_string();
        assert_eq!(error.contains("find(name)"), is_advised, "{error}");
    }
}
