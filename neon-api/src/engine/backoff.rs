//! The delay before a retry.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

use super::policy::RetryPolicy;

/// Full jitter: anything from zero to a limit that doubles with each retry.
pub(super) fn delay(policy: &RetryPolicy, retry: u32) -> Duration {
    limit(policy, retry).mul_f64(fastrand::f64())
}

/// The limit of the delay before a retry, counted from 0.
pub(super) fn limit(policy: &RetryPolicy, retry: u32) -> Duration {
    let factor = 1_u32.checked_shl(retry).unwrap_or(u32::MAX);
    policy
        .first_delay
        .saturating_mul(factor)
        .min(policy.longest_delay)
}

/// The time requested by `Retry-After`, as seconds or a date. `None` if the header is missing or
/// invalid; zero for a date in the past.
///
/// A date is measured against the response's own `Date`, since both come from the same clock, or
/// against `now` if there is none.
pub(super) fn retry_after(
    headers: &HeaderMap,
    now: impl FnOnce() -> SystemTime,
) -> Option<Duration> {
    let text = text_of(headers, &RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that overflow the integer mean longer than any caller waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let sent = text_of(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let from = sent.unwrap_or_else(now);
    Some(until.duration_since(from).unwrap_or(Duration::ZERO))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        // Sun, 06 Nov 1994 08:49:37 GMT
        retry_after(&headers, || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
        })
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            asked("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            asked("Sunday, 06-Nov-94 08:49:38 GMT"),
            Some(Duration::from_secs(1))
        );
    }

    #[test]
    fn a_date_is_measured_by_the_clock_that_wrote_it() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (date, seconds) in [
            // A server whose clock is an hour ahead, and one whose clock is an hour behind.
            ("Sun, 06 Nov 1994 09:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 07:49:40 GMT", 3607),
            ("Sun, 06 Nov 1994 08:49:40 GMT", 7),
            // Without a date that can be read, the local clock has to do.
            ("yesterday", 10),
            ("", 10),
        ] {
            let mut headers = HeaderMap::new();
            let until = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:47 GMT");
            headers.insert(RETRY_AFTER, until);
            headers.insert(DATE, HeaderValue::from_static(date));
            let asked = retry_after(&headers, || now);
            assert_eq!(asked, Some(Duration::from_secs(seconds)), "{date}");
        }
    }

    #[test]
    fn past_negative_huge_and_garbage() {
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("-5"), None);
        assert_eq!(
            asked("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        for garbage in ["", "soon", "1.5", "1e3", "Sun, 99 Nov 1994"] {
            assert_eq!(asked(garbage), None, "{garbage}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), SystemTime::now), None);
    }

    #[test]
    fn limits_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let limits: Vec<u128> = (0..8).map(|n| limit(&policy, n).as_millis()).collect();
        assert_eq!(limits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(limit(&policy, 200), Duration::from_secs(10));
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_or_ignored(text in "[ -~]{0,40}") {
            let _ = asked(&text);
        }
    }
}
