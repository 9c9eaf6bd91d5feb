//! Pollers: what is new comes once, however late it is reported and wherever a process ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use neon_api::chrono::TimeDelta;
use neon_api::enums::ConsumptionHistoryGranularity::Hourly;
use neon_api::fleet::consumption::{DeltaState, ProjectDeltas, UsageDeltas};
use neon_api::{Error, Neon};

use crate::model::{METRICS, Model, ORG, Query, Time, text, time};
use crate::paused;
use crate::support::{Server, status};

const START: &str = "2026-11-20T10:20:00Z";

/// Values by project, frame and metric.
pub(crate) type Values = BTreeMap<(String, Time, String), i64>;

/// An API whose values change.
pub(crate) struct World {
    model: Arc<Mutex<Model>>,
    pub(crate) values: Arc<Mutex<Values>>,
    server: Server,
}

impl World {
    pub(crate) fn new(projects: usize, page: usize) -> Self {
        let values: Arc<Mutex<Values>> = Arc::default();
        let mut model = Model::new(projects, time(START));
        model.page = page;
        let known = Arc::clone(&values);
        model.used = Arc::new(move |project, metric, _, start| {
            let key = (project.to_owned(), start, metric.to_owned());
            known.lock().unwrap().get(&key).copied().unwrap_or(0)
        });
        let model = Arc::new(Mutex::new(model));
        let shared = Arc::clone(&model);
        let server = Server::new(move |seen, _| shared.lock().unwrap().respond(seen));
        Self {
            model,
            values,
            server,
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.model.lock().unwrap().now
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.model.lock().unwrap().now += time;
    }

    pub(crate) fn set(&self, project: usize, start: &str, metric: usize, value: i64) {
        let key = (
            format!("app-{project:05}"),
            time(start),
            METRICS[metric].to_owned(),
        );
        self.values.lock().unwrap().insert(key, value);
    }

    pub(crate) fn poll(&self, state: DeltaState) -> UsageDeltas {
        let fleet = self.server.client().fleet();
        fleet.consumption_deltas(state).as_of(self.now())
    }

    /// A whole poll: what it returned, and the state after it.
    pub(crate) fn all(&self, state: DeltaState) -> (Vec<ProjectDeltas>, DeltaState) {
        let mut poll = self.poll(state);
        paused(async {
            let mut all = Vec::new();
            while let Some(deltas) = poll.try_next().await.unwrap() {
                all.push(deltas);
            }
            (all, poll.into_state())
        })
    }
}

pub(crate) fn state() -> DeltaState {
    DeltaState::new(ORG, Hourly, METRICS, time(START)).unwrap()
}

/// Through JSON, as what is kept.
pub(crate) fn kept(state: &DeltaState) -> DeltaState {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

/// What came, in short.
fn shown(all: &[ProjectDeltas]) -> Vec<String> {
    let of_project = |project: &ProjectDeltas| {
        let short = |delta: &neon_api::fleet::consumption::UsageDelta| {
            let hour = text(delta.start)[11..13].to_owned();
            let metric = &delta.metric.as_str()[..4];
            format!(
                "{} {hour}h {metric} {:+} = {}",
                project.project_id, delta.change, delta.total
            )
        };
        project.deltas.iter().map(short).collect::<Vec<_>>()
    };
    all.iter().flat_map(of_project).collect()
}

#[test]
fn a_poll_returns_what_is_new() {
    let world = World::new(3, 2);
    world.set(0, "2026-11-20T09:00:00Z", 0, 99);
    world.set(0, "2026-11-20T10:00:00Z", 0, 5);
    world.set(2, "2026-11-20T10:00:00Z", 1, 7);
    let (new, state) = world.all(state());
    // Not what was before the poller's beginning.
    assert_eq!(
        shown(&new),
        ["app-00000 10h comp +5 = 5", "app-00002 10h root +7 = 7"]
    );
    let (new, state) = world.all(kept(&state));
    assert_eq!(shown(&new), [""; 0]);

    world.pass(TimeDelta::minutes(15));
    world.set(0, "2026-11-20T10:00:00Z", 0, 8);
    let (new, state) = world.all(kept(&state));
    assert_eq!(shown(&new), ["app-00000 10h comp +3 = 8"]);

    // An hour is over; more of it, less of it, and nothing after all.
    world.pass(TimeDelta::hours(2));
    world.set(0, "2026-11-20T10:00:00Z", 0, 10);
    world.set(0, "2026-11-20T12:00:00Z", 0, 1);
    world.set(2, "2026-11-20T10:00:00Z", 1, 0);
    let (new, state) = world.all(kept(&state));
    let expected = [
        "app-00000 10h comp +2 = 10",
        "app-00000 12h comp +1 = 1",
        "app-00002 10h root -7 = 0",
    ];
    assert_eq!(shown(&new), expected);

    // Six hours after its end a frame is read for the last time.
    world.pass(TimeDelta::hours(4));
    world.set(0, "2026-11-20T10:00:00Z", 0, 11);
    let (new, state) = world.all(kept(&state));
    assert_eq!(shown(&new), ["app-00000 10h comp +1 = 11"]);
    world.pass(TimeDelta::minutes(30));
    let (_, state) = world.all(kept(&state));
    assert_eq!(state.settled(), time("2026-11-20T11:00:00Z"));
    world.set(0, "2026-11-20T10:00:00Z", 0, 50);
    let (new, _) = world.all(kept(&state));
    assert_eq!(shown(&new), [""; 0]);
}

/// A project that is in no list any more keeps what it used.
#[test]
fn deleted_projects_are_not_corrected() {
    let world = World::new(2, 9);
    world.set(0, "2026-11-20T10:00:00Z", 0, 5);
    world.set(1, "2026-11-20T10:00:00Z", 0, 6);
    let (_, state) = world.all(state());
    world.model.lock().unwrap().projects.remove(0);
    world.set(1, "2026-11-20T10:00:00Z", 0, 7);
    let (new, _) = world.all(state);
    assert_eq!(shown(&new), ["app-00001 10h comp +1 = 7"]);
}

/// A poll asks only for what may have changed, and a state from its middle continues it.
#[test]
fn a_poll_asks_for_little() {
    let world = World::new(4, 2);
    for project in 0..4 {
        world.set(project, "2026-11-20T10:00:00Z", 0, 1);
    }
    let mut poll = world.poll(state());
    let middle = paused(async {
        for _ in 0..3 {
            poll.try_next().await.unwrap().unwrap();
        }
        kept(poll.state())
    });
    assert!(middle.is_partial());
    let (new, state) = world.all(middle);
    assert_eq!(shown(&new), ["app-00003 10h comp +1 = 1"]);
    assert!(!state.is_partial());
    world.pass(TimeDelta::hours(9));
    let (_, state) = world.all(state);
    world.pass(TimeDelta::minutes(15));
    let _ = world.all(state);
    let asked = world.server.seen().into_iter().map(|seen| {
        let query = Query::of(&seen);
        let after = query
            .all("cursor")
            .first()
            .map_or("", |id| &id[8..])
            .to_owned();
        (
            query.one("from")[11..13].to_owned(),
            query.one("to")[11..13].to_owned(),
            after,
        )
    });
    let expected = [
        ("10", "11", ""),
        ("10", "11", "1"), // then the process ended
        ("10", "11", "1"),
        ("10", "11", "3"),
        ("10", "20", ""),
        ("10", "20", "1"),
        ("10", "20", "3"),
        ("13", "20", ""),
        ("13", "20", "1"),
        ("13", "20", "3"),
    ];
    let expected = expected.map(|(from, to, after)| (from.into(), to.into(), after.into()));
    assert_eq!(asked.collect::<Vec<(String, String, String)>>(), expected);
}

#[test]
fn a_pause_that_is_too_long_is_not_passed_over() {
    let world = World::new(1, 9);
    let (_, mut state) = world.all(state());
    world.pass(TimeDelta::days(8));
    let sent = world.server.total();
    let mut poll = world.poll(state.clone());
    let error = paused(poll.try_next()).unwrap_err();
    assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    let first = "the hourly frames before 2026-11-21T12:00:00Z can be read no more";
    assert!(error.to_string().contains(first), "{error}");
    assert_eq!(world.server.total(), sent);
    assert!(paused(poll.try_next()).unwrap().is_none());

    state.skip_to(time("2026-11-21T12:00:00Z")).unwrap();
    world.set(0, "2026-11-21T11:00:00Z", 0, 1);
    world.set(0, "2026-11-21T12:00:00Z", 0, 2);
    let (new, _) = world.all(state);
    assert_eq!(shown(&new), ["app-00000 12h comp +2 = 2"]);
}

/// However late frames are to settle, the next poll is in time.
#[test]
fn settling_ends_in_time() {
    let world = World::new(1, 9);
    let mut state = state().settle_after(Duration::MAX);
    for _ in 0..20 {
        state = world.all(kept(&state)).1;
        world.pass(TimeDelta::hours(12));
    }
    assert!(world.now() - state.settled() < TimeDelta::hours(120));
}

#[test]
fn states_are_checked() {
    let refused = |state: Result<DeltaState, Error>| {
        let error = state.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error}");
        error.to_string()
    };
    let since = time(START);
    let none: [&str; 0] = [];
    assert!(refused(DeltaState::new("My Org", Hourly, METRICS, since)).contains("organization"));
    assert!(refused(DeltaState::new(ORG, Hourly, none, since)).contains("metrics"));
    let unknown = DeltaState::new(ORG, "weekly".into(), METRICS, since);
    assert!(refused(unknown).contains("granularity"));
    // Nothing has begun that is to be read.
    let world = World::new(1, 9);
    let later = DeltaState::new(ORG, Hourly, METRICS, since + TimeDelta::hours(2)).unwrap();
    assert_eq!(world.all(later.clone()), (Vec::new(), later.clone()));
    let other = serde_json::to_string(&later)
        .unwrap()
        .replace(r#""version":1"#, r#""version":9"#);
    world.pass(TimeDelta::hours(3));
    let mut poll = world.poll(serde_json::from_str(&other).unwrap());
    refused(paused(poll.try_next()).map(|_| later));
    assert_eq!(world.server.total(), 0);
}

/// The plan has no consumption history: one request, and the end.
#[test]
fn a_poll_ends_without_a_plan() {
    let server = Server::new(|_, _| {
        let body = r#"{"code":"","message":"included with Scale plans and above"}"#;
        crate::support::Step::Response(403, Vec::new(), body.to_owned())
    });
    let neon: Neon = server.client();
    let mut poll = neon
        .fleet()
        .consumption_deltas(state())
        .as_of(time(START) + TimeDelta::hours(1));
    let error = paused(poll.try_next()).unwrap_err();
    assert!(error.is_missing_from_plan() && error.is_auth(), "{error}");
    assert!(
        error
            .to_string()
            .contains("the plan has no consumption history"),
        "{error}"
    );
    assert!(paused(poll.try_next()).unwrap().is_none());
    assert_eq!(server.total(), 1);
    // A key without access is something else.
    let server = Server::new(|_, _| status(403));
    let mut poll = server.client().fleet().consumption_deltas(state());
    let error = paused(poll.try_next()).unwrap_err();
    assert!(!error.is_missing_from_plan() && error.is_auth(), "{error}");
}
