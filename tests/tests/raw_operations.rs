//! Every operation of the interface over a real socket: what leaves the process, and what becomes
//! of the answers.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;

use neon_api_raw::{Error, InvalidRequest, Operation};
use neon_api_tests::call::{self, BY_HAND, Reply, call};
use neon_api_tests::compare::differences;
use neon_api_tests::sampled::{self, Options, Request};
use neon_api_tests::server::{Seen, Server};
use neon_api_tests::spec;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

const NEW_VALUE: &str = "zz_new_value";
const NEW_FIELD: &str = "zz_new_field";

/// What RFC 3986 leaves unreserved stands for itself.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Everything that is wrong is told at once.
fn assert_none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn samplings() -> [(&'static str, Options); 4] {
    [
        ("all fields", Options::default()),
        ("all fields, other values", Options::default().seed(1)),
        ("required fields", Options::default().required_only()),
        (
            "required fields, other values",
            Options::default().required_only().seed(1),
        ),
    ]
}

/// Prepares a success of the operation.
fn answer(server: &Server, operation: &spec::Operation, options: &Options) {
    let (status, body) = operation.successes().next().expect("a success");
    match body {
        Some(body) if body.is_json() => {
            let (status, value) = sampled::answer(operation, options);
            server.answer_json(status, &value);
        }
        Some(body) => server.answer(status, body.media_type, "bytes"),
        None => server.answer(status, "application/json", ""),
    }
}

#[test]
fn every_operation_of_the_interface_can_be_called() {
    let declared: BTreeSet<&str> = spec::operations().iter().map(|o| o.id).collect();
    assert_eq!(
        declared.len(),
        spec::operations().len(),
        "an id occurs twice"
    );
    let called: BTreeSet<&str> = call::ids().collect();
    assert_eq!(called, declared);
    assert_eq!(
        call::ids().count(),
        declared.len(),
        "an operation has two methods"
    );
}

#[test]
fn the_table_of_operations_says_what_the_interface_says() {
    assert_eq!(
        neon_api_raw::operations::ALL.len(),
        spec::operations().len()
    );
    for declared in spec::operations() {
        let known = Operation::by_id(declared.id).expect(declared.id);
        assert_eq!(known.method, declared.method, "{}", declared.id);
        assert_eq!(known.path, declared.path, "{}", declared.id);
        assert_eq!(declared.node["tags"][0], known.tag, "{}", declared.id);
        let deprecated = declared.node.get("deprecated") == Some(&Value::Bool(true));
        assert_eq!(known.deprecated, deprecated, "{}", declared.id);
        let stability = declared
            .node
            .get("x-stability-level")
            .and_then(Value::as_str);
        assert_eq!(
            known.stability,
            stability.unwrap_or_default(),
            "{}",
            declared.id
        );
    }
}

#[tokio::test]
async fn requests_are_what_the_interface_says() {
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    for (name, options) in samplings() {
        for operation in spec::operations() {
            let request = sampled::request(operation, &options);
            answer(&server, operation, &options);
            let reply = call(&client, operation.id, &request.arguments).await;
            if let Err(failure) = reply {
                faults.push(format!("{} ({name}): {failure:?}", operation.id));
            }
            for fault in request_faults(operation, &request, &server.taken()) {
                faults.push(format!("{} ({name}): {fault}", operation.id));
            }
        }
    }
    assert_none(&faults);
}

fn request_faults(operation: &spec::Operation, due: &Request, seen: &[Seen]) -> Vec<String> {
    let [seen] = seen else {
        return vec![format!("{} requests were sent", seen.len())];
    };
    let mut faults = Vec::new();
    let mut same = |what: &str, found: &dyn PartialEqText, due: &dyn PartialEqText| {
        if found.text() != due.text() {
            faults.push(format!("{what} is {}, not {}", found.text(), due.text()));
        }
    };
    same("the method", &seen.method, &due.method);
    same("the path", &seen.path, &due.path);
    same("the query", &seen.query, &due.query);
    let answers_json =
        operation.json_success().is_some() || operation.successes().all(|(_, body)| body.is_none());
    let accept = if answers_json {
        "application/json"
    } else {
        "*/*"
    };
    same("accept", &seen.header("accept"), &Some(accept));
    same(
        "authorization",
        &seen.header("authorization"),
        &Some("Bearer test-key"),
    );
    same("api-version", &seen.header("api-version"), &None::<&str>);
    if operation.id == BY_HAND {
        return faults;
    }
    let media_type = due.body.as_ref().map(|_| "application/json");
    same("content-type", &seen.header("content-type"), &media_type);
    match &due.body {
        Some(body) => faults.extend(differences(body, &seen.json())),
        None if seen.body.is_empty() => {}
        None => faults.push(format!("a body of {} bytes was sent", seen.body.len())),
    }
    faults
}

trait PartialEqText {
    fn text(&self) -> String;
}

impl<T: std::fmt::Debug> PartialEqText for T {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}

#[tokio::test]
async fn a_multipart_body_holds_each_part_whole() {
    let server = Server::start().await;
    let client = server.client();
    let operation = spec::operation(BY_HAND);
    let parts = sampled::function_deployment();
    let mut names: Vec<&str> = parts
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    let schema = spec::resolve(operation.body.unwrap().schema);
    let declared: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(declared, names, "a part has no test");

    for given in [&names[..], &["zip"], &["runtime"], &["environment"]] {
        let mut request = sampled::request(operation, &Options::default());
        let mut body = parts.clone();
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| given.contains(&name.as_str()));
        request.arguments.0.insert("body".to_owned(), body.clone());
        answer(&server, operation, &Options::default());
        call(&client, BY_HAND, &request.arguments).await.unwrap();
        let seen = server.taken_one();
        let content_type = seen.header("content-type").unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let found = form_parts(&seen.body, boundary);
        assert_eq!(found.len(), given.len(), "{found:?}");
        for (head, content) in found {
            let name = given
                .iter()
                .find(|name| head.contains(&format!("name=\"{name}\"")))
                .unwrap_or_else(|| panic!("{head}"));
            assert_eq!(head.contains("filename="), *name == "zip", "{head}");
            let due = body[*name].as_str().unwrap();
            if *name == "environment" {
                let content: Value = serde_json::from_str(&content).unwrap();
                assert_eq!(content, serde_json::from_str::<Value>(due).unwrap());
            } else {
                assert_eq!(content, due);
            }
        }
    }

    let mut nothing = sampled::request(operation, &Options::default());
    nothing.arguments.0.insert("body".to_owned(), json!({}));
    let error = call(&client, BY_HAND, &nothing.arguments)
        .await
        .unwrap_err()
        .client();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert!(server.taken().is_empty());
}

/// Head and content of each part, by RFC 2046.
fn form_parts(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let text = format!("\r\n{text}");
    let mut parts: Vec<&str> = text.split(&format!("\r\n--{boundary}")).collect();
    assert_eq!(parts.remove(0), "", "there is a preamble");
    assert_eq!(parts.pop(), Some("--\r\n"), "the form does not end");
    parts
        .into_iter()
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), content.to_owned())
        })
        .collect()
}

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
async fn reply_to(
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
async fn each_answer(
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

/// The value with each union below it in turn as each of its variants, and as one that is unknown.
fn with_variants(schema: &'static Value, value: &Value, options: &Options) -> Vec<Value> {
    let mut unions = Vec::new();
    spec::visit(schema, &mut value.clone(), &mut |place, _| {
        unions.extend(
            place
                .tag
                .map(|tag| (place.pointer.clone(), place.schema, tag)),
        );
    });
    let mut out = Vec::new();
    for (pointer, schema, tag) in unions {
        let mut variants: Vec<Value> = spec::tags(schema)
            .map(|kind| {
                let target = json!({ "$ref": schema["discriminator"]["mapping"][kind] });
                let mut variant = sampled::value(&target, options);
                variant[tag] = kind.into();
                variant
            })
            .collect();
        variants.push(json!({ tag: NEW_VALUE, NEW_FIELD: [1, { "a": null }] }));
        for variant in variants {
            let mut changed = value.clone();
            *changed.pointer_mut(&pointer).unwrap() = variant;
            out.push(changed);
        }
    }
    out
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

/// Sends changed bodies and compares what arrives.
async fn each_body(
    mut change: impl FnMut(&'static Value, Value) -> Vec<Value>,
) -> (usize, Vec<String>) {
    let server = Server::start().await;
    let client = server.client();
    let mut bodies = 0;
    let mut faults = Vec::new();
    for operation in spec::operations() {
        let Some(media) = operation.body.filter(spec::Media::is_json) else {
            continue;
        };
        let mut request = sampled::request(operation, &Options::default());
        let sample = request.body.take().unwrap();
        for body in change(media.schema, sample) {
            bodies += 1;
            request.arguments.0.insert("body".to_owned(), body.clone());
            answer(&server, operation, &Options::default());
            if let Err(failure) = call(&client, operation.id, &request.arguments).await {
                faults.push(format!("{}: {failure:?}", operation.id));
                continue;
            }
            let found = differences(&body, &server.taken_one().json());
            faults.extend(found.iter().map(|f| format!("{}: {f}", operation.id)));
        }
    }
    (bodies, faults)
}

#[tokio::test]
async fn every_variant_of_a_union_can_be_sent() {
    let mut bodies = 0;
    for (_, options) in samplings() {
        let (sent, faults) =
            each_body(|schema, sample| with_variants(schema, &sample, &options)).await;
        assert_none(&faults);
        bodies += sent;
    }
    assert!(bodies > 0);
}

#[tokio::test]
async fn enum_values_that_only_the_api_knows_can_be_sent() {
    let mut enums = 0;
    let (_, faults) = each_body(|schema, mut sample| {
        spec::visit(schema, &mut sample, &mut |place, value| {
            if place.is_enum() {
                *value = NEW_VALUE.into();
                enums += 1;
            }
        });
        vec![sample]
    })
    .await;
    assert_none(&faults);
    assert!(enums > 0);
}

#[tokio::test]
async fn a_property_that_may_be_null_can_be_sent_as_null() {
    let mut nulls = 0;
    let (_, faults) = each_body(|schema, sample| {
        let mut pointers = Vec::new();
        spec::visit(schema, &mut sample.clone(), &mut |place, _| {
            if place.is_nullable() {
                pointers.push(place.pointer.clone());
            }
        });
        nulls += pointers.len();
        let null_at = |pointer: &String| {
            let mut body = sample.clone();
            *body.pointer_mut(pointer).unwrap() = Value::Null;
            body
        };
        pointers.iter().map(null_at).collect()
    })
    .await;
    assert_none(&faults);
    assert!(nulls > 0);
}

#[tokio::test]
async fn lists_and_maps_can_be_sent_empty() {
    let mut emptied = 0;
    let (_, faults) = each_body(|schema, mut sample| {
        spec::visit(schema, &mut sample, &mut |place, value| match value {
            Value::Array(items) => {
                items.clear();
                emptied += 1;
            }
            Value::Object(map) if place.is_map() => {
                map.clear();
                emptied += 1;
            }
            _ => {}
        });
        vec![sample]
    })
    .await;
    assert_none(&faults);
    assert!(emptied > 0);
}

#[tokio::test]
async fn any_id_is_one_path_segment() {
    let texts = [
        "a/b",
        "a b",
        "100%",
        "../x",
        "x/..",
        "..\\x",
        "?x=1",
        "#x",
        "%2e%2e",
        "%2F",
        "ä€𝄞",
        "a\u{0}b",
        "line\r\nbreak",
        "a+b&c=d;e",
        "...",
        "~.-_",
    ];
    let server = Server::start().await;
    let client = server.client();
    let mut parameters = 0;
    for operation in spec::operations() {
        for (parameter, text) in text_parameters(operation).flat_map(|p| texts.map(|t| (p, t))) {
            parameters += 1;
            let mut request = sampled::request(operation, &Options::default().required_only());
            request
                .arguments
                .0
                .insert(parameter.to_owned(), text.into());
            answer(&server, operation, &Options::default());
            call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            let seen = server.taken_one();
            let template: Vec<&str> = operation.path.split('/').collect();
            let found: Vec<&str> = seen.path.split('/').collect();
            assert_eq!(
                template.len(),
                found.len(),
                "{} {parameter}: {}",
                operation.id,
                seen.path
            );
            for (template, found) in template.iter().zip(found) {
                if *template == format!("{{{parameter}}}") {
                    assert_eq!(percent_decode_str(found).decode_utf8().unwrap(), text);
                    assert_eq!(found, utf8_percent_encode(text, SEGMENT).to_string());
                }
            }
        }
    }
    assert!(parameters > 300 * texts.len(), "{parameters}");
}

fn text_parameters(operation: &'static spec::Operation) -> impl Iterator<Item = &'static str> {
    operation
        .path_parameters()
        .filter(|parameter| spec::resolve(parameter.schema)["type"] == "string")
        .map(|parameter| parameter.name)
}

#[tokio::test]
async fn an_id_that_no_segment_can_carry_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let client = server.client();
    for operation in spec::operations() {
        for (parameter, text) in
            text_parameters(operation).flat_map(|p| ["", ".", ".."].map(|t| (p, t)))
        {
            let mut request = sampled::request(operation, &Options::default());
            request
                .arguments
                .0
                .insert(parameter.to_owned(), text.into());
            let error = call(&client, operation.id, &request.arguments)
                .await
                .unwrap_err()
                .client();
            let Error::InvalidRequest(fault) = &error else {
                panic!("{} {parameter}: {error}", operation.id);
            };
            assert!(matches!(***fault, InvalidRequest::PathParameter), "{error}");
            assert_eq!(error.operation().id, operation.id);
            assert_eq!(error.attempts(), 0);
        }
    }
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn any_text_can_be_a_query_value() {
    let text = "a&b=c #+ü%20/?\u{0}\r\n;";
    let server = Server::start().await;
    let client = server.client();
    let mut parameters = 0;
    for operation in spec::operations() {
        for parameter in operation.query_parameters() {
            let schema = spec::resolve(parameter.schema);
            let value = match (&schema["type"], &schema["format"]) {
                (_, format) if format == "date-time" => continue,
                (kind, _) if kind == "string" => json!(text),
                (kind, _) if kind == "array" => json!([text, "", text]),
                _ => continue,
            };
            parameters += 1;
            let mut request = sampled::request(operation, &Options::default());
            request
                .arguments
                .0
                .insert(parameter.name.to_owned(), value.clone());
            request.query.retain(|(name, _)| name != parameter.name);
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
            let pairs = values
                .iter()
                .map(|v| (parameter.name.to_owned(), v.as_str().unwrap().to_owned()));
            request.query.extend(pairs);
            request.query.sort_by(|a, b| a.0.cmp(&b.0));
            answer(&server, operation, &Options::default());
            call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            let seen = server.taken_one();
            assert_eq!(
                seen.query, request.query,
                "{} {}",
                operation.id, parameter.name
            );
            assert_eq!(seen.path, request.path);
        }
    }
    assert!(parameters > 30, "{parameters}");
}
