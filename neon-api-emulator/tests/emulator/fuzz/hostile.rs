//! Requests that nobody means.

use bytes::Bytes;
use neon_api_emulator::spec::sample;
use serde_json::{Value, json};

use super::dice::Dice;
use super::{encode, http};

/// What no client sends that knows what it does.
pub(super) fn hostile(request: &sample::Request, dice: &mut Dice) -> http::Request<Bytes> {
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
