//! Moments and positions that callers name.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::Source;
use crate::state::branch::Origin;
use crate::state::project::Project;

/// A time that must be in the past, and that the project's history must reach back to.
pub(super) fn past(
    field: &str,
    text: &str,
    project: &Project,
    source: &Source,
    now: Moment,
) -> Result<Moment, ApiError> {
    let at = read(field, text)?;
    let wall = source.clock.wall(now);
    if at > wall {
        let message = format!("{field}: must not be in the future");
        return Err(ApiError::bad_request(message));
    }
    let created = source.clock.wall(project.created_at);
    let kept = TimeDelta::try_seconds(project.history_retention_seconds);
    let begins = kept.and_then(|kept| wall.checked_sub_signed(kept));
    let oldest = begins.map_or(created, |begins| created.max(begins));
    // Times that the API writes are whole seconds, rounded down.
    if at.timestamp() < oldest.timestamp() {
        let message = format!("{field}: is before the project's history begins");
        return Err(ApiError::refused(message));
    }
    // A time of whole seconds means all of its second: what the API said was made then, was.
    let whole = at.timestamp_subsec_nanos() == 0;
    let at = source.moment(at);
    Ok(if whole {
        at.saturating_add(Moment::from_nanos(999_999_999)).min(now)
    } else {
        at
    })
}

/// A position in a branch's past: a log sequence number, or a time.
pub(super) struct Position<'a> {
    pub(super) lsn: Option<&'a str>,
    pub(super) timestamp: Option<&'a str>,
    /// The moment that is meant; now for a number, which tells the emulator nothing.
    pub(super) at: Moment,
}

impl<'a> Position<'a> {
    /// Both are given with the names of their fields.
    pub(super) fn read(
        (lsn_field, lsn): (&str, Option<&'a str>),
        (timestamp_field, timestamp): (&str, Option<&'a str>),
        project: &Project,
        source: &Source,
        now: Moment,
    ) -> Result<Self, ApiError> {
        if lsn.is_some() && timestamp.is_some() {
            let message = format!("{lsn_field}: must not be given with {timestamp_field}");
            return Err(ApiError::bad_request(message));
        }
        if let Some(text) = lsn {
            self::lsn(lsn_field, text)?;
        }
        // Real databases are copied as they are: of their past only snapshots are kept.
        let field = lsn.map(|_| lsn_field);
        let field = field.or_else(|| timestamp.map(|_| timestamp_field));
        if let (Some(_), Some(field)) = (source.backing(), field) {
            let message = format!("{field}: is before the project's history begins");
            return Err(ApiError::refused(message));
        }
        let at = match timestamp {
            Some(text) => past(timestamp_field, text, project, source, now)?,
            None => now,
        };
        Ok(Self { lsn, timestamp, at })
    }

    /// As where a branch comes from.
    pub(super) fn origin(&self, parent_id: String, source: &mut Source) -> Origin {
        let (lsn, timestamp) = (self.lsn, self.timestamp);
        Origin {
            parent_id,
            lsn: lsn.map_or_else(|| source.ids.lsn(), str::to_owned),
            timestamp: timestamp.map_or_else(|| source.text(self.at), str::to_owned),
        }
    }
}

/// A time that must be in the future.
pub(super) fn future(
    field: &str,
    text: &str,
    source: &Source,
    now: Moment,
) -> Result<DateTime<Utc>, ApiError> {
    let at = read(field, text)?;
    if at <= source.clock.wall(now) {
        let message = format!("{field}: must be in the future");
        return Err(ApiError::bad_request(message));
    }
    Ok(at)
}

pub(super) fn read(field: &str, text: &str) -> Result<DateTime<Utc>, ApiError> {
    let read = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    read.map_err(|_| ApiError::bad_request(format!("{field}: must be a date-time of RFC 3339")))
}

/// A log sequence number: two halves in hexadecimal.
pub(super) fn lsn(field: &str, text: &str) -> Result<(), ApiError> {
    let is_half = |half: &str| u32::from_str_radix(half, 16).is_ok();
    match text.split_once('/') {
        Some((high, low)) if is_half(high) && is_half(low) => Ok(()),
        _ => {
            let message = format!("{field}: must be a log sequence number such as 0/1DE2850");
            Err(ApiError::bad_request(message))
        }
    }
}
