//! The delay before a repetition.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::policy::RetryPolicy;

/// Full jitter: anything from zero to a limit that doubles with each repetition.
pub(super) fn delay(policy: &RetryPolicy, repetition: u32) -> Duration {
    limit(policy, repetition).mul_f64(fastrand::f64())
}

/// The limit of the delay before a repetition, counted from 0.
pub(super) fn limit(policy: &RetryPolicy, repetition: u32) -> Duration {
    let factor = 1_u32.checked_shl(repetition).unwrap_or(u32::MAX);
    policy
        .first_delay
        .saturating_mul(factor)
        .min(policy.longest_delay)
}

/// What the API asks for in `Retry-After`: seconds, or a date. `None` where there is no header, or
/// none that can be read; zero for a date that has passed.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that no integer can hold stand for longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        // Sun, 06 Nov 1994 08:49:37 GMT
        retry_after(
            &headers,
            SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777),
        )
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
        assert_eq!(retry_after(&HeaderMap::new(), SystemTime::UNIX_EPOCH), None);
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
