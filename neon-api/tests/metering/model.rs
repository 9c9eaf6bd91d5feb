//! Consumption history as the API is documented to serve it, written anew: what is used where is a
//! function, and a request that asks for more than is allowed fails the test.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use neon_api::chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Seen, Server, Step, ok, status};

pub(crate) type Time = DateTime<Utc>;

pub(crate) const ORG: &str = "org-ocean-art-12345678";
pub(crate) const METRICS: [&str; 2] = ["compute_unit_seconds", "root_branch_bytes_month"];

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn text(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What a project uses of a metric in the frame that begins then.
pub(crate) type Used = Arc<dyn Fn(&str, &str, &str, Time) -> i64 + Send + Sync>;

/// Some number; zero for a third of all.
fn some(project: &str, metric: &str, granularity: &str, start: Time) -> i64 {
    let key = format!("{project} {metric} {granularity} {}", start.timestamp());
    let mut sum: u32 = 17;
    for byte in key.bytes() {
        sum = sum.wrapping_mul(31).wrapping_add(byte.into());
    }
    if sum.is_multiple_of(3) {
        0
    } else {
        i64::from(sum % 1000)
    }
}

/// Where months begin, in the years that tests are in.
pub(crate) fn months() -> Vec<Time> {
    let years = 2023..2028;
    let all = years.flat_map(|year| (1..=12).map(move |month| (year, month)));
    all.map(|(year, month)| time(&format!("{year}-{month:02}-01T00:00:00Z")))
        .collect()
}

/// All frames of a granularity that overlap a range: beginning and end.
pub(crate) fn frames(granularity: &str, from: Time, to: Time) -> Vec<(Time, Time)> {
    let bounds = match granularity {
        "monthly" => months(),
        other => {
            let step = if other == "hourly" { 3_600 } else { 86_400 };
            let first = from.timestamp() / step - 1;
            let last = to.timestamp() / step + 2;
            let bounds = first..=last;
            bounds
                .map(|number| DateTime::from_timestamp(number * step, 0).unwrap())
                .collect()
        }
    };
    let pairs = bounds.windows(2).map(|pair| (pair[0], pair[1]));
    pairs
        .filter(|(start, end)| *start < to && *end > from)
        .collect()
}

/// The time before which the API has no frames.
pub(crate) fn kept_since(granularity: &str, now: Time) -> Time {
    match granularity {
        "hourly" => now - TimeDelta::hours(168),
        "daily" => now - TimeDelta::days(60),
        _ => {
            // In the years of the tests no leap day is a year before another day.
            let text = now.to_rfc3339_opts(SecondsFormat::Millis, true);
            let (year, rest) = text.split_at(4);
            time(&format!("{}{rest}", year.parse::<i32>().unwrap() - 1))
        }
    }
}

/// The API.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) projects: Vec<String>,
    /// The most projects that it returns in a page.
    pub(crate) page: usize,
    pub(crate) now: Time,
    pub(crate) used: Used,
    /// Whether it responds 406 as documented.
    pub(crate) refuses_old: bool,
    /// Whether the last page has a cursor.
    pub(crate) always_cursor: bool,
}

impl Model {
    pub(crate) fn new(projects: usize, now: Time) -> Self {
        Self {
            projects: (0..projects).map(|n| format!("app-{n:05}")).collect(),
            page: 100,
            now,
            used: Arc::new(some),
            refuses_old: true,
            always_cursor: true,
        }
    }

    pub(crate) fn server(&self) -> Server {
        let model = self.clone();
        Server::new(move |seen, _| model.respond(seen))
    }

    pub(crate) fn respond(&self, seen: &Seen) -> Step {
        assert_eq!(seen.operation, "getConsumptionHistoryPerProjectV2");
        let query = Query::of(seen);
        assert_eq!(query.one("org_id"), ORG);
        assert_eq!(query.all("metrics"), METRICS);
        let (from, to) = (time(query.one("from")), time(query.one("to")));
        let granularity = query.one("granularity");
        if self.refuses_old && from < kept_since(granularity, self.now) {
            return status(406);
        }
        let asked = frames(granularity, from, to);
        let most = match granularity {
            "hourly" => 168,
            "daily" => 60,
            _ => 12,
        };
        assert!((1..=most).contains(&asked.len()), "{} frames", asked.len());
        assert_eq!(
            (asked[0].0, asked[asked.len() - 1].1),
            (from, to),
            "aligned"
        );
        let named = query.all("project_ids");
        assert!(named.len() <= 100, "{} projects", named.len());
        let after = query.all("cursor").first().copied().unwrap_or_default();
        let is_wanted = |id: &&String| {
            id.as_str() > after && (named.is_empty() || named.contains(&id.as_str()))
        };
        let limit: usize = query.one("limit").parse().unwrap();
        let mut left = self.projects.iter().filter(is_wanted);
        let page: Vec<&String> = left.by_ref().take(limit.min(self.page)).collect();
        let shown: Vec<Value> = page
            .iter()
            .map(|id| self.shown(id, granularity, &asked))
            .collect();
        let mut body = json!({ "projects": shown });
        let is_last = left.next().is_none();
        if let Some(last) = page.last().filter(|_| self.always_cursor || !is_last) {
            body["pagination"] = json!({ "cursor": last });
        }
        ok(&body)
    }

    fn shown(&self, id: &str, granularity: &str, frames: &[(Time, Time)]) -> Value {
        let mut shown = Vec::new();
        for (start, end) in frames.iter().filter(|(start, _)| *start < self.now) {
            let used = METRICS.map(|metric| (metric, (self.used)(id, metric, granularity, *start)));
            let values: Vec<Value> = used
                .iter()
                .filter(|(_, value)| *value != 0)
                .map(|(metric, value)| json!({ "metric_name": metric, "value": value }))
                .collect();
            if !values.is_empty() {
                shown.push(json!({
                    "timeframe_start": text(*start), "timeframe_end": text(*end), "metrics": values,
                }));
            }
        }
        json!({ "project_id": id, "periods": [{
            "period_id": "90c7f107-3fe7-4652-b1da-c61f71043128", "period_plan": "scale",
            "period_start": "2026-01-01T00:00:00Z", "consumption": shown,
        }]})
    }

    /// What there is in frames, as [`read`](super::read) has it.
    pub(crate) fn expected(&self, granularity: &str, frames: &[(Time, Time)]) -> Readings {
        let mut readings = Readings::new();
        for project in &self.projects {
            for (start, end) in frames.iter().filter(|(start, _)| *start < self.now) {
                for metric in METRICS {
                    let value = (self.used)(project, metric, granularity, *start);
                    if value != 0 {
                        let key = (project.clone(), *start, *end, metric.to_owned());
                        readings.insert(key, value);
                    }
                }
            }
        }
        readings
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            projects,
            page,
            now,
            ..
        } = self;
        write!(f, "{} projects by {page} at {now}", projects.len())
    }
}

/// Values by project, frame and metric.
pub(crate) type Readings = BTreeMap<(String, Time, Time, String), i64>;

/// The parameters of a request.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(seen: &Seen) -> Self {
        let query = seen.uri.split_once('?').map_or("", |(_, query)| query);
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let given = self.0.iter().filter(|(key, _)| key == name);
        given.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {:?}", self.0);
        all[0]
    }
}
