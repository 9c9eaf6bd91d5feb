//! Whether a bound became tighter.

use std::cmp::Ordering;

use serde_json::Value;

use super::rules::Rule;

/// Whether two facts are the same; `1` and `1.0` are.
pub(super) fn same(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            before == after || order(before, after) == Some(Ordering::Equal)
        }
        (before, after) => before.is_none() && after.is_none(),
    }
}

/// The rule for a bound that changed.
pub(super) fn rule(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Rule {
    let (before, after) = match (before, after) {
        (None, _) => return Rule::Tightened,
        (_, None) => return Rule::Loosened,
        (Some(before), Some(after)) => (before, after),
    };
    let tighter_is = match keyword {
        "minimum" | "minLength" | "minItems" | "minProperties" => Ordering::Greater,
        "maximum" | "maxLength" | "maxItems" | "maxProperties" => Ordering::Less,
        // Which of two patterns admits more cannot be told.
        _ => return Rule::Altered,
    };
    match order(after, before) {
        Some(found) if found == tighter_is => Rule::Tightened,
        Some(_) => Rule::Loosened,
        None => Rule::Altered,
    }
}

/// Whole numbers exactly, so that large ones are told apart.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    let whole = |v: &Value| {
        v.as_i64()
            .map(i128::from)
            .or_else(|| v.as_u64().map(i128::from))
    };
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn knows_which_way_is_tighter() {
        for (keyword, before, after, expected) in [
            ("maximum", json!(17), json!(18), Rule::Loosened),
            ("maximum", json!(18), json!(17), Rule::Tightened),
            ("minimum", json!(0.25), json!(0.5), Rule::Tightened),
            ("minLength", json!(2), json!(1), Rule::Loosened),
            ("pattern", json!("a"), json!("b"), Rule::Altered),
            ("minimum", Value::Null, json!(1), Rule::Tightened),
            ("pattern", json!("a"), Value::Null, Rule::Loosened),
            (
                "maximum",
                json!(u64::MAX),
                json!(u64::MAX - 1),
                Rule::Tightened,
            ),
        ] {
            let some = |v: Value| if v.is_null() { None } else { Some(v) };
            let (before, after) = (some(before), some(after));
            assert_eq!(
                rule(keyword, before.as_ref(), after.as_ref()),
                expected,
                "{keyword}"
            );
        }
    }

    #[test]
    fn spelling_of_numbers_is_no_change() {
        assert!(same(Some(&json!(1)), Some(&json!(1.0))));
        assert!(!same(Some(&json!(u64::MAX)), Some(&json!(u64::MAX - 1))));
        assert!(!same(Some(&json!(false)), None));
    }
}
