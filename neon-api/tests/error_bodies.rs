//! Errors of responses that are not the API's own, and what errors advise, route by route.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use neon_api::raw::error::ApiError;
use neon_api::raw::http::{HeaderMap, StatusCode};
use neon_api::raw::transport::Response;
use neon_api::raw::{Route, routes};
use neon_api::{Error, RetryPolicy};
use serde_json::json;
use support::{Server, Step, branch_id, call, project_id};

/// A response of a gateway or a proxy on the way to the API.
fn response(status: u16, content_type: &str, body: &str) -> Step {
    Step::Response(status, Vec::new(), body.to_owned()).header("content-type", content_type)
}

/// The error of a call that gets this response and is not retried.
async fn error_of(method: &str, step: Step) -> Error {
    let server = Server::steps(vec![step]);
    let neon = server
        .builder()
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = call(&neon, method).await.unwrap_err();
    assert_eq!(server.total(), 1);
    error
}

#[tokio::test(start_paused = true)]
async fn bodies_of_other_forms_are_shown() {
    for (status, content_type, body, shown) in [
        (
            400,
            "application/problem+json",
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"x is wrong"}"#,
            "x is wrong",
        ),
        (
            400,
            "application/json",
            r#"{"error":"unauthorized"}"#,
            "unauthorized",
        ),
        (
            400,
            "text/plain",
            "upstream connect error or disconnect/reset before headers",
            "upstream connect error or disconnect/reset before headers",
        ),
        (
            400,
            "application/json",
            r#"{"error":{"code":"x","message":"inner msg"}}"#,
            "inner msg",
        ),
        (
            404,
            "text/html",
            "<html><title>404</title></html>",
            "HTML \"404\"",
        ),
        (400, "text/plain", "", "an empty body"),
        (400, "application/json", "{\"fault\":7}", "{\"fault\":7}"),
    ] {
        let error = error_of("GET", response(status, content_type, body)).await;
        let text = error.to_string();
        let due = format!("the server responded {status}, not in the API's form: ");
        assert!(text.contains(&due) && text.contains(shown), "{text}");
        assert!(!error.is_not_found(), "{text}");
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
}

type Predicate = fn(&Error) -> bool;

/// What a gateway repeats may be long and secret. It is masked before it is cut.
#[tokio::test(start_paused = true)]
async fn bodies_of_other_forms_are_bounded_and_masked() {
    let filler = "some words ".repeat(17);
    for body in [
        format!("{filler} postgresql://owner:pl anted@h npg_planted"),
        format!("{filler}napi_planted {}", "more ".repeat(10_000)),
        json!({"error": format!("{filler}{filler} Bearer planted")}).to_string(),
        json!({"other": {"password": "planted"}, "words": filler.repeat(100)}).to_string(),
        format!("<html><title>napi_planted {}</title>", filler.repeat(100)),
    ] {
        let error = error_of("GET", response(400, "text/plain", &body)).await;
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("planted"), "{text}");
            assert!(text.len() < 1000, "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_api_itself_says_that_something_is_not_found() {
    for (body, is_found_out) in [
        (r#"{"code":"","message":"branch not found"}"#, true),
        (r#"{"message":"branch not found"}"#, false),
        (r#"{"request_id":"a1"}"#, false),
        ("<html></html>", false),
        ("404 page not found", false),
        ("", false),
    ] {
        let error = error_of("GET", response(404, "", body)).await;
        assert_eq!(error.is_not_found(), is_found_out, "{body}");
    }
    // Other statuses ask the same of the caller, whoever sent them.
    let predicates: [(u16, Predicate); 5] = [
        (401, Error::is_auth),
        (403, Error::is_auth),
        (409, Error::is_conflict),
        (423, Error::is_locked),
        (429, Error::is_rate_limited),
    ];
    for (status, predicate) in predicates {
        let error = error_of("GET", response(status, "text/html", "<html></html>")).await;
        assert!(predicate(&error), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_say_where_to_without_secrets() {
    for (location, shown) in [
        (
            "https://u:planted@login.example/start?state=planted#planted",
            "a redirect to https://login.example/start;",
        ),
        ("/sign-in?next=planted", "a redirect to /sign-in;"),
        ("https://[planted", "a redirect without a valid target;"),
    ] {
        for status in [301, 302, 307, 308] {
            let step = Step::Response(status, Vec::new(), "<html>moved".to_owned());
            let error = error_of("GET", step.header("location", location.to_owned())).await;
            let text = error.to_string();
            assert!(text.contains(shown), "{text}");
            assert!(
                text.contains("check the base URL (NEON_API_HOST)"),
                "{text}"
            );
            assert!(!format!("{text} {error:?}").contains("planted"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_base_url_without_a_path_is_suspected_of_a_foreign_404() {
    const HINT: &str = "`/api/v2` may be missing";
    let api_form = r#"{"code":"","message":"branch not found"}"#;
    for (base_url, status, body, is_suspected) in [
        ("http://127.0.0.1:9", 404, "<html></html>", true),
        ("http://127.0.0.1:9/", 404, "404 page not found", true),
        ("http://127.0.0.1:9", 404, api_form, false),
        ("http://127.0.0.1:9", 400, "<html></html>", false),
        ("http://127.0.0.1:9/api/v2", 404, "<html></html>", false),
    ] {
        let server = Server::steps(vec![response(status, "", body)]);
        let builder = server.builder().base_url(base_url);
        let neon = builder.retry(RetryPolicy::never()).build().unwrap();
        let error = call(&neon, "GET").await.unwrap_err();
        assert_eq!(error.to_string().contains(HINT), is_suspected, "{error}");
        // Named with and without a path before it.
        let on = format!("projects/{}/branches/{}", project_id(), branch_id());
        assert_eq!(error.resource(), Some(on.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_error_names_what_it_is_about() {
    let on = format!("projects/{}/branches/{}", project_id(), branch_id());
    for (step, operation) in [
        (support::status(404), "createProjectBranchDatabase"),
        (
            support::fail(neon_api::raw::transport::FailureKind::Interrupted),
            "createProjectBranchDatabase",
        ),
        (
            Step::Response(201, Vec::new(), "[]".to_owned()),
            "createProjectBranchDatabase",
        ),
    ] {
        let error = error_of("POST", step).await;
        assert_eq!(error.resource(), Some(on.as_str()), "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("{operation} ({on}): ")), "{text}");
    }
    // A list of all projects is about none.
    let server = Server::steps(vec![support::status(400)]);
    let error = server.client().projects().create("app").await.unwrap_err();
    assert_eq!(error.resource(), None);
    assert!(error.to_string().starts_with("createProject: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_lasting_failure_of_the_server_names_support_and_the_request_id() {
    for status in [500, 501, 502, 503, 504, 520, 599] {
        for body in ["<html></html>", r#"{"code":"","message":"no"}"#] {
            for method in ["GET", "POST"] {
                let step = response(status, "", body).header("x-neon-ret-request-id", "a1b2");
                let error = error_of(method, step).await;
                let text = error.to_string();
                assert!(
                    text.contains("contact Neon support with the request ID"),
                    "{text}"
                );
                assert!(text.ends_with("(request a1b2)"), "{text}");
                let is_unknown = error.outcome_unknown();
                assert_eq!(text.contains("check before retrying"), is_unknown, "{text}");
            }
        }
    }
}

/// A request ID from a body may repeat a secret, and be long.
#[tokio::test(start_paused = true)]
async fn a_request_id_is_masked_and_bounded() {
    for id in [
        "napi_planted".to_owned(),
        format!("{} npg_planted", "a".repeat(9999)),
    ] {
        let body = json!({"code": "", "message": "no", "request_id": id}).to_string();
        let error = error_of("GET", response(400, "", &body)).await;
        let text = format!("{error} {error:?} {:?}", error.request_id());
        assert!(!text.contains("planted") && text.len() < 2000, "{text}");
        assert!(error.request_id().is_some());
    }
}

/// An error of an operation, without a call that makes it: its route is what counts.
fn error_on(operation: &'static Route, status: u16, message: &str) -> Error {
    let body = json!({"code": "", "message": message}).to_string();
    let status = StatusCode::from_u16(status).unwrap();
    let answer = Response::new(status, HeaderMap::new(), body);
    neon_api::raw::Error::response(operation, ApiError::from(answer)).into()
}

/// What is advised about every operation, for the statuses that depend on the key.
#[test]
fn every_route_says_which_key_it_needs() {
    for operation in routes::ALL {
        let text = |status| error_on(operation, status, "no").to_string();
        let path = operation.path;
        let first = path.split('/').nth(1).unwrap();
        let is_about = |what: &str| path.split('/').any(|segment| segment == what);
        let (unauthorized, forbidden) = (text(401), text(403));
        assert!(unauthorized.contains("check the API key"), "{unauthorized}");
        let is_personal = ["users", "api_keys"].contains(&first) || path.ends_with("/transfer");
        let is_admins = ["api_keys", "members", "invitations", "permissions"]
            .iter()
            .any(|what| is_about(what));
        let is_admins = is_admins && first != "api_keys";
        for told in [&unauthorized, &forbidden] {
            assert_eq!(
                told.contains("personal API key"),
                is_personal || is_admins,
                "{told}"
            );
            assert_eq!(told.contains("admin of the"), is_admins, "{told}");
        }
        let lacks = forbidden.contains("lacks permission");
        assert_eq!(lacks, !is_personal && !is_admins, "{forbidden}");
        // Routes of users refuse other keys in these ways as well.
        for status in [400, 404] {
            let told = text(status);
            assert_eq!(told.contains("personal API key"), is_personal, "{told}");
        }
        assert!(text(500).contains("contact Neon support"));
        assert!(!text(409).contains(';') && !text(422).contains(';'));
        let org = error_on(operation, 400, "org_id is required").to_string();
        assert!(
            org.contains("NEON_ORG_ID") && org.contains("org(…)"),
            "{org}"
        );
        let password = error_on(operation, 412, "password is not stored").to_string();
        assert!(
            password.contains("branch.role(name).reset_password()"),
            "{password}"
        );
    }
}

/// The methods that advice names exist.
#[tokio::test(start_paused = true)]
async fn the_methods_that_are_advised_exist() {
    let server = Server::new(|seen, _| support::success(seen));
    let project = server.client().project(project_id());
    drop(project.branch(branch_id()).role("owner").reset_password());
    drop(project.branches().find("main"));
}
