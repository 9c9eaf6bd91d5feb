//! Schedules by which snapshots are taken.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde_json::Value;

/// What a schedule keeps at most, and keeps where it does not say.
const RETENTION: i64 = 3_024_000;

/// One line of a schedule.
struct Item {
    frequency: Frequency,
    hour: u32,
    day: u32,
    month: u32,
    retention: TimeDelta,
}

#[derive(Clone, Copy)]
enum Frequency {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Item {
    /// `None` for a frequency that is not known.
    fn read(value: &Value) -> Option<Self> {
        let frequency = match value.get("frequency")?.as_str()? {
            "hourly" => Frequency::Hourly,
            "daily" => Frequency::Daily,
            "weekly" => Frequency::Weekly,
            "monthly" => Frequency::Monthly,
            "yearly" => Frequency::Yearly,
            _ => return None,
        };
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let small = |key: &str| number(key).and_then(|n| u32::try_from(n).ok());
        let retention = value.get("retention_seconds").and_then(Value::as_i64);
        Some(Self {
            frequency,
            hour: small("hour").unwrap_or(0),
            day: small("day").unwrap_or(1),
            month: small("month").unwrap_or(1),
            retention: TimeDelta::seconds(retention.unwrap_or(RETENTION).clamp(0, RETENTION)),
        })
    }

    /// Whether a snapshot is taken at this hour, given as its beginning.
    fn is_due(&self, at: DateTime<Utc>) -> bool {
        let at_hour = at.hour() == self.hour;
        match self.frequency {
            Frequency::Hourly => true,
            Frequency::Daily => at_hour,
            // Days of a week count from Monday, which is 1.
            Frequency::Weekly => at_hour && at.weekday().number_from_monday() == self.day,
            Frequency::Monthly => at_hour && at.day() == self.day,
            Frequency::Yearly => at_hour && at.day() == self.day && at.month() == self.month,
        }
    }
}

/// What is wrong with a schedule: each frequency needs the fields that say when.
pub(crate) fn check(schedule: &[Value]) -> Result<(), String> {
    for (index, line) in schedule.iter().enumerate() {
        let Some(item) = Item::read(line) else {
            let known = "hourly, daily, weekly, monthly, yearly";
            return Err(format!("schedule.frequency: must be one of {known}"));
        };
        let needed: &[&str] = match item.frequency {
            Frequency::Hourly => &[],
            Frequency::Daily => &["hour"],
            Frequency::Weekly | Frequency::Monthly => &["hour", "day"],
            Frequency::Yearly => &["hour", "day", "month"],
        };
        let missing = |name: &&&str| line.get(**name).is_none_or(Value::is_null);
        if let Some(name) = needed.iter().find(missing) {
            return Err(format!(
                "schedule[{index}].{name}: is required by the frequency"
            ));
        }
        if matches!(item.frequency, Frequency::Weekly) && !(1..=7).contains(&item.day) {
            return Err(format!(
                "schedule[{index}].day: must be 1 (Monday) to 7 (Sunday)"
            ));
        }
    }
    Ok(())
}

/// When snapshots are due after `from`, up to and with `to`, and for how long each is kept; those
/// that would be gone again by `to` are left out.
pub(crate) fn between(
    schedule: &[Value],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, TimeDelta)> {
    let items: Vec<Item> = schedule.iter().filter_map(Item::read).collect();
    let mut due = Vec::new();
    let from = from.max(to - TimeDelta::seconds(RETENTION));
    let into_hour = TimeDelta::minutes(from.minute().into())
        + TimeDelta::seconds(from.second().into())
        + TimeDelta::nanoseconds(from.nanosecond().into());
    let mut at = from - into_hour + TimeDelta::hours(1);
    while at <= to {
        let now_due = items.iter().filter(|item| item.is_due(at));
        let kept = now_due.map(|item| item.retention).max();
        due.extend(kept.filter(|kept| at + *kept > to).map(|kept| (at, kept)));
        at += TimeDelta::hours(1);
    }
    due
}
