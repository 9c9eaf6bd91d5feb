//! Waits: their order, and those that are dropped or not polled.

use neon_api_raw::routes::LIST_PROJECTS;
use std::time::Duration;

use tokio::time::Instant;

use super::super::case::{Case, as_f64};

/// Those who wait in a check.
const WAITING: usize = 40;

pub(in super::super) async fn order(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let mut waits = case.crowd(&LIST_PROJECTS, WAITING).await?;
    let within = case.patience(&account, waits.len());
    case.finish(&mut waits, within).await?;
    // Permits of the same moment have no order.
    let slack = Duration::from_secs_f64(2.0 / account.per_second) + case.tolerance();
    let mut latest: Option<Instant> = None;
    for (number, wait) in waits.iter().enumerate() {
        let Some(at) = wait.granted_at() else {
            continue;
        };
        if let Some(earlier) = latest.filter(|earlier| at + slack < *earlier) {
            let time = earlier.duration_since(at);
            return Err(format!(
                "wait {number} had its permit {time:?} before an earlier one"
            ));
        }
        latest = latest.max(Some(at));
    }
    Ok(())
}

pub(in super::super) async fn dropped(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let mut waits = case.crowd(&LIST_PROJECTS, WAITING).await?;
    let before = waits.len();
    let mut number = 0;
    waits.retain(|_| {
        number += 1;
        number % 2 == 0
    });
    let cost = before - waits.len();
    let start = Instant::now();
    let within = case.patience(&account, before);
    case.finish(&mut waits, within).await?;
    for _ in 0..3 {
        case.permit(&LIST_PROJECTS, within).await?;
    }
    let most = as_f64(before + 3) / account.per_second * 1.1 + 1.0;
    let most = Duration::from_secs_f64(most) + case.tolerance() * 10;
    let took = start.elapsed();
    if took > most {
        return Err(format!(
            "{cost} dropped waits cost more than a permit each: {took:?}"
        ));
    }
    Ok(())
}

pub(in super::super) async fn unpolled(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let mut waits = case.crowd(&LIST_PROJECTS, WAITING).await?;
    let within = case.patience(&account, waits.len());
    case.permit(&LIST_PROJECTS, within)
        .await
        .map_err(|problem| format!("behind waits that are not polled: {problem}"))?;
    case.finish(&mut waits, within).await
}
