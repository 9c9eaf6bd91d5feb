//! The meaning of an operation's status for a wait.

use chrono::Datelike;
use neon_api_raw::enums::OperationStatus;
use neon_api_raw::types::Operation;

/// The progress of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    Succeeded,
    Failed,
}

/// The progress of an operation. An unknown status counts as running: waiting costs time, while
/// ending early would let dependent calls start too soon. After an error that the API will retry,
/// the operation is still running too.
pub(crate) fn phase(operation: &Operation) -> Phase {
    match operation.status {
        OperationStatus::Finished | OperationStatus::Skipped => Phase::Succeeded,
        OperationStatus::Error if has_retry_ahead(operation) => Phase::Running,
        OperationStatus::Failed | OperationStatus::Error | OperationStatus::Cancelled => {
            Phase::Failed
        }
        _ => Phase::Running,
    }
}

/// Whether the API plans a retry. Its time is not compared to this machine's clock: a retry that is
/// due counts as planned until the API reports its result.
fn has_retry_ahead(operation: &Operation) -> bool {
    // The API's form of "not set" is the first day of the year 1.
    operation.retry_at.is_some_and(|at| at.year() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(status: &str, retry_at: Option<&str>) -> Operation {
        let mut operation = serde_json::json!({
            "id": "a07f8772-1877-4da9-a939-000000000001", "project_id": "late-frost-12345678",
            "action": "create_branch", "status": status, "failures_count": 1,
            "total_duration_ms": 0, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        if let Some(at) = retry_at {
            operation["retry_at"] = at.into();
        }
        serde_json::from_value(operation).unwrap()
    }

    #[test]
    fn every_known_status_has_a_meaning_and_unknown_ones_keep_waiting() {
        let ended = [
            ("finished", Phase::Succeeded),
            ("skipped", Phase::Succeeded),
            ("failed", Phase::Failed),
            ("error", Phase::Failed),
            ("cancelled", Phase::Failed),
        ];
        for name in OperationStatus::KNOWN.iter().chain(&["paused", ""]) {
            let expected = ended
                .iter()
                .find(|(n, _)| n == name)
                .map_or(Phase::Running, |(_, p)| *p);
            assert_eq!(phase(&operation(name, None)), expected, "{name}");
        }
    }

    #[test]
    fn only_an_error_can_have_a_retry_ahead() {
        let set = Some("2026-01-01T00:00:30Z");
        assert_eq!(phase(&operation("error", set)), Phase::Running);
        let unset = Some("0001-01-01T00:00:00Z");
        assert_eq!(phase(&operation("error", unset)), Phase::Failed);
        for status in ["failed", "cancelled"] {
            assert_eq!(phase(&operation(status, set)), Phase::Failed, "{status}");
        }
    }
}
