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

use neon_api::branches::CreatedBranch;
use neon_api::ids::{
    BranchId, EndpointId, InvitationId, MemberId, OperationId, OrgId, ProjectId, SnapshotId,
    TransferRequestId, UserId,
};
use neon_api::raw::function_deployment::FunctionDeployment;
use neon_api::raw::transport::FailureKind;
use neon_api::{ConfigError, Cursor, Error, Neon, RetryPolicy, WaitError, WaitToken};
use proptest::prelude::*;
use serde_json::{Value, json};
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
                let step = match failure {
                    Some(kind) => fail(kind),
                    None => Step::Response(status, Vec::new(), body)
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
                errors.extend(neon.projects().list().try_next().await.err());
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

    /// A key or a connection string that stands where an ID, a key or an address is due.
    #[test]
    fn no_fault_of_the_input_shows_a_secret(
        secret in "[a-zA-Z0-9_]{12,40}",
        form in prop::sample::select(vec!["napi_{}", "postgresql://owner:{}@h/db", "{}", "\n{}"]),
    ) {
        let text = form.replace("{}", &secret);
        let mut errors = rejected_ids(&text);
        let key = Neon::builder().api_key(format!("{text}\n{text}"));
        let place = Neon::builder().api_key("k").base_url(text.clone());
        let user = format!("https://owner:{secret}@console.neon.tech/api/v2");
        let user = Neon::builder().api_key("k").base_url(user);
        for builder in [key, place, user] {
            let debug = format!("{builder:?} {builder:#?}");
            prop_assert!(!debug.contains(&secret), "{}", debug);
            errors.push(builder.build().unwrap_err());
        }
        for error in errors {
            let text = shown(&error);
            prop_assert!(!text.contains(&secret), "{}", text);
        }
    }
}

/// The errors of all ways on which a text that is no ID of some kind is refused.
fn rejected_ids(text: &str) -> Vec<Error> {
    let mut errors = Vec::new();
    macro_rules! refuse {
        ($($id:ty),*) => {$(
            let faults = [
                <$id>::new(text).err(),
                text.parse::<$id>().err(),
                <$id>::try_from(text).err(),
                <$id>::try_from(text.to_owned()).err(),
            ];
            for fault in faults.into_iter().flatten() {
                errors.push(ConfigError::Id("NEON_ORG_ID", fault.clone()).into());
                errors.push(fault.into());
            }
        )*};
    }
    refuse!(
        BranchId,
        EndpointId,
        OrgId,
        ProjectId,
        SnapshotId,
        TransferRequestId
    );
    let may_be_taken = errors.is_empty();
    refuse!(InvitationId, MemberId, OperationId, UserId);
    assert!(!errors.is_empty());
    // Small letters and digits may be an ID of some kinds; anything else is none.
    let is_short = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    assert_eq!(may_be_taken, text.chars().all(is_short), "{text}");
    errors
}

/// Input that no rule of the client's can take, beside input that holds a secret; a list that
/// repeats it for ever; a handle of a wait.
#[tokio::test(start_paused = true)]
async fn what_is_refused_beside_a_secret_does_not_show_it() {
    const SECRET: &str = "planted_3c9f";
    let server = Server::new(|seen, _| {
        let mut page = sample(seen.operation);
        page["pagination"] = json!({"cursor": SECRET});
        page["unavailable_project_ids"] = json!([]);
        ok(&page)
    });
    let neon = server.client();
    let (raw, project, branch) = (neon.raw(), project_id(), branch_id());
    let unnameable: BranchId = serde_json::from_str("\"..\"").unwrap();
    let request = from(json!({"database": {"name": SECRET, "owner_name": SECRET}}));
    let database = raw.create_project_branch_database(&project, &unnameable, &request);
    let empty = FunctionDeployment::default();
    let deploy = raw.create_project_branch_function_deployment(&project, &branch, SECRET, &empty);
    let create = neon.projects().create(SECRET).role_name(SECRET).region("");
    let mut list = neon.projects().list().start_after(Cursor::new(SECRET));
    let errors = [
        database.await.unwrap_err().into(),
        deploy.await.unwrap_err().into(),
        create.await.unwrap_err(),
        list.try_next().await.unwrap_err(),
    ];
    assert_eq!((server.count("listProjects"), server.total()), (1, 1));
    for error in &errors {
        let text = shown(error);
        assert!(!text.contains(SECRET), "{text}");
    }
    let kept = json!({"project": "..", "operations": [SECRET]}).to_string();
    let error = serde_json::from_str::<WaitToken>(&kept).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SECRET));
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

/// A failed operation of which the API says this.
fn failed_with(told: &str) -> Value {
    let mut failed = operation(&operation_id(1), "failed");
    failed["error"] = json!(told);
    failed
}

#[tokio::test(start_paused = true)]
async fn a_wait_keeps_the_secrets_of_what_it_gives_back() {
    const SECRET: &str = "planted_3c9f";
    for poll in [
        operations(&[operation(&operation_id(1), "failed")]),
        operations(&[failed_with(&format!(
            "cannot reach postgresql://owner:{SECRET}@h/db with napi_{SECRET}"
        ))]),
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
