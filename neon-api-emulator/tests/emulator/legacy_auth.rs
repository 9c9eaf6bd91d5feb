//! The older routes of Neon Auth, which name a project and mean its default branch.

use serde_json::json;

use crate::support::{Api, each, text};

#[tokio::test]
async fn they_do_what_the_newer_ones_do() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let id = text(&project, "/project/id");
    let of_branch = format!("{path}/branches/{}/auth", text(&project, "/branch/id"));
    let body = json!({ "auth_provider": "better_auth", "database_name": "neondb" });
    api.post(&of_branch, body).await.expect(201);

    let user = json!({
        "auth_provider": "better_auth",
        "email": "u@example.com",
        "project_id": id,
    });
    let user = api.post("/projects/auth/user", user).await.expect(201);
    let user = text(&user, "/id");
    let role = format!("{of_branch}/users/{user}/role");
    api.put(&role, json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    let user = format!("{path}/auth/users/{user}");
    assert_eq!(api.delete(&user).await.status, 204);
    assert_eq!(api.delete(&user).await.status, 404);

    let providers = format!("{path}/auth/oauth_providers");
    let github = json!({ "id": "github", "client_id": "c" });
    api.post(&providers, github).await.expect(200);
    let changed = json!({ "client_id": "d", "client_secret": "s" });
    let github = format!("{providers}/github");
    api.patch(&github, changed).await.expect(200);
    let listed = api.get(&providers).await.expect(200);
    assert_eq!(each(&listed["providers"], "client_id"), ["d"]);
    assert_eq!(api.delete(&github).await.status, 200);

    let domains = format!("{path}/auth/domains");
    let domain = json!({ "auth_provider": "better_auth", "domain": "https://a.example.com" });
    assert_eq!(api.post(&domains, domain).await.status, 201);
    let seen = api.get(&format!("{of_branch}/domains")).await.expect(200);
    assert_eq!(each(&seen["domains"], "domain"), ["https://a.example.com"]);
    let named = json!({
        "auth_provider": "better_auth",
        "domains": [{ "domain": "https://a.example.com" }],
    });
    assert_eq!(api.send("DELETE", &domains, named).await.status, 200);
    let listed = api.get(&domains).await.expect(200);
    assert_eq!(listed, json!({ "domains": [] }));
}
