//! Methods of `neon_api::api_keys`, `neon_api::users` and `neon_api::regions`.

use neon_api::types::{
    ApiKeyCreateResponse, ApiKeyRevokeResponse, ApiKeysListResponseItem, AuthDetailsResponse,
    CurrentUserInfoResponse, RegionResponse,
};
use serde_json::json;

use crate::orgs::ORG;
use crate::row::{Row, row, shown_as_json};
use crate::support::PROJECT;

shown_as_json!(
    ApiKeyRevokeResponse ApiKeysListResponseItem CurrentUserInfoResponse RegionResponse
);

shown_as_json!(ApiKeyCreateResponse);

shown_as_json!(AuthDetailsResponse);

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("ApiKeys::create", "createApiKey", |neon| {
            neon.api_keys().create("nightly-reset")
        })
        .body(json!({"key_name": "nightly-reset"}))
        .result(""),
        row("ApiKeys::list", "listApiKeys", |neon| {
            neon.api_keys().list()
        })
        .result(""),
        row("ApiKeys::find", "listApiKeys", |neon| {
            neon.api_keys().find("nightly-reset")
        })
        .response(|body| body[0]["name"] = json!("nightly-reset"))
        .result("/0"),
        row("ApiKeyHandle::revoke", "revokeApiKey", |neon| {
            neon.api_key(1_234_567).revoke()
        })
        .path("key_id", "1234567")
        .result(""),
        row("Me::get", "getCurrentUserInfo", |neon| neon.me().get()).result(""),
        row(
            "Me::transfer_projects",
            "transferProjectsFromUserToOrg",
            |neon| {
                #[expect(deprecated, reason = "it can still be called")]
                neon.me().transfer_projects(ORG, [PROJECT])
            },
        )
        .body(json!({"destination_org_id": ORG, "project_ids": [PROJECT]})),
        row("Neon::whoami", "getAuthDetails", |neon| neon.whoami()).result(""),
        row("Regions::list", "getActiveRegions", |neon| {
            neon.regions().list()
        })
        .result("/regions"),
        row("Regions::list", "getActiveRegions", |neon| {
            neon.regions().list().org(ORG)
        })
        .query("org_id", ORG)
        .result("/regions"),
    ]
}
