//! Methods of `neon_api::credentials`.

use neon_api::Error;
use neon_api::enums::CredentialScope;
use neon_api::types::{
    CreateCredentialResponse, CredentialMeta, CredentialSecret, RotateCredentialResponse,
};
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};
use crate::support::{Server, success};

shown_as_json!(CreateCredentialResponse CredentialMeta CredentialSecret RotateCredentialResponse);

pub(crate) fn rows() -> Vec<Row> {
    let create = "createCredential";
    let path = |row: Row| row.path("token_id", "tok_1");
    vec![
        row("Credentials::create", create, |neon| {
            branch(&neon).credentials().create(["storage:read"])
        })
        .body(json!({"principal_type": "user", "scopes": ["storage:read"]}))
        .result(""),
        row("Credentials::create", create, |neon| {
            let scopes = [CredentialScope::StorageRead, CredentialScope::StorageWrite];
            branch(&neon).credentials().create(scopes).name("uploads")
        })
        .body(json!({
            "principal_type": "user",
            "scopes": ["storage:read", "storage:write"],
            "name": "uploads",
        })),
        row("Credentials::list", "listCredentials", |neon| {
            branch(&neon).credentials().list()
        })
        .result("/credentials"),
        row("Credentials::find", "listCredentials", |neon| {
            branch(&neon).credentials().find("uploads")
        })
        .response(|body| body["credentials"][0]["name"] = json!("uploads"))
        .result("/credentials/0"),
        path(row(
            "CredentialHandle::reveal",
            "revealCredential",
            |neon| branch(&neon).credential("tok_1").reveal(),
        ))
        .result(""),
        path(row(
            "CredentialHandle::rotate",
            "rotateCredential",
            |neon| branch(&neon).credential("tok_1").rotate(),
        ))
        .result(""),
        path(row(
            "CredentialHandle::revoke",
            "revokeCredential",
            |neon| branch(&neon).credential("tok_1").revoke(),
        )),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_credential_without_scopes_is_refused_before_anything_is_sent() {
    let server = Server::new(|seen, _| success(seen));
    let scopes: [CredentialScope; 0] = [];
    let create = branch(&server.client()).credentials().create(scopes);
    match create.await {
        Err(Error::InvalidInput(fault)) => assert_eq!(fault.field(), Some("scopes")),
        other => panic!("{other:?}"),
    }
    assert_eq!(server.total(), 0);
}
