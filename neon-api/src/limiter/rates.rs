//! The rates of an account.

use std::time::Duration;

use neon_api_raw::Route;
use neon_api_raw::routes::{
    CREATE_ORG_API_KEY, GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, GET_CONSUMPTION_HISTORY_PER_PROJECT,
    GET_CONSUMPTION_HISTORY_PER_PROJECT_V2,
};

use super::budget::Quota;
use super::window::Limit;

/// Routes that share a budget.
struct Group {
    /// Stays the same in later versions, since processes of different versions may share it.
    name: &'static str,
    operations: &'static [Route],
    burst: f64,
    per_second: f64,
    /// Whether no more than the burst is allowed in any second.
    is_any_second: bool,
}

static GROUPS: [Group; 2] = [
    Group {
        name: "consumption",
        operations: &[
            GET_CONSUMPTION_HISTORY_PER_PROJECT,
            GET_CONSUMPTION_HISTORY_PER_PROJECT_V2,
            GET_CONSUMPTION_HISTORY_PER_BRANCH_V2,
        ],
        burst: 30.0,
        per_second: 0.5,
        is_any_second: false,
    },
    Group {
        name: "org_api_keys",
        operations: &[CREATE_ORG_API_KEY],
        burst: 10.0,
        per_second: 10.0,
        is_any_second: true,
    },
];

/// Which group of routes an operation belongs to, if any.
pub(super) fn group(operation: &Route) -> Option<usize> {
    GROUPS
        .iter()
        .position(|group| group.operations.contains(operation))
}

/// The name of a group of routes.
pub(super) fn group_name(index: usize) -> Option<&'static str> {
    GROUPS.get(index).map(|group| group.name)
}

/// The rate limits of an account.
///
/// ```
/// use neon_api::{AccountLimiter, Neon, Rates};
///
/// // One of four workers of an account whose plan allows more than the documented rates.
/// let rates = Rates::default().per_minute(1400).burst(80).share(0.25);
/// let neon = Neon::builder().api_key("napi_abc").limiter(AccountLimiter::new(rates)).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    per_minute: f64,
    burst: f64,
    route_per_second: f64,
    /// What the documented rates of groups of routes are multiplied by.
    groups: f64,
    /// The part of each rate that this client may use.
    share: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            per_minute: 700.0,
            burst: 40.0,
            route_per_second: 40.0,
            groups: 1.0,
            share: 1.0,
        }
    }
}

impl Rates {
    /// Requests a minute of the whole account, greater than 0; 700 by default.
    #[must_use]
    pub fn per_minute(mut self, requests: u32) -> Self {
        self.per_minute = f64::from(requests.max(1));
        self
    }

    /// Burst: requests at once after a pause, greater than 0; 40 by default.
    #[must_use]
    pub fn burst(mut self, requests: u32) -> Self {
        self.burst = f64::from(requests.max(1));
        self
    }

    /// Requests to one route in any second, greater than 0; 40 by default. Routes with lower limits
    /// of the API also obey those: consumption history, 30 a minute for its three routes together;
    /// creating an organization's API keys, 10 a second.
    #[must_use]
    pub fn route_per_second(mut self, requests: u32) -> Self {
        self.route_per_second = f64::from(requests.max(1));
        self
    }

    /// The documented rates, scaled to this many requests a minute of the whole account: the others,
    /// also those of routes with lower limits, in the proportion of it to 700. Bursts stay as they
    /// are. For an account of which all limits were raised, and for emulators with scaled limits.
    #[must_use]
    pub fn scaled_to(mut self, per_minute: u32) -> Self {
        let documented = Self::default();
        self.per_minute = f64::from(per_minute.max(1));
        self.groups = self.per_minute / documented.per_minute;
        self.route_per_second = documented.route_per_second * self.groups;
        self
    }

    /// A share of the rates, for one of several processes of the same account: `0.25` for one of
    /// four; 1 by default. The order of setters does not matter. Values are clamped to 0.001 to 1;
    /// NaN counts as 1.
    #[must_use]
    pub fn share(mut self, part: f64) -> Self {
        self.share = if part.is_nan() {
            1.0
        } else {
            part.clamp(0.001, 1.0)
        };
        self
    }

    /// The budget of the account.
    pub(super) fn account(&self) -> Quota {
        Quota {
            burst: (self.burst * self.share).max(1.0),
            per_second: self.per_minute / 60.0 * self.share,
            limit: None,
            is_gentle: true,
            learns: true,
        }
    }

    /// The budget of one route.
    pub(super) fn route(&self) -> Quota {
        any_second(self.route_per_second * self.share)
    }

    /// The budgets of the groups of routes.
    pub(super) fn groups(&self) -> impl Iterator<Item = Quota> {
        GROUPS.iter().map(|group| {
            if group.is_any_second {
                return any_second(group.burst * self.groups * self.share);
            }
            Quota {
                burst: (group.burst * self.share).max(1.0),
                per_second: group.per_second * self.groups * self.share,
                limit: None,
                is_gentle: true,
                learns: true,
            }
        })
    }
}

/// This many requests in any second, at least 1.
fn any_second(requests: f64) -> Quota {
    let requests = requests.max(1.0);
    Quota {
        burst: requests,
        per_second: requests,
        limit: Some(Limit::new(requests, Duration::from_secs(1))),
        is_gentle: false,
        learns: false,
    }
}
