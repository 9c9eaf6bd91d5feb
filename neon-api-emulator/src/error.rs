//! Error responses.

use serde_json::{Value, json};

/// A response in the API's error form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    /// Mostly empty, like the API's.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// A body that replaces the API's error form.
    pub(crate) instead: Option<Box<Value>>,
    /// The header of this name, in seconds.
    pub(crate) retry_after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            code: "",
            message: message.into(),
            instead: None,
            retry_after: None,
        }
    }

    pub(crate) fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With a body of its own.
    pub(crate) fn with_body(status: u16, body: Value) -> Self {
        Self {
            instead: Some(Box::new(body)),
            ..Self::new(status, "")
        }
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// `what` does not exist: "branch not found".
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, format!("{what} not found"))
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    pub(crate) fn locked() -> Self {
        Self::new(
            423,
            "project already has running conflicting operations, scheduling of new ones is prohibited",
        )
    }

    pub(crate) fn body(&self, request_id: &str) -> Value {
        match &self.instead {
            Some(body) => Value::clone(body),
            None => {
                json!({ "code": self.code, "message": self.message, "request_id": request_id })
            }
        }
    }
}
