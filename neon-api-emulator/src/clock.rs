//! The clock: Tokio's, so that tests may pause it.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use tokio::time::Instant;

/// A moment, as the time since the emulator was built.
pub(crate) type Moment = Duration;

/// In milliseconds, as far as JSON can express it.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The maximum age of a saved state: ten thousand years.
const LONGEST: Moment = Moment::from_secs(10_000 * 366 * 86_400);

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    start: Instant,
    /// The time that had passed before, if a state was loaded.
    before: Moment,
    wall: DateTime<Utc>,
}

impl Clock {
    pub(crate) fn new(wall: Option<DateTime<Utc>>) -> Self {
        Self {
            start: Instant::now(),
            before: Moment::ZERO,
            wall: within_years(wall.unwrap_or_else(|| SystemTime::now().into())),
        }
    }

    /// The clock of a state that was saved: it continued meanwhile, and never goes back.
    pub(crate) fn resumed(self, origin: DateTime<Utc>, saved_at: Moment) -> Self {
        let passed = self.wall.signed_duration_since(origin).to_std();
        Self {
            start: self.start,
            before: passed.unwrap_or(saved_at).max(saved_at).min(LONGEST),
            wall: within_years(origin),
        }
    }

    /// The wall clock at the first moment.
    pub(crate) fn origin(&self) -> DateTime<Utc> {
        self.wall
    }

    /// The time from midnight UTC to the first moment.
    pub(crate) fn since_midnight(&self) -> Duration {
        let time = self.wall.time();
        let seconds = time.num_seconds_from_midnight();
        Duration::from_secs(seconds.into()) + Duration::from_nanos(time.nanosecond().into())
    }

    pub(crate) fn now(&self) -> Moment {
        self.before.saturating_add(self.start.elapsed())
    }

    /// The wall clock at `moment`.
    pub(crate) fn wall(&self, moment: Moment) -> DateTime<Utc> {
        let delta = TimeDelta::from_std(moment).unwrap_or(TimeDelta::MAX);
        let wall = self.wall.checked_add_signed(delta);
        within_years(wall.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// In the API's form: whole seconds, `Z`.
    pub(crate) fn text(&self, moment: Moment) -> String {
        let wall = self.wall(moment);
        wall.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// In the form of the API's cursors of operations.
    pub(crate) fn micros(&self, moment: Moment) -> String {
        let wall = self.wall(moment);
        wall.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

/// The nearest time within the years that RFC 3339 can express, with a margin for calculations.
fn within_years(time: DateTime<Utc>) -> DateTime<Utc> {
    // The beginnings of the years 2 and 9999.
    const FIRST: i64 = -62_104_060_800;
    const LAST: i64 = 253_370_764_800;
    let seconds = time.timestamp().clamp(FIRST, LAST);
    if seconds == time.timestamp() {
        return time;
    }
    DateTime::from_timestamp(seconds, 0).unwrap_or(time)
}
