//! Rules that several requests share.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use neon_api_raw::types::ComputeUnit;

use crate::neon::Neon;

/// A field of a request, and the rule that it breaks.
pub(crate) type Fault = (&'static str, Cow<'static, str>);

/// How long a name may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Longest {
    Characters(usize),
    /// Of UTF-8.
    Bytes(usize),
}

impl Longest {
    pub(crate) const PROJECT: Self = Self::Characters(256);
    pub(crate) const BRANCH: Self = Self::Characters(256);
    pub(crate) const FUNCTION: Self = Self::Characters(256);
    pub(crate) const ENDPOINT: Self = Self::Characters(64);
    /// Postgres has room for no more in the names of its roles and databases.
    pub(crate) const POSTGRES: Self = Self::Bytes(63);
}

/// A name that is empty or too long.
pub(crate) fn name(field: &'static str, name: &str, longest: Longest) -> Option<Fault> {
    let (length, most, unit) = match longest {
        Longest::Characters(most) => (name.chars().count(), most, "characters"),
        Longest::Bytes(most) => (name.len(), most, "bytes of UTF-8"),
    };
    let is_good = (1..=most).contains(&length);
    (!is_good).then(|| (field, format!("expected 1 to {most} {unit}").into()))
}

/// A place in a write-ahead log that is not in the form of Postgres: two numbers in hexadecimal
/// digits.
pub(crate) fn lsn(field: &'static str, lsn: &str) -> Option<Fault> {
    let is_number = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let is_good = lsn
        .split_once('/')
        .is_some_and(|(segment, offset)| is_number(segment) && is_number(offset));
    let rule = "expected a place in the write-ahead log such as 0/1FE3A28";
    (!is_good).then(|| (field, rule.into()))
}

/// The unit that the API counts a period in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Seconds,
    Minutes,
}

/// More is not a number that a request can have.
pub(crate) const MOST: u64 = u64::MAX >> 1;

/// A period in whole units, parts of one left out. Less than one unit, but for zero, is a
/// fault, since 0 is another thing to the API than a short time.
pub(crate) fn whole(
    field: &'static str,
    period: Duration,
    unit: Unit,
    bounds: RangeInclusive<u64>,
) -> Result<i64, Fault> {
    let (seconds, name) = match unit {
        Unit::Seconds => (1, "second"),
        Unit::Minutes => (60, "minute"),
    };
    let count = period.as_secs() / seconds;
    let is_whole = count > 0 || period.is_zero();
    let fitting = i64::try_from(count).ok();
    let fitting = fitting.filter(|_| is_whole && bounds.contains(&count));
    fitting.ok_or_else(|| {
        let range = match bounds.into_inner() {
            (0, MOST) => format!("0 or at least 1 {name}, and no more than the API can represent"),
            (1, MOST) => format!("at least 1 {name}, and no more than the API can represent"),
            (least, most) => format!("{least} to {most} {name}s"),
        };
        (field, format!("expected {range}").into())
    })
}

/// Two fields of which a request may have one; each with whether it is set.
pub(crate) fn one_of(first: (&'static str, bool), second: (&'static str, bool)) -> Option<Fault> {
    let rule = || format!("cannot be set together with {}", second.0).into();
    (first.1 && second.1).then(|| (first.0, rule()))
}

/// Limits of autoscaling of which the lower one is above the upper one.
pub(crate) fn scaling_order(min: Option<&ComputeUnit>, max: Option<&ComputeUnit>) -> Option<Fault> {
    let (min, max) = (min?.0, max?.0);
    let rule = "the lower limit of autoscaling is above autoscaling_limit_max_cu";
    (min > max).then_some(("autoscaling_limit_min_cu", rule.into()))
}

impl Neon {
    /// Lets all calls of this client fail where there is a fault.
    pub(crate) fn refuse_if(&mut self, fault: Option<Fault>) {
        if let Some((field, rule)) = fault {
            self.refuse(field, rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_their_units() {
        let fault = |text: &str, longest| name("name", text, longest).is_some();
        assert!(fault("", Longest::BRANCH) && fault("", Longest::POSTGRES));
        assert!(!fault(&"é".repeat(256), Longest::BRANCH));
        assert!(fault(&"e".repeat(257), Longest::PROJECT));
        assert!(!fault(&"e".repeat(63), Longest::POSTGRES));
        assert!(fault(&"é".repeat(32), Longest::POSTGRES));
        assert!(!fault(&"e".repeat(64), Longest::ENDPOINT));
        assert!(fault(&"e".repeat(65), Longest::ENDPOINT));
    }

    #[test]
    fn places_in_the_log_have_two_numbers() {
        for good in ["0/0", "0/1FE3A28", "FFFFFFFF/00ffffff"] {
            assert!(lsn("lsn", good).is_none(), "{good}");
        }
        for bad in [
            "",
            "0",
            "/",
            "0/",
            "/1",
            "0/1/2",
            "0/G",
            "0/1FFFFFFFF",
            "0x1/2",
        ] {
            assert_eq!(lsn("lsn", bad).unwrap().0, "lsn", "{bad}");
        }
    }

    #[test]
    fn a_period_that_would_be_sent_as_nothing_is_a_fault() {
        let seconds = |period, bounds| whole("ttl", period, Unit::Seconds, bounds).ok();
        let short = Duration::from_nanos(999_999_999);
        assert_eq!(seconds(Duration::ZERO, 0..=MOST), Some(0));
        assert_eq!(seconds(short, 0..=MOST), None);
        assert_eq!(seconds(short, 1..=MOST), None);
        assert_eq!(seconds(Duration::ZERO, 1..=MOST), None);
        assert_eq!(seconds(Duration::from_millis(1900), 1..=MOST), Some(1));
        assert_eq!(seconds(Duration::from_millis(2900), 1..=2), Some(2));
        assert_eq!(seconds(Duration::from_secs(3), 1..=2), None);
        assert_eq!(seconds(Duration::MAX, 0..=u64::MAX), None);
        let minutes = |seconds| {
            let period = Duration::from_secs(seconds);
            whole("ttl", period, Unit::Minutes, 0..=MOST).ok()
        };
        assert_eq!(
            [minutes(0), minutes(59), minutes(119)],
            [Some(0), None, Some(1)]
        );
        let (field, rule) = whole("ttl", short, Unit::Seconds, 1..=60).unwrap_err();
        assert_eq!((field, &*rule), ("ttl", "expected 1 to 60 seconds"));
    }

    #[test]
    fn a_fault_names_its_field() {
        let both = one_of(("lsn", true), ("timestamp", true)).unwrap();
        assert_eq!(both.0, "lsn");
        assert!(both.1.contains("timestamp"), "{}", both.1);
        assert!(one_of(("lsn", true), ("timestamp", false)).is_none());
        assert!(one_of(("lsn", false), ("timestamp", true)).is_none());

        let unit = ComputeUnit;
        let order = scaling_order(Some(&unit(2.0)), Some(&unit(1.0))).unwrap();
        assert_eq!(order.0, "autoscaling_limit_min_cu");
        assert!(scaling_order(Some(&unit(1.0)), Some(&unit(1.0))).is_none());
        assert!(scaling_order(Some(&unit(1.0)), None).is_none());
    }
}
