//! What outcomes of requests must do, and what they must not.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use neon_api_raw::routes::{GET_CONSUMPTION_HISTORY_PER_PROJECT, GET_PROJECT, LIST_PROJECTS};
use tokio::time::Instant;

use super::super::case::Case;
use crate::limiter::Outcome;

/// What the refusals of the checks ask for.
const PAUSE: Duration = Duration::from_secs(2);

pub(in super::super) async fn retry_after(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let mut waits = case.crowd(&LIST_PROJECTS, 3).await?;
    let paused_at = Instant::now();
    case.refused(&LIST_PROJECTS, PAUSE);
    // A process may hold permits for a quarter of a second ahead, if it shares its budget; by then it
    // must know of the pause.
    tokio::time::sleep(case.tolerance()).await;
    waits.push(case.wait(&LIST_PROJECTS));
    let within = PAUSE + case.patience(&account, waits.len());
    case.finish(&mut waits, within).await?;
    let first = waits
        .iter()
        .filter_map(super::super::case::Wait::granted_at)
        .min();
    let waited = first.map_or(Duration::ZERO, |at| at.duration_since(paused_at));
    if waited < PAUSE {
        return Err(format!(
            "a permit {waited:?} after a 429 that asked for {PAUSE:?}"
        ));
    }
    if waited > PAUSE + case.soon() {
        return Err(format!(
            "no permit until {waited:?} after a 429 that asked for {PAUSE:?}"
        ));
    }
    Ok(())
}

pub(in super::super) async fn narrow_pause(case: &Case) -> Result<(), String> {
    let narrow = &GET_CONSUMPTION_HISTORY_PER_PROJECT;
    case.permit(narrow, case.soon()).await?;
    let paused_at = Instant::now();
    case.refused(narrow, PAUSE);
    for operation in [&LIST_PROJECTS, &GET_PROJECT] {
        case.permit(operation, case.soon())
            .await
            .map_err(|problem| format!("after a 429 of another group: {problem}"))?;
    }
    let within = PAUSE + Duration::from_secs(5) + case.tolerance() * 10;
    let at = case.permit(narrow, within).await?;
    let waited = at.duration_since(paused_at);
    if waited < PAUSE {
        return Err(format!(
            "a permit {waited:?} after a 429 that asked for {PAUSE:?}"
        ));
    }
    Ok(())
}

pub(in super::super) async fn failures(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let headers = HeaderMap::new();
    for number in 0..20 {
        let sent_at = case
            .permit(&LIST_PROJECTS, case.patience(&account, 20))
            .await?;
        let outcome = if number % 2 == 0 {
            Outcome::response(sent_at, StatusCode::BAD_GATEWAY, &headers)
        } else {
            Outcome::no_response(sent_at)
        };
        case.limiter.observe(&LIST_PROJECTS, &outcome);
    }
    let interval = Duration::from_secs_f64(2.0 / account.per_second);
    case.permit(&LIST_PROJECTS, interval + case.soon())
        .await
        .map_err(|problem| format!("after server errors: {problem}"))?;
    Ok(())
}
