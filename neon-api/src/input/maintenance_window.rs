//! When a project may be maintained.

use chrono::Weekday;
use neon_api_raw::types;

use crate::error::InvalidInput;

/// The weekly time in which a project may be maintained, in UTC. Connections may end in it.
///
/// ```
/// use neon_api::chrono::Weekday;
/// use neon_api::input::MaintenanceWindow;
/// use neon_api::types;
///
/// let window = MaintenanceWindow::new([Weekday::Mon, Weekday::Sun], "22:00", "23:00")?;
/// assert_eq!(types::MaintenanceWindow::from(window).weekdays, [1, 7]);
/// assert!(MaintenanceWindow::new([], "22:00", "23:00").is_err());
/// assert!(MaintenanceWindow::new([Weekday::Sun], "22:60", "23:00").is_err());
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceWindow {
    /// From 1 (Monday) to 7 (Sunday), sorted, each once.
    weekdays: Vec<u32>,
    start: String,
    end: String,
}

impl MaintenanceWindow {
    /// A window on these days, from one time of day to the other: `HH:MM` in UTC, from `00:00` to
    /// `23:59`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when there is no day, when a time has another form, and when the times are
    /// the same.
    pub fn new(
        weekdays: impl IntoIterator<Item = Weekday>,
        start: impl Into<String>,
        end: impl Into<String>,
    ) -> Result<Self, InvalidInput> {
        let numbers = weekdays.into_iter().map(|day| day.number_from_monday());
        let mut weekdays: Vec<u32> = numbers.collect();
        weekdays.sort_unstable();
        weekdays.dedup();
        let window = Self {
            weekdays,
            start: start.into(),
            end: end.into(),
        };
        let of_time = "expected a time of day as HH:MM, from 00:00 to 23:59";
        let fault = if window.weekdays.is_empty() {
            ("maintenance_window.weekdays", "expected at least one day")
        } else if !is_time(&window.start) {
            ("maintenance_window.start_time", of_time)
        } else if !is_time(&window.end) {
            ("maintenance_window.end_time", of_time)
        } else if window.start == window.end {
            let rule = "expected another time than the start";
            ("maintenance_window.end_time", rule)
        } else {
            return Ok(window);
        };
        Err(InvalidInput::of_value(fault.0, fault.1))
    }
}

fn is_time(text: &str) -> bool {
    let two_digits = |part: &str, below: u8| {
        let is_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_digits && part.parse::<u8>().is_ok_and(|number| number < below)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| two_digits(hour, 24) && two_digits(minute, 60))
}

impl From<MaintenanceWindow> for types::MaintenanceWindow {
    fn from(window: MaintenanceWindow) -> Self {
        let weekdays: Vec<_> = window.weekdays.into_iter().map(i64::from).collect();
        Self::new(window.end, window.start, weekdays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_field() {
        let window = |start: &str, end: &str| MaintenanceWindow::new([Weekday::Tue], start, end);
        for time in [
            "7:00", "07:0", "0700", "24:00", "07:60", "+7:00", "", "07:00:00",
        ] {
            let fault = window(time, "08:00").unwrap_err();
            assert_eq!(
                fault.field(),
                Some("maintenance_window.start_time"),
                "{time}"
            );
            let fault = window("08:00", time).unwrap_err();
            assert_eq!(fault.field(), Some("maintenance_window.end_time"), "{time}");
        }
        let empty = window("08:00", "08:00").unwrap_err();
        assert_eq!(empty.field(), Some("maintenance_window.end_time"));
        let days = MaintenanceWindow::new([], "07:00", "08:00").unwrap_err();
        assert_eq!(days.field(), Some("maintenance_window.weekdays"));
    }

    #[test]
    fn a_window_is_sent_with_numbered_days() {
        let days = [Weekday::Sun, Weekday::Mon, Weekday::Sun];
        let window = MaintenanceWindow::new(days, "23:30", "00:30").unwrap();
        let sent = types::MaintenanceWindow::from(window);
        assert_eq!(sent.weekdays, [1, 7]);
        assert_eq!((&*sent.start_time, &*sent.end_time), ("23:30", "00:30"));
    }
}
