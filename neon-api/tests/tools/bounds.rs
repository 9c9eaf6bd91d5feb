//! Results of a bounded size.

use neon_api::raw::openapi::V2_JSON;
use serde_json::{Value, json};

use crate::everything;
use crate::sample;
use crate::schema::Validator;
use crate::support::{PROJECT, Server, Step, ok};

fn project(number: usize, name: &str) -> Value {
    let mut sampled = sampled("listProjects");
    let mut project = sampled["projects"][0].take();
    project["id"] = format!("late-frost-{number:08}").into();
    project["name"] = name.into();
    project
}

fn sampled(operation: &str) -> Value {
    let options = neon_api_emulator::spec::sample::Options::default().required_only();
    let response = neon_api_emulator::spec::sample::response(operation, &options);
    let mut body = response.unwrap().body.unwrap();
    if operation == "listProjects" && body["projects"].as_array().is_none_or(Vec::is_empty) {
        let schema = json!({"$ref": "#/components/schemas/ProjectListItem"});
        body["projects"] = json!([neon_api_emulator::spec::sample::schema(&schema, &options)]);
    }
    body
}

fn many(count: usize) -> Server {
    Server::new(move |seen, _| match seen.operation {
        "listProjects" => {
            let projects: Vec<_> = (0..count).map(|n| project(n, "x")).collect();
            ok(&json!({"projects": projects, "pagination": {"cursor": "the-end"}}))
        }
        _ => sample::answer(seen),
    })
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_too_long_is_cut_and_says_how_to_page() {
    let tools = everything(many(400).client()).build().unwrap();
    let result = tools
        .dispatch("listProjects", &json!({"limit": 400}))
        .await
        .unwrap();
    let text = serde_json::to_string(&result).unwrap();
    assert!(
        text.len() <= 32 * 1024 && text.len() > 16 * 1024,
        "{}",
        text.len()
    );
    let kept = result.untrusted_data["projects"].as_array().unwrap().len();
    assert!((1..400).contains(&kept));
    let truncated = result.truncated.as_ref().unwrap();
    assert!(truncated.of_bytes > 100_000);
    let due = format!(
        "{} of 400 projects after the first {kept}: call again with limit {kept}",
        400 - kept
    );
    assert!(truncated.message.contains(&due), "{}", truncated.message);
    // The cursor leads beyond what was cut.
    assert!(!text.contains("the-end"), "{text}");
    let schema = tools.get("listProjects").unwrap().output_schema();
    Validator::of(schema)
        .unwrap()
        .check(&serde_json::to_value(&result).unwrap())
        .unwrap();

    let whole = tools
        .dispatch("getActiveRegions", &Value::Null)
        .await
        .unwrap();
    assert_eq!(whole.truncated, None);
}

#[tokio::test(start_paused = true)]
async fn what_fits_keeps_its_cursor() {
    let tools = everything(many(3).client()).build().unwrap();
    let result = tools.dispatch("listProjects", &Value::Null).await.unwrap();
    assert_eq!(result.truncated, None);
    assert_eq!(result.untrusted_data["pagination"]["cursor"], "the-end");
}

#[tokio::test(start_paused = true)]
async fn a_long_text_is_cut_and_what_cannot_be_is_left_out() {
    let long = "ä".repeat(100_000);
    let server = Server::new(move |seen, _| match seen.operation {
        "getProjectBranchSchema" => ok(&json!({"sql": long})),
        // Ten thousand short fields: there is no list and no text to cut.
        "getProjectBranchSchemaComparison" => ok(&json!({"diff": long})),
        _ => sample::answer(seen),
    });
    let tools = everything(server.client())
        .max_result_bytes(4096)
        .build()
        .unwrap();
    let on = |rest: Value| {
        let mut input = json!({"project_id": PROJECT, "branch_id": "br-a"});
        input
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        input
    };
    let result = tools
        .dispatch("getProjectBranchSchema", &on(json!({"db_name": "d"})))
        .await
        .unwrap();
    let text = serde_json::to_string(&result).unwrap();
    assert!(text.len() <= 4096, "{}", text.len());
    let sql = result.untrusted_data["sql"].as_str().unwrap();
    assert!(sql.starts_with("ää") && sql.ends_with('…'), "{sql}");
    assert!(result.truncated.unwrap().message.contains("bytes of sql"));
}

#[tokio::test(start_paused = true)]
async fn every_result_of_every_operation_fits() {
    let tools = everything(sample::server().client())
        .max_result_bytes(2048)
        .build()
        .unwrap();
    let mut cut = 0;
    for tool in tools.list() {
        let input = sample::of(tool.name(), &sample::Options::default()).input;
        let result = tools.dispatch(tool.name(), &input).await.unwrap();
        let value = serde_json::to_value(&result).unwrap();
        assert!(
            value.to_string().len() <= 2048,
            "{}: {}",
            tool.name(),
            value.to_string().len()
        );
        cut += usize::from(result.truncated.is_some());
        let validator = Validator::of(tool.output_schema()).unwrap();
        validator
            .check(&value)
            .unwrap_or_else(|fault| panic!("{}: {fault}", tool.name()));
    }
    assert!(cut > 5, "{cut}");
}

/// Half a secret is not recognized as one, so the end of what was read is not shown.
#[tokio::test(start_paused = true)]
async fn a_secret_at_the_place_where_a_file_is_cut_is_masked() {
    for before in 15_300..17_500 {
        if before % 7 != 0 {
            continue;
        }
        let body = format!(
            "{} password=zq0secret0zq {}",
            "x".repeat(before),
            "y".repeat(9_000)
        );
        let server = Server::new(move |_, _| Step::Response(200, Vec::new(), body.clone()));
        let tools = everything(server.client()).build().unwrap();
        let input = json!({"project_id": PROJECT, "branch_id": "br-a", "bucket_name": "b", "object_key": "k"});
        let result = tools
            .dispatch("getProjectBranchBucketObject", &input)
            .await
            .unwrap();
        let text = result.untrusted_data.as_str().unwrap();
        assert!(
            !text.contains("zq"),
            "{before}: {}",
            &text[text.len() - 60..]
        );
        assert!(text.len() > 15_000);
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_read_as_far_as_they_fit() {
    assert!(V2_JSON.contains("getProjectBranchBucketObject"));
    let bodies = ["short", "é", &"ä".repeat(60_000)].map(str::to_owned);
    for (at, body) in bodies.into_iter().enumerate() {
        let sent = body.clone();
        let server = Server::new(move |_, _| Step::Response(200, Vec::new(), sent.clone()));
        let tools = everything(server.client()).build().unwrap();
        let input = json!({"project_id": PROJECT, "branch_id": "br-a", "bucket_name": "b", "object_key": "k"});
        let result = tools
            .dispatch("getProjectBranchBucketObject", &input)
            .await
            .unwrap();
        let text = result.untrusted_data.as_str().unwrap();
        assert!(body.starts_with(text.trim_end_matches('…')), "{at}");
        assert_eq!(result.truncated.is_some(), at == 2, "{at}");
        assert!(serde_json::to_string(&result).unwrap().len() <= 32 * 1024);
    }
}
