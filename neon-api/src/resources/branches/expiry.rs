//! When a branch or a snapshot expires.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Utc};
use neon_api_raw::Route;

use crate::Result;
use crate::error::InvalidInput;

/// The time of expiry for this operation; a time after the year 9999 has no form in RFC 3339.
pub(crate) fn expiry(route: &'static Route, period: Duration) -> Result<DateTime<Utc>> {
    let time = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let time = now.checked_add(period)?;
        let seconds = i64::try_from(time.as_secs()).ok()?;
        DateTime::from_timestamp(seconds, time.subsec_nanos()).filter(|time| time.year() <= 9999)
    };
    let rule = "the time of expiry is too far away";
    time().ok_or_else(|| InvalidInput::field_of(route, "expires_at", rule).into())
}

/// Changes a body, and returns whether its expiry is another one then: the last setting wins, a
/// period that was set before or a time.
pub(crate) fn changes<B, E: PartialEq + Clone>(
    body: &mut B,
    expiry: impl Fn(&B) -> &E,
    change: impl FnOnce(&mut B),
) -> bool {
    let before = expiry(body).clone();
    change(body);
    before != *expiry(body)
}
