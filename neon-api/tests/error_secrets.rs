//! No error shows a secret, wherever one stands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::error::Error as _;
use std::fmt::Write as _;

use futures::TryStreamExt;
use neon_api::ids::ProjectId;
use neon_api::raw::transport::FailureKind;
use neon_api::{CreatedBranch, Error, Neon, RetryPolicy, WaitError};
use proptest::prelude::*;
use serde_json::json;
use support::lists::sample;
use support::{
    Server, Step, branch_id, fail, from, ms, ok, operation, operation_id, operations, project_id,
    status,
};

/// All that a person or a log may come to see of an error.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        write!(text, " {inner} {inner:?}").unwrap();
        source = inner.source();
    }
    text
}

/// JSON with the secret in places where answers have them, and in places where they have none.
fn bodies(secret: &str) -> Vec<String> {
    let uri = format!("postgresql://owner:{secret}@ep-misty-sea-a5833nbi.aws.neon.tech/db");
    vec![
        json!({"uri": uri, "password": secret, "connection_uris": [{"connection_uri": uri}]})
            .to_string(),
        json!({"database": {"name": secret}, "operations": secret}).to_string(),
        json!({"database": secret, "operations": []}).to_string(),
        json!({"code": "", "message": "refused", "password": secret, "uri": uri}).to_string(),
        // What the API says of a request may repeat some of it.
        json!({"code": "", "message": format!("cannot use {uri}, napi_{secret}")}).to_string(),
        json!([{ secret: secret }]).to_string(),
        format!("<html>{secret}</html>"),
        format!("{{\"password\":\"{secret}"),
        secret.to_owned(),
        format!("\"{secret}\""),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() })]

    /// Secrets in the key, the request's body, the answer's headers and the answer's body.
    #[test]
    fn no_error_shows_a_secret(
        secret in "[a-zA-Z0-9_]{12,40}",
        status in prop::sample::select(vec![200, 201, 400, 401, 404, 409, 412, 422, 500, 503]),
        failure in prop::option::weighted(0.2, prop::sample::select(vec![
            FailureKind::Connect, FailureKind::Interrupted, FailureKind::Timeout, FailureKind::NotSent,
        ])),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            for body in bodies(&secret) {
                let is_named_by_it = body.starts_with('[');
                let step = match failure {
                    Some(kind) => fail(kind),
                    None => Step::Answer(status, Vec::new(), body)
                        .header("set-cookie", secret.clone())
                        .header("authorization", format!("Bearer {secret}"))
                        .header("location", format!("https://u:{secret}@h/")),
                };
                let server = Server::new(move |_, _| step.clone());
                let neon = server
                    .builder()
                    .api_key(format!("napi_{secret}"))
                    .retry(RetryPolicy::never())
                    .build()
                    .unwrap();
                assert!(!format!("{neon:?}").contains(&secret));
                let (project, branch) = (project_id(), branch_id());
                let request = from(json!({"database": {"name": "app", "owner_name": secret}}));
                let raw = neon.raw();
                let create = raw.create_project_branch_database(&project, &branch, &request);
                let password = raw.get_project_branch_role_password(&project, &branch, "owner");
                let mut errors: Vec<Error> = Vec::new();
                errors.extend(create.await.err().map(Error::from));
                errors.extend(password.await.err().map(Error::from));
                errors.extend(neon.projects().create("app").await.err());
                // Names of fields are told where they could not be read, values never.
                if !is_named_by_it {
                    errors.extend(neon.projects().list().try_next().await.err());
                }
                let handle = neon.project(&project).branch(&branch);
                // Where the whole answer is as due, its secret is the caller's.
                match handle.connection_uri("neondb", "owner").await {
                    Ok(uri) => assert!(!format!("{uri:?}").contains(&secret)),
                    Err(error) => errors.push(error),
                }
                assert!(!errors.is_empty());
                for error in errors {
                    let text = shown(&error);
                    assert!(!text.contains(&secret), "{text}");
                }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// A key or a connection string that stands where an id, a key or an address is due.
    #[test]
    fn no_fault_of_the_settings_shows_a_secret(
        secret in "[a-zA-Z0-9_]{12,40}",
        form in prop::sample::select(vec!["napi_{}", "postgresql://owner:{}@h/db", "{}", "\n{}"]),
    ) {
        let text = form.replace("{}", &secret);
        let mut errors: Vec<Box<dyn std::error::Error>> = Vec::new();
        errors.extend(ProjectId::new(text.clone()).err().map(Into::into));
        let key = Neon::builder().api_key(format!("{text}\n{text}")).build();
        errors.push(key.unwrap_err().into());
        let place = Neon::builder().api_key("k").base_url(text.clone()).build();
        errors.extend(place.err().map(Into::into));
        let user = format!("https://owner:{secret}@console.neon.tech/api/v2");
        let place = Neon::builder().api_key("k").base_url(user).build();
        errors.push(place.unwrap_err().into());
        for error in errors {
            let mut text = format!("{error}");
            let mut source = error.source();
            while let Some(inner) = source {
                write!(text, " {inner}").unwrap();
                source = inner.source();
            }
            prop_assert!(!text.contains(&secret), "{}", text);
        }
    }
}

/// A branch whose creation is waited for in vain, and whose connection string holds the secret.
async fn wait_in_vain(secret: &str, poll: Step) -> WaitError<CreatedBranch> {
    let uri = format!("postgresql://owner:{secret}@ep-misty-sea-a5833nbi.aws.neon.tech/db");
    let mut branch = sample("createProjectBranch");
    branch["operations"] = json!([operation(&operation_id(1), "running")]);
    branch["roles"][0]["password"] = json!(secret);
    branch["connection_uris"] = json!([sample("createProjectBranch")["connection_uris"][0]]);
    branch["connection_uris"][0]["connection_uri"] = json!(uri);
    branch["connection_uris"][0]["connection_parameters"]["password"] = json!(secret);
    let server = Server::new(move |seen, _| match seen.operation {
        "createProjectBranch" => ok(&branch),
        _ => poll.clone(),
    });
    let branches = server.client().project(project_id()).branches();
    let created = branches.create("preview").await.unwrap();
    assert!(!format!("{created:?}").contains(secret));
    let wait = created.ready().timeout(ms(5000));
    wait.await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_wait_keeps_the_secrets_of_what_it_gives_back() {
    const SECRET: &str = "planted_3c9f";
    for poll in [
        operations(&[operation(&operation_id(1), "failed")]),
        operations(&[operation(&operation_id(1), "running")]),
        ok(&json!({"operations": [{"password": SECRET, "id": SECRET}]})),
        status(403),
        fail(FailureKind::Interrupted),
    ] {
        let error = wait_in_vain(SECRET, poll).await;
        let text = format!("{error} {error:?} {error:#?} {:?}", error.report());
        assert!(!text.contains(SECRET), "{text}");
        let error = Error::from(error);
        let text = shown(&error);
        assert!(!text.contains(SECRET), "{text}");
        // It is the caller's all the same.
        let created = error.into_wait_value::<CreatedBranch>().unwrap();
        assert!(created.connection_uri().unwrap().expose().contains(SECRET));
    }
}
