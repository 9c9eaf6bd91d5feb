//! Reading requests: the key, the query, the body.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode;
use serde_json::Value;

use crate::error::ApiError;
use crate::multipart;
use crate::spec::Operation;
use crate::spec::validate::{self, Violation};

/// The token of `Authorization: Bearer TOKEN`; `None` where there is none, or it is empty.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The parameters of a query string, decoded.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let spaced: Vec<u8> = part
            .bytes()
            .map(|b| if b == b'+' { b' ' } else { b })
            .collect();
        let decoded: Vec<u8> = percent_decode(&spaced).collect();
        String::from_utf8_lossy(&decoded).into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The body that `operation` takes, JSON or a form, checked; null where there is none.
pub(crate) fn body(
    operation: &Operation,
    content_type: Option<&str>,
    bytes: &[u8],
) -> Result<Value, ApiError> {
    let Some(declared) = operation.body() else {
        return Ok(Value::Null);
    };
    if bytes.is_empty() {
        if declared.required {
            return Err(ApiError::bad_request("a request body is required"));
        }
        return Ok(Value::Null);
    }
    let value: Value = if operation.takes_json() {
        must_be_json(content_type)?;
        serde_json::from_slice(bytes)
            .map_err(|error| ApiError::bad_request(format!("the body is not JSON: {error}")))?
    } else {
        multipart::fields(content_type, bytes)?
    };
    validate::schema(&declared.schema, &value).map_err(|wrong| refused_body(&wrong))?;
    Ok(value)
}

/// Where no type is given, JSON is meant.
fn must_be_json(content_type: Option<&str>) -> Result<(), ApiError> {
    let given = content_type.unwrap_or("application/json");
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!("invalid request: the body must be application/json, not {kind}");
    Err(ApiError::bad_request(message))
}

/// A body that does not conform. Missing fields are named as the API names them.
fn refused_body(violations: &[Violation]) -> ApiError {
    let is_missing = |wrong: &&Violation| wrong.message == validate::REQUIRED;
    let missing: Vec<String> = violations
        .iter()
        .filter(is_missing)
        .map(|wrong| format!("{} (field required)", wrong.path))
        .collect();
    if missing.is_empty() {
        return refused(violations);
    }
    let missing = missing.join(", ");
    let others = violations.iter().filter(|wrong| !is_missing(wrong));
    let others: Vec<String> = others.map(|wrong| format!("; {wrong}")).collect();
    let others = others.concat();
    ApiError::bad_request(format!(
        "invalid request: decode application/json: invalid: {missing}{others}"
    ))
}

/// A request that does not conform.
pub(crate) fn refused(violations: &[Violation]) -> ApiError {
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    ApiError::bad_request(all.join("; "))
}
