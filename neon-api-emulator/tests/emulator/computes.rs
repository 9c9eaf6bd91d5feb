//! Endpoints, roles and databases, in virtual time.

use std::time::Duration;

use crate::support::{Api, each, text};
use serde_json::{Value, json};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn endpoints_start_and_stop() {
    let api = Api::with_latency(SECOND);
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let endpoints = format!("{path}/endpoints");
    let id = text(&project, "/endpoints/0/id");
    let endpoint = format!("{endpoints}/{id}");
    let state = async || {
        let shown = api.get(&endpoint).await.expect(200);
        let pending = shown["endpoint"].get("pending_state").cloned();
        let current = text(&shown, "/endpoint/current_state").to_owned();
        (current, pending.map(|p| p.as_str().unwrap().to_owned()))
    };
    let starting = api.post(&format!("{endpoint}/suspend"), Value::Null).await;
    assert_eq!(starting.status, 423);
    assert!(starting.message().contains("transitive state"));
    advance(2 * SECOND).await;
    assert_eq!(state().await, ("active".into(), None));
    let suspended = api
        .post(&format!("{endpoint}/suspend"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        each(&suspended["operations"], "action"),
        ["suspend_compute"]
    );
    assert_eq!(state().await, ("active".into(), Some("idle".into())));
    advance(SECOND).await;
    assert_eq!(state().await, ("idle".into(), None));
    let again = api
        .post(&format!("{endpoint}/suspend"), Value::Null)
        .await
        .expect(200);
    assert_eq!(again["operations"], json!([]));
    let started = api
        .post(&format!("{endpoint}/start"), Value::Null)
        .await
        .expect(200);
    assert_eq!(each(&started["operations"], "action"), ["start_compute"]);
    assert_eq!(state().await, ("idle".into(), Some("active".into())));
    advance(SECOND).await;
    let restarted = api
        .post(&format!("{endpoint}/restart"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        each(&restarted["operations"], "action"),
        ["suspend_compute", "start_compute"]
    );
    // Where it is going, past the suspension on the way.
    assert_eq!(state().await, ("active".into(), Some("active".into())));
    advance(SECOND).await;
    assert_eq!(state().await, ("idle".into(), Some("active".into())));
    advance(SECOND).await;
    assert_eq!(state().await, ("active".into(), None));

    let second = json!({ "endpoint": { "branch_id": branch, "type": "read_write" } });
    assert_eq!(api.post(&endpoints, second).await.status, 409);
    let replica = json!({ "endpoint": { "branch_id": branch, "type": "read_only", "autoscaling_limit_max_cu": 2 } });
    let replica = api.post(&endpoints, replica).await.expect(201);
    assert_eq!(replica["endpoint"]["autoscaling_limit_max_cu"], 2);
    let replica = format!("{endpoints}/{}", text(&replica, "/endpoint/id"));
    advance(SECOND).await;
    let smaller = json!({ "endpoint": { "autoscaling_limit_max_cu": 0.5 } });
    let smaller = api.patch(&replica, smaller).await.expect(200);
    assert_eq!(smaller["endpoint"]["autoscaling_limit_max_cu"], 0.5);
    assert_eq!(each(&smaller["operations"], "action"), ["apply_config"]);
    advance(SECOND).await;
    let of_branch = format!("{path}/branches/{branch}/endpoints");
    let of_branch = api.get(&of_branch).await.expect(200);
    assert_eq!(
        each(&of_branch["endpoints"], "type"),
        ["read_write", "read_only"]
    );
    let gone = api.delete(&replica).await.expect(200);
    assert_eq!(each(&gone["operations"], "action"), ["suspend_compute"]);
    assert_eq!(api.delete(&replica).await.status, 204);
    assert_eq!(
        api.delete(&format!("{endpoints}/ep-never")).await.status,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn roles_and_databases() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let (roles, databases) = (format!("{branch}/roles"), format!("{branch}/databases"));

    let body = json!({ "role": { "name": "app user" } });
    let role = api.post(&roles, body.clone()).await.expect(201);
    assert_eq!(each(&role["operations"], "action"), ["apply_config"]);
    let password = text(&role, "/role/password").to_owned();
    assert_eq!(api.post(&roles, body).await.status, 409);
    let role = format!("{roles}/app%20user");
    let shown = api.get(&role).await.expect(200);
    assert_eq!(shown["role"].get("password"), None);
    let revealed = api
        .get(&format!("{role}/reveal_password"))
        .await
        .expect(200);
    assert_eq!(text(&revealed, "/password"), password);
    let reset = api
        .post(&format!("{role}/reset_password"), Value::Null)
        .await
        .expect(200);
    assert_ne!(text(&reset, "/role/password"), password);

    let new =
        |name: &str, owner: &str| json!({ "database": { "name": name, "owner_name": owner } });
    let made = api
        .post(&databases, new("shop", "app user"))
        .await
        .expect(201);
    assert!(made["database"]["id"].is_i64());
    assert_eq!(
        api.post(&databases, new("shop", "app user")).await.status,
        409
    );
    assert_eq!(
        api.post(&databases, new("other", "nobody")).await.status,
        404
    );
    assert_eq!(api.delete(&role).await.status, 422, "it owns a database");
    let all = api.get(&databases).await.expect(200);
    assert_eq!(each(&all["databases"], "name"), ["neondb", "shop"]);
    let shop = format!("{databases}/shop");
    let rename = json!({ "database": { "name": "store", "owner_name": "neondb_owner" } });
    api.patch(&shop, rename).await.expect(200);
    assert_eq!(api.get(&shop).await.status, 404);
    let store = format!("{databases}/store");
    assert_eq!(
        text(&api.get(&store).await.expect(200), "/database/owner_name"),
        "neondb_owner"
    );

    let uri = format!("{path}/connection_uri?role_name=app+user&database_name=store");
    let pooled = api.get(&uri).await.expect(200);
    let password = text(&reset, "/role/password");
    let pooled = text(&pooled, "/uri");
    assert!(
        pooled.starts_with(&format!("postgresql://app%20user:{password}@ep-")),
        "{pooled}"
    );
    assert!(pooled.contains("-pooler."), "pooled unless told otherwise");
    let direct = api.get(&format!("{uri}&pooled=false")).await.expect(200);
    assert!(!text(&direct, "/uri").contains("-pooler"));
    assert_eq!(
        api.get(&format!("{path}/connection_uri?role_name=x"))
            .await
            .status,
        400
    );
    let nobody = format!("{path}/connection_uri?role_name=x&database_name=store");
    assert_eq!(api.get(&nobody).await.status, 404);

    api.delete(&store).await.expect(200);
    assert_eq!(api.delete(&store).await.status, 204);
    assert_eq!(api.delete(&format!("{databases}/never")).await.status, 404);
    api.delete(&role).await.expect(200);
    assert_eq!(api.delete(&role).await.status, 204);
    assert_eq!(api.delete(&format!("{roles}/never")).await.status, 404);
}

/// What was deleted under a name does not hide what bears it now.
#[tokio::test(start_paused = true)]
async fn names_are_used_again() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let databases = format!("{branch}/databases");
    for name in ["a", "b"] {
        let body = json!({ "database": { "name": name, "owner_name": "neondb_owner" } });
        api.post(&databases, body).await.expect(201);
    }
    let a = format!("{databases}/a");
    api.delete(&a).await.expect(200);
    let rename = json!({ "database": { "name": "a" } });
    let renamed = api.patch(&format!("{databases}/b"), rename).await;
    renamed.expect(200);
    api.delete(&a).await.expect(200);
    assert_eq!(api.get(&a).await.status, 404);
    assert_eq!(api.delete(&a).await.status, 204);

    let (roles, body) = (
        format!("{branch}/roles"),
        json!({ "role": { "name": "r" } }),
    );
    for _ in 0..2 {
        api.post(&roles, body.clone()).await.expect(201);
        api.delete(&format!("{roles}/r")).await.expect(200);
    }
}
