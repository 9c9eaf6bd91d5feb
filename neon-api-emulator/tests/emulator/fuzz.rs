//! Thousands of requests over all operations, good and bad: none is answered with a server's
//! error, and every answer is what the specification says.
//!
//! `FUZZ_REQUESTS` sets how many, `FUZZ_SEED` which.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use neon_api_emulator::spec::{Operation, Spec, broken, sample, validate};
use neon_api_emulator::{BASE_PATH, Emulator, RequestRecord};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::KEY;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// `SplitMix64`: enough to choose by.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.roll() % 100 < chance
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let count = u64::try_from(items.len()).unwrap();
        &items[usize::try_from(self.roll() % count).unwrap()]
    }
}

/// Ids and names that answers had, by the parameter that takes them.
type Pool = BTreeMap<String, Vec<String>>;

/// Pools by project, since things are found only in their own; outside of any, the empty one.
#[derive(Default)]
struct Known(BTreeMap<String, Pool>);

impl Known {
    /// `path` is that of the request.
    fn learn(&mut self, path: &str, answer: &Value) {
        let mut segments = path.split('/').skip_while(|segment| *segment != "projects");
        let asked = segments.nth(1).filter(|id| !id.is_empty());
        let made = answer.pointer("/project/id").and_then(Value::as_str);
        let project = made.or(asked).unwrap_or_default().to_owned();
        if made.is_some() {
            self.note("", "project_id", &json!(project));
        }
        self.learn_of(&project, answer);
    }

    fn learn_of(&mut self, project: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    let kind = match key.as_str() {
                        "databases" => "database",
                        "branches" => "branch",
                        key => key.strip_suffix('s').unwrap_or(key),
                    };
                    for item in child
                        .as_array()
                        .map_or(std::slice::from_ref(child), Vec::as_slice)
                    {
                        for part in ["id", "name", "slug"] {
                            if let Some(text) = item.get(part) {
                                self.note(project, &format!("{kind}_{part}"), text);
                            }
                        }
                    }
                    self.note(project, key, child);
                    self.learn_of(project, child);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_of(project, item)),
            _ => {}
        }
    }

    fn note(&mut self, project: &str, parameter: &str, value: &Value) {
        let text = match value {
            Value::String(text) if !text.is_empty() && text.len() < 300 => text.clone(),
            Value::Number(number) if number.is_i64() => number.to_string(),
            _ => return,
        };
        let pool = self.0.entry(project.to_owned()).or_default();
        let known = pool.entry(parameter.to_owned()).or_default();
        if known.contains(&text) {
            return;
        }
        if known.len() >= 6 {
            known.remove(0);
        }
        known.push(text);
    }

    fn some(&self, project: &str, parameter: &str, dice: &mut Dice) -> Option<String> {
        let known = self.0.get(project)?.get(parameter)?;
        dice.percent(90).then(|| dice.pick(known).clone())
    }

    /// Puts what is known in the place of what was made up.
    fn fill(&self, operation: &Operation, request: &mut sample::Request, dice: &mut Dice) {
        let project = self.some("", "project_id", dice).unwrap_or_default();
        let template = operation.path().split('/');
        let segments: Vec<String> = template
            .zip(request.path.split('/'))
            .map(|(template, segment)| {
                let name = template.trim_matches(['{', '}']);
                let known = match name {
                    "project_id" => Some(project.clone()).filter(|id| !id.is_empty()),
                    _ if name == template => None,
                    "org_id" | "key_id" | "member_id" => self.some("", name, dice),
                    _ => self.some(&project, name, dice),
                };
                known.map_or(segment.to_owned(), |text| encode(&text))
            })
            .collect();
        request.path = segments.join("/");
        // A cursor that was made up is refused: most walks are from the start.
        request
            .query
            .retain(|(name, _)| name != "cursor" || dice.percent(20));
        for (name, value) in &mut request.query {
            let known = match name.as_str() {
                "role_name" | "database_name" | "branch_id" | "endpoint_id" | "cursor" => {
                    self.some(&project, name, dice)
                }
                "org_id" => self.some("", name, dice),
                _ => None,
            };
            if let Some(known) = known {
                *value = known;
            }
        }
        if let Some(body) = &mut request.body {
            self.fill_body(&project, body, dice);
        }
    }

    fn fill_body(&self, project: &str, body: &mut Value, dice: &mut Dice) {
        match body {
            Value::Object(map) => {
                for (key, value) in map {
                    let wanted = match key.as_str() {
                        "parent_id" | "source_branch_id" | "target_branch_id" => "branch_id",
                        "owner_name" => "role_name",
                        key => key,
                    };
                    let scope = if wanted == "org_id" { "" } else { project };
                    if value.is_string() && (wanted.ends_with("_id") || wanted == "role_name") {
                        if let Some(known) = self.some(scope, wanted, dice) {
                            *value = json!(known);
                        }
                    } else {
                        self.fill_body(project, value, dice);
                    }
                }
            }
            Value::Array(items) => {
                let items = items.iter_mut();
                items.for_each(|item| self.fill_body(project, item, dice));
            }
            _ => {}
        }
    }
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

/// What no client sends that knows what it does.
fn hostile(request: &sample::Request, dice: &mut Dice) -> http::Request<Bytes> {
    let mut request = request.clone();
    let long = "x".repeat(2000);
    let odd = [
        "",
        ".",
        "..",
        "%",
        "\u{0}",
        "é\u{301}",
        "' OR 1=1 --",
        "-1",
        "9223372036854775808",
        "1e400",
        "null",
        "[]",
        "{}",
        "NaN",
        long.as_str(),
        "a/b",
        "?#&=",
    ];
    match dice.roll() % 7 {
        0 => {
            let mut segments: Vec<String> = request.path.split('/').map(str::to_owned).collect();
            let at = usize::try_from(dice.roll()).unwrap_or(1) % segments.len();
            segments[at] = encode(dice.pick::<&str>(&odd));
            request.path = segments.join("/");
        }
        1 => {
            let names = [
                "cursor",
                "limit",
                "search",
                "sort_by",
                "sort_order",
                "org_id",
                "from",
            ];
            let name = (*dice.pick(&names)).to_owned();
            request.query.push((name, (*dice.pick(&odd)).to_owned()));
        }
        2 => request.query.extend(request.query.clone()),
        3 => {
            let deep = (0..100).fold(json!(0), |inner, _| json!([inner]));
            let bodies = [
                json!(null),
                json!([]),
                json!(7),
                json!("x"),
                json!({}),
                deep,
            ];
            request.body = Some(dice.pick(&bodies).clone());
        }
        4 => {
            let methods = [
                "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW",
            ];
            (*dice.pick(&methods)).clone_into(&mut request.method);
        }
        5 => {
            if let Some(Value::Object(map)) = &mut request.body {
                for value in map.values_mut() {
                    if let Value::Object(map) = value {
                        for value in map.values_mut().filter(|value| value.is_string()) {
                            *value = json!(dice.pick(&odd));
                        }
                    }
                }
            }
        }
        _ => {
            let mut sent = http(&request);
            let bytes: Vec<u8> = (0..dice.roll() % 60)
                .map(|_| u8::try_from(dice.roll() % 256).unwrap())
                .collect();
            *sent.body_mut() = bytes.into();
            return sent;
        }
    }
    http(&request)
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

async fn run(count: u64, seed: u64, log: usize) -> (Emulator, BTreeMap<u16, u64>) {
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
    let mut statuses = BTreeMap::new();
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
        }
        *statuses.entry(record.status).or_default() += 1;
        if dice.percent(25) {
            advance(Duration::from_millis(60)).await;
        }
    }
    (emulator, statuses)
}

#[tokio::test(start_paused = true)]
async fn no_request_gets_an_answer_that_does_not_conform() {
    let count = setting("FUZZ_REQUESTS", 10_000);
    let (emulator, statuses) = run(count, setting("FUZZ_SEED", 1), 1).await;
    for operation in Spec::get().operations() {
        assert!(emulator.count(operation.id()) > 0, "{}", operation.id());
    }
    // It got somewhere: all that the emulator can say was said.
    println!("{statuses:?}");
    for status in [200, 201, 204, 301, 400, 404, 405, 409, 422, 423] {
        assert!(statuses.contains_key(&status), "{status}: {statuses:?}");
    }
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
