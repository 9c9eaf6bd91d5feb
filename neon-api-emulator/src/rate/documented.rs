//! The limits that the API documents, and how they are scaled.

use std::time::Duration;

use super::budget::Quota;

/// Requests a minute of an account.
pub(super) const ACCOUNT_PER_MINUTE: u32 = 700;
/// Requests a second of a route.
const ROUTE_PER_SECOND: u32 = 40;
/// The size of the account's burst.
pub(crate) const BURST: u32 = 40;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Routes that share a limit, in addition to that of each of them.
#[derive(Debug)]
pub(super) struct Group {
    operations: &'static [&'static str],
    requests: u32,
    per: Duration,
}

pub(super) const GROUPS: &[Group] = &[
    Group {
        operations: &[
            "getConsumptionHistoryPerProject",
            "getConsumptionHistoryPerProjectV2",
            "getConsumptionHistoryPerBranchV2",
        ],
        requests: 30,
        per: MINUTE,
    },
    Group {
        operations: &["createOrgApiKey"],
        requests: 10,
        per: SECOND,
    },
];

impl Group {
    /// The position in [`GROUPS`] of the group that an operation belongs to.
    pub(super) fn of(operation: &str) -> Option<(usize, &'static Self)> {
        let mut groups = GROUPS.iter().enumerate();
        groups.find(|(_, group)| group.operations.contains(&operation))
    }

    pub(super) fn quota(&self, per_minute: u32, burst: u32) -> Quota {
        scaled(self.requests, self.per, per_minute, burst)
    }
}

/// What the group at this position limits.
pub(super) fn group_name(position: usize) -> String {
    let operations = GROUPS.get(position).map(|group| group.operations);
    format!("together: {}", operations.unwrap_or_default().join(", "))
}

/// `window` is the length of the account's window, for the models that have one.
pub(super) fn account(per_minute: u32, burst: u32, window: Duration) -> Quota {
    let in_window = u128::from(per_minute) * window.as_nanos() / MINUTE.as_nanos();
    Quota {
        rate: per_minute.into(),
        per: MINUTE.as_nanos(),
        burst: burst.into(),
        in_window: u64::try_from(in_window).unwrap_or(u64::MAX).max(1),
        window: window.as_nanos().max(1),
    }
}

pub(super) fn route(per_minute: u32, burst: u32) -> Quota {
    scaled(ROUTE_PER_SECOND, SECOND, per_minute, burst)
}

/// A documented limit, in the proportion of the account's to the documented one of an account.
fn scaled(documented: u32, per: Duration, per_minute: u32, burst: u32) -> Quota {
    let rate = u64::from(documented) * u64::from(per_minute);
    let at_once = rate.div_ceil(ACCOUNT_PER_MINUTE.into()).max(1);
    Quota {
        // So many in so many minutes or seconds: whole numbers, whatever the scale.
        rate,
        per: per.as_nanos() * u128::from(ACCOUNT_PER_MINUTE),
        burst: at_once.max(burst.min(documented).into()),
        in_window: at_once,
        window: per.as_nanos(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    #[test]
    fn grouped_operations_exist_and_are_in_one_group() {
        let mut seen = Vec::new();
        for id in GROUPS.iter().flat_map(|group| group.operations) {
            assert!(Spec::get().operation(id).is_some(), "{id}");
            assert!(!seen.contains(&id), "{id}");
            seen.push(id);
        }
    }

    #[test]
    fn the_documented_rates_scale_to_themselves() {
        assert_eq!(
            route(700, 40),
            Quota {
                rate: 40 * 700,
                per: 700 * SECOND.as_nanos(),
                burst: 40,
                in_window: 40,
                window: SECOND.as_nanos(),
            }
        );
    }

    #[test]
    fn windows_of_the_account_may_be_shorter_than_a_minute() {
        let quota = account(7000, 400, Duration::from_secs(6));
        assert_eq!((quota.in_window, quota.window), (700, 6_000_000_000));
        let quota = account(1, 1, Duration::from_secs(1));
        assert_eq!(
            quota.in_window, 1,
            "a window that lets nothing through is no limit"
        );
    }
}
