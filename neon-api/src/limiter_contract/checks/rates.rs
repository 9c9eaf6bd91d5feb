//! No limit is exceeded, and none is used much less than it allows.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::Route;
use neon_api_raw::routes::{
    CREATE_ORG_API_KEY, GET_CONSUMPTION_HISTORY_PER_BRANCH_V2, GET_CONSUMPTION_HISTORY_PER_PROJECT,
    GET_CONSUMPTION_HISTORY_PER_PROJECT_V2, GET_PROJECT, LIST_PROJECT_BRANCHES,
    LIST_PROJECT_ENDPOINTS, LIST_PROJECT_OPERATIONS, LIST_PROJECTS,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::super::case::{Case, as_usize};
use crate::limiter::{RateLimit, RateScope};

/// Several, so that the account's limit is the one that counts.
const PLAIN: [&Route; 5] = [
    &LIST_PROJECTS,
    &GET_PROJECT,
    &LIST_PROJECT_BRANCHES,
    &LIST_PROJECT_ENDPOINTS,
    &LIST_PROJECT_OPERATIONS,
];
const CONSUMPTION: [&Route; 3] = [
    &GET_CONSUMPTION_HISTORY_PER_PROJECT,
    &GET_CONSUMPTION_HISTORY_PER_PROJECT_V2,
    &GET_CONSUMPTION_HISTORY_PER_BRANCH_V2,
];

pub(in super::super) async fn account(case: &Case) -> Result<(), String> {
    let limit = case.account(&LIST_PROJECTS)?;
    let count = as_usize(limit.burst + limit.per_second * 2.0).max(100);
    let times = permits(case, &PLAIN, count, case.patience(&limit, count)).await?;
    case.check_rate(&limit, times)
}

pub(in super::super) async fn route(case: &Case) -> Result<(), String> {
    let is_route = |scope| matches!(scope, RateScope::Route(_));
    let limit = case.limit(&GET_PROJECT, is_route)?;
    let account = case.account(&GET_PROJECT)?;
    let slower = RateLimit {
        per_second: limit.per_second.min(account.per_second),
        ..limit
    };
    let count = as_usize(limit.burst * 3.0);
    let within = case.patience(&slower, count) + Duration::from_secs(3);
    let times = permits(case, &[&GET_PROJECT], count, within).await?;
    case.check_rate(&limit, times)
}

pub(in super::super) async fn group(case: &Case) -> Result<(), String> {
    narrow(case, &CONSUMPTION, 4).await
}

pub(in super::super) async fn any_second(case: &Case) -> Result<(), String> {
    narrow(case, &[&CREATE_ORG_API_KEY], 15).await
}

/// The limit of a group, with some requests more than its burst.
async fn narrow(case: &Case, operations: &[&'static Route], more: usize) -> Result<(), String> {
    let first = operations.first().ok_or("no operation")?;
    let limit = case.limit(first, |scope| matches!(scope, RateScope::Group(_)))?;
    let count = as_usize(limit.burst) + more;
    let times = permits(case, operations, count, case.patience(&limit, count)).await?;
    case.check_rate(&limit, times)
}

/// The times of this many permits, each waited for by a task of its own.
async fn permits(
    case: &Case,
    operations: &[&'static Route],
    count: usize,
    within: Duration,
) -> Result<Vec<Instant>, String> {
    let mut tasks = JoinSet::new();
    for operation in operations.iter().cycle().take(count) {
        let one = Case::new(
            Arc::clone(&case.limiter),
            crate::limiter::Rates::default(),
            case.tolerance(),
        );
        let operation = *operation;
        tasks.spawn(async move { one.permit(operation, within).await });
    }
    let mut times = Vec::new();
    let all = async {
        while let Some(permit) = tasks.join_next().await {
            times.push(permit.map_err(|error| format!("a wait panicked: {error}"))??);
        }
        Ok::<(), String>(())
    };
    match timeout(within * 2, all).await {
        Ok(result) => result?,
        Err(_) => return Err("waits do not end".to_owned()),
    }
    Ok(times)
}
