//! What an operation's status means for a wait.

use neon_api_raw::enums::OperationStatus;

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Running,
    Succeeded,
    Failed,
}

/// A status that this version does not know has not ended: waiting on costs time, while ending
/// early would let dependent calls start too soon.
pub(super) fn progress(status: &OperationStatus) -> Progress {
    match status {
        OperationStatus::Finished | OperationStatus::Skipped => Progress::Succeeded,
        OperationStatus::Failed | OperationStatus::Error | OperationStatus::Cancelled => {
            Progress::Failed
        }
        _ => Progress::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_status_has_a_meaning_and_unknown_ones_keep_waiting() {
        let ended = [
            ("finished", Progress::Succeeded),
            ("skipped", Progress::Succeeded),
            ("failed", Progress::Failed),
            ("error", Progress::Failed),
            ("cancelled", Progress::Failed),
        ];
        for name in OperationStatus::KNOWN.iter().chain(&["paused", ""]) {
            let expected = ended
                .iter()
                .find(|(n, _)| n == name)
                .map_or(Progress::Running, |(_, p)| *p);
            assert_eq!(progress(&OperationStatus::from(*name)), expected, "{name}");
        }
    }
}
