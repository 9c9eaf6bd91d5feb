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
        serde_json::from_slice(bytes)
            .map_err(|error| ApiError::bad_request(format!("the body is not JSON: {error}")))?
    } else {
        multipart::fields(content_type, bytes)?
    };
    validate::schema(&declared.schema, &value).map_err(|wrong| refused(&wrong))?;
    Ok(value)
}

/// A request that does not conform.
pub(crate) fn refused(violations: &[Violation]) -> ApiError {
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    ApiError::bad_request(all.join("; "))
}
