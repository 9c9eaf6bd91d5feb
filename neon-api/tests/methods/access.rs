//! Methods of `neon_api::{members, permissions, jwks, vpc_endpoints, transfer_requests}`.

use std::time::Duration;

use neon_api::enums::ProjectRole;
use neon_api::types::{
    Jwks, ProjectMember, ProjectMemberRoleResponse, ProjectPermission,
    ProjectTransferRequestResponse,
};
use serde_json::{Value, json};

use crate::orgs::{MEMBER, ORG, VPC};
use crate::row::{Row, Shown, json_of, project, row, shown_as_json};
use crate::support::BRANCH;

shown_as_json!(Jwks ProjectMember ProjectMemberRoleResponse ProjectPermission);

impl Shown for ProjectTransferRequestResponse {
    fn shown(&self) -> Value {
        let mut shown = json_of(self);
        shown["id"] = json!(self.id.as_str());
        shown
    }
}

const JWKS_URL: &str = "https://auth.example.com/.well-known/jwks.json";
const ID: &str = "5d1c1c0e-8c0e-4c53-b8a3-0d2a8f6f5b11";

pub(crate) fn rows() -> Vec<Row> {
    [
        members(),
        permissions(),
        jwks(),
        vpc_endpoints(),
        transfer_requests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn members() -> Vec<Row> {
    let one = |row: Row| row.path("member_id", MEMBER).result("");
    vec![
        row("ProjectMembers::list", "listProjectMembers", |neon| {
            project(&neon).members().list()
        })
        .query("limit", 500)
        .result("/project_members"),
        one(row(
            "ProjectMemberHandle::set_role",
            "setProjectMemberRole",
            |neon| project(&neon).member(MEMBER).set_role(ProjectRole::Editor),
        ))
        .body(json!({"role": "editor"})),
        one(row(
            "ProjectMemberHandle::set_role",
            "setProjectMemberRole",
            |neon| {
                let member = project(&neon).member(MEMBER);
                member
                    .set_role(ProjectRole::Viewer)
                    .confirm_self_demotion(true)
            },
        ))
        .query("confirm_self_demotion", true)
        .body(json!({"role": "viewer"})),
        one(row(
            "ProjectMemberHandle::remove_role",
            "removeProjectMemberRole",
            |neon| project(&neon).member(MEMBER).remove_role(),
        )),
        one(row(
            "ProjectMemberHandle::remove_role",
            "removeProjectMemberRole",
            |neon| {
                let member = project(&neon).member(MEMBER);
                member.remove_role().confirm_self_lockout(false)
            },
        ))
        .query("confirm_self_lockout", false),
    ]
}

fn permissions() -> Vec<Row> {
    vec![
        row("Permissions::list", "listProjectPermissions", |neon| {
            project(&neon).permissions().list()
        })
        .result("/project_permissions"),
        row("Permissions::grant", "grantPermissionToProject", |neon| {
            project(&neon).permissions().grant("ada@example.com")
        })
        .body(json!({"email": "ada@example.com"}))
        .result(""),
        row(
            "PermissionHandle::revoke",
            "revokePermissionFromProject",
            |neon| project(&neon).permission(ID).revoke(),
        )
        .path("permission_id", ID)
        .result(""),
    ]
}

fn jwks() -> Vec<Row> {
    vec![
        row("ProjectJwks::list", "getProjectJWKS", |neon| {
            project(&neon).jwks().list()
        })
        .result("/jwks"),
        row("ProjectJwks::add", "addProjectJWKS", |neon| {
            project(&neon).jwks().add(JWKS_URL, "example")
        })
        .body(json!({"jwks_url": JWKS_URL, "provider_name": "example"}))
        .result("/jwks"),
        row("ProjectJwks::add", "addProjectJWKS", |neon| {
            let add = project(&neon).jwks().add(JWKS_URL, "example");
            let add = add.branch(BRANCH).audience("my-app");
            add.skip_role_creation(true)
                .with(|jwks| "other".clone_into(&mut jwks.provider_name))
        })
        .body(json!({
            "jwks_url": JWKS_URL,
            "provider_name": "other",
            "branch_id": BRANCH,
            "jwt_audience": "my-app",
            "skip_role_creation": true,
        })),
        row("JwksKeyHandle::delete", "deleteProjectJWKS", |neon| {
            project(&neon).jwks_key(ID).delete()
        })
        .path("jwks_id", ID),
    ]
}

fn vpc_endpoints() -> Vec<Row> {
    vec![
        row("VpcEndpoints::list", "listProjectVPCEndpoints", |neon| {
            project(&neon).vpc_endpoints().list()
        })
        .result("/endpoints"),
        row(
            "VpcEndpointHandle::assign",
            "assignProjectVPCEndpoint",
            |neon| project(&neon).vpc_endpoint(VPC).assign("production"),
        )
        .path("vpc_endpoint_id", VPC)
        .body(json!({"label": "production"})),
        row(
            "VpcEndpointHandle::delete",
            "deleteProjectVPCEndpoint",
            |neon| project(&neon).vpc_endpoint(VPC).delete(),
        )
        .path("vpc_endpoint_id", VPC),
    ]
}

fn transfer_requests() -> Vec<Row> {
    vec![
        row(
            "TransferRequests::create",
            "createProjectTransferRequest",
            |neon| project(&neon).transfer_requests().create(),
        )
        .body(json!({}))
        .result(""),
        row(
            "TransferRequests::create",
            "createProjectTransferRequest",
            |neon| {
                let create = project(&neon).transfer_requests().create();
                create.valid_for(Duration::from_millis(3_600_900))
            },
        )
        .body(json!({"ttl_seconds": 3600})),
        row(
            "TransferRequestHandle::accept",
            "acceptProjectTransferRequest",
            |neon| project(&neon).transfer_request(ID).accept(),
        )
        .path("request_id", ID)
        .body(json!({})),
        row(
            "TransferRequestHandle::accept",
            "acceptProjectTransferRequest",
            |neon| project(&neon).transfer_request(ID).accept().org(ORG),
        )
        .path("request_id", ID)
        .body(json!({"org_id": ORG})),
    ]
}
