//! Series over ranges, against a model of the API that shares no code with them.

use std::collections::BTreeSet;
use std::ops::Range;

use neon_api::Error;
use neon_api::chrono::TimeDelta;
use neon_api::enums::ConsumptionHistoryGranularity as Granularity;
use neon_api::fleet::Fleet;
use neon_api::fleet::consumption::{ProjectUsage, SeriesCursor, UsageSeries};
use proptest::prelude::*;
use serde_json::json;

use crate::model::{METRICS, Model, ORG, Query, Readings, Time, frames, kept_since, months, time};
use crate::paused;
use crate::support::{Server, ok, status};

fn fleet(server: &Server) -> Fleet {
    server.client().org(ORG).fleet()
}

fn series(server: &Server, time: Range<Time>, granularity: &str, now: Time) -> UsageSeries {
    let granularity = Granularity::from(granularity);
    fleet(server)
        .consumption(time, granularity, METRICS)
        .as_of(now)
}

/// Adds what was delivered; nothing comes twice.
fn read(usage: &ProjectUsage, readings: &mut Readings) {
    for frame in &usage.frames {
        assert!(usage.start <= frame.start && frame.end <= usage.end);
        for (metric, value) in &frame.values {
            let project = usage.project_id.to_string();
            let key = (project, frame.start, frame.end, metric.to_string());
            let before = readings.insert(key.clone(), *value);
            assert_eq!(before, None, "{key:?} came twice");
        }
    }
}

/// The whole series, by one process.
async fn whole(mut series: UsageSeries) -> Result<Readings, Error> {
    let mut readings = Readings::new();
    while let Some(usage) = series.try_next().await? {
        read(&usage, &mut readings);
    }
    assert!(series.cursor().is_some_and(SeriesCursor::is_end));
    assert!(series.try_next().await?.is_none());
    Ok(readings)
}

/// The same by processes that end after so many items each, in turn.
async fn in_pieces(
    server: &Server,
    mut series: UsageSeries,
    pieces: &[usize],
) -> Result<Readings, Error> {
    let mut readings = Readings::new();
    for piece in pieces.iter().cycle() {
        for _ in 0..*piece {
            match series.try_next().await? {
                Some(usage) => read(&usage, &mut readings),
                None => return Ok(readings),
            }
        }
        let kept = serde_json::to_string(series.cursor().unwrap()).unwrap();
        let cursor: SeriesCursor = serde_json::from_str(&kept).unwrap();
        series = fleet(server).resume_consumption(cursor);
    }
    unreachable!("pieces are not empty")
}

const HOUR: TimeDelta = TimeDelta::hours(1);

/// What a series has to deliver: `None` where it has to refuse.
fn expected(
    model: &Model,
    time: &Range<Time>,
    granularity: &str,
    coarser: bool,
) -> Option<Readings> {
    let now = model.now;
    let end = time.end.min(now);
    let is_readable = |granularity: &str, start: Time| start >= kept_since(granularity, now) + HOUR;
    let mut all = frames(granularity, time.start, end);
    if all
        .iter()
        .all(|(start, _)| is_readable(granularity, *start))
    {
        return Some(model.expected(granularity, &all));
    }
    if !coarser || granularity == "monthly" {
        all.retain(|(start, _)| is_readable(granularity, *start));
        let is_edge = time.start >= kept_since(granularity, now) && !all.is_empty();
        return is_edge.then(|| model.expected(granularity, &all));
    }
    // Each hour by itself: which frame is it in?
    let month_of = |at: Time| months().into_iter().rfind(|month| *month <= at).unwrap();
    let mut chosen: BTreeSet<(&str, Time, Time)> = BTreeSet::new();
    for (start, until) in all {
        let (day, day_end) = frames("daily", start, start + TimeDelta::seconds(1))[0];
        let month = month_of(day);
        let month_end = *months().iter().find(|next| **next > month).unwrap();
        let frame = match granularity {
            "hourly" if is_readable("hourly", day) => ("hourly", start, until),
            _ if is_readable("daily", month) => ("daily", day, day_end),
            "hourly" | "daily" => ("monthly", month, month_end),
            other => panic!("{other}"),
        };
        chosen.insert(frame);
    }
    // Where the days reach to the beginning, they need not begin with a month.
    let first_day = frames("daily", time.start, time.start + TimeDelta::seconds(1))[0].0;
    if is_readable("daily", first_day) {
        let months: Vec<_> = chosen
            .iter()
            .filter(|f| f.0 == "monthly")
            .copied()
            .collect();
        for frame in months {
            chosen.remove(&frame);
            let (from, to) = (time.start.max(frame.1), end.min(frame.2));
            let days = frames("daily", from, to).into_iter();
            let days =
                days.filter(|(day, _)| granularity == "daily" || !is_readable("hourly", *day));
            chosen.extend(days.map(|(start, end)| ("daily", start, end)));
        }
    }
    let is_old = |frame: &(&str, Time, Time)| !is_readable(frame.0, frame.1);
    let is_edge = time.start >= kept_since("monthly", now) && !chosen.iter().all(is_old);
    if chosen.iter().any(is_old) && !is_edge {
        return None;
    }
    let mut readings = Readings::new();
    for frame in chosen.iter().filter(|frame| !is_old(frame)) {
        readings.extend(model.expected(frame.0, &[(frame.1, frame.2)]));
    }
    Some(readings)
}

#[derive(Debug, Clone)]
struct Case {
    model: Model,
    time: Range<Time>,
    granularity: &'static str,
    coarser: bool,
    pieces: Vec<usize>,
    only: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let granularity = prop::sample::select(&["hourly", "daily", "monthly"][..]);
    let world = (1..30_usize, 1..40_usize, any::<bool>());
    let minutes = |days: i64| 0..days * 24 * 60;
    // Back from now to the start, and on to the end.
    let back = prop_oneof![minutes(8), minutes(62), minutes(400)];
    let times = (minutes(360), 0..60_000_i64, back, minutes(70));
    let manner = (
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(1..20_usize, 1..4),
    );
    (granularity, world, times, manner).prop_map(|(granularity, world, times, manner)| {
        let (projects, page, always_cursor) = world;
        let (at, millis, back, length) = times;
        let now =
            time("2026-01-02T00:00:00Z") + TimeDelta::minutes(at) + TimeDelta::milliseconds(millis);
        let start = now - TimeDelta::minutes(back + 1);
        let end = start + TimeDelta::minutes(length + 1) + TimeDelta::milliseconds(millis);
        let (coarser, only, pieces) = manner;
        let mut model = Model::new(projects, now);
        (model.page, model.always_cursor) = (page, always_cursor);
        Case {
            model,
            time: start..end,
            granularity,
            coarser,
            pieces,
            only,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    /// Of any range every frame comes exactly once, also if the process ends after any item, and each
    /// request asks for what it may (the model checks).
    #[test]
    fn each_frame_once(case in case()) {
        let Case { model, time, granularity, coarser, pieces, only } = case;
        let server = model.server();
        let begin = || {
            let series = series(&server, time.clone(), granularity, model.now).coarser(coarser);
            if only { series.only(&model.projects) } else { series }
        };
        let expected = expected(&model, &time, granularity, coarser);
        let (whole, pieces) = paused(async {
            (whole(begin()).await, in_pieces(&server, begin(), &pieces).await)
        });
        let Some(expected) = expected else {
            let is_input = |error: Error| matches!(error, Error::InvalidInput(_));
            prop_assert!(is_input(whole.unwrap_err()) && is_input(pieces.unwrap_err()));
            prop_assert_eq!(server.total(), 0);
            return Ok(());
        };
        prop_assert_eq!(whole.unwrap(), expected.clone());
        prop_assert_eq!(pieces.unwrap(), expected);
    }
}

const NOW: &str = "2026-11-26T10:20:00Z";

/// What was asked for: from, to, the first project named and the cursor.
fn requests(server: &Server) -> Vec<[String; 4]> {
    let seen = server.seen();
    let shown = seen.iter().map(|seen| {
        let query = Query::of(seen);
        let first = |name| {
            query
                .all(name)
                .first()
                .map_or(String::new(), ToString::to_string)
        };
        [
            first("from"),
            first("to"),
            first("project_ids"),
            first("cursor"),
        ]
    });
    shown.collect()
}

#[test]
fn requests_are_as_large_as_they_may_be() {
    let now = time(NOW);
    let mut model = Model::new(120, now);
    model.refuses_old = false;
    let server = model.server();
    let range = time("2026-11-10T10:20:00Z")..time("2026-11-26T10:00:00Z");
    let list = series(&server, range, "hourly", now).beyond_reach(true);
    let readings = paused(whole(list)).unwrap();
    assert!(readings.len() > 120 * 380);
    let parts = [
        ["2026-11-10T10:00:00Z", "2026-11-17T10:00:00Z"],
        ["2026-11-17T10:00:00Z", "2026-11-24T10:00:00Z"],
        ["2026-11-24T10:00:00Z", "2026-11-26T10:00:00Z"],
    ];
    let pages = ["", "app-00099", "app-00119"];
    let expected = parts
        .iter()
        .flat_map(|[from, to]| pages.map(|after| [*from, *to, "", after].map(str::to_owned)));
    assert_eq!(requests(&server), expected.collect::<Vec<_>>());
}

/// Named projects need no request to find out that there are no more.
#[test]
fn named_projects_are_read_by_the_hundred() {
    let now = time(NOW);
    let model = Model::new(300, now);
    let server = model.server();
    let day = time("2026-11-25T00:00:00Z")..time("2026-11-26T00:00:00Z");
    let some = model.projects.iter().skip(10).take(250);
    // Twice the same.
    let list = series(&server, day, "daily", now).only(some.clone().chain(some));
    let mut list = list;
    let projects: BTreeSet<String> = paused(async {
        let mut projects = BTreeSet::new();
        while let Some(usage) = list.try_next().await.unwrap() {
            assert!(projects.insert(usage.project_id.to_string()));
        }
        projects
    });
    assert_eq!(projects.len(), 250);
    let firsts: Vec<String> = requests(&server)
        .into_iter()
        .map(|r| r[2].clone())
        .collect();
    assert_eq!(firsts, ["app-00010", "app-00110", "app-00210"]);
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let now = time(NOW);
    let server = Model::new(1, now).server();
    let hours = |from: &str, to: &str| series(&server, time(from)..time(to), "hourly", now);
    let recent = || hours("2026-11-26T00:00:00Z", "2026-11-26T01:00:00Z");
    let unknown = Granularity::from("weekly");
    let day = time("2026-11-25T00:00:00Z")..time("2026-11-26T00:00:00Z");
    let none: [&str; 0] = [];
    let org = fleet(&server);
    let all = server.client().fleet();
    let refused = [
        (
            hours("2026-11-26T01:00:00Z", "2026-11-26T01:00:00Z"),
            "range: it is empty",
        ),
        (
            hours("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"),
            "range: it lies in the future",
        ),
        (
            hours("2026-11-19T10:00:00Z", "2026-11-26T00:00:00Z"),
            "hourly frames of the last 168 hours only: a walk that begins now can read those from \
             2026-11-19T12:00:00Z on",
        ),
        (recent().only(none), "project_ids: the list is empty"),
        (recent().only(["Not an ID"]), "invalid project ID"),
        (
            org.consumption(day.clone(), Granularity::Daily, none),
            "metrics: the list is empty",
        ),
        (
            org.consumption(day.clone(), unknown, METRICS),
            "expected hourly, daily or monthly",
        ),
        (
            all.consumption(day, Granularity::Daily, METRICS),
            "neon.org(id).fleet()",
        ),
    ];
    for (mut list, message) in refused {
        paused(async {
            let error = list.try_next().await.unwrap_err();
            assert!(matches!(error, Error::InvalidInput(_)), "{error}");
            assert!(error.to_string().contains(message), "{error}");
            assert!(list.try_next().await.unwrap().is_none(), "it has ended");
        });
    }
    assert_eq!(server.total(), 0);
}

/// A series goes on after a failure of the network where it was, and ends where it cannot go on.
#[test]
fn errors_that_pass_and_errors_that_stay() {
    let now = time(NOW);
    let day = || time("2026-11-25T00:00:00Z")..time("2026-11-26T00:00:00Z");
    let model = Model::new(250, now);
    let flaky = {
        let model = model.clone();
        Server::new(move |seen, at| {
            if at == 1 {
                status(404)
            } else {
                model.respond(seen)
            }
        })
    };
    paused(async {
        let mut list = series(&flaky, day(), "daily", now);
        let mut count = 0;
        let error = loop {
            match list.try_next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("no error"),
                Err(error) => break error,
            }
        };
        assert_eq!((count, error.status().unwrap().as_u16()), (100, 404));
        while list.try_next().await.unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 250);
    });
    // Too old, whatever this crate believes.
    let mut list = series(&Server::new(|_, _| status(406)), day(), "daily", now);
    let error = paused(list.try_next()).unwrap_err();
    assert!(
        error.to_string().contains("choose a later start"),
        "{error}"
    );
    assert!(paused(list.try_next()).unwrap().is_none());
    // A frame of which it is unknown what it counts for.
    let frame = json!({ "metrics": [] });
    let period = json!({ "period_id": "1", "period_plan": "scale",
        "period_start": "2026-11-01T00:00:00Z", "consumption": [frame] });
    let body = json!({ "projects": [{ "project_id": "app", "periods": [period] }] });
    let mut list = series(&Server::new(move |_, _| ok(&body)), day(), "daily", now);
    let error = paused(list.try_next()).unwrap_err();
    assert!(matches!(error, Error::NotInResponse(_)), "{error}");
}
