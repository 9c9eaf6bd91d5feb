//! What projects and branches used, worked out from when their computes ran.

use chrono::{DateTime, Datelike, Months, SecondsFormat, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

use super::{Answer, Call, Reply, access, times, with_cursor};
use crate::error::ApiError;
use crate::rng::Rng;
use crate::state::branch::{Branch, LOGICAL_SIZE};
use crate::state::keys::Owner;
use crate::state::project::Project;
use crate::state::usage::{Run, Usage};
use crate::state::{Source, State};

/// The members that hold the items, and the page sizes that the specification states.
const PROJECTS: (&str, usize) = ("projects", 10);
const BRANCHES: (&str, usize) = ("branches", 100);

/// What the storage metrics, which count bytes for months, take a month to be.
const MONTH: u64 = 30 * 86_400;

#[derive(Clone, Copy)]
enum Granularity {
    Hourly,
    Daily,
    Monthly,
}

impl Granularity {
    fn read(call: &Call<'_>) -> Self {
        match call.query("granularity") {
            Some("hourly") => Self::Hourly,
            Some("daily") => Self::Daily,
            _ => Self::Monthly,
        }
    }

    /// How many frames a request may cover.
    fn most(self) -> usize {
        match self {
            Self::Hourly => 168,
            Self::Daily => 60,
            Self::Monthly => 12,
        }
    }

    /// What lies before this is not kept any more.
    fn kept_since(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Hourly => now.checked_sub_signed(TimeDelta::hours(168)),
            Self::Daily => now.checked_sub_signed(TimeDelta::days(60)),
            Self::Monthly => now.checked_sub_months(Months::new(12)),
        }
    }

    /// The beginning of the frame that `at` is in.
    fn floor(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let seconds = i64::from(at.num_seconds_from_midnight());
        let nanos = TimeDelta::nanoseconds(at.nanosecond().into());
        let midnight = at - TimeDelta::seconds(seconds) - nanos;
        match self {
            Self::Hourly => midnight + TimeDelta::hours(at.hour().into()),
            Self::Daily => midnight,
            Self::Monthly => midnight - TimeDelta::days(i64::from(at.day()) - 1),
        }
    }

    fn next(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Hourly => at.checked_add_signed(TimeDelta::hours(1)),
            Self::Daily => at.checked_add_signed(TimeDelta::days(1)),
            Self::Monthly => at.checked_add_months(Months::new(1)),
        }
    }
}

type Frame = (DateTime<Utc>, DateTime<Utc>);

/// The frames that a request covers, without those that are still to come.
fn frames(call: &Call<'_>, source: &Source) -> Result<Vec<Frame>, ApiError> {
    let time = |name| times::read(name, call.query(name).unwrap_or_default());
    let (from, to) = (time("from")?, time("to")?);
    if from >= to {
        return Err(ApiError::bad_request("from: must be before to"));
    }
    let granularity = Granularity::read(call);
    let now = source.clock.wall(call.now);
    if granularity
        .kept_since(now)
        .is_some_and(|since| from < since)
    {
        let message = "specified date-time range start is outside the boundaries of the specified \
                       granularity";
        return Err(ApiError::new(406, message));
    }
    let mut frames = Vec::new();
    let mut start = granularity.floor(from);
    let mut covered = 0;
    while start < to {
        covered += 1;
        if covered > granularity.most() + 1 {
            let most = granularity.most();
            let message = format!("to: at most {most} frames of this granularity may be requested");
            return Err(ApiError::new(406, message));
        }
        let Some(end) = granularity.next(start) else {
            break;
        };
        if start <= now {
            frames.push((start, end));
        }
        start = end;
    }
    Ok(frames)
}

/// The values of an array parameter, whether repeated or joined by commas.
fn list<'a>(call: &'a Call<'_>, name: &str) -> Vec<&'a str> {
    let given = call.query.iter().filter(|(key, _)| key == name);
    let parts = given.flat_map(|(_, value)| value.split(','));
    parts.filter(|part| !part.is_empty()).collect()
}

/// The projects that a request is about, the newest first, from behind the one that `after` names.
fn projects<'s>(
    state: &'s State,
    call: &'s Call<'_>,
    after: Option<&'s str>,
) -> Result<Box<dyn Iterator<Item = &'s Project> + 's>, ApiError> {
    access::personal_or_organization(call)?;
    if state.source.limits.no_consumption_history {
        let message = "this endpoint is not available on the plan of this account: it is included with \
                       Scale plans and above";
        return Err(ApiError::forbidden(message));
    }
    let org_id = match (call.text("org_id"), call.caller) {
        (Some(id), _) => {
            access::must_belong(state, call, id)?;
            Some(id)
        }
        (None, Owner::Organization(id)) => Some(id.as_str()),
        (None, _) => None,
    };
    let wanted = move |project: &&Project| {
        org_id.is_none_or(|id| project.org_id == id)
            && access::level(state, call, project).is_some()
    };
    let ids = list(call, "project_ids");
    let bad_cursor = || ApiError::bad_request("cursor: is not valid");
    if ids.is_empty() {
        let all = state.projects.after(after).ok_or_else(bad_cursor)?;
        return Ok(Box::new(all.filter(wanted)));
    }
    let named = state.projects.named_after(&ids, after);
    Ok(Box::new(named.ok_or_else(bad_cursor)?.filter(wanted)))
}

/// A page in the member `name` of the response.
fn page<T>(
    call: &Call<'_>,
    (name, default): (&str, usize),
    items: impl Iterator<Item = T>,
    id: impl Fn(&T) -> &str,
    shown: impl Fn(&T) -> Value,
) -> Reply {
    let page: Vec<T> = items.take(call.limit(default)).collect();
    let items: Value = page.iter().map(shown).collect();
    Reply::ok(with_cursor(json!({ name: items }), page.last().map(id)))
}

/// The one period that the emulator knows: since the project was made, on the plan it has. What was
/// used in each of its frames is `in_frame`.
fn periods(
    project: &Project,
    source: &Source,
    frames: &[Frame],
    in_frame: impl Fn(Frame) -> Value,
) -> Value {
    let id = Rng::for_purpose(0, &format!("period {}", project.id)).uuid();
    // Nothing was used before there was anything.
    let made = source.clock.wall(project.created_at);
    let frames = frames.iter().copied().filter(|(_, end)| *end > made);
    let consumption: Value = frames.map(in_frame).collect();
    json!([{
        "period_id": id,
        "period_plan": "free_v3",
        "period_start": source.text(project.created_at),
        "consumption": consumption,
    }])
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What computes did in a frame.
fn usage(source: &Source, (from, to): Frame, runs: impl Iterator<Item = Run>) -> Usage {
    Usage::of(runs, source.moment(from), source.moment(to))
}

pub(super) fn per_project(state: &mut State, call: &Call<'_>) -> Answer {
    let source = &state.source;
    of_projects(state, call, |project, frame| {
        let usage = usage(source, frame, project.runs(call.now));
        let end = source.moment(frame.1);
        let made = project.branches.iter().filter(|b| b.created_at < end);
        let size = LOGICAL_SIZE.saturating_mul(u64::try_from(made.count()).unwrap_or(0));
        json!({
            "timeframe_start": text(frame.0),
            "timeframe_end": text(frame.1),
            "active_time_seconds": usage.active_seconds,
            "compute_time_seconds": usage.compute_seconds,
            "written_data_bytes": 0,
            "synthetic_storage_size_bytes": size,
        })
    })
}

pub(super) fn per_project_v2(state: &mut State, call: &Call<'_>) -> Answer {
    let source = &state.source;
    of_projects(state, call, |project, frame| {
        let usage = usage(source, frame, project.runs(call.now));
        metrics(call, source, frame, usage, project.branches.iter())
    })
}

/// A page of projects, with what each used in each frame.
fn of_projects(
    state: &State,
    call: &Call<'_>,
    in_frame: impl Fn(&Project, Frame) -> Value,
) -> Answer {
    let all = projects(state, call, call.text("cursor"))?;
    let frames = frames(call, &state.source)?;
    let shown = |project: &&Project| {
        let in_frame = |frame| in_frame(project, frame);
        let periods = periods(project, &state.source, &frames, in_frame);
        json!({ "project_id": project.id, "periods": periods })
    };
    Ok(page(call, PROJECTS, all, |project| &project.id, shown))
}

pub(super) fn per_branch(state: &mut State, call: &Call<'_>) -> Answer {
    let source = &state.source;
    let projects = projects(state, call, None)?;
    let frames = frames(call, source)?;
    let wanted = list(call, "branch_ids");
    let is_wanted = |id: &str| wanted.is_empty() || wanted.contains(&id);
    let mut all = Vec::new();
    for project in projects {
        let branches = project.branches.iter().filter(|b| is_wanted(&b.id));
        all.extend(branches.map(|branch| (project, branch)));
    }
    let shown = |(project, branch): &(&Project, &Branch)| {
        let periods = periods(project, source, &frames, |frame| {
            let runs = project.runs_of_branch(&branch.id, call.now);
            let usage = usage(source, frame, runs);
            metrics(call, source, frame, usage, std::iter::once(*branch))
        });
        json!({ "project_id": project.id, "branch_id": branch.id, "periods": periods })
    };
    let start = match call.text("cursor") {
        Some(cursor) => {
            let position = all.iter().position(|(_, branch)| branch.id == cursor);
            position.ok_or_else(|| ApiError::bad_request("cursor: is not valid"))? + 1
        }
        None => 0,
    };
    let rest = all.into_iter().skip(start);
    let page = page(call, BRANCHES, rest, |(_, branch)| &branch.id, shown);
    Ok(page)
}

/// The values of the metrics that are asked for, in a frame.
fn metrics<'b>(
    call: &Call<'_>,
    source: &Source,
    (from, to): Frame,
    usage: Usage,
    branches: impl Iterator<Item = &'b Branch>,
) -> Value {
    let end = source.moment(to).min(call.now);
    let start = source.moment(from).min(end);
    let (mut roots, mut children) = (0, 0);
    for branch in branches {
        let seconds = end.saturating_sub(branch.created_at.max(start)).as_secs();
        match branch.origin {
            None => roots += seconds,
            Some(_) => children += seconds,
        }
    }
    let stored = |seconds: u64| LOGICAL_SIZE.saturating_mul(seconds) / MONTH;
    let value_of = |name: &str| match name {
        "compute_unit_seconds" => usage.compute_seconds,
        "root_branch_bytes_month" => stored(roots),
        "child_branch_bytes_month" => stored(children),
        _ => 0,
    };
    let names = list(call, "metrics").into_iter();
    let metrics: Value = names
        .map(|name| json!({ "metric_name": name, "value": value_of(name) }))
        .collect();
    json!({ "timeframe_start": text(from), "timeframe_end": text(to), "metrics": metrics })
}
