//! Methods of `neon_api::auth`.

use neon_api::auth::AuthHandle;
use neon_api::ids::AuthUserId;
use neon_api::types::{
    NeonAuthCreateIntegrationResponse, NeonAuthEmailAndPasswordConfig, NeonAuthIntegration,
    NeonAuthOauthProvider, NeonAuthRedirectUriWhitelistDomain,
};
use neon_api::{Error, Neon};
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};
use crate::support::{Server, from, success};

shown_as_json!(bool AuthUserId NeonAuthCreateIntegrationResponse NeonAuthEmailAndPasswordConfig
    NeonAuthIntegration NeonAuthOauthProvider NeonAuthRedirectUriWhitelistDomain);

const USER: &str = "4f1d1c5a-2f66-4a52-9b0e-3a4f4f6f3a11";

pub(crate) fn auth(neon: &Neon) -> AuthHandle {
    branch(neon).auth()
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = handle();
    rows.extend(users());
    rows.extend(oauth_providers());
    rows.extend(trusted_domains());
    rows.extend(settings());
    rows
}

fn handle() -> Vec<Row> {
    vec![
        row("AuthHandle::get", "getNeonAuth", |neon| auth(&neon).get()).result(""),
        row("AuthHandle::get_opt", "getNeonAuth", |neon| {
            auth(&neon).get_opt()
        })
        .result(""),
        row("AuthHandle::enable", "createNeonAuth", |neon| {
            auth(&neon).enable("better_auth")
        })
        .body(json!({"auth_provider": "better_auth"}))
        .result(""),
        row("AuthHandle::enable", "createNeonAuth", |neon| {
            auth(&neon).enable("stack").database("app")
        })
        .body(json!({"auth_provider": "stack", "database_name": "app"})),
        row("AuthHandle::disable", "disableNeonAuth", |neon| {
            auth(&neon).disable()
        })
        .body(json!({})),
        row("AuthHandle::disable", "disableNeonAuth", |neon| {
            auth(&neon).disable().delete_data(true)
        })
        .body(json!({"delete_data": true})),
        row("AuthHandle::update", "updateNeonAuthConfig", |neon| {
            auth(&neon).update("sign-in")
        })
        .body(json!({"name": "sign-in"}))
        .result("/name"),
    ]
}

fn users() -> Vec<Row> {
    let create = "createBranchNeonAuthNewUser";
    vec![
        row("AuthUsers::create", create, |neon| {
            auth(&neon).users().create("ada@example.com")
        })
        .body(json!({"email": "ada@example.com"}))
        .result("/id"),
        row("AuthUsers::create", create, |neon| {
            auth(&neon).users().create("ada@example.com").name("Ada")
        })
        .body(json!({"email": "ada@example.com", "name": "Ada"})),
        row(
            "AuthUserHandle::delete",
            "deleteBranchNeonAuthUser",
            |neon| auth(&neon).user(USER).delete(),
        )
        .path("auth_user_id", USER),
        row(
            "AuthUserHandle::set_roles",
            "updateNeonAuthUserRole",
            |neon| auth(&neon).user(USER).set_roles(["admin", "editor"]),
        )
        .path("auth_user_id", USER)
        .body(json!({"roles": ["admin", "editor"]}))
        .result("/id"),
    ]
}

fn oauth_providers() -> Vec<Row> {
    let add = "addBranchNeonAuthOauthProvider";
    let update = "updateBranchNeonAuthOauthProvider";
    let of = |row: Row| row.path("oauth_provider_id", "microsoft");
    vec![
        row(
            "OauthProviders::list",
            "listBranchNeonAuthOauthProviders",
            |neon| auth(&neon).oauth_providers().list(),
        )
        .result("/providers"),
        row(
            "OauthProviders::find",
            "listBranchNeonAuthOauthProviders",
            |neon| auth(&neon).oauth_providers().find("github"),
        )
        .response(|body| body["providers"][0]["id"] = json!("github"))
        .result("/providers/0"),
        row("OauthProviders::add", add, |neon| {
            auth(&neon).oauth_providers().add("github")
        })
        .body(json!({"id": "github"}))
        .result(""),
        row("OauthProviders::add", add, |neon| {
            let add = auth(&neon).oauth_providers().add("microsoft");
            let add = add.client_id("app").client_secret("hidden");
            add.microsoft_tenant_id("tenant")
        })
        .body(json!({
            "id": "microsoft",
            "client_id": "app",
            "client_secret": "hidden",
            "microsoft_tenant_id": "tenant",
        })),
        of(row("OauthProviderHandle::update", update, |neon| {
            auth(&neon).oauth_provider("microsoft").update()
        }))
        .body(json!({}))
        .result(""),
        of(row("OauthProviderHandle::update", update, |neon| {
            let update = auth(&neon).oauth_provider("microsoft").update();
            let update = update.client_id("app").client_secret("hidden");
            update.microsoft_tenant_id("tenant")
        }))
        .body(json!({
            "client_id": "app",
            "client_secret": "hidden",
            "microsoft_tenant_id": "tenant",
        })),
        of(row(
            "OauthProviderHandle::delete",
            "deleteBranchNeonAuthOauthProvider",
            |neon| auth(&neon).oauth_provider("microsoft").delete(),
        )),
    ]
}

fn trusted_domains() -> Vec<Row> {
    vec![
        row(
            "TrustedDomains::list",
            "listBranchNeonAuthTrustedDomains",
            |neon| auth(&neon).trusted_domains().list(),
        )
        .result("/domains"),
        row(
            "TrustedDomains::add",
            "addBranchNeonAuthTrustedDomain",
            |neon| {
                let domains = auth(&neon).trusted_domains();
                domains.add("better_auth", "https://app.example.com")
            },
        )
        .body(json!({"auth_provider": "better_auth", "domain": "https://app.example.com"})),
        row(
            "TrustedDomains::remove",
            "deleteBranchNeonAuthTrustedDomain",
            |neon| {
                let domains = auth(&neon).trusted_domains();
                domains.remove("stack", ["https://a.example.com", "https://b.example.com"])
            },
        )
        .body(json!({
            "auth_provider": "stack",
            "domains": [
                {"domain": "https://a.example.com"},
                {"domain": "https://b.example.com"},
            ],
        })),
    ]
}

fn settings() -> Vec<Row> {
    vec![
        row("AllowLocalhost::get", "getNeonAuthAllowLocalhost", |neon| {
            auth(&neon).allow_localhost().get()
        })
        .result("/allow_localhost"),
        row(
            "AllowLocalhost::get_opt",
            "getNeonAuthAllowLocalhost",
            |neon| auth(&neon).allow_localhost().get_opt(),
        )
        .result("/allow_localhost"),
        row(
            "AllowLocalhost::set",
            "updateNeonAuthAllowLocalhost",
            |neon| auth(&neon).allow_localhost().set(false),
        )
        .body(json!({"allow_localhost": false}))
        .result("/allow_localhost"),
        row(
            "EmailAndPassword::get",
            "getNeonAuthEmailAndPasswordConfig",
            |neon| auth(&neon).email_and_password().get(),
        )
        .result(""),
        row(
            "EmailAndPassword::get_opt",
            "getNeonAuthEmailAndPasswordConfig",
            |neon| auth(&neon).email_and_password().get_opt(),
        )
        .result(""),
        row(
            "EmailAndPassword::update",
            "updateNeonAuthEmailAndPasswordConfig",
            |neon| {
                let change = from(json!({"enabled": true, "email_verification_method": "otp"}));
                auth(&neon).email_and_password().update(change)
            },
        )
        .body(json!({"enabled": true, "email_verification_method": "otp"}))
        .result(""),
    ]
}

#[tokio::test(start_paused = true)]
async fn empty_lists_are_refused_before_anything_is_sent() {
    let server = Server::new(|seen, _| success(seen));
    let auth = auth(&server.client());
    let none: [&str; 0] = [];
    let faults = [
        ("roles", auth.user(USER).set_roles(none).await.map(|_| ())),
        (
            "domains",
            auth.trusted_domains().remove("stack", none).await,
        ),
    ];
    for (field, outcome) in faults {
        match outcome {
            Err(Error::InvalidInput(fault)) => assert_eq!(fault.field(), Some(field)),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert_eq!(server.total(), 0);
}
