//! Secrets that are issued are in no result and no error, unless they are asked for.

use neon_api::tools::Tools;
use neon_api::{Neon, RetryPolicy, Unlimited};
use neon_api_emulator::Emulator;
use neon_api_emulator::spec::sample as samples;
use serde_json::{Value, json};

use crate::sample::{self, Options};
use crate::support::issued::{Tap, Trouble};
use crate::support::{PROJECT, Server, ok};
use crate::{all, everything};

fn client(tap: &Tap) -> Neon {
    let builder = Neon::builder().api_key("napi_zq0client0key0zq");
    let builder = builder.limiter(Unlimited).retry(RetryPolicy::never());
    builder.transport(tap.clone()).build().unwrap()
}

/// All that a call shows, as a program would print it.
async fn shown(tools: &Tools, tool: &str, input: &Value) -> String {
    match tools.dispatch(tool, input).await {
        Ok(result) => format!("{} {result:?}", serde_json::to_string(&result).unwrap()),
        Err(error) => format!("{error} {}", serde_json::to_string(&error).unwrap()),
    }
}

#[tokio::test(start_paused = true)]
async fn no_result_of_any_operation_shows_a_secret() {
    let tap = Tap::before(sample::server());
    let tools = everything(client(&tap))
        .max_result_bytes(1 << 20)
        .build()
        .unwrap();
    let revealing = everything(client(&tap)).reveal_secrets(all());
    let revealing = revealing.max_result_bytes(1 << 20).build().unwrap();
    let mut revealed = Vec::new();
    for tool in tools.list() {
        let input = sample::of(tool.name(), &Options::default()).input;
        let text = shown(&tools, tool.name(), &input).await;
        assert_eq!(tap.shown_in(&text), [""; 0], "{}: {text}", tool.name());
        let text = shown(&revealing, tool.name(), &input).await;
        if !tap.shown_in(&text).is_empty() {
            // What is marked as free of secrets has none.
            assert!(tool.hints().returns_secrets, "{}: {text}", tool.name());
            revealed.push(tool.name());
        }
    }
    assert!(revealed.len() > 10 && tap.count() > 20, "{revealed:?}");
    assert!(revealed.contains(&"getConnectionURI"));
}

#[tokio::test(start_paused = true)]
async fn no_error_of_any_operation_shows_a_secret() {
    for trouble in [Trouble::Refused(400), Trouble::Garbled, Trouble::Broken] {
        let tap = Tap::before(sample::server());
        tap.trouble(Some(trouble));
        let tools = everything(client(&tap)).build().unwrap();
        for id in all() {
            let input = sample::of(id, &Options::default()).input;
            let text = shown(&tools, id, &input).await;
            assert_eq!(tap.shown_in(&text), [""; 0], "{id} {trouble:?}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_with_a_stateful_server_shows_no_secret() {
    let emulator = Emulator::builder().build();
    let tap = Tap::before(emulator.transport());
    let tools = everything(client(&tap)).build().unwrap();
    let mut texts = Vec::new();
    let mut call = async |tool: &str, input: Value| {
        let result = tools.dispatch(tool, &input).await.unwrap();
        let value = serde_json::to_value(&result).unwrap();
        texts.push(value.to_string());
        value
    };
    let created = call(
        "createProject",
        json!({"body": {"project": {"name": "app"}}}),
    )
    .await;
    let project = created["untrusted_data"]["project"]["id"].clone();
    let branch = created["untrusted_data"]["branch"]["id"].clone();
    assert!(created["untrusted_data"]["connection_uris"][0]["connection_uri"] == "[redacted]");
    assert!(!created["operations"].as_array().unwrap().is_empty());
    let on = |rest: Value| {
        let mut input = json!({"project_id": project, "branch_id": branch});
        input
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        input
    };
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    call(
        "createProjectBranchRole",
        on(json!({"body": {"role": {"name": "app"}}})),
    )
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    call(
        "getProjectBranchRolePassword",
        on(json!({"role_name": "app"})),
    )
    .await;
    call(
        "resetProjectBranchRolePassword",
        on(json!({"role_name": "app"})),
    )
    .await;
    call("listProjectBranchRoles", on(json!({}))).await;
    let uri = on(json!({"database_name": "neondb", "role_name": "neondb_owner"}));
    call("getConnectionURI", uri.clone()).await;
    call("createApiKey", json!({"body": {"key_name": "k"}})).await;
    call("listApiKeys", json!({})).await;
    for text in &texts {
        assert_eq!(tap.shown_in(text), [""; 0], "{text}");
    }
    assert!(tap.count() > 4, "{}", tap.count());
    // They are there, for whoever asks.
    let revealing = everything(client(&tap)).reveal_secrets(["getConnectionURI"]);
    let result = revealing
        .build()
        .unwrap()
        .dispatch("getConnectionURI", &uri)
        .await
        .unwrap();
    let uri = result.untrusted_data["uri"].as_str().unwrap();
    assert!(uri.starts_with("postgres") && uri.contains(':'), "{uri}");
}

/// Puts a text in place of all words.
fn put(value: &mut Value, log: &str) {
    match value {
        Value::String(text) if !text.contains(':') => log.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, log)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put(field, log)),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_looks_like_a_secret_is_masked_in_data_without_a_field_for_it() {
    let log = "connect postgres://app:npg_s3cretAAAAAA@ep-a.neon.tech/db failed; api_key=abc123def";
    let mut response = samples::response("queryProjectBranchLogs", &Options::default()).unwrap();
    let mut body = response.body.take().unwrap();
    put(&mut body, log);
    let server = Server::new(move |_, _| ok(&body));
    let tools = everything(server.client()).build().unwrap();
    let input = sample::of("queryProjectBranchLogs", &Options::default()).input;
    let result = tools
        .dispatch("queryProjectBranchLogs", &input)
        .await
        .unwrap();
    let text = serde_json::to_string(&result).unwrap();
    assert!(
        text.contains("connect postgres://app:***@ep-a.neon.tech/db"),
        "{text}"
    );
    assert!(
        !text.contains("npg_s3cret") && !text.contains("abc123def"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_id_of_a_transfer_request_is_a_secret() {
    let server = sample::server();
    let id = samples::response("createProjectTransferRequest", &Options::default());
    let id = id.unwrap().body.unwrap()["id"].as_str().unwrap().to_owned();
    let input = json!({"project_id": PROJECT});
    let tools = everything(server.client()).build().unwrap();
    let text = shown(&tools, "createProjectTransferRequest", &input).await;
    assert!(text.contains("[redacted]") && !text.contains(&id), "{text}");
    let tools = everything(server.client())
        .reveal_secrets(all())
        .build()
        .unwrap();
    let text = shown(&tools, "createProjectTransferRequest", &input).await;
    assert!(text.contains(&id), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_masked_secret_is_not_sent_back() {
    let server = sample::server();
    let tools = everything(server.client()).build().unwrap();
    let input = json!({"project_id": PROJECT, "branch_id": "br-a", "body": {
        "type": "standard", "host": "h", "port": 25, "username": "u", "password": "[redacted]",
        "sender_email": "a@b.c", "sender_name": "n",
    }});
    let error = tools
        .dispatch("updateNeonAuthEmailProvider", &input)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("masked"), "{error}");
    assert_eq!(server.total(), 0);
}
