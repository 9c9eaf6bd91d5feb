//! Everything that a body may hold can be sent.

use super::*;

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
