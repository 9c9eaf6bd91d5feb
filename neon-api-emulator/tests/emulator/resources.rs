//! Things without rules of their own: made, listed, found, changed, deleted.

use crate::support::{Api, each, text};
use serde_json::{Value, json};

async fn branch(api: &Api) -> String {
    let (project, path) = api.project_path().await;
    format!("{path}/branches/{}", text(&project, "/branch/id"))
}

/// Deploys a function with nothing in it.
async fn deploy(api: &Api, function: &str) -> Value {
    let request = http::Request::post(format!("/api/v2{function}/deployments"))
        .header("authorization", "Bearer k")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(bytes::Bytes::from_static(b"--x--"));
    api.raw(request.unwrap()).await.expect(201)
}

#[tokio::test]
async fn buckets() {
    let api = Api::instant();
    let buckets = format!("{}/buckets", branch(&api).await);
    let body = json!({ "name": "images", "access_level": "public_read" });
    let made = api.post(&buckets, body.clone()).await.expect(201);
    assert_eq!(text(&made, "/bucket/access_level"), "public_read");
    api.post(&buckets, body)
        .await
        .refused(409, "bucket already exists");
    let listed = api.get(&buckets).await.expect(200);
    assert_eq!(listed, json!({ "buckets": [made["bucket"]] }));
    let bucket = format!("{buckets}/images");
    assert_eq!(api.delete(&bucket).await.status, 204);
    api.delete(&bucket).await.refused(404, "bucket not found");
    let listed = api.get(&buckets).await.expect(200);
    assert_eq!(listed, json!({ "buckets": [] }));
}

#[tokio::test]
async fn triggers() {
    let api = Api::instant();
    let own = branch(&api).await;
    let triggers = format!("{own}/triggers");
    let body = neon_api_emulator::spec::sample::request_body(
        "createProjectBranchTrigger",
        &neon_api_emulator::spec::sample::Options::default(),
    );
    let first = api.post(&triggers, body.clone().unwrap()).await.expect(201);
    let second = api.post(&triggers, body.unwrap()).await.expect(201);
    let ids = [
        text(&first, "/trigger/trigger_id"),
        text(&second, "/trigger/trigger_id"),
    ];
    assert_ne!(ids[0], ids[1]);
    let listed = api.get(&triggers).await.expect(200);
    let mut found = each(&listed["triggers"], "trigger_id");
    found.sort_by_key(|id| *id != ids[0]);
    assert_eq!(found, ids);
    let one = format!("{triggers}/{}", ids[0]);
    assert_eq!(api.get(&one).await.expect(200), first);
    let kind = &first["trigger"]["type"];
    let update = json!({ "type": kind, "enabled": false });
    let updated = api.patch(&one, update).await.expect(200);
    assert_eq!(updated["trigger"]["enabled"], false);
    assert_eq!(api.get(&one).await.expect(200), updated);
    assert_eq!(api.delete(&one).await.status, 204);
    api.get(&one).await.refused(404, "trigger not found");
    api.patch(&one, json!({ "type": kind, "enabled": true }))
        .await
        .refused(404, "trigger not found");
    // Another branch has its own.
    let other = api
        .branch(own.split("/branches").next().unwrap(), json!({}))
        .await;
    let other = own.replace(own.rsplit('/').next().unwrap(), text(&other, "/branch/id"));
    let listed = api.get(&format!("{other}/triggers")).await.expect(200);
    assert_eq!(listed, json!({ "triggers": [] }));
}

#[tokio::test]
async fn credentials_are_revealed_and_rotated() {
    let api = Api::instant();
    let credentials = format!("{}/credentials", branch(&api).await);
    let body = json!({ "name": "ci", "principal_type": "user", "scopes": ["storage:read"] });
    let made = api.post(&credentials, body).await.expect(201);
    assert_eq!(made["scopes"], json!(["storage:read"]));
    let one = format!("{credentials}/{}", text(&made, "/token_id"));
    let reveal = async || {
        let secret = api
            .post(&format!("{one}/reveal"), Value::Null)
            .await
            .expect(200);
        text(&secret, "/api_token").to_owned()
    };
    assert_eq!(reveal().await, text(&made, "/api_token"));
    let listed = api.get(&credentials).await.expect(200);
    assert_eq!(text(&listed, "/credentials/0/name"), "ci");
    assert_eq!(
        listed["credentials"][0].get("api_token"),
        None,
        "lists tell no secrets"
    );
    let rotated = api
        .post(&format!("{one}/rotate"), Value::Null)
        .await
        .expect(200);
    assert_ne!(text(&rotated, "/api_token"), text(&made, "/api_token"));
    assert_eq!(reveal().await, text(&rotated, "/api_token"));
    assert_eq!(api.delete(&one).await.status, 204);
    let gone = api.post(&format!("{one}/reveal"), Value::Null).await;
    gone.refused(404, "credential not found");
}

/// What an operation does not declare is not taken over: least of all what it would overwrite.
#[tokio::test]
async fn what_is_not_declared_is_ignored() {
    let api = Api::instant();
    let own = branch(&api).await;
    let one = format!("{own}/functions/hello");
    deploy(&api, &one).await;
    let mut expected = api.get(&one).await.expect(200);
    expected["function"]["name"] = json!("Hello");
    let undeclared = json!({
        "name": "Hello",
        "slug": "other",
        "seed": 7,
        "created_at": "never",
        "current_deployment": { "id": i64::MAX },
    });
    let after = api.patch(&one, undeclared).await.expect(200);
    assert_eq!(after, expected);
    assert_eq!(api.get(&one).await.expect(200), after);
    assert_eq!(deploy(&api, &one).await["deployment"]["id"], 2);
}

#[tokio::test]
async fn functions_are_deployed() {
    let api = Api::instant();
    let functions = format!("{}/functions", branch(&api).await);
    let one = format!("{functions}/hello");
    api.get(&one).await.refused(404, "function not found");
    assert_eq!(deploy(&api, &one).await["deployment"]["id"], 1);
    assert_eq!(deploy(&api, &one).await["deployment"]["id"], 2);
    let found = api.get(&one).await.expect(200);
    assert_eq!(found["function"]["slug"], "hello");
    assert_eq!(found["function"]["current_deployment"]["id"], 2);
    assert_eq!(
        found["function"]["current_deployment"]["status"],
        "completed"
    );
    let renamed = api
        .patch(&one, json!({ "name": "Hello" }))
        .await
        .expect(200);
    assert_eq!(renamed["function"]["name"], "Hello");
    let listed = api.get(&functions).await.expect(200);
    assert_eq!(each(&listed["functions"], "name"), ["Hello"]);
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(api.delete(&one).await.status, 404);
}

#[tokio::test]
async fn custom_domains_have_pages() {
    let api = Api::instant();
    let domains = format!("{}/custom-domains", branch(&api).await);
    for name in ["c.example.com", "a.example.com", "b.example.com"] {
        let body = json!({ "domain": name, "entity_id": "e", "entity_type": "function" });
        let made = api.post(&domains, body).await.expect(201);
        assert_eq!(text(&made, "/domain"), name);
    }
    let first = api.get(&format!("{domains}?limit=2")).await.expect(200);
    assert_eq!(
        each(&first["custom_domains"], "domain"),
        ["a.example.com", "b.example.com"]
    );
    let next = text(&first, "/pagination/next");
    let rest = api
        .get(&format!("{domains}?limit=2&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(each(&rest["custom_domains"], "domain"), ["c.example.com"]);
    assert_eq!(rest.pointer("/pagination/next"), None);
    assert_eq!(
        api.delete(&format!("{domains}/a.example.com")).await.status,
        204
    );
}

#[tokio::test]
async fn the_data_api_is_of_a_database() {
    let api = Api::instant();
    let branch = branch(&api).await;
    let one = format!("{branch}/data-api/neondb");
    api.get(&one).await.refused(404, "Data API not found");
    let none = api
        .post(&format!("{branch}/data-api/none"), Value::Null)
        .await;
    none.refused(404, "database not found");
    let made = api.post(&one, Value::Null).await.expect(201);
    let found = api.get(&one).await.expect(200);
    assert_eq!(found["url"], made["url"]);
    api.post(&one, Value::Null)
        .await
        .refused(409, "Data API already exists");
    let settings = json!({ "settings": { "db_max_rows": 7 } });
    api.patch(&one, settings).await.expect(201);
    let found = api.get(&one).await.expect(200);
    assert_eq!(found["settings"]["db_max_rows"], 7);
    assert_eq!(api.delete(&one).await.expect(200), json!({}));
    api.get(&one).await.refused(404, "Data API not found");
}

#[tokio::test]
async fn neon_auth_is_enabled_before_it_is_configured() {
    let api = Api::instant();
    let auth = format!("{}/auth", branch(&api).await);
    let providers = format!("{auth}/oauth_providers");
    api.get(&providers)
        .await
        .refused(404, "Neon Auth not found");
    let body = json!({ "auth_provider": "better_auth", "database_name": "neondb" });
    let made = api.post(&auth, body).await.expect(201);
    let found = api.get(&auth).await.expect(200);
    assert_eq!(found["auth_provider"], "better_auth");
    assert_eq!(found["jwks_url"], made["jwks_url"]);

    let google = json!({ "id": "google", "client_id": "c" });
    let added = api.post(&providers, google.clone()).await.expect(200);
    assert_eq!(text(&added, "/client_id"), "c");
    assert_eq!(api.post(&providers, google).await.status, 409);
    let update = json!({ "client_id": "d", "client_secret": "s" });
    let path = format!("{providers}/google");
    api.patch(&path, update).await.expect(200);
    let listed = api.get(&providers).await.expect(200);
    assert_eq!(each(&listed["providers"], "client_id"), ["d"]);
    assert_eq!(api.delete(&path).await.status, 200);
    assert_eq!(api.delete(&path).await.status, 404);

    let domains = format!("{auth}/domains");
    let domain = json!({ "auth_provider": "better_auth", "domain": "https://a.example.com" });
    assert_eq!(api.post(&domains, domain).await.status, 201);
    let listed = api.get(&domains).await.expect(200);
    assert_eq!(
        each(&listed["domains"], "domain"),
        ["https://a.example.com"]
    );
    let named = json!({
        "auth_provider": "better_auth",
        "domains": [{ "domain": "https://a.example.com" }],
    });
    assert_eq!(api.send("DELETE", &domains, named).await.status, 200);
    let listed = api.get(&domains).await.expect(200);
    assert_eq!(listed, json!({ "domains": [] }));

    let allow = format!("{auth}/allow_localhost");
    api.patch(&allow, json!({ "allow_localhost": true }))
        .await
        .expect(200);
    let found = api.get(&allow).await.expect(200);
    assert_eq!(found, json!({ "allow_localhost": true }));
    let passwords = format!("{auth}/email_and_password");
    let before = api.get(&passwords).await.expect(200);
    let enabled = !before["enabled"].as_bool().unwrap();
    api.patch(&passwords, json!({ "enabled": enabled }))
        .await
        .expect(200);
    let after = api.get(&passwords).await.expect(200);
    assert_eq!(after["enabled"], enabled);
    assert_eq!(
        after["disable_sign_up"], before["disable_sign_up"],
        "the rest stays"
    );
    let plugins = api.get(&format!("{auth}/plugins")).await.expect(200);
    assert_eq!(plugins["email_and_password"], after);

    let user = json!({ "email": "u@example.com" });
    let user = api.post(&format!("{auth}/users"), user).await.expect(201);
    let user = format!("{auth}/users/{}", text(&user, "/id"));
    assert_eq!(api.delete(&user).await.status, 204);
    assert_eq!(api.delete(&user).await.status, 404);

    assert_eq!(api.delete(&auth).await.status, 200);
    api.get(&auth).await.refused(404, "Neon Auth not found");
}

#[tokio::test]
async fn anonymized_branches_are_branches() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let body = json!({ "branch_create": { "branch": { "name": "anon" } } });
    let made = api
        .post(&format!("{path}/branch_anonymized"), body)
        .await
        .expect(201);
    let branch = format!("{path}/branches/{}", text(&made, "/branch/id"));
    let found = api.get(&branch).await.expect(200);
    assert_eq!(text(&found, "/branch/name"), "anon");
    let rules = json!({ "masking_rules": [{
        "database_name": "neondb", "schema_name": "public",
        "table_name": "users", "column_name": "email", "masking_function": "anon.fake_email()",
    }]});
    let path = format!("{branch}/masking_rules");
    api.patch(&path, rules.clone()).await.expect(200);
    assert_eq!(api.get(&path).await.expect(200), rules);
}

#[tokio::test]
async fn addresses_are_those_of_the_branch_and_its_database() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let (id, rest) = text(&project, "/endpoints/0/host").split_once('.').unwrap();

    let body = json!({ "auth_provider": "better_auth" });
    let made = api.post(&format!("{branch}/auth"), body).await.expect(201);
    let auth = format!("https://{id}.neonauth.{rest}/neondb/auth");
    assert_eq!(text(&made, "/base_url"), auth);
    let found = api.get(&format!("{branch}/auth")).await.expect(200);
    assert_eq!(text(&found, "/base_url"), auth);
    assert_eq!(
        text(&found, "/jwks_url"),
        format!("{auth}/.well-known/jwks.json")
    );
    assert_eq!(text(&found, "/db_name"), "neondb");

    let body = json!({ "database": { "name": "two words", "owner_name": "neondb_owner" } });
    let databases = format!("{branch}/databases");
    api.post(&databases, body).await.expect(201);
    let data_api = format!("{branch}/data-api/two%20words");
    let made = api.post(&data_api, Value::Null).await.expect(201);
    let url = format!("https://{id}.apirest.{rest}/two%20words/rest/v1");
    assert_eq!(text(&made, "/url"), url);
    let found = api.get(&data_api).await.expect(200);
    assert_eq!(found, json!({ "url": url, "status": "active" }));
}

#[tokio::test]
async fn without_a_compute_the_branch_stands_in_the_address() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let body = json!({ "branch": { "name": "bare" } });
    let bare = api.branch(&path, body).await;
    let id = text(&bare, "/branch/id");
    let data_api = format!("{path}/branches/{id}/data-api/neondb");
    let made = api.post(&data_api, Value::Null).await.expect(201);
    let start = format!("https://{id}.apirest.");
    assert!(text(&made, "/url").starts_with(&start), "{made}");
}

/// Realtime's changes are acknowledged at once and pending for a moment.
#[tokio::test(start_paused = true)]
async fn realtime() {
    let api = Api::instant();
    let realtime = format!("{}/realtime", branch(&api).await);
    let secret = format!("{realtime}/secret");
    let rotate = format!("{realtime}/rotate_secret");
    let off = api.get(&realtime).await.expect(200);
    assert_eq!(off, json!({ "enabled": false, "pending": false }));
    api.get(&secret).await.refused(404, "Realtime not found");
    api.post(&rotate, Value::Null)
        .await
        .refused(404, "Realtime not found");

    let options = json!({ "allowed_origins": ["https://app.example"] });
    assert_eq!(api.post(&realtime, options).await.status, 202);
    let pending = api.get(&realtime).await.expect(200);
    assert_eq!(pending["pending"], true);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let on = api.get(&realtime).await.expect(200);
    assert_eq!(on["enabled"], true);
    assert_eq!(on["pending"], false);
    assert_eq!(on["revision"], 1);
    assert_eq!(on["allowed_origins"], json!(["https://app.example"]));

    let first = api.get(&secret).await.expect(200);
    assert_eq!(api.post(&rotate, Value::Null).await.status, 202);
    let second = api.get(&secret).await.expect(200);
    assert_ne!(first["secret"], second["secret"]);
    assert_eq!(second["pending"], true);

    assert_eq!(api.delete(&realtime).await.status, 202);
    api.get(&secret).await.refused(404, "Realtime not found");
    assert_eq!(api.get(&realtime).await.expect(200)["enabled"], false);
}
