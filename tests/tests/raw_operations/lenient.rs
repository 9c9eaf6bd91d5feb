//! Responses with `null` for lists and maps, without those that are empty, and with whole numbers
//! written as floats.

use super::*;

use super::answers::{each_answer, reply_to};

/// The pointers of the lists and maps in a value, and the empty value of each.
fn collections(schema: &'static Value, value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    spec::visit(schema, &mut value.clone(), &mut |place, value| {
        let is_map = place.is_map() && place.schema.get("properties").is_none();
        match value {
            Value::Array(_) => found.push((place.pointer.clone(), json!([]))),
            Value::Object(_) if is_map => found.push((place.pointer.clone(), json!({}))),
            _ => {}
        }
    });
    found
}

fn with(value: &Value, pointer: &str, new: Value) -> Value {
    let mut changed = value.clone();
    *changed.pointer_mut(pointer).unwrap() = new;
    changed
}

/// The value without a property; `None` if the pointer is of the whole or of an item.
fn without(value: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let mut changed = value.clone();
    let object = changed.pointer_mut(parent)?.as_object_mut()?;
    object.remove(&name.replace("~1", "/").replace("~0", "~"))?;
    Some(changed)
}

/// Whether an operation is about the list of this name in its response: it is called like the end
/// of the path, or there is nothing but such lists, maps and flags.
fn is_subject(operation: &spec::Operation, sample: &Value, name: &str) -> bool {
    let lists: Vec<&String> = sample.as_object().map_or(Vec::new(), |object| {
        let lists = object.iter().filter(|(_, value)| value.is_array());
        lists.map(|(name, _)| name).collect()
    });
    let end = operation.path.rsplit('/').find(|part| !part.contains('{'));
    if let Some(named) = lists.iter().find(|list| Some(list.as_str()) == end) {
        return named.as_str() == name;
    }
    let (_, schema) = operation.json_success().unwrap();
    let maps = collections(schema, sample);
    let is_beside = |(key, value): (&String, &Value)| {
        let is_map = maps
            .iter()
            .any(|(pointer, _)| *pointer == format!("/{key}"));
        value.is_array() || value.is_boolean() || is_map
    };
    lists.iter().any(|list| *list == name) && sample.as_object().unwrap().iter().all(is_beside)
}

#[tokio::test]
async fn null_for_a_list_or_a_map_is_an_empty_one() {
    let mut nulls = 0;
    // What is required is empty then.
    each_answer(&Options::default().required_only(), |schema, sample| {
        let all = collections(schema, &sample).into_iter();
        let sent = all.map(|(pointer, empty)| {
            nulls += 1;
            let null = with(&sample, &pointer, Value::Null);
            (null, with(&sample, &pointer, empty))
        });
        sent.collect()
    })
    .await;
    // What is optional is absent, or empty where a map is of a type of its own.
    let server = Server::start().await;
    let client = server.client();
    for operation in spec::operations() {
        let Some((_, schema)) = operation.json_success() else {
            continue;
        };
        let (status, sample) = sampled::answer(operation, &Options::default());
        for (pointer, empty) in collections(schema, &sample) {
            nulls += 1;
            let null = with(&sample, &pointer, Value::Null);
            let reply = reply_to(&server, &client, operation, status, &null).await;
            let reply = reply.unwrap_or_else(|error| panic!("{pointer}: {error}"));
            let mut due = vec![with(&sample, &pointer, empty)];
            due.extend(without(&sample, &pointer));
            let is_due = due
                .iter()
                .any(|due| differences(due, &reply.value).is_empty());
            assert!(is_due, "{}: {pointer}: {}", operation.id, reply.value);
        }
    }
    assert!(nulls > 200, "{nulls}");
}

#[tokio::test]
async fn an_absent_list_or_map_is_an_empty_one_unless_the_call_is_about_it() {
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    let mut subjects = BTreeSet::new();
    let mut absent = 0;
    for operation in spec::operations() {
        let Some((_, schema)) = operation.json_success() else {
            continue;
        };
        let (status, sample) = sampled::answer(operation, &Options::default().required_only());
        for (pointer, empty) in collections(schema, &sample) {
            let Some(sent) = without(&sample, &pointer) else {
                continue;
            };
            let reply = reply_to(&server, &client, operation, status, &sent).await;
            let place = format!("{}{pointer}", operation.id);
            let is_subject = is_subject(operation, &sample, &pointer[1..]);
            match reply {
                Ok(reply) if !is_subject => {
                    absent += 1;
                    let due = with(&sample, &pointer, empty);
                    let found = differences(&due, &reply.value);
                    faults.extend(found.iter().map(|fault| format!("{place}: {fault}")));
                }
                Err(error) if is_subject => {
                    assert!(error.contains("missing field"), "{error}");
                    subjects.insert(place);
                }
                Ok(_) => faults.push(format!("{place} may be absent")),
                Err(error) => faults.push(format!("{place} may not be absent: {error}")),
            }
        }
    }
    assert_none(&faults);
    for (place, is_subject) in [
        ("listProjects/projects", true),
        ("listProjects/applications", false),
        ("createProject/operations", false),
        ("listProjectBranches/branches", true),
        ("listProjectBranches/annotations", false),
        ("listProjectBranchBucketObjects/objects", true),
        ("listProjectBranchBucketObjects/folders", false),
        ("listProjectOperations/operations", true),
        ("getSnapshotSchedule/schedule", true),
        ("getCurrentUserInfo/auth_accounts", false),
        ("createCredential/scopes", false),
    ] {
        assert_eq!(subjects.contains(place), is_subject, "{place}");
    }
    assert!(absent > 50 && subjects.len() > 25, "{absent}, {subjects:?}");
}

#[tokio::test]
async fn whole_numbers_may_be_written_as_floats() {
    let mut numbers = 0;
    for (_, options) in samplings() {
        each_answer(&options, |schema, sample| {
            let mut sent = sample.clone();
            spec::visit(schema, &mut sent, &mut |_, value| {
                if let Some(number) = value.as_i64().filter(|n| n.abs() < 1 << 53) {
                    #[allow(clippy::cast_precision_loss)]
                    let float = json!(number as f64);
                    assert!(float.to_string().ends_with(".0"));
                    *value = float;
                    numbers += 1;
                }
            });
            vec![(sent, sample)]
        })
        .await;
    }
    assert!(numbers > 500, "{numbers}");
}
