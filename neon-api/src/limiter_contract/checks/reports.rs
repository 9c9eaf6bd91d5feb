//! What a limiter reports about itself, and the background lane.

use std::time::Duration;

use neon_api_raw::routes::LIST_PROJECTS;
use tokio::time::{Instant, timeout};

use super::super::case::Case;

pub(in super::super) async fn last_success(case: &Case) -> Result<(), String> {
    let waits = case.crowd(&LIST_PROJECTS, 10).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let succeeded_at = Instant::now();
    case.succeeded(&LIST_PROJECTS);
    let reported = case.limiter.last_success(&LIST_PROJECTS);
    let now = Instant::now();
    drop(waits);
    match reported {
        Some(at) if at > now => Err("it lies in the future".to_owned()),
        Some(at) if at < succeeded_at => {
            let before = succeeded_at.duration_since(at);
            Err(format!(
                "it is {before:?} before a success that was just observed"
            ))
        }
        _ => Ok(()),
    }
}

pub(in super::super) async fn load(case: &Case) -> Result<(), String> {
    let account = case.account(&LIST_PROJECTS)?;
    let waits = case.crowd(&LIST_PROJECTS, 10).await?;
    let waiting = waits.len();
    let Some(load) = case.limiter.load() else {
        return Ok(());
    };
    if load.queued != waiting {
        return Err(format!("{} are queued, and {waiting} wait", load.queued));
    }
    if load.per_second <= 0.0 || load.per_second > account.per_second * 1.01 {
        let (reported, full) = (load.per_second, account.per_second);
        return Err(format!(
            "{reported} requests a second, and the limit is {full}"
        ));
    }
    drop(waits);
    match case.limiter.load() {
        Some(load) if load.queued > 0 => {
            Err(format!("{} are queued, and nobody waits", load.queued))
        }
        _ => Ok(()),
    }
}

pub(in super::super) async fn spare(case: &Case) -> Result<(), String> {
    let within = case.soon();
    for _ in 0..3 {
        timeout(within, case.limiter.spare(&LIST_PROJECTS))
            .await
            .map_err(|_| format!("a background request waits for nobody for {within:?}"))?;
    }
    case.permit(&LIST_PROJECTS, within).await?;
    Ok(())
}
