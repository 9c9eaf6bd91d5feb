//! Times that stand for none.

use chrono::{DateTime, Datelike, Utc};

/// The time, or `None` where it stands for none: the API writes a time that was never set as that of
/// the year 1, and one of what has not happened yet as the first moment of the year 2000.
///
/// ```
/// use neon_api::chrono::{DateTime, Utc};
/// use neon_api::known_time;
///
/// let never: DateTime<Utc> = "0001-01-01T00:00:00Z".parse().expect("it is a time");
/// assert_eq!(known_time(never), None);
/// let started: DateTime<Utc> = "2026-11-02T08:15:00Z".parse().expect("it is a time");
/// assert_eq!(known_time(started), Some(started));
/// ```
pub fn known_time(time: impl Into<Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    /// 2000-01-01T00:00:00Z, in seconds since 1970.
    const YEAR_2000: i64 = 946_684_800;

    let time = time.into()?;
    let is_none = time.year() <= 1 || time.timestamp() == YEAR_2000;
    (!is_none).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sentinels_are_none_and_their_neighbours_are_not() {
        let known = |text: &str| known_time(text.parse::<DateTime<Utc>>().unwrap()).is_some();
        assert!(!known("0001-01-01T00:00:00Z"));
        assert!(!known("2000-01-01T00:00:00Z"));
        assert!(known("2000-01-01T00:00:01Z"));
        assert!(known("1999-12-31T23:59:59Z"));
        assert!(known("2026-11-02T08:15:00Z"));
        assert_eq!(known_time(None), None);
    }
}
