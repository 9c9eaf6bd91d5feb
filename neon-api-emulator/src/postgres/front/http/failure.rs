//! Why a request failed, as the response says it.

use http::StatusCode;
use postgres_protocol::message::backend::ErrorFields;
use serde::Serialize;
use tokio_postgres::fallible_iterator::FallibleIterator;

use super::super::open::Refused;

/// What PostgreSQL reports of an error, each under the name that Neon's clients know.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    message: String,
    pub(super) code: String,
    detail: Option<String>,
    hint: Option<String>,
    position: Option<String>,
    internal_position: Option<String>,
    internal_query: Option<String>,
    pub(super) severity: String,
    r#where: Option<String>,
    table: Option<String>,
    column: Option<String>,
    schema: Option<String>,
    data_type: Option<String>,
    constraint: Option<String>,
    file: Option<String>,
    line: Option<String>,
    routine: Option<String>,
}

impl Report {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(super) fn read(mut fields: ErrorFields<'_>) -> Self {
        let mut report = Self::default();
        // What follows a malformed field is not known.
        while let Ok(Some(field)) = fields.next() {
            let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
            let place = match field.type_() {
                b'M' => {
                    report.message = value;
                    continue;
                }
                b'C' => {
                    report.code = value;
                    continue;
                }
                b'S' => {
                    report.severity = value;
                    continue;
                }
                b'D' => &mut report.detail,
                b'H' => &mut report.hint,
                b'P' => &mut report.position,
                b'p' => &mut report.internal_position,
                b'q' => &mut report.internal_query,
                b'W' => &mut report.r#where,
                b't' => &mut report.table,
                b'c' => &mut report.column,
                b's' => &mut report.schema,
                b'd' => &mut report.data_type,
                b'n' => &mut report.constraint,
                b'F' => &mut report.file,
                b'L' => &mut report.line,
                b'R' => &mut report.routine,
                _ => continue,
            };
            *place = Some(value);
        }
        report
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

/// Neon's bound of a response.
pub(super) const LONGEST_RESPONSE: usize = 10 * 1024 * 1024;

/// It contains nothing of the connection string.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) report: Box<Report>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            report: Box::new(Report::new(message)),
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn reported(report: Report) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            report: Box::new(report),
        }
    }

    /// Whether PostgreSQL did not report it, and may go on with the query.
    pub(super) fn is_own(&self) -> bool {
        self.report.code.is_empty()
    }

    pub(super) fn closed() -> Self {
        Self::bad("connection closed")
    }

    pub(super) fn unexpected() -> Self {
        Self::bad("unexpected message from server")
    }

    pub(super) fn too_large() -> Self {
        let message = format!("response is too large (max is {LONGEST_RESPONSE} bytes)");
        Self::new(StatusCode::INSUFFICIENT_STORAGE, message)
    }

    pub(super) fn malformed() -> Self {
        let message = "could not parse postgres response";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The password is not that of the role; which of both is wrong is not said.
    pub(super) fn password(user: &str) -> Self {
        Self::bad(format!("password authentication failed for user '{user}'"))
    }

    /// Its code and message, for a client that speaks PostgreSQL's protocol.
    pub(super) fn in_session(&self) -> (&str, &str) {
        let code = self.report.code.as_str();
        let code = if code.is_empty() { "08006" } else { code };
        (code, &self.report.message)
    }

    /// While a session begins: a database that does not exist is the caller's mistake, everything
    /// else is not.
    pub(super) fn of_login(mut self, user: &str) -> Self {
        match self.report.code.as_str() {
            // Wrong passwords and roles without one.
            "28P01" | "28000" => Self::password(user),
            "3D000" => self,
            _ => {
                self.status = StatusCode::INTERNAL_SERVER_ERROR;
                self
            }
        }
    }

    pub(super) fn of_opening(refused: Refused, user: &str) -> Self {
        match refused.code {
            "28P01" => Self::password(user),
            // The compute.
            "57P03" => Self::new(StatusCode::INTERNAL_SERVER_ERROR, refused.message),
            _ => Self::bad(refused.message),
        }
    }
}
