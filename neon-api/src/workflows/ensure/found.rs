//! What was found, compared with what was asked for.

use std::fmt;
use std::time::Duration;

use neon_api_raw::types::Operation;

use super::once::ATTEMPTS;
use crate::Result;
use crate::call::Call;
use crate::error::{Difference, Differences, Error};
use crate::neon::Neon;
use crate::waits::Started;
use crate::workflows::running;

/// The fields that differ.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    list: Vec<Difference>,
}

impl Comparison {
    /// A field that can be changed; whether it differs.
    pub(super) fn compare<T: PartialEq + fmt::Display>(
        &mut self,
        field: &'static str,
        wanted: Option<&T>,
        found: &T,
    ) -> bool {
        match wanted {
            Some(wanted) if wanted != found => {
                self.add(Difference::new(field, wanted, found, true));
                true
            }
            _ => false,
        }
    }

    /// A field that is fixed at creation.
    pub(super) fn fixed<T: PartialEq + fmt::Display>(
        &mut self,
        field: &'static str,
        wanted: Option<&T>,
        found: Option<&T>,
    ) {
        if let Some(wanted) = wanted
            && Some(wanted) != found
        {
            let found = found.map_or_else(|| "none".to_owned(), ToString::to_string);
            self.add(Difference::new(field, wanted, found, false));
        }
    }

    pub(super) fn add(&mut self, difference: Difference) {
        self.list.push(difference);
    }

    /// Fails if there are differences that may not be changed, or cannot be.
    pub(super) fn check(self, resource: impl FnOnce() -> String, applies: bool) -> Result<()> {
        let can_go_on = self
            .list
            .iter()
            .all(|difference| applies && difference.can_be_applied);
        if can_go_on {
            return Ok(());
        }
        Err(Error::Differs(Box::new(Differences::new(
            resource(),
            self.list,
        ))))
    }
}

/// Makes a change that sets values, and adds its operations. If it is unknown whether it took effect
/// it is made again, which does no harm.
pub(in crate::workflows) async fn change<T: Send + 'static>(
    neon: &Neon,
    operations: &mut Vec<Operation>,
    call: impl Fn() -> Call<Started<T>> + Send,
) -> Result<T> {
    let mut attempts = 1;
    loop {
        match call().await {
            Ok(started) => {
                operations.extend_from_slice(started.operations());
                return Ok(started.into_value());
            }
            Err(error) if error.outcome_unknown() && attempts < ATTEMPTS => {
                running::pause(neon, Duration::from_secs(1)).await;
                attempts += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
