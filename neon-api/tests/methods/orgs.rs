//! Methods of `neon_api::orgs`.

use neon_api::Neon;
use neon_api::enums::{GetOrganizationMembersSortBy, MemberRole, SortOrder};
use neon_api::orgs::OrgHandle;
use neon_api::types::{
    Invitation, Member, MemberWithUser, OrgApiKeyCreateResponse, OrgApiKeyRevokeResponse,
    OrgApiKeysListResponseItem, Organization, OrganizationInviteCreateRequest, VpcEndpoint,
    VpcEndpointDetails, VpcEndpointWithRegion,
};
use serde_json::{Value, json};

use crate::row::{Row, row, shown_as_json};
use crate::support::PROJECT;

shown_as_json!(
    i64 Invitation Member MemberWithUser OrgApiKeyRevokeResponse OrgApiKeysListResponseItem
    Organization VpcEndpoint VpcEndpointDetails VpcEndpointWithRegion
);

shown_as_json!(OrgApiKeyCreateResponse);

pub(crate) const ORG: &str = "org-ocean-art-12345678";
pub(crate) const OTHER_ORG: &str = "org-silent-sky-87654321";
pub(crate) const MEMBER: &str = "3a8b8f6c-0e6e-4b8e-9d0c-6b5f1d2c3e4f";
pub(crate) const REGION: &str = "aws-us-east-1";
pub(crate) const VPC: &str = "vpce-1234567890abcdef0";

fn org(neon: &Neon) -> OrgHandle {
    neon.org(ORG)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = collection();
    let of_org = [handle(), members(), invitations(), api_keys()];
    let of_org = of_org.into_iter().flatten().chain(spending_limit());
    rows.extend(
        of_org
            .chain(vpc_endpoints())
            .map(|row| row.path("org_id", ORG)),
    );
    rows
}

fn collection() -> Vec<Row> {
    vec![
        row("Orgs::list", "getCurrentUserOrganizations", |neon| {
            neon.orgs().list()
        })
        .result("/organizations"),
        row("Orgs::find", "getCurrentUserOrganizations", |neon| {
            neon.orgs().find("Ocean Art")
        })
        .response(|body| body["organizations"][0]["name"] = json!("Ocean Art"))
        .result("/organizations/0"),
    ]
}

fn handle() -> Vec<Row> {
    vec![
        row("OrgHandle::get", "getOrganization", |neon| org(&neon).get()).result(""),
        row("OrgHandle::get_opt", "getOrganization", |neon| {
            org(&neon).get_opt()
        })
        .result(""),
        row(
            "OrgHandle::transfer_projects",
            "transferProjectsFromOrgToOrg",
            |neon| org(&neon).transfer_projects(OTHER_ORG, [PROJECT, "dark-sun-1"]),
        )
        .path("source_org_id", ORG)
        .body(json!({
            "destination_org_id": OTHER_ORG,
            "project_ids": [PROJECT, "dark-sun-1"],
        })),
    ]
}

fn members() -> Vec<Row> {
    vec![
        row("OrgMembers::find", "getOrganizationMembers", |neon| {
            org(&neon).members().find("ada@example.com")
        })
        .response(|body| body["members"][0]["user"]["email"] = json!("ada@example.com"))
        .query("limit", 500)
        .result("/members/0"),
        row("OrgMembers::list", "getOrganizationMembers", |neon| {
            org(&neon).members().list()
        })
        .query("limit", 500)
        .result("/members"),
        row("OrgMembers::list", "getOrganizationMembers", |neon| {
            let list = org(&neon).members().list();
            list.sort(GetOrganizationMembersSortBy::Email, SortOrder::Asc)
                .take(1)
        })
        .query("limit", 1)
        .query("sort_by", "email")
        .query("sort_order", "asc"),
        row("OrgMemberHandle::get", "getOrganizationMember", |neon| {
            org(&neon).member(MEMBER).get()
        })
        .path("member_id", MEMBER)
        .result(""),
        row(
            "OrgMemberHandle::get_opt",
            "getOrganizationMember",
            |neon| org(&neon).member(MEMBER).get_opt(),
        )
        .path("member_id", MEMBER)
        .result(""),
        row(
            "OrgMemberHandle::update",
            "updateOrganizationMember",
            |neon| org(&neon).member(MEMBER).update(MemberRole::Admin),
        )
        .path("member_id", MEMBER)
        .body(json!({"role": "admin"}))
        .result(""),
        row(
            "OrgMemberHandle::remove",
            "removeOrganizationMember",
            |neon| org(&neon).member(MEMBER).remove(),
        )
        .path("member_id", MEMBER),
    ]
}

fn invitations() -> Vec<Row> {
    vec![
        row(
            "OrgInvitations::list",
            "getOrganizationInvitations",
            |neon| org(&neon).invitations().list(),
        )
        .result("/invitations"),
        row(
            "OrgInvitations::find",
            "getOrganizationInvitations",
            |neon| org(&neon).invitations().find("ada@example.com"),
        )
        .response(|body| body["invitations"][0]["email"] = json!("ada@example.com"))
        .result("/invitations/0"),
        row(
            "OrgInvitations::create",
            "createOrganizationInvitations",
            |neon| {
                let ada =
                    OrganizationInviteCreateRequest::new("ada@example.com", MemberRole::Admin);
                let lin =
                    OrganizationInviteCreateRequest::new("lin@example.com", MemberRole::Viewer);
                org(&neon).invitations().create([ada, lin])
            },
        )
        .body(json!({"invitations": [
            {"email": "ada@example.com", "role": "admin"},
            {"email": "lin@example.com", "role": "viewer"},
        ]}))
        .result("/invitations"),
    ]
}

fn api_keys() -> Vec<Row> {
    vec![
        row("OrgApiKeys::create", "createOrgApiKey", |neon| {
            org(&neon).api_keys().create("deployments")
        })
        .body(json!({"key_name": "deployments"}))
        .result(""),
        row("OrgApiKeys::create", "createOrgApiKey", |neon| {
            org(&neon).api_keys().create("deployments").project(PROJECT)
        })
        .body(json!({"key_name": "deployments", "project_id": PROJECT})),
        row("OrgApiKeys::list", "listOrgApiKeys", |neon| {
            org(&neon).api_keys().list()
        })
        .result(""),
        row("OrgApiKeys::find", "listOrgApiKeys", |neon| {
            org(&neon).api_keys().find("deployments")
        })
        .response(|body| body[0]["name"] = json!("deployments"))
        .result("/0"),
        row("OrgApiKeyHandle::revoke", "revokeOrgApiKey", |neon| {
            org(&neon).api_key(1_234_567).revoke()
        })
        .path("key_id", "1234567")
        .result(""),
    ]
}

fn spending_limit() -> Vec<Row> {
    vec![
        row(
            "SpendingLimit::get",
            "getOrganizationSpendingLimit",
            |neon| org(&neon).spending_limit().get(),
        )
        .response(|body| body["spending_limit_cents"] = json!(12_300))
        .result("/spending_limit_cents"),
        row(
            "SpendingLimit::get",
            "getOrganizationSpendingLimit",
            |neon| org(&neon).spending_limit().get(),
        )
        .response(|body| body["spending_limit_cents"] = Value::Null)
        .result("/spending_limit_cents"),
        row(
            "SpendingLimit::set",
            "setOrganizationSpendingLimit",
            |neon| org(&neon).spending_limit().set(25_000),
        )
        .response(|body| body["spending_limit_cents"] = json!(25_000))
        .body(json!({"spending_limit_cents": 25_000}))
        .result("/spending_limit_cents"),
        row(
            "SpendingLimit::delete",
            "deleteOrganizationSpendingLimit",
            |neon| org(&neon).spending_limit().delete(),
        ),
    ]
}

fn vpc_endpoints() -> Vec<Row> {
    let one = |row: Row| row.path("region_id", REGION).path("vpc_endpoint_id", VPC);
    vec![
        row(
            "OrgVpcEndpoints::list",
            "listOrganizationVPCEndpointsAllRegions",
            |neon| org(&neon).vpc_endpoints().list(),
        )
        .result("/endpoints"),
        row(
            "RegionVpcEndpoints::list",
            "listOrganizationVPCEndpoints",
            |neon| org(&neon).vpc_endpoints().in_region(REGION).list(),
        )
        .path("region_id", REGION)
        .result("/endpoints"),
        one(row(
            "OrgVpcEndpointHandle::get",
            "getOrganizationVPCEndpointDetails",
            |neon| org(&neon).vpc_endpoint(REGION, VPC).get(),
        ))
        .result(""),
        one(row(
            "OrgVpcEndpointHandle::get_opt",
            "getOrganizationVPCEndpointDetails",
            |neon| org(&neon).vpc_endpoint(REGION, VPC).get_opt(),
        ))
        .result(""),
        one(row(
            "OrgVpcEndpointHandle::assign",
            "assignOrganizationVPCEndpoint",
            |neon| org(&neon).vpc_endpoint(REGION, VPC).assign("production"),
        ))
        .body(json!({"label": "production"})),
        one(row(
            "OrgVpcEndpointHandle::delete",
            "deleteOrganizationVPCEndpoint",
            |neon| org(&neon).vpc_endpoint(REGION, VPC).delete(),
        )),
    ]
}
