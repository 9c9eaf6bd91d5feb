//! Organizations, and projects that change hands.

use std::time::Duration;

use crate::support::{Api, each, text};
use neon_api_emulator::{Emulator, Limits};
use serde_json::{Value, json};
use tokio::time::advance;

const ORG: &str = "org-ocean-art-12345678";
const TWO: &str = "org-two-b-1";

#[tokio::test(start_paused = true)]
async fn members_are_listed_and_changed() {
    let mut builder = Emulator::builder();
    for name in ["d", "b", "c"] {
        let email = format!("{name}@example.com");
        builder = builder.member(ORG, email, format!("napi_{name}"), "member");
    }
    let api = Api::of(builder.build());
    let members = format!("/organizations/{ORG}/members");
    let mut emails = Vec::new();
    let mut cursor = String::new();
    loop {
        let query = format!("limit=3&sort_by=email&sort_order=asc{cursor}");
        let page = api.get(&format!("{members}?{query}")).await.expect(200);
        let items = page["members"].as_array().unwrap();
        emails.extend(items.iter().map(|m| text(m, "/user/email").to_owned()));
        assert_eq!(text(&page, "/pagination/sort_order"), "ASC");
        match page.pointer("/pagination/next").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        emails,
        [
            "b@example.com",
            "c@example.com",
            "d@example.com",
            "emulated@example.com"
        ]
    );
    api.get(&format!("{members}?cursor=x"))
        .await
        .refused(400, "cursor: is not valid");

    let page = api
        .get(&format!("{members}?sort_by=email&sort_order=asc"))
        .await
        .expect(200);
    let [b, own] = [0, 3].map(|i| text(&page, &format!("/members/{i}/member/id")).to_owned());
    let (b, own) = (format!("{members}/{b}"), format!("{members}/{own}"));
    let found = api.get(&b).await.expect(200);
    assert_eq!(text(&found, "/role"), "member");
    let role = |role: &str| json!({ "role": role });
    api.patch(&own, role("member"))
        .await
        .refused(422, "must keep an administrator");
    api.delete(&own)
        .await
        .refused(422, "must keep an administrator");
    let changed = api.patch(&b, role("admin")).await.expect(200);
    assert_eq!(text(&changed, "/role"), "admin");
    api.patch(&own, role("member")).await.expect(200);
    api.patch(&b, role("member"))
        .await
        .refused(403, "only administrators");
    assert_eq!(
        api.delete(&own).await.expect(200),
        json!({}),
        "whoever wants may leave"
    );
    api.get(&members)
        .await
        .refused(404, "organization not found");
    let b_key = api.with_key("napi_b");
    b_key.get(&own).await.refused(404, "member not found");
}

#[tokio::test(start_paused = true)]
async fn people_are_invited_once() {
    let builder = Emulator::builder().user("b@example.com", "napi_b");
    let api = Api::of(builder.build());
    let path = format!("/organizations/{ORG}/invitations");
    let invite = |emails: &[&str]| {
        let one = |email: &&str| json!({ "email": email, "role": "member" });
        json!({ "invitations": emails.iter().map(one).collect::<Value>() })
    };
    let made = api
        .post(&path, invite(&["a@example.com", "b@example.com"]))
        .await;
    let made = made.expect(200);
    assert_eq!(
        each(&made["invitations"], "email"),
        ["a@example.com", "b@example.com"]
    );
    assert_eq!(api.get(&path).await.expect(200), made);
    let again = api
        .post(&path, invite(&["c@example.com", "A@example.com"]))
        .await;
    again.refused(409, "was invited");
    let own = api.post(&path, invite(&["emulated@example.com"])).await;
    own.refused(409, "is a member");
    assert_eq!(api.get(&path).await.expect(200), made, "all or none");

    let b = api.with_key("napi_b");
    b.get(&format!("/organizations/{ORG}"))
        .await
        .refused(404, "organization not found");
    assert_eq!(
        api.emulator.accept_invitations("a@example.com"),
        0,
        "nobody's"
    );
    assert_eq!(api.emulator.accept_invitations("b@example.com"), 1);
    assert_eq!(api.emulator.accept_invitations("b@example.com"), 0);
    b.get(&format!("/organizations/{ORG}")).await.expect(200);
    let rest = api.get(&path).await.expect(200);
    assert_eq!(each(&rest["invitations"], "email"), ["a@example.com"]);
}

#[tokio::test(start_paused = true)]
async fn vpc_endpoints_belong_to_organizations_first() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let own = format!("{path}/vpc_endpoints");
    let vpc = format!("/organizations/{ORG}/vpc");
    let regional = format!("{vpc}/region/aws-us-east-1/vpc_endpoints");
    let label = json!({ "label": "office" });
    let early = api.post(&format!("{own}/vpce-1"), label.clone()).await;
    early.refused(422, "has no such VPC endpoint");
    let nowhere = format!("{vpc}/region/mars/vpc_endpoints/vpce-1");
    api.post(&nowhere, label.clone())
        .await
        .refused(404, "region not found");
    let one = format!("{regional}/vpce-1");
    assert_eq!(api.post(&one, label.clone()).await.status, 200);
    assert_eq!(api.post(&format!("{own}/vpce-1"), label).await.status, 200);
    let listed = api.get(&own).await.expect(200);
    assert_eq!(
        listed,
        json!({ "endpoints": [{ "vpc_endpoint_id": "vpce-1", "label": "office" }] })
    );
    assert_eq!(api.get(&regional).await.expect(200), listed);
    let all = api.get(&format!("{vpc}/vpc_endpoints")).await.expect(200);
    assert_eq!(each(&all["endpoints"], "region_id"), ["aws-us-east-1"]);
    let details = api.get(&one).await.expect(200);
    assert_eq!(details["num_restricted_projects"], 1);
    let id = text(&project, "/project/id");
    assert_eq!(details["example_restricted_projects"], json!([id]));
    assert_eq!(api.delete(&format!("{own}/vpce-1")).await.status, 200);
    assert_eq!(api.delete(&format!("{own}/vpce-1")).await.status, 404);
    assert_eq!(api.delete(&one).await.status, 200);
    api.get(&one).await.refused(404, "VPC endpoint not found");
}

#[tokio::test(start_paused = true)]
async fn key_sets() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let jwks = format!("{path}/jwks");
    let body = json!({ "jwks_url": "https://a.example.com/jwks", "provider_name": "a" });
    let made = api.post(&jwks, body.clone()).await.expect(201);
    assert_eq!(each(&made["operations"], "action"), ["apply_config"]);
    api.post(&jwks, body).await.refused(409, "already added");
    assert_eq!(
        api.get(&jwks).await.expect(200),
        json!({ "jwks": [made["jwks"]] })
    );
    let one = format!("{jwks}/{}", text(&made, "/jwks/id"));
    assert_eq!(api.delete(&one).await.expect(200), made["jwks"]);
    api.delete(&one).await.refused(404, "JWKS not found");
}

#[tokio::test(start_paused = true)]
async fn projects_are_offered_and_accepted() {
    let builder = Emulator::builder().user("friend@example.com", "napi_friend");
    let api = Api::of(builder.operation_latency(crate::support::NONE).build());
    let friend = api.with_key("napi_friend");
    let (_, path) = api.project_path().await;
    let requests = format!("{path}/transfer_requests");
    let short = json!({ "ttl_seconds": 60 });
    let late = api.post(&requests, short).await.expect(201);
    let made = api.post(&requests, json!({})).await.expect(201);
    advance(Duration::from_secs(60)).await;
    let late = format!("{requests}/{}", text(&late, "/id"));
    friend
        .put(&late, json!({}))
        .await
        .refused(404, "transfer request not found");
    friend.get(&path).await.refused(404, "project not found");
    let one = format!("{requests}/{}", text(&made, "/id"));
    let mine = json!({ "org_id": ORG });
    friend
        .put(&one, mine)
        .await
        .refused(404, "organization not found");
    assert_eq!(friend.put(&one, Value::Null).await.status, 204);
    friend.get(&path).await.expect(200);
    api.get(&path).await.refused(404, "project not found");
    friend
        .put(&one, Value::Null)
        .await
        .refused(404, "transfer request not found");
}

#[tokio::test(start_paused = true)]
async fn projects_are_transferred_together() {
    let mut limits = Limits::default();
    limits.projects = Some(2);
    let builder = Emulator::builder().organization(TWO, "Two").limits(limits);
    let api = Api::of(builder.operation_latency(crate::support::NONE).build());
    let mut ids = Vec::new();
    for org in [ORG, ORG, TWO] {
        let body = json!({ "project": { "org_id": org } });
        let made = api.post("/projects", body).await.expect(201);
        ids.push(text(&made, "/project/id").to_owned());
    }
    let transfer = format!("/organizations/{ORG}/projects/transfer");
    let of = |ids: &[String]| json!({ "destination_org_id": TWO, "project_ids": ids });
    let both = api.post(&transfer, of(&ids[..2])).await;
    assert_eq!(both.status, 406);
    assert_eq!(
        both.body["limits"],
        json!([{ "name": "projects", "expected": "2", "actual": "3" }])
    );
    let others = api.post(&transfer, of(&ids[2..])).await;
    others.refused(404, "project not found");
    assert_eq!(
        api.post(&transfer, of(&ids[..1])).await.expect(200),
        json!({})
    );
    let listed = api
        .get(&format!("/projects?org_id={TWO}"))
        .await
        .expect(200);
    assert_eq!(each(&listed["projects"], "id"), [&ids[2], &ids[0]]);

    let back = json!({ "destination_org_id": ORG, "project_ids": [ids[0]] });
    api.post("/users/me/projects/transfer", back)
        .await
        .expect(200);
    let listed = api
        .get(&format!("/projects?org_id={TWO}"))
        .await
        .expect(200);
    assert_eq!(each(&listed["projects"], "id"), [&ids[2]]);
}

#[tokio::test(start_paused = true)]
async fn an_offer_beyond_the_limit_is_not_acceptable() {
    let mut limits = Limits::default();
    limits.projects = Some(1);
    let builder = Emulator::builder().organization(TWO, "Two").limits(limits);
    let api = Api::of(builder.operation_latency(crate::support::NONE).build());
    let (_, path) = api.project_path().await;
    let two = json!({ "project": { "org_id": TWO } });
    api.post("/projects", two).await.expect(201);
    let made = api
        .post(&format!("{path}/transfer_requests"), Value::Null)
        .await;
    let one = format!(
        "{path}/transfer_requests/{}",
        text(&made.expect(201), "/id")
    );
    let refused = api.put(&one, json!({ "org_id": TWO })).await;
    assert_eq!(refused.status, 406);
    assert_eq!(
        text(&refused.body, "/reasons/0/code"),
        "PROJECTS_LIMIT_EXCEEDED"
    );
}

#[tokio::test(start_paused = true)]
async fn deleted_projects_are_recovered() {
    let api = Api::at("2025-09-10T12:00:00Z");
    let (project, path) = api.project_path().await;
    api.post(&format!("{path}/recover"), Value::Null)
        .await
        .refused(422, "not deleted");
    api.delete(&path).await.expect(200);
    let listed = api.get("/projects").await.expect(200);
    assert_eq!(listed["projects"], json!([]));
    let listed = api.get("/projects?recoverable=true").await.expect(200);
    let id = text(&project, "/project/id");
    assert_eq!(each(&listed["projects"], "id"), [id]);
    assert_eq!(
        text(&listed, "/projects/0/deleted_at"),
        "2025-09-10T12:00:00Z"
    );
    assert_eq!(
        text(&listed, "/projects/0/recoverable_until"),
        "2025-09-17T12:00:00Z"
    );
    let recovered = api
        .post(&format!("{path}/recover"), Value::Null)
        .await
        .expect(200);
    assert_eq!(text(&recovered, "/project/id"), id);
    assert_eq!(each(&recovered["branches"], "name"), ["main"]);
    api.get(&path).await.expect(200);
    api.delete(&path).await.expect(200);
    advance(Duration::from_secs(7 * 86_400)).await;
    api.post(&format!("{path}/recover"), Value::Null)
        .await
        .refused(404, "project not found");
}

#[tokio::test(start_paused = true)]
async fn an_organization_may_have_to_be_named() {
    let api = Api::of(Emulator::builder().org_id_required(true).build());
    api.get("/projects")
        .await
        .refused(400, "org_id is required");
    let body = |project: Value| json!({ "project": project });
    let refused = api.post("/projects", body(json!({}))).await;
    refused.refused(400, "org_id is required");
    let named = body(json!({ "org_id": ORG }));
    api.post("/projects", named).await.expect(201);
    let listed = api
        .get(&format!("/projects?org_id={ORG}"))
        .await
        .expect(200);
    assert_eq!(each(&listed["projects"], "org_id"), [ORG]);
}
