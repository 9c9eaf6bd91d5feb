//! The raw crate's typed mocks match what its client sends.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use httpmock::MockServer;
use neon_api_raw::httpmock::MockServerExt;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    GeneralError, ListProjectsQuery, ListProjectsResponse, RolePasswordResponse,
};
use neon_api_raw::{Client, Error};
use neon_api_tests::call::{MOCKS, call};
use neon_api_tests::sampled::{self, Options};
use neon_api_tests::spec;

fn client(server: &MockServer) -> Client {
    Client::builder()
        .base_url(server.base_url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_mock_of_each_operation_matches_its_requests() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let mut faults = Vec::new();
    for (id, mock) in MOCKS {
        let operation = spec::operation(id);
        let request = sampled::request(operation, &Options::default());
        let (status, body) = match operation.json_success() {
            Some(_) => sampled::answer(operation, &Options::default()),
            None => (200, serde_json::json!("any")),
        };
        let mock = mock(&server, &|_, then| {
            then.status(status).body(body.to_string());
        });
        if let Err(failure) = call(&client, id, &request.arguments).await {
            faults.push(format!("{id}: {failure:?}"));
        } else if mock.calls_async().await != 1 {
            faults.push(format!("{id}: called {} times", mock.calls_async().await));
        }
        mock.delete_async().await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // All but the multipart one.
    assert_eq!(MOCKS.len(), spec::operations().len() - 1);
}

#[tokio::test]
async fn mocks_tell_parameters_apart_and_answer_with_types() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let (_, page) = sampled::answer(spec::operation("listProjects"), &Options::default());
    let page: ListProjectsResponse = serde_json::from_value(page).unwrap();
    let list = server.list_projects(|when, then| {
        when.limit(7).cursor("next").search(None);
        then.success(200, &page);
    });
    let query = ListProjectsQuery::default()
        .with_limit(7)
        .with_cursor("next");
    let found = client.list_projects(&query).await.unwrap();
    assert_eq!(found.projects.len(), page.projects.len());
    let other = query.with_limit(8);
    assert!(client.list_projects(&other).await.is_err());
    assert_eq!(list.calls_async().await, 1);

    let gone: GeneralError =
        serde_json::from_str(r#"{"code":"","message":"branch not found"}"#).unwrap();
    let project = ProjectId::new("late-frost-12345678").unwrap();
    let branch = BranchId::new("br-noisy-breeze-a5e59rrb").unwrap();
    let get = server.get_project_branch(|when, then| {
        when.project_id(&project).branch_id(&branch);
        then.client_error(404, &gone);
    });
    let error = client
        .get_project_branch(&project, &branch)
        .await
        .unwrap_err();
    let Error::Api(error) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (error.status.as_u16(), error.message.as_str()),
        (404, "branch not found")
    );
    assert_eq!(get.calls_async().await, 1);
}

/// A mock's response and the request that it expects have their secrets.
#[tokio::test]
async fn mocks_have_the_secrets_of_requests_and_responses() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let (_, mut role) = sampled::answer(
        spec::operation("getProjectBranchRolePassword"),
        &Options::default(),
    );
    role["password"] = serde_json::json!("npg_s3cret");
    let response: RolePasswordResponse = serde_json::from_value(role).unwrap();
    let (project, branch) = (
        ProjectId::new("late-frost-12345678").unwrap(),
        BranchId::new("br-noisy-breeze-a5e59rrb").unwrap(),
    );
    server.get_project_branch_role_password(|_, then| {
        then.success(200, &response);
    });
    let found = client
        .get_project_branch_role_password(&project, &branch, "owner")
        .await
        .unwrap();
    assert_eq!(found.into_inner().password.expose(), "npg_s3cret");
}
