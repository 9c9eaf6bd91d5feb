//! What the three kinds of API keys, and the roles of members, allow.

use crate::support::{Api, each, text};
use neon_api_emulator::Emulator;
use serde_json::{Value, json};

const ORG: &str = "org-ocean-art-12345678";

/// A key of the organization, for one project if that is given.
async fn organization_key(api: &Api, project: Option<&str>) -> (Api, i64) {
    let mut body = json!({ "key_name": "k" });
    if let Some(id) = project {
        body["project_id"] = json!(id);
    }
    let path = format!("/organizations/{ORG}/api_keys");
    let key = api.post(&path, body).await.expect(200);
    (
        api.with_key(text(&key, "/key")),
        key["id"].as_i64().unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn organization_keys_act_for_the_organization() {
    let builder = Emulator::builder().organization("org-two-b-1", "Two");
    let api = Api::of(builder.build());
    let (key, id) = organization_key(&api, None).await;
    for path in ["/users/me", "/users/me/organizations", "/api_keys"] {
        key.get(path)
            .await
            .refused(403, "not allowed for organization API keys");
    }
    let details = key.get("/auth").await.expect(200);
    assert_eq!(
        details,
        json!({ "account_id": ORG, "auth_method": "api_key_org" })
    );
    let details = api.get("/auth").await.expect(200);
    assert_eq!(text(&details, "/auth_method"), "api_key_user");

    let made = key
        .post("/projects", json!({ "project": {} }))
        .await
        .expect(201);
    assert_eq!(text(&made, "/project/org_id"), ORG);
    let other = json!({ "project": { "org_id": "org-two-b-1" } });
    key.post("/projects", other.clone())
        .await
        .refused(404, "organization not found");
    let others = api.post("/projects", other).await.expect(201);
    let others = format!("/projects/{}", text(&others, "/project/id"));
    key.get(&others).await.refused(404, "project not found");
    let listed = key.get("/projects").await.expect(200);
    assert_eq!(each(&listed["projects"], "org_id"), [ORG]);
    assert_eq!(
        text(&listed, "/projects/0/org_name"),
        "Emulated organization"
    );
    key.get("/organizations/org-two-b-1")
        .await
        .refused(404, "organization not found");
    key.get(&format!("/organizations/{ORG}/members"))
        .await
        .expect(200);
    let invite = json!({ "invitations": [{ "email": "a@example.com", "role": "member" }] });
    let refused = key
        .post(&format!("/organizations/{ORG}/invitations"), invite)
        .await;
    refused.refused(403, "organization API keys");

    let revoke = format!("/organizations/{ORG}/api_keys/{id}");
    api.delete(&revoke).await.expect(200);
    assert_eq!(key.get("/projects").await.status, 401, "at once");
}

#[tokio::test(start_paused = true)]
async fn project_keys_see_one_project() {
    let api = Api::instant();
    let (own, path) = api.project_path().await;
    let id = text(&own, "/project/id");
    let (_, other) = api.project_path().await;
    let (key, _) = organization_key(&api, Some(id)).await;
    let listed = key.get("/projects").await.expect(200);
    assert_eq!(each(&listed["projects"], "id"), [id]);
    assert_eq!(
        text(&listed, "/projects/0/effective_project_permission"),
        "EDITOR"
    );
    key.get(&other).await.refused(404, "project not found");
    key.post(&format!("{path}/branches"), json!({}))
        .await
        .expect(201);
    key.delete(&path)
        .await
        .refused(403, "project-scoped API keys");
    let grant = json!({ "email": "a@example.com" });
    let refused = key.post(&format!("{path}/permissions"), grant).await;
    refused.refused(403, "project-scoped API keys");
    let new = key.post("/projects", json!({ "project": {} })).await;
    new.refused(403, "project-scoped API keys");
    let organization = key.get(&format!("/organizations/{ORG}")).await;
    organization.refused(403, "project-scoped API keys");
    let keys = api
        .get(&format!("/organizations/{ORG}/api_keys"))
        .await
        .expect(200);
    assert_eq!(text(&keys, "/0/project_id"), id);
    let unknown = json!({ "key_name": "k", "project_id": "none" });
    let refused = api
        .post(&format!("/organizations/{ORG}/api_keys"), unknown)
        .await;
    refused.refused(404, "project not found");
}

#[tokio::test(start_paused = true)]
async fn members_have_roles() {
    let builder = Emulator::builder()
        .member(ORG, "viewer@example.com", "napi_viewer", "viewer")
        .member(ORG, "editor@example.com", "napi_editor", "editor")
        .member(ORG, "guest@example.com", "napi_guest", "collaborator")
        .user("stranger@example.com", "napi_stranger");
    let admin = Api::of(builder.operation_latency(crate::support::NONE).build());
    let keys = ["viewer", "editor", "guest", "stranger"];
    let [viewer, editor, guest, stranger] = keys.map(|k| admin.with_key(&format!("napi_{k}")));
    let me = viewer.get("/users/me").await.expect(200);
    assert_eq!(text(&me, "/email"), "viewer@example.com");

    let (project, path) = admin.project_path().await;
    let branches = format!("{path}/branches");
    viewer.get(&path).await.expect(200);
    let refused = viewer.post(&branches, json!({})).await;
    refused.refused(403, "role on the project does not allow this");
    let uri = format!("{path}/connection_uri?role_name=neondb_owner&database_name=neondb");
    viewer.get(&uri).await.refused(403, "does not allow this");
    editor.get(&uri).await.expect(200);
    editor.post(&branches, json!({})).await.expect(201);
    editor
        .delete(&path)
        .await
        .refused(403, "does not allow this");
    for outsider in [&guest, &stranger] {
        outsider.get(&path).await.refused(404, "project not found");
        let listed = outsider.get("/projects").await.expect(200);
        assert_eq!(listed["projects"], json!([]));
    }
    let new = viewer.post("/projects", json!({ "project": {} })).await;
    new.refused(403, "role in the organization");
    let limit = format!("/organizations/{ORG}/billing/spending_limit");
    let body = json!({ "spending_limit_cents": 5 });
    editor
        .put(&limit, body.clone())
        .await
        .refused(403, "only administrators");
    let set = admin.put(&limit, body.clone()).await.expect(200);
    assert_eq!(set, body);
    assert_eq!(editor.get(&limit).await.expect(200), body);
    admin.delete(&limit).await.expect(200);
    let none = json!({ "spending_limit_cents": null });
    assert_eq!(admin.get(&limit).await.expect(200), none);

    // A role on one project goes before that in the organization.
    let members = admin
        .get(&format!("{path}/members?limit=500"))
        .await
        .expect(200);
    let members = members["project_members"].as_array().unwrap();
    let find = |email: &str| members.iter().find(|m| m["email"] == email).unwrap();
    assert_eq!(find("guest@example.com")["grant_source"], "unassigned");
    assert_eq!(
        find("viewer@example.com")["grant_source"],
        "org_role_default"
    );
    let id = find("guest@example.com")["member_id"].as_str().unwrap();
    let role = format!("{path}/members/{id}/role");
    let set = admin
        .put(&role, json!({ "role": "editor" }))
        .await
        .expect(200);
    assert_eq!(text(&set, "/effective_project_permission"), "EDITOR");
    guest.post(&branches, json!({})).await.expect(201);
    guest
        .put(&role, json!({ "role": "admin" }))
        .await
        .refused(403, "does not allow");
    admin.delete(&role).await.expect(200);
    admin.delete(&role).await.refused(404, "role of the member");
    guest.get(&path).await.refused(404, "project not found");
    let id = text(&project, "/project/id");
    assert!(path.ends_with(id));
}

#[tokio::test(start_paused = true)]
async fn nobody_locks_themselves_out_by_mistake() {
    let builder = Emulator::builder().member(ORG, "e@example.com", "napi_e", "editor");
    let admin = Api::of(builder.operation_latency(crate::support::NONE).build());
    let own = admin.with_key("napi_e");
    let (_, path) = admin.project_path().await;
    let members = admin.get(&format!("{path}/members")).await.expect(200);
    let members = members["project_members"].as_array().unwrap();
    let id = members
        .iter()
        .find(|m| m["email"] == "e@example.com")
        .unwrap();
    let role = format!("{path}/members/{}/role", text(id, "/member_id"));
    admin
        .put(&role, json!({ "role": "admin" }))
        .await
        .expect(200);
    let lower = own.put(&role, json!({ "role": "viewer" })).await;
    lower.refused(412, "confirm_self_demotion: must be true");
    own.delete(&role)
        .await
        .refused(412, "confirm_self_lockout: must be true");
    let sure = format!("{role}?confirm_self_demotion=true");
    own.put(&sure, json!({ "role": "viewer" }))
        .await
        .expect(200);
    let refused = own.post(&format!("{path}/branches"), json!({})).await;
    refused.refused(403, "does not allow");
}

#[tokio::test(start_paused = true)]
async fn projects_are_shared() {
    let builder = Emulator::builder().user("friend@example.com", "napi_friend");
    let api = Api::of(builder.operation_latency(crate::support::NONE).build());
    let friend = api.with_key("napi_friend");
    let (project, path) = api.project_path().await;
    let permissions = format!("{path}/permissions");
    let email = json!({ "email": "Friend@example.com" });
    let granted = api.post(&permissions, email.clone()).await.expect(200);
    api.post(&permissions, email)
        .await
        .refused(409, "already shared");
    let listed = api.get(&permissions).await.expect(200);
    assert_eq!(listed, json!({ "project_permissions": [granted] }));

    let shared = friend.get("/projects/shared").await.expect(200);
    assert_eq!(
        each(&shared["projects"], "id"),
        [text(&project, "/project/id")]
    );
    let own = friend.get("/projects").await.expect(200);
    assert_eq!(own["projects"], json!([]), "shared ones are listed apart");
    friend
        .post(&format!("{path}/branches"), json!({}))
        .await
        .expect(201);
    friend.delete(&path).await.refused(403, "does not allow");
    assert_eq!(
        api.get("/projects/shared").await.expect(200)["projects"],
        json!([])
    );

    let one = format!("{permissions}/{}", text(&granted, "/id"));
    let revoked = api.delete(&one).await.expect(200);
    assert!(revoked["revoked_at"].is_string());
    friend.get(&path).await.refused(404, "project not found");
    api.delete(&one).await.refused(404, "permission not found");
}

#[tokio::test(start_paused = true)]
async fn users_have_their_own_keys() {
    let builder = Emulator::builder().user("friend@example.com", "napi_friend");
    let api = Api::of(builder.api_key("napi_test").build());
    let friend = api.with_key("napi_friend");
    let key = friend
        .post("/api_keys", json!({ "key_name": "ci" }))
        .await
        .expect(200);
    let with = api.with_key(text(&key, "/key"));
    let me = with.get("/users/me").await.expect(200);
    assert_eq!(text(&me, "/email"), "friend@example.com");
    assert_eq!(
        api.get("/api_keys").await.expect(200),
        json!([]),
        "not mine"
    );
    let path = format!("/api_keys/{}", key["id"]);
    api.delete(&path).await.refused(404, "API key not found");
    let organizations = friend.get("/users/me/organizations").await.expect(200);
    let names = each(&organizations["organizations"], "name");
    assert_eq!(names, ["Organization of friend"]);
    let theirs = text(&organizations, "/organizations/0/id");
    let refused = api.get(&format!("/organizations/{theirs}")).await;
    refused.refused(404, "organization not found");
    friend.delete(&path).await.expect(200);
    assert_eq!(with.get("/users/me").await.status, 401);
    assert_eq!(api.with_key("napi_else").get("/users/me").await.status, 401);
    assert_eq!(
        friend.send("GET", "/users/me", Value::Null).await.status,
        200
    );
}
