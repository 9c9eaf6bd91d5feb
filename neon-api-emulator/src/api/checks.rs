//! Rules of what callers choose that the specification does not state.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::error::ApiError;

/// Postgres cuts longer identifiers.
const LONGEST_NAME: usize = 63;

/// The largest compute that grows and shrinks, and how far its bounds may be apart.
const LARGEST_AUTOSCALING: f64 = 16.0;
const WIDEST_AUTOSCALING: f64 = 8.0;
/// Above this, the lower bound is at least an eighth of the upper one.
const FREE_BELOW: f64 = 10.0;
const LARGEST_FIXED: f64 = 56.0;

/// The name of a role or database, whose length counts in bytes.
pub(super) fn name(field: &str, name: &str) -> Result<(), ApiError> {
    if name.len() > LONGEST_NAME {
        let message = format!("{field}: must have at most {LONGEST_NAME} bytes");
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

/// The bounds of a compute's size, in compute units.
pub(super) fn sizes(low: f64, high: f64) -> Result<(), ApiError> {
    let (field, rule) = if low > high {
        let rule = "must not be above autoscaling_limit_max_cu".to_owned();
        ("autoscaling_limit_min_cu", rule)
    } else if low < high && high > LARGEST_AUTOSCALING {
        let rule = format!("must be at most {LARGEST_AUTOSCALING} unless both limits are equal");
        ("autoscaling_limit_max_cu", rule)
    } else if high > LARGEST_FIXED {
        let rule = format!("must be at most {LARGEST_FIXED}");
        ("autoscaling_limit_max_cu", rule)
    } else if high - low > WIDEST_AUTOSCALING {
        let rule = format!("must be at most {WIDEST_AUTOSCALING} above autoscaling_limit_min_cu");
        ("autoscaling_limit_max_cu", rule)
    } else if high > FREE_BELOW && low < high / 8.0 {
        let rule = "must be at least an eighth of autoscaling_limit_max_cu".to_owned();
        ("autoscaling_limit_min_cu", rule)
    } else {
        return Ok(());
    };
    Err(ApiError::bad_request(format!("{field}: {rule}")))
}

/// The sizes that new computes of a project have by default.
pub(super) fn default_sizes(settings: &Map<String, Value>) -> Result<(), ApiError> {
    let size = |key: &str| settings.get(key).and_then(Value::as_f64);
    match (
        size("autoscaling_limit_min_cu"),
        size("autoscaling_limit_max_cu"),
    ) {
        (Some(low), Some(high)) => sizes(low, high),
        _ => Ok(()),
    }
}

/// What a request asks of a project.
pub(super) fn project(asked: &Value) -> Result<(), ApiError> {
    let settings = asked.get("settings").unwrap_or(&Value::Null);
    if let Some(window) = settings.get("maintenance_window") {
        maintenance_window(window)?;
    }
    let ips = settings.pointer("/allowed_ips/ips");
    for ip in ips.and_then(Value::as_array).into_iter().flatten() {
        let is_valid = ip.as_str().is_some_and(is_ip_range);
        if !is_valid {
            let message = format!(
                "project.settings.allowed_ips.ips: {ip} is not an IP address, a range of two, or a CIDR block"
            );
            return Err(ApiError::bad_request(message));
        }
    }
    Ok(())
}

/// What cannot be undone.
pub(super) fn changed_settings(
    current: &Map<String, Value>,
    asked: &Value,
) -> Result<(), ApiError> {
    let key = "enable_logical_replication";
    let is_on = current.get(key).and_then(Value::as_bool) == Some(true);
    let asked = asked.get("settings").and_then(|settings| settings.get(key));
    if is_on && asked.and_then(Value::as_bool) == Some(false) {
        let message =
            format!("project.settings.{key}: logical replication cannot be disabled once enabled");
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

fn maintenance_window(window: &Value) -> Result<(), ApiError> {
    let wrong = |field: &str, rule: &str| {
        let message = format!("project.settings.maintenance_window.{field}: {rule}");
        Err(ApiError::bad_request(message))
    };
    let days = window.get("weekdays").and_then(Value::as_array);
    let is_day = |day: &Value| day.as_i64().is_some_and(|day| (1..=7).contains(&day));
    if !days.into_iter().flatten().all(is_day) {
        return wrong("weekdays", "must be 1 (Monday) to 7 (Sunday)");
    }
    for field in ["start_time", "end_time"] {
        let time = window.get(field).and_then(Value::as_str);
        if time.is_some_and(|time| !is_time(time)) {
            return wrong(field, "must be a time such as 07:00");
        }
    }
    Ok(())
}

fn is_time(text: &str) -> bool {
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u8>().ok().filter(|_| digits)
    };
    text.split_once(':').is_some_and(|(hour, minute)| {
        number(hour).is_some_and(|hour| hour < 24)
            && number(minute).is_some_and(|minute| minute < 60)
    })
}

/// An address, two with a hyphen between, or a block such as `192.0.2.0/24`.
fn is_ip_range(text: &str) -> bool {
    let address = |text: &str| text.trim().parse::<IpAddr>().ok();
    if let Some((ip, bits)) = text.split_once('/') {
        let most = match address(ip) {
            Some(IpAddr::V4(_)) => 32,
            Some(IpAddr::V6(_)) => 128,
            None => return false,
        };
        return bits.parse::<u8>().is_ok_and(|bits| bits <= most);
    }
    match text.split_once('-') {
        Some((first, last)) => match (address(first), address(last)) {
            (Some(first), Some(last)) => first.is_ipv4() == last.is_ipv4() && first <= last,
            _ => false,
        },
        None => address(text).is_some(),
    }
}
