//! Methods of `neon_api::{members, permissions, jwks, vpc_endpoints, transfer_requests}`.

use std::time::Duration;

use neon_api::Error;
use neon_api::enums::ProjectRole;
use neon_api::types::{
    Jwks, MemberWithUser, ProjectMember, ProjectMemberRoleResponse, ProjectPermission,
    ProjectTransferRequestResponse, VpcEndpoint,
};
use neon_api_emulator::spec::sample;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::orgs::{MEMBER, ORG, VPC};
use crate::row::{Row, project, row, shown_as_json};
use crate::support::{BRANCH, PROJECT, Server, Step};

shown_as_json!(Jwks ProjectMember ProjectMemberRoleResponse ProjectPermission);

shown_as_json!(ProjectTransferRequestResponse);

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
        row("ProjectMembers::find", "listProjectMembers", |neon| {
            project(&neon).members().find("ada@example.com")
        })
        .response(|body| body["project_members"][0]["email"] = json!("ada@example.com"))
        .query("limit", 500)
        .result("/project_members/0"),
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
        row("Permissions::find", "listProjectPermissions", |neon| {
            project(&neon).permissions().find("ada@example.com")
        })
        .response(|body| {
            body["project_permissions"][0]["granted_to_email"] = json!("ada@example.com");
        })
        .result("/project_permissions/0"),
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

/// What is given is checked before anything is sent, and the error names the field or the ID.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_refused() {
    let server = Server::steps(vec![]);
    let neon = server.client();
    let (org, project) = (neon.org(ORG), project(&neon));
    let none = || std::iter::empty::<&str>();
    let of_other: Jwks = decoded("getProjectJWKS", "/jwks/0");
    let too_long = Duration::from_secs(u64::MAX);
    #[expect(deprecated, reason = "it can still be called")]
    let from_user = neon.me().transfer_projects(ORG, none());
    let refusals = [
        (
            org.transfer_projects(ORG, none()).await.err(),
            "project_ids",
        ),
        (from_user.await.err(), "project_ids"),
        (
            org.transfer_projects("No Org", [PROJECT]).await.err(),
            "organization ID",
        ),
        (
            org.transfer_projects(ORG, ["No Project"]).await.err(),
            "project ID",
        ),
        (org.invitations().create([]).await.err(), "invitations"),
        (org.member("No Member").remove().await.err(), "member ID"),
        (
            neon.regions().list().org("No Org").await.err(),
            "organization ID",
        ),
        (
            project
                .transfer_requests()
                .create()
                .valid_for(too_long)
                .await
                .err(),
            "ttl_seconds",
        ),
        (
            project
                .transfer_request(ID)
                .accept()
                .org("No Org")
                .await
                .err(),
            "organization ID",
        ),
        (
            project
                .jwks()
                .add(JWKS_URL, "example")
                .branch("No Branch")
                .await
                .err(),
            "branch ID",
        ),
        (project.jwks_key(&of_other).delete().await.err(), "project"),
        (
            org.api_keys()
                .create("key")
                .project("No Project")
                .await
                .err(),
            "project ID",
        ),
        (org.vpc_endpoint("", VPC).get().await.err(), "region ID"),
    ];
    for (error, named) in refusals {
        let error = error.unwrap();
        assert!(
            matches!(error, Error::InvalidInput(_)),
            "{named}: {error:?}"
        );
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
    assert_eq!(server.total(), 0);
}

/// A part of the spec's sample of a response.
fn decoded<T: DeserializeOwned>(operation: &str, pointer: &str) -> T {
    let sample = sample::response(operation, &sample::Options::default()).unwrap();
    let body = sample.body.unwrap();
    serde_json::from_value(body.pointer(pointer).unwrap().clone()).unwrap()
}

/// A value of a response stands for its ID, in the path as well as where it is checked.
#[tokio::test(start_paused = true)]
async fn values_of_responses_stand_for_their_ids() {
    let server = Server::new(|seen, _| {
        let sample = sample::response(seen.operation, &sample::Options::default()).unwrap();
        let body = sample.body.map_or(String::new(), |body| body.to_string());
        Step::Response(sample.status, Vec::new(), body)
    });
    let neon = server.client();
    let jwks: Jwks = decoded("getProjectJWKS", "/jwks/0");
    let project = neon.project(&jwks.project_id);
    let member: ProjectMember = decoded("listProjectMembers", "/project_members/0");
    let permission: ProjectPermission = decoded("listProjectPermissions", "/project_permissions/0");
    let endpoint: VpcEndpoint = decoded("listProjectVPCEndpoints", "/endpoints/0");
    let of_org: MemberWithUser = decoded("getOrganizationMembers", "/members/0");
    project.jwks_key(&jwks).delete().ready().await.unwrap();
    project.member(&member).remove_role().await.unwrap();
    project.permission(&permission).revoke().await.unwrap();
    project
        .vpc_endpoint(&endpoint)
        .delete()
        .ready()
        .await
        .unwrap();
    neon.org(ORG).member(&of_org).get().await.unwrap();
    let seen = server.seen();
    let ends = |at: usize, end: &str| assert!(seen[at].uri.ends_with(end), "{}", seen[at].uri);
    ends(
        0,
        &format!("/projects/{}/jwks/{}", jwks.project_id, jwks.id),
    );
    ends(1, &format!("/members/{}/role", member.member_id));
    ends(2, &format!("/permissions/{}", permission.id));
    ends(3, &format!("/vpc_endpoints/{}", endpoint.vpc_endpoint_id));
    ends(
        4,
        &format!("/organizations/{ORG}/members/{}", of_org.member.id),
    );
}
