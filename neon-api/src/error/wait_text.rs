//! Messages of failed waits.

use std::fmt;

use neon_api_raw::error::{Masked, OneLine};
use neon_api_raw::types::Operation;

use super::wait::{WaitFailure, WaitReport};
use crate::waits::{Phase, phase};

/// How many operations a message lists.
const SHOWN: usize = 10;

impl fmt::Display for WaitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let project = self.token.project().map_or("", |id| id.as_str());
        match &self.failure {
            WaitFailure::Timeout => {
                write!(f, "operations did not finish in time in project {project}")?;
            }
            WaitFailure::Failed => write!(f, "operations did not succeed in project {project}")?,
            WaitFailure::Refused => {
                write!(f, "operations could not be polled in project {project}")?;
            }
            WaitFailure::NotFound => write!(
                f,
                "project {project} was not found, so its operations cannot be waited for"
            )?,
            WaitFailure::Forgotten(ids) => {
                write!(f, "project {project} has no operation ")?;
                let mut shown = ids.iter().take(SHOWN);
                if let Some(first) = shown.next() {
                    write!(f, "{}", OneLine(first))?;
                }
                shown.try_for_each(|id| write!(f, ", {}", OneLine(id)))?;
                write_rest(f, ids.len())?;
                f.write_str("; the API may delete operations after six months")?;
            }
        }
        // Operations that have not finished come first.
        let mut operations: Vec<_> = self.operations.iter().collect();
        operations.sort_by_key(|operation| match phase(operation) {
            Phase::Failed => 0,
            Phase::Running => 1,
            Phase::Succeeded => 2,
        });
        for (at, operation) in operations.iter().take(SHOWN).enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{}", Shown(operation))?;
        }
        write_rest(f, operations.len())?;
        if let Some(pause) = self.unpolled {
            let seconds = pause.as_millis().div_ceil(1000);
            write!(
                f,
                "; they were not polled, because the API's Retry-After has {seconds} s left"
            )?;
        }
        match &self.poll_failures {
            Some(failures) => write!(f, "; {failures}"),
            None => Ok(()),
        }
    }
}

fn write_rest(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    match count.checked_sub(SHOWN) {
        None | Some(0) => Ok(()),
        Some(rest) => write!(f, " and {rest} more"),
    }
}

impl std::error::Error for WaitReport {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.poll_error().map(|e| e as _)
    }
}

impl fmt::Debug for WaitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitReport")
            .field("failure", &self.failure)
            .field("operations", &MaskedOperations(&self.operations))
            .field("token", &self.token)
            .field("poll_failures", &self.poll_failures)
            .finish_non_exhaustive()
    }
}

/// An operation in a message.
struct Shown<'a>(&'a Operation);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation {
            action, status, id, ..
        } = self.0;
        write!(f, "{}", OneLine(format_args!("{action} is {status} ({id}")))?;
        match &self.0.error {
            Some(error) => write!(f, ": {})", OneLine(Masked(error))),
            None => f.write_str(")"),
        }
    }
}

/// Operations in `Debug`: the API's failure messages may echo secrets.
pub(crate) struct MaskedOperations<'a>(pub(crate) &'a [Operation]);

impl fmt::Debug for MaskedOperations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for operation in self.0 {
            let error = operation.error.as_deref().map(Masked);
            list.entry(&format_args!(
                "{:?} is {:?} ({:?}, error: {error:?})",
                operation.action, operation.status, operation.id,
            ));
        }
        list.finish()
    }
}
