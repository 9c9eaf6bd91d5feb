//! Errors in the form that an operation declares for them.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::spec::{Operation, Spec, sample, validate};

/// Some operations declare a form of their own for some statuses: what the API's error form lacks
/// of it is filled in.
pub(super) fn declared(error: ApiError, operation: &Operation) -> ApiError {
    let Some(schema) = operation.response_schema(error.status) else {
        return error;
    };
    let body = error.body("");
    if error.instead.is_some() || validate::schema(schema, &body).is_ok() {
        return error;
    }
    let options = sample::Options::default().required_only();
    let mut body = sample::schema(schema, &options);
    if let Some(map) = body.as_object_mut() {
        map.insert("code".to_owned(), json!(error.code));
        map.insert("message".to_owned(), json!(error.message));
        if let Some(reason) = reason(schema, &error.message) {
            map.insert("reason".to_owned(), reason);
        }
    }
    ApiError::with_body(error.status, body)
}

/// Of the reasons that are declared, the one that the message gives.
fn reason(schema: &Value, message: &str) -> Option<Value> {
    let schema = Spec::get().resolve(schema)?;
    let reasons = schema.pointer("/properties/reason/enum")?.as_array()?;
    let text = message.replace(' ', "_");
    let given = reasons.iter().find(|r| r.as_str() == Some(text.as_str()));
    given.cloned()
}
