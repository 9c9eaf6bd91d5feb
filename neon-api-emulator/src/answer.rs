//! Converts the result of a request to the bytes of its response.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::api::{Reply, ReplyBody};
use crate::error::ApiError;
use crate::faults::FaultAnswer;
use crate::spec::{Operation, sample, validate};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// All kinds of results.
pub(crate) enum Answer {
    Reply(Reply),
    Error(ApiError),
    Fault(FaultAnswer),
    Redirect(String),
    OtherMethods(String),
}

/// How much of a response arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// The head, and this many bytes of the body, fewer than it has.
    Cut(usize),
    /// Nothing: the connection breaks.
    Reset,
}

impl Answer {
    /// `operation` is the requested one, if any.
    pub(crate) fn into_response(
        self,
        request_id: &str,
        operation: Option<&Operation>,
    ) -> Response<Bytes> {
        let error = |error: &ApiError| {
            let body = as_declared(operation, error.status, error.body(request_id));
            let mut answer = response(error.status, Some(JSON), body.to_string());
            if let Some(seconds) = error.retry_after {
                answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            answer
        };
        match self {
            Self::Reply(reply) => match reply.body {
                ReplyBody::Empty => response(reply.status, None, Bytes::new()),
                ReplyBody::Json(value) => response(reply.status, Some(JSON), value.to_string()),
                ReplyBody::Bytes(text) => response(reply.status, Some(BYTES), text),
            },
            Self::Error(api_error) => error(&api_error),
            Self::Fault(fault) => {
                let mut answer = match fault.body {
                    Some((content_type, body)) => {
                        response(fault.status, HeaderValue::from_str(content_type).ok(), body)
                    }
                    None => error(&ApiError::new(fault.status, "injected fault")),
                };
                for (name, value) in fault.headers {
                    answer.headers_mut().append(name, value);
                }
                answer
            }
            Self::Redirect(to) => {
                let mut answer = response(301, None, Bytes::new());
                if let Ok(value) = HeaderValue::from_str(&to) {
                    answer.headers_mut().insert(LOCATION, value);
                }
                answer
            }
            Self::OtherMethods(methods) => {
                let mut answer = error(&ApiError::new(405, "method not allowed"));
                if let Ok(value) = HeaderValue::from_str(&methods) {
                    answer.headers_mut().insert(ALLOW, value);
                }
                answer
            }
        }
    }
}

/// The response of a gateway if the server behind it breaks the connection.
pub(crate) fn bad_gateway(request_id: &str) -> Response<Bytes> {
    let error = ApiError::new(502, "the connection to the API was lost");
    Answer::Error(error).into_response(request_id, None)
}

/// An error in the form that the operation declares for this status, which for a few is not the
/// API's usual one: the known fields, and typical values for the rest.
fn as_declared(operation: Option<&Operation>, status: u16, error: Value) -> Value {
    let Some(schema) = operation.and_then(|operation| operation.response_schema(status)) else {
        return error;
    };
    if validate::schema(schema, &error).is_ok() {
        return error;
    }
    let mut typical = sample::schema(schema, &sample::Options::default().required_only());
    if let (Some(typical), Value::Object(error)) = (typical.as_object_mut(), error) {
        for (name, value) in error {
            // Such a form may restrict the code to one.
            if name != "code" || !typical.contains_key(&name) {
                typical.insert(name, value);
            }
        }
    }
    typical
}

fn response(
    status: u16,
    content_type: Option<HeaderValue>,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(value) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}
