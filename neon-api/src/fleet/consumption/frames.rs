//! The frames of a granularity: where they begin, how far back the API has them, and how many one
//! request may ask for.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use neon_api_raw::enums::ConsumptionHistoryGranularity as Granularity;
use serde::{Deserialize, Serialize};

/// How long the first frame of a plan stays within the API's reach at least: a walk over tens of
/// thousands of projects takes that long at 30 requests a minute.
const MARGIN: TimeDelta = TimeDelta::hours(1);

/// The length of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Grain {
    Hourly,
    Daily,
    Monthly,
}

/// Frames of one length that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub(super) struct Segment {
    pub(super) grain: Grain,
    /// The beginning of the first frame.
    pub(super) start: DateTime<Utc>,
    /// The end of the last one.
    pub(super) end: DateTime<Utc>,
}

/// What becomes of a range that begins before what the API is documented to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    Refuse,
    /// Its earlier part is read by longer frames.
    Coarser,
    /// The API decides.
    Ask,
}

/// What is wrong with a range.
pub(super) type Fault = Cow<'static, str>;

impl Grain {
    pub(super) fn of(granularity: &Granularity) -> Option<Self> {
        match granularity {
            Granularity::Hourly => Some(Self::Hourly),
            Granularity::Daily => Some(Self::Daily),
            Granularity::Monthly => Some(Self::Monthly),
            _ => None,
        }
    }

    pub(super) fn granularity(self) -> Granularity {
        match self {
            Self::Hourly => Granularity::Hourly,
            Self::Daily => Granularity::Daily,
            Self::Monthly => Granularity::Monthly,
        }
    }

    /// How many frames one request may ask for, and how many back the API has.
    fn most(self) -> u32 {
        match self {
            Self::Hourly => 168,
            Self::Daily => 60,
            Self::Monthly => 12,
        }
    }

    fn reach(self) -> &'static str {
        match self {
            Self::Hourly => "168 hours",
            Self::Daily => "60 days",
            Self::Monthly => "12 months",
        }
    }

    fn coarser(self) -> Option<Self> {
        match self {
            Self::Hourly => Some(Self::Daily),
            Self::Daily => Some(Self::Monthly),
            Self::Monthly => None,
        }
    }

    /// The beginning of the frame that a time is in. `None` beyond the calendar, as below.
    pub(super) fn floor(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let multiple_of = |seconds: i64| {
            let whole = at.timestamp().div_euclid(seconds).checked_mul(seconds)?;
            DateTime::from_timestamp(whole, 0)
        };
        match self {
            Self::Hourly => multiple_of(3_600),
            Self::Daily => multiple_of(86_400),
            Self::Monthly => {
                let first = NaiveDate::from_ymd_opt(at.year(), at.month(), 1)?;
                Some(first.and_time(NaiveTime::MIN).and_utc())
            }
        }
    }

    /// The first beginning of a frame that is not before a time.
    pub(super) fn ceil(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let floor = self.floor(at)?;
        if floor == at {
            return Some(at);
        }
        self.after(floor, 1)
    }

    /// The beginning of a frame some frames later.
    pub(super) fn after(self, start: DateTime<Utc>, frames: u32) -> Option<DateTime<Utc>> {
        match self {
            Self::Hourly => start.checked_add_signed(TimeDelta::hours(frames.into())),
            Self::Daily => start.checked_add_signed(TimeDelta::days(frames.into())),
            Self::Monthly => start.checked_add_months(Months::new(frames)),
        }
    }

    /// What lies before this time the API does not have.
    fn reach_begin(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Hourly | Self::Daily => {
                let frame = if self == Self::Hourly {
                    TimeDelta::hours(1)
                } else {
                    TimeDelta::days(1)
                };
                let back = frame.checked_mul(i32::try_from(self.most()).ok()?)?;
                now.checked_sub_signed(back)
            }
            Self::Monthly => now.checked_sub_months(Months::new(self.most())),
        }
    }

    /// The beginning of the first frame that the API has, and has for a while.
    pub(super) fn earliest(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let begin = self.reach_begin(now)?.checked_add_signed(MARGIN)?;
        self.ceil(begin)
    }
}

impl Segment {
    /// Where a window that begins at `start` ends: as late as one request may ask for.
    pub(super) fn window_end(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        let furthest = self.grain.after(start, self.grain.most());
        furthest.map_or(self.end, |furthest| furthest.min(self.end))
    }
}

const NO_SUCH_TIME: Fault = Cow::Borrowed("it is beyond the calendar");

/// The frames that overlap a range and have begun, oldest first: each moment of them is in exactly
/// one.
pub(super) fn segments(
    time: &Range<DateTime<Utc>>,
    grain: Grain,
    now: DateTime<Utc>,
    beyond: Beyond,
) -> Result<Vec<Segment>, Fault> {
    if time.start >= time.end {
        return Err("it is empty: the start must be before the end".into());
    }
    if time.start >= now {
        return Err("it lies in the future".into());
    }
    let limits = grain.floor(time.start).zip(grain.ceil(time.end.min(now)));
    let (start, end) = limits.ok_or(NO_SUCH_TIME)?;
    let reach = grain.reach_begin(now).zip(grain.earliest(now));
    let (begin, earliest) = reach.ok_or(NO_SUCH_TIME)?;
    let whole = |start| vec![Segment { grain, start, end }];
    if beyond == Beyond::Ask || start >= earliest {
        return Ok(whole(start));
    }
    if beyond == Beyond::Coarser
        && let Some(coarser) = grain.coarser()
    {
        let border = coarser.ceil(earliest).ok_or(NO_SUCH_TIME)?;
        let mut all = segments(&(time.start..border.min(time.end)), coarser, now, beyond)?;
        if border < end {
            all.push(Segment {
                grain,
                start: border,
                end,
            });
        }
        return Ok(all);
    }
    if time.start < begin || earliest >= end {
        return Err(format!(
            "the API has {} frames of the last {} only: a walk that begins now can read those from \
             {} on",
            grain.granularity(),
            grain.reach(),
            earliest.to_rfc3339_opts(SecondsFormat::Secs, true),
        )
        .into());
    }
    // The frame at the edge would be out of reach before a long walk ends.
    Ok(whole(earliest))
}
