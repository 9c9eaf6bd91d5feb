//! Methods of `neon_api::legacy_auth`.

#![allow(deprecated, reason = "deprecated methods are tested as well")]

use neon_api::legacy_auth::LegacyAuth;
use neon_api::types::SharedEmailServer;
use neon_api::{Error, Neon};
use serde_json::json;

use crate::row::{Row, project, row};
use crate::support::{BRANCH, PROJECT, Server, from, success};

const USER: &str = "4f1d1c5a-2f66-4a52-9b0e-3a4f4f6f3a11";

fn auth(neon: &Neon) -> LegacyAuth {
    project(neon).legacy_auth()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = integrations();
    rows.extend(users());
    rows.extend(oauth_providers());
    rows.extend(trusted_domains());
    rows.extend(email_server());
    rows
}

fn integrations() -> Vec<Row> {
    let create = "createNeonAuthIntegration";
    let delete = "deleteNeonAuthIntegration";
    let of = json!({"auth_provider": "stack", "project_id": PROJECT});
    vec![
        row(
            "LegacyAuth::list_integrations",
            "listNeonAuthIntegrations",
            |neon| auth(&neon).list_integrations(),
        )
        .result("/data"),
        row("LegacyAuth::create_integration", create, |neon| {
            auth(&neon).create_integration("stack", BRANCH)
        })
        .body(json!({"auth_provider": "stack", "project_id": PROJECT, "branch_id": BRANCH}))
        .result(""),
        row("LegacyAuth::create_integration", create, |neon| {
            let create = auth(&neon).create_integration("stack", BRANCH);
            create.database("app").role("owner")
        })
        .body(json!({
            "auth_provider": "stack",
            "project_id": PROJECT,
            "branch_id": BRANCH,
            "database_name": "app",
            "role_name": "owner",
        })),
        row("LegacyAuth::delete_integration", delete, |neon| {
            auth(&neon).delete_integration("stack")
        })
        .path("auth_provider", "stack")
        .body(json!({})),
        row("LegacyAuth::delete_integration", delete, |neon| {
            auth(&neon).delete_integration("mock").delete_data(true)
        })
        .path("auth_provider", "mock")
        .body(json!({"delete_data": true})),
        row(
            "LegacyAuth::create_sdk_keys",
            "createNeonAuthProviderSDKKeys",
            |neon| auth(&neon).create_sdk_keys("stack"),
        )
        .body(of.clone())
        .result(""),
        row(
            "LegacyAuth::transfer_ownership",
            "transferNeonAuthProviderProject",
            |neon| auth(&neon).transfer_ownership("stack"),
        )
        .body(of)
        .result("/url"),
    ]
}

fn users() -> Vec<Row> {
    let user = json!({
        "auth_provider": "stack",
        "project_id": PROJECT,
        "email": "ada@example.com",
    });
    let mut named = user.clone();
    named["name"] = json!("Ada");
    vec![
        row("LegacyAuth::create_user", "createNeonAuthNewUser", |neon| {
            auth(&neon).create_user("stack", "ada@example.com")
        })
        .body(user)
        .result("/id"),
        row("LegacyAuth::create_user", "createNeonAuthNewUser", |neon| {
            let create = auth(&neon).create_user("stack", "ada@example.com");
            create.name("Ada")
        })
        .body(named),
        row("LegacyAuth::delete_user", "deleteNeonAuthUser", |neon| {
            auth(&neon).delete_user(USER)
        })
        .path("auth_user_id", USER),
    ]
}

fn oauth_providers() -> Vec<Row> {
    vec![
        row(
            "LegacyAuth::list_oauth_providers",
            "listNeonAuthOauthProviders",
            |neon| auth(&neon).list_oauth_providers(),
        )
        .result("/providers"),
        row(
            "LegacyAuth::add_oauth_provider",
            "addNeonAuthOauthProvider",
            |neon| {
                let provider = json!({"id": "github", "client_secret": "hidden"});
                auth(&neon).add_oauth_provider(from(provider))
            },
        )
        .body(json!({"id": "github", "client_secret": "hidden"}))
        .result(""),
        row(
            "LegacyAuth::update_oauth_provider",
            "updateNeonAuthOauthProvider",
            |neon| {
                let change = from(json!({"client_id": "app"}));
                auth(&neon).update_oauth_provider("github", change)
            },
        )
        .path("oauth_provider_id", "github")
        .body(json!({"client_id": "app"}))
        .result(""),
        row(
            "LegacyAuth::delete_oauth_provider",
            "deleteNeonAuthOauthProvider",
            |neon| auth(&neon).delete_oauth_provider("github"),
        )
        .path("oauth_provider_id", "github"),
    ]
}

fn trusted_domains() -> Vec<Row> {
    vec![
        row(
            "LegacyAuth::list_trusted_domains",
            "listNeonAuthRedirectURIWhitelistDomains",
            |neon| auth(&neon).list_trusted_domains(),
        )
        .result("/domains"),
        row(
            "LegacyAuth::add_trusted_domain",
            "addNeonAuthDomainToRedirectURIWhitelist",
            |neon| auth(&neon).add_trusted_domain("stack", "https://app.example.com"),
        )
        .body(json!({"auth_provider": "stack", "domain": "https://app.example.com"})),
        row(
            "LegacyAuth::remove_trusted_domains",
            "deleteNeonAuthDomainFromRedirectURIWhitelist",
            |neon| auth(&neon).remove_trusted_domains("stack", ["https://app.example.com"]),
        )
        .body(json!({
            "auth_provider": "stack",
            "domains": [{"domain": "https://app.example.com"}],
        })),
    ]
}

fn email_server() -> Vec<Row> {
    vec![
        row(
            "LegacyAuth::email_server",
            "getNeonAuthEmailServer",
            |neon| auth(&neon).email_server(),
        )
        .result(""),
        row(
            "LegacyAuth::update_email_server",
            "updateNeonAuthEmailServer",
            |neon| auth(&neon).update_email_server(SharedEmailServer::default()),
        )
        .body(json!({"type": "shared"}))
        .result(""),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_of_domains_is_refused_before_anything_is_sent() {
    let server = Server::new(|seen, _| success(seen));
    let none: [&str; 0] = [];
    let remove = auth(&server.client()).remove_trusted_domains("stack", none);
    match remove.await {
        Err(Error::InvalidInput(fault)) => assert_eq!(fault.field(), Some("domains")),
        other => panic!("{other:?}"),
    }
    assert_eq!(server.total(), 0);
}
