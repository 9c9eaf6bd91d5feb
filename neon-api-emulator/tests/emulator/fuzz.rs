//! Thousands of requests over all operations, good and bad: none is answered with a server's
//! error, and every answer is what the specification says.
//!
//! `FUZZ_REQUESTS` sets how many, `FUZZ_SEED` which.

mod dice;
mod hostile;
mod known;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::spec::{Operation, Spec, broken, sample, validate};
use neon_api_emulator::{BASE_PATH, Emulator, RequestRecord};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::KEY;
use dice::Dice;
use hostile::hostile;
use known::Known;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn http(request: &sample::Request) -> http::Request<Bytes> {
    let pairs = request.query.iter();
    let pairs: Vec<String> = pairs
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
        .collect();
    let body = request.body.as_ref().map(Value::to_string);
    http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("{BASE_PATH}{}?{}", request.path, pairs.join("&")))
        .header("authorization", format!("Bearer {KEY}"))
        .body(Bytes::from(body.unwrap_or_default()))
        .unwrap()
}

/// Fails unless the answer is one that the specification allows.
fn check(record: &RequestRecord, response: &http::Response<Bytes>, what: &str) -> Value {
    let status = response.status().as_u16();
    let (headers, body) = (response.headers(), response.body());
    assert!(headers.contains_key("x-neon-ret-request-id"), "{what}");
    assert!(status < 500, "{what}: {status}");
    let content_type = headers
        .get("content-type")
        .map(|value| value.to_str().unwrap());
    let is_json = content_type == Some("application/json; charset=utf-8");
    let value: Value = if is_json {
        serde_json::from_slice(body).unwrap()
    } else {
        Value::Null
    };
    let Some(id) = &record.operation_id else {
        assert!([301, 401, 404, 405].contains(&status), "{what}: {status}");
        return value;
    };
    if status >= 400 {
        assert!(is_json, "{what}: an error is JSON");
        assert_eq!(
            validate::response(id, status, &value),
            Ok(()),
            "{what}: {value:#}"
        );
        return value;
    }
    let operation = Spec::get().operation(id).unwrap();
    let declared = operation
        .success_statuses()
        .any(|success| success == status);
    assert!(declared, "{what}: {status} is not declared");
    if operation.response_schema(status).is_none() {
        assert!(body.is_empty(), "{what}: a body that is not declared");
    } else {
        let sampled = sample::response(id, &sample::Options::default()).unwrap();
        let wanted = sampled.media_type.unwrap();
        assert!(
            content_type.is_some_and(|t| t.starts_with(&wanted)),
            "{what}: {content_type:?}"
        );
        if is_json {
            assert_eq!(
                validate::response(id, status, &value),
                Ok(()),
                "{what}: {value:#}"
            );
        }
    }
    value
}

/// With how many requests had which status, and the operations that succeeded.
async fn run(
    count: u64,
    seed: u64,
    log: usize,
) -> (Emulator, BTreeMap<u16, u64>, BTreeSet<&'static str>) {
    let emulator = Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::from_millis(50))
        .start_time("2026-01-01T00:00:00Z".parse().unwrap())
        .seed(seed)
        .request_log(log)
        .build();
    let operations: Vec<&Operation> = Spec::get().operations().collect();
    let stateful: Vec<&Operation> = operations
        .iter()
        .filter(|operation| Emulator::is_stateful(operation.id()))
        .copied()
        .collect();
    let (mut dice, mut known) = (Dice(seed), Known::default());
    let (mut statuses, mut succeeded) = (BTreeMap::new(), BTreeSet::new());
    for name in ["one", "two", "three"] {
        let made = emulator.seed(|seed| seed.project(name)).unwrap();
        known.learn("", &serde_json::to_value(made).unwrap());
    }
    let org = emulator.organization_id();
    known.note("", "org_id", &json!(org));
    for number in 0..count {
        let all = if dice.percent(60) {
            &stateful
        } else {
            &operations
        };
        // Each of them, whatever the dice say.
        let turn = operations.get(usize::try_from(number).unwrap());
        let operation = *turn.unwrap_or_else(|| dice.pick(all));
        let id = operation.id();
        let mut options = sample::Options::default().seed(dice.roll());
        options.optional = dice.percent(50);
        let mut request = sample::request(id, &options).unwrap();
        known.fill(operation, &mut request, &mut dice);
        let (kind, choice) = (dice.roll() % 100, dice.roll());
        let wrong = (kind < 35).then(|| broken::request(id, choice)).flatten();
        let (sent, field) = match wrong {
            Some(wrong) => (http(&wrong.request), Some(wrong.field)),
            None if kind < 50 => (hostile(&request, &mut dice), None),
            None => (http(&request), None),
        };
        let body = String::from_utf8_lossy(sent.body()).into_owned();
        let path = sent.uri().path().to_owned();
        let what = format!(
            "{number} of seed {seed}: {} {} {body}",
            sent.method(),
            sent.uri()
        );
        let response = emulator.respond(sent).await;
        let record = emulator.requests().pop().unwrap();
        let answer = check(&record, &response, &what);
        if let Some(field) = field {
            assert_eq!(record.status, 400, "{what}: {field} is wrong\n{answer}");
            let message = answer["message"].as_str().unwrap();
            assert!(
                message.contains(&field),
                "{what}: {field} is not named in {message}"
            );
        }
        if record.status < 300 {
            known.learn(&path, &answer);
            if record.operation_id.as_deref() == Some(id) {
                succeeded.insert(id);
            }
        }
        *statuses.entry(record.status).or_default() += 1;
        if dice.percent(25) {
            advance(Duration::from_millis(60)).await;
        }
    }
    (emulator, statuses, succeeded)
}

#[tokio::test(start_paused = true)]
async fn no_request_gets_an_answer_that_does_not_conform() {
    let count = setting("FUZZ_REQUESTS", 10_000);
    let (emulator, statuses, succeeded) = run(count, setting("FUZZ_SEED", 1), 1).await;
    for operation in Spec::get().operations() {
        assert!(emulator.count(operation.id()) > 0, "{}", operation.id());
    }
    // It got somewhere: all that the emulator can say was said.
    for status in [200, 201, 204, 301, 400, 404, 405, 409, 422, 423] {
        assert!(statuses.contains_key(&status), "{status}: {statuses:?}");
    }
    // The other tests see to the rest.
    assert!(succeeded.len() > 130, "{}", succeeded.len());
    let good: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(good * 5 > count, "{statuses:?}");
}

/// What is broken on purpose breaks the specification, where it says and nowhere else.
#[test]
fn broken_requests_are_broken_in_one_place() {
    let mut breakable = 0;
    for operation in Spec::get().operations() {
        let id = operation.id();
        let mut any = false;
        for seed in 0..30 {
            let Some(wrong) = broken::request(id, seed) else {
                break;
            };
            any = true;
            let query = validate::query(id, &wrong.request.query);
            let body = match &wrong.request.body {
                Some(body) => validate::request_body(id, body),
                None => Ok(()),
            };
            let found: Vec<String> = [query, body]
                .into_iter()
                .filter_map(Result::err)
                .flatten()
                .map(|violation| violation.path)
                .collect();
            // A path is checked by the router, a missing body by who reads it.
            let elsewhere = found.is_empty()
                && (wrong.field.is_empty()
                    || operation.path().contains(&format!("{{{}}}", wrong.field)));
            assert!(
                elsewhere
                    || found.iter().all(|path| path.starts_with(&wrong.field)) && !found.is_empty(),
                "{id}, seed {seed}: {} is broken, {found:?} found",
                wrong.field
            );
        }
        breakable += usize::from(any);
    }
    assert!(breakable > 150, "{breakable}");
}
