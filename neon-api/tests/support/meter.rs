//! How servers count requests, exact to the nanosecond.

use std::collections::VecDeque;
use std::time::Duration;

/// Nanoseconds since the server was started.
pub(crate) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// How a server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// A bucket that gains tokens all the time.
    Bucket,
    /// A bucket that gains a second's tokens once a second.
    Ticking,
    /// At most so many in any window.
    Log,
    /// The requests of this window of the clock, and a part of those of the one before.
    Counter,
    /// At most so many in each window of the clock.
    Fixed,
}

impl Make {
    pub(crate) const ALL: [Self; 5] = [
        Self::Bucket,
        Self::Ticking,
        Self::Log,
        Self::Counter,
        Self::Fixed,
    ];
}

/// So many requests in a window; of buckets, at that rate and so many at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) requests: u64,
    pub(crate) window: Duration,
    pub(crate) burst: u64,
}

impl Quota {
    pub(crate) const fn new(requests: u64, window: Duration, burst: u64) -> Self {
        Self {
            requests,
            window,
            burst,
        }
    }

    pub(crate) const fn half(self) -> Self {
        Self::new(self.requests / 2, self.window, self.burst / 2)
    }
}

/// What a server allows an account and each of its routes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quotas {
    pub(crate) account: Quota,
    pub(crate) route: Quota,
}

impl Quotas {
    /// What the API documents.
    pub(crate) const DOCUMENTED: Self = Self {
        account: Quota::new(700, Duration::from_secs(60), 40),
        route: Quota::new(40, Duration::from_secs(1), 40),
    };
    /// Ten times that, with windows of 6 s.
    pub(crate) const TENFOLD: Self = Self {
        account: Quota::new(700, Duration::from_secs(6), 400),
        route: Quota::new(400, Duration::from_secs(1), 400),
    };

    pub(crate) const fn half(self) -> Self {
        Self {
            account: self.account.half(),
            route: self.route.half(),
        }
    }
}

/// One limit of a server. Times must not decrease from call to call.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    make: Make,
    requests: u64,
    window: Nanos,
    burst: u64,
    /// How far into a window, or a second, the clock is at the start.
    phase: Nanos,
    /// Of buckets: parts of a token, of which `window` make one.
    level: u128,
    /// Of the ticking bucket: the ticks that were counted; of clocks' windows: the current one.
    index: u64,
    at: Nanos,
    before: u64,
    current: u64,
    log: VecDeque<Nanos>,
}

impl Meter {
    pub(crate) fn new(make: Make, quota: Quota, phase: f64) -> Self {
        let window = nanos(quota.window);
        let period = if make == Make::Ticking {
            SECOND
        } else {
            window
        };
        Self {
            make,
            requests: quota.requests,
            window,
            burst: quota.burst,
            phase: nanos(Duration::from_nanos(period).mul_f64(phase)),
            level: u128::from(quota.burst) * u128::from(window),
            index: 0,
            at: 0,
            before: 0,
            current: 0,
            log: VecDeque::new(),
        }
    }

    fn period(&self) -> Nanos {
        match self.make {
            Make::Ticking => SECOND,
            _ => self.window,
        }
    }

    /// How far the clock is into its window.
    fn in_window(&self, at: Nanos) -> Nanos {
        (at + self.phase) % self.period()
    }

    fn advance(&mut self, at: Nanos) {
        let index = (at + self.phase) / self.period();
        match self.make {
            Make::Bucket => self.gain(at - self.at),
            Make::Ticking => self.gain((index - self.index) * SECOND),
            Make::Log => {
                while self
                    .log
                    .front()
                    .is_some_and(|sent| sent + self.window <= at)
                {
                    self.log.pop_front();
                }
            }
            Make::Counter | Make::Fixed => {
                if index > self.index {
                    self.before = if index == self.index + 1 {
                        self.current
                    } else {
                        0
                    };
                    self.current = 0;
                }
            }
        }
        self.index = index;
        self.at = at;
    }

    fn gain(&mut self, time: Nanos) {
        let gained = u128::from(self.requests) * u128::from(time);
        let capacity = u128::from(self.burst) * u128::from(self.window);
        self.level = (self.level + gained).min(capacity);
    }

    /// When a request is admitted that comes at this time at the earliest.
    pub(crate) fn earliest(&mut self, at: Nanos) -> Nanos {
        self.advance(at);
        let missing = u128::from(self.window).saturating_sub(self.level);
        let left = self.period() - self.in_window(at);
        match self.make {
            Make::Bucket => at + ceiling(missing, self.requests.into()),
            Make::Ticking => match ceiling(missing, u128::from(self.requests) * u128::from(SECOND))
            {
                0 => at,
                ticks => at + left + (ticks - 1) * SECOND,
            },
            Make::Log => match self.log.len() as u64 {
                count if count < self.requests => at,
                _ => self.log[0] + self.window,
            },
            Make::Fixed if self.current < self.requests => at,
            Make::Fixed => at + left,
            Make::Counter => {
                // Of the window before, the part `left / window` counts.
                let free = self.requests.saturating_sub(self.current + 1);
                let may_count = |before: u64, free: u64| {
                    let part = u128::from(free) * u128::from(self.window) / u128::from(before);
                    u64::try_from(part).unwrap()
                };
                if self.current < self.requests {
                    match self.before {
                        0 => at,
                        before => {
                            let longest = may_count(before, free);
                            at + left.saturating_sub(longest)
                        }
                    }
                } else {
                    let longest = may_count(self.current, self.requests - 1);
                    at + left + self.window.saturating_sub(longest)
                }
            }
        }
    }

    pub(crate) fn take(&mut self, at: Nanos) {
        match self.make {
            Make::Bucket | Make::Ticking => self.level -= u128::from(self.window),
            Make::Log => self.log.push_back(at),
            Make::Counter | Make::Fixed => self.current += 1,
        }
    }
}

pub(crate) fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap()
}

fn ceiling(of: u128, by: u128) -> u64 {
    u64::try_from(of.div_ceil(by)).unwrap()
}
