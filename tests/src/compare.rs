//! Whether two JSON values say the same.

use chrono::DateTime;
use serde_json::Value;

/// Where two values differ: numbers are compared by value, times as instants.
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut out = Vec::new();
    compare(expected, found, "$", &mut out);
    out
}

fn compare(expected: &Value, found: &Value, at: &str, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                let at = format!("{at}.{name}");
                match found.get(name) {
                    Some(found) => compare(value, found, &at, out),
                    None => out.push(format!("{at} is lost")),
                }
            }
            for name in found.keys().filter(|name| !expected.contains_key(*name)) {
                out.push(format!("{at}.{name} is added"));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(expected, found, &format!("{at}[{index}]"), out);
            }
        }
        _ if is_same(expected, found) => {}
        _ => out.push(format!("{at} is {found}, not {expected}")),
    }
}

fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => a == b || (a.as_f64() == b.as_f64()),
        (Value::String(a), Value::String(b)) => a == b || is_same_instant(a, b),
        _ => expected == found,
    }
}

fn is_same_instant(a: &str, b: &str) -> bool {
    matches!(
        (DateTime::parse_from_rfc3339(a), DateTime::parse_from_rfc3339(b)),
        (Ok(a), Ok(b)) if a == b
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn what_says_the_same_does_not_differ() {
        let a = json!({ "at": "2025-09-10T07:58:16Z", "cu": 1, "name": "x" });
        let b = json!({ "name": "x", "cu": 1.0, "at": "2025-09-10T09:58:16.000+02:00" });
        assert_eq!(differences(&a, &b), [""; 0]);
    }

    #[test]
    fn what_differs_is_named() {
        let a = json!({ "list": [{ "id": "a", "gone": null }], "n": 1 });
        let b = json!({ "list": [{ "id": "b" }], "n": 1, "new": [] });
        let mut found = differences(&a, &b);
        found.sort();
        assert_eq!(
            found,
            [
                "$.list[0].gone is lost",
                "$.list[0].id is \"b\", not \"a\"",
                "$.new is added"
            ]
        );
    }
}
