//! What becomes of answers.

use super::*;

#[tokio::test]
async fn a_streamed_body_arrives_byte_for_byte() {
    let server = Server::start().await;
    let client = server.client();
    let mut streamed = 0;
    for operation in spec::operations() {
        let Some((status, Some(body))) = operation.successes().next() else {
            continue;
        };
        if body.is_json() {
            continue;
        }
        streamed += 1;
        let request = sampled::request(operation, &Options::default());
        let long = "a line\r\n\0 and more".repeat(50_000);
        for content in ["", long.as_str()] {
            server.answer(status, body.media_type, content.to_owned());
            let reply = call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            assert_eq!(reply.value, content);
        }
    }
    assert!(streamed > 0);
}

/// Sends a JSON success to the operation.
pub(super) async fn reply_to(
    server: &Server,
    client: &neon_api_raw::Client,
    operation: &spec::Operation,
    status: u16,
    body: &Value,
) -> Result<Reply, String> {
    let request = sampled::request(operation, &Options::default().required_only());
    server.answer_json(status, body);
    let reply = call(client, operation.id, &request.arguments).await;
    server.taken();
    reply.map_err(|failure| match failure {
        call::Failure::Client(error) => error.to_string(),
        other => format!("{other:?}"),
    })
}

/// Makes each answer of the interface, changes it, and compares what the client makes of it to what
/// is due. `change` gives the answers to send, each with the one that is due.
pub(super) async fn each_answer(
    options: &Options,
    mut change: impl FnMut(&'static Value, Value) -> Vec<(Value, Value)>,
) -> usize {
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    let mut answers = 0;
    for operation in spec::operations() {
        let Some((_, schema)) = operation.json_success() else {
            continue;
        };
        let (status, sample) = sampled::answer(operation, options);
        for (sent, due) in change(schema, sample) {
            answers += 1;
            match reply_to(&server, &client, operation, status, &sent).await {
                Ok(reply) => {
                    assert_eq!(reply.status.as_u16(), status);
                    let found = differences(&due, &reply.value);
                    faults.extend(found.iter().map(|f| format!("{}: {f}", operation.id)));
                }
                Err(failure) => faults.push(failure),
            }
        }
    }
    assert_none(&faults);
    answers
}

#[tokio::test]
async fn answers_lose_nothing() {
    for (_, options) in samplings() {
        let answers = each_answer(&options, |_, sample| vec![(sample.clone(), sample)]).await;
        assert!(answers > 100, "{answers}");
    }
}

#[tokio::test]
async fn unknown_enum_values_and_unknown_fields_do_no_harm() {
    let mut enums = 0;
    let mut objects = 0;
    each_answer(&Options::default(), |schema, sample| {
        let mut due = sample;
        spec::visit(schema, &mut due, &mut |place, value| {
            if place.is_enum() {
                *value = NEW_VALUE.into();
                enums += 1;
            }
        });
        let mut sent = due.clone();
        // The tags of unions are looked at again, so new fields go in without the schema.
        add_fields(schema, &mut sent, &mut objects);
        vec![(sent, due)]
    })
    .await;
    assert!(
        enums > 100 && objects > 500,
        "{enums} enums, {objects} objects"
    );
}

/// Adds a field to every object whose properties the interface lists.
fn add_fields(schema: &'static Value, value: &mut Value, count: &mut usize) {
    spec::visit(schema, value, &mut |place, value| {
        if let Some(object) = value.as_object_mut().filter(|_| place.lists_properties()) {
            object.insert(NEW_FIELD.to_owned(), json!({ "of": ["any", 1, null] }));
            *count += 1;
        }
    });
}

#[tokio::test]
async fn each_variant_of_a_union_is_told_apart_and_new_ones_are_kept() {
    let mut changed = 0;
    for (_, options) in samplings() {
        each_answer(&options, |schema, sample| {
            let answers = with_variants(schema, &sample, &options);
            changed += answers.len();
            answers
                .into_iter()
                .map(|answer| (answer.clone(), answer))
                .collect()
        })
        .await;
    }
    assert!(changed > 0);
}

#[tokio::test]
async fn nullable_properties_may_be_null() {
    let mut nulls = 0;
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    for operation in spec::operations() {
        let Some((_, schema)) = operation.json_success() else {
            continue;
        };
        let (status, mut sample) = sampled::answer(operation, &Options::default());
        spec::visit(schema, &mut sample, &mut |place, value| {
            if place.is_nullable() {
                *value = Value::Null;
                nulls += 1;
            }
        });
        let reply = reply_to(&server, &client, operation, status, &sample).await;
        faults.extend(reply.err());
    }
    assert_none(&faults);
    assert!(nulls > 0);
}

#[tokio::test]
async fn a_success_without_a_body_is_no_answer_and_no_error() {
    let server = Server::start().await;
    let client = server.client();
    let mut either = 0;
    for operation in spec::operations() {
        for (status, body) in operation.successes() {
            if body.is_some() {
                continue;
            }
            either += usize::from(operation.json_success().is_some());
            let request = sampled::request(operation, &Options::default());
            server.answer(status, "application/json", "");
            let reply = call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            assert_eq!(reply.value, Value::Null, "{}", operation.id);
            assert_eq!(reply.status.as_u16(), status);
        }
    }
    assert!(
        either > 0,
        "no operation answers with a body or without one"
    );
}
