//! The checks.

mod outcomes;
mod rates;
mod reports;
mod waits;

use super::Check;

/// All checks, in the order in which they run.
pub(super) const ALL: [(&str, Check); 13] = [
    ("account_rate", |case| Box::pin(rates::account(case))),
    ("route_rate", |case| Box::pin(rates::route(case))),
    ("group_rate", |case| Box::pin(rates::group(case))),
    ("group_in_any_second", |case| {
        Box::pin(rates::any_second(case))
    }),
    ("order", |case| Box::pin(waits::order(case))),
    ("dropped", |case| Box::pin(waits::dropped(case))),
    ("unpolled", |case| Box::pin(waits::unpolled(case))),
    ("retry_after", |case| Box::pin(outcomes::retry_after(case))),
    ("narrow_pause", |case| {
        Box::pin(outcomes::narrow_pause(case))
    }),
    ("failures", |case| Box::pin(outcomes::failures(case))),
    ("last_success", |case| Box::pin(reports::last_success(case))),
    ("load", |case| Box::pin(reports::load(case))),
    ("spare", |case| Box::pin(reports::spare(case))),
];
