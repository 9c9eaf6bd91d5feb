//! The step of a snapshot scheduler: what is due is taken once, what has expired is deleted, and
//! nothing of others.

use std::collections::BTreeSet;
use std::time::Duration;

use neon_api::branches::BranchHandle;
use neon_api::chrono::TimeDelta;
use neon_api::fleet::snapshots::{SnapshotFate, SnapshotPlan, SnapshotReport, SnapshotRule};
use neon_api::{Error, Neon, Unlimited};
use neon_api_emulator::{Builder, Emulator, Fault, Limits};
use serde_json::json;
use tokio::time::advance;

use crate::model::{Time, time};

const START: &str = "2026-11-20T10:20:00Z";
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A project, its default branch, and what time it is.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) branch: BranchHandle,
    pub(crate) begin: tokio::time::Instant,
}

impl World {
    pub(crate) fn new(builder: Builder) -> Self {
        let emulator = builder.start_time(time(START)).build();
        let made = emulator.seed(|seed| seed.project("app")).unwrap();
        let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
        let neon = builder.transport(emulator.transport()).build().unwrap();
        let branch = neon.project(&made.project.id).branch(&made.branch.id);
        let begin = tokio::time::Instant::now();
        Self {
            emulator,
            branch,
            begin,
        }
    }

    pub(crate) fn now(&self) -> Time {
        time(START) + TimeDelta::from_std(self.begin.elapsed()).unwrap()
    }

    pub(crate) async fn step(&self, rule: &SnapshotRule) -> SnapshotReport {
        let step = self.branch.snapshot_step(rule.clone());
        step.as_of(self.now()).await.unwrap()
    }

    /// The names of all snapshots, those of the rule without what they have in common.
    pub(crate) async fn names(&self) -> Vec<String> {
        let project = self.branch.neon().project(self.branch.project_id());
        let mut names: Vec<String> = Vec::new();
        for snapshot in project.snapshots().list().await.unwrap() {
            let branch = format!("/{}/2026-11-", self.branch.id());
            names.push(snapshot.name.replace(&branch, " ").replace(":00Z", ""));
        }
        names.sort();
        names
    }

    async fn take(&self, name: &str) {
        let create = self.branch.snapshots().create().name(name);
        create.ready().await.unwrap();
    }

    fn sent(&self) -> [u64; 3] {
        ["listSnapshots", "createSnapshot", "deleteSnapshot"].map(|id| self.emulator.count(id))
    }
}

fn limited(snapshots: usize) -> Builder {
    let mut limits = Limits::default();
    limits.snapshots = Some(snapshots);
    Emulator::builder().limits(limits)
}

pub(crate) fn hourly() -> SnapshotRule {
    SnapshotRule::new("hourly", HOUR)
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_taken_and_what_has_expired_is_deleted() {
    let world = World::new(Emulator::builder());
    let rule = hourly().offset(HOUR / 4).keep_for(2 * HOUR);
    let plan = world
        .branch
        .snapshot_step(rule.clone())
        .as_of(world.now())
        .plan()
        .await
        .unwrap();
    let name = format!("hourly/{}/2026-11-20T10:15:00Z", world.branch.id());
    let id = (world.branch.id(), world.branch.project_id());
    assert_eq!(
        plan.to_string(),
        format!("{} of {}: 1 action\ntake {name}: planned", id.0, id.1)
    );
    assert_eq!(world.sent(), [1, 0, 0]);

    let report = world.step(&rule).await;
    assert_eq!(report.taken().unwrap().name, name);
    assert_eq!(world.sent(), [2, 1, 0]);
    // Nothing is due: one request.
    let report = world.step(&rule).await;
    assert_eq!(report.plan().actions(), []);
    assert!(report.to_string().ends_with("nothing to do"));
    assert_eq!(world.sent(), [3, 1, 0]);

    for hours in ["11:15", "12:15"] {
        advance(HOUR).await;
        assert!(
            world
                .step(&rule)
                .await
                .taken()
                .unwrap()
                .name
                .contains(hours)
        );
    }
    assert_eq!(world.names().await.len(), 2);
    // No steps for a day: what was missed is not made up for, and the newest one stays.
    advance(24 * HOUR).await;
    let report = world.step(&rule).await;
    assert_eq!(report.deleted().count(), 2);
    assert_eq!(world.names().await, ["hourly 21T12:15"]);
    advance(HOUR * 3).await;
    let fail = Fault::status(422).on("createSnapshot");
    world.emulator.faults().inject(fail);
    let report = world.step(&rule).await;
    let fates: Vec<_> = report.not_done().map(|one| one.fate.clone()).collect();
    assert!(
        matches!(fates[..], [SnapshotFate::Refused(_), SnapshotFate::Newest]),
        "{report}"
    );
    assert_eq!(world.names().await, ["hourly 21T12:15"]);
}

#[tokio::test(start_paused = true)]
async fn snapshots_of_others_are_not_touched() {
    let world = World::new(Emulator::builder());
    let branch = world.branch.id();
    let others = [
        "by hand".to_owned(),
        format!("hourly/{branch}/2026-11-20T09:00:00Z "),
        format!("hourly/{branch}/2026-11-20T09:00:00+00:00"),
        format!("hourly/{branch}/2026-11-20 09:00:00"),
        format!("hourly/{branch}/2026-11-20T9:00:00Z"),
        format!("hourly/{branch}x/2026-11-20T09:00:00Z"),
        format!("hourly-2/{branch}/2026-11-20T09:00:00Z"),
        "hourly/br-other-12345678/2026-11-20T09:00:00Z".to_owned(),
    ];
    for name in &others {
        world.take(name).await;
    }
    let rule = hourly().keep_last(1).keep_for(HOUR);
    for _ in 0..3 {
        world.step(&rule).await.check().unwrap();
        advance(HOUR).await;
    }
    // One that is renamed is kept.
    let project = world.branch.neon().project(world.branch.project_id());
    let own = project.snapshots().list().await.unwrap().pop().unwrap();
    project.snapshot(&own).update().name("kept").await.unwrap();
    for _ in 0..3 {
        world.step(&rule).await.check().unwrap();
        advance(HOUR).await;
    }
    let left: BTreeSet<String> = world.names().await.into_iter().collect();
    assert_eq!(left.len(), others.len() + 2, "{left:?}");
    assert!(left.contains("kept") && left.contains("by hand"));
}

/// Cron jobs of several machines, at the same moment.
#[tokio::test(start_paused = true)]
async fn many_at_once_do_it_once() {
    let world = World::new(Emulator::builder());
    let rule = hourly().keep_last(2);
    for _ in 0..4 {
        let steps = (0..5).map(|_| world.step(&rule));
        let reports = futures::future::join_all(steps).await;
        let taken = reports
            .iter()
            .filter(|report| report.taken().is_some())
            .count();
        assert_eq!(taken, 1, "{reports:?}");
        assert_eq!(
            reports.iter().flat_map(SnapshotReport::not_done).count(),
            0,
            "{reports:?}"
        );
        advance(HOUR).await;
    }
    assert_eq!(world.names().await, ["hourly 20T12:00", "hourly 20T13:00"]);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_the_project_is_kept() {
    // The API has a limit that the rule does not know of.
    let world = World::new(limited(2));
    let rule = hourly().keep_last(2);
    for _ in 0..5 {
        let report = world.step(&rule).await;
        assert!(report.taken().is_some(), "{report}");
        advance(HOUR).await;
    }
    assert_eq!(world.names().await, ["hourly 20T13:00", "hourly 20T14:00"]);

    // The rule knows it: no request is refused.
    let world = World::new(limited(3));
    world.take("by hand").await;
    let rule = hourly().keep_last(2).project_limit(3);
    for _ in 0..5 {
        assert!(world.step(&rule).await.taken().is_some());
        advance(HOUR).await;
    }
    assert_eq!(
        world.names().await,
        ["by hand", "hourly 20T13:00", "hourly 20T14:00"]
    );
    assert_eq!(world.sent()[1], 6);

    // No room, and nothing that may go.
    let world = World::new(limited(1));
    world.take("by hand").await;
    let report = world.step(&hourly().project_limit(1)).await;
    assert_eq!(report.not_done().next().unwrap().fate, SnapshotFate::NoRoom);
    let report = world.step(&hourly()).await;
    assert_eq!(report.not_done().next().unwrap().fate, SnapshotFate::NoRoom);
    assert_eq!(
        (world.names().await, world.sent()[1]),
        (vec!["by hand".to_owned()], 2)
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_one_is_replaced_on_request_only() {
    for (replace, left) in [(false, "hourly 20T10:00"), (true, "hourly 20T12:00")] {
        let world = World::new(limited(1));
        let rule = hourly().keep_last(1).project_limit(1).replace_last(replace);
        for _ in 0..3 {
            world.step(&rule).await.check().unwrap();
            assert_eq!(world.names().await.len(), 1);
            advance(HOUR).await;
        }
        assert_eq!(world.names().await, [left]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_plan_is_checked_again() {
    let world = World::new(Emulator::builder());
    let rule = hourly().keep_last(1);
    world.step(&rule).await.check().unwrap();
    advance(HOUR).await;
    let plan = async || {
        let step = world.branch.snapshot_step(rule.clone()).as_of(world.now());
        let plan = serde_json::to_string(&step.plan().await.unwrap()).unwrap();
        serde_json::from_str::<SnapshotPlan>(&plan).unwrap()
    };
    let run = async |plan| {
        let run = world.branch.run_snapshot_plan(plan).as_of(world.now());
        let report = run.await.unwrap();
        report
            .plan()
            .actions()
            .iter()
            .map(|one| one.fate.clone())
            .collect::<Vec<_>>()
    };
    let kept = plan().await;
    assert_eq!(
        run(kept.clone()).await,
        [SnapshotFate::Done, SnapshotFate::Done]
    );
    assert_eq!(
        run(kept).await,
        [SnapshotFate::Already, SnapshotFate::Already]
    );
    advance(HOUR).await;
    let kept = plan().await;
    advance(HOUR).await;
    assert_eq!(
        run(kept.clone()).await,
        [SnapshotFate::Outdated, SnapshotFate::Newest]
    );
    assert_eq!(world.names().await, ["hourly 20T11:00"]);
    // Of another branch, or of another version.
    let other = world
        .branch
        .neon()
        .project("other")
        .branch("br-other-12345678");
    let error = other.run_snapshot_plan(kept.clone()).await.unwrap_err();
    assert!(
        error.to_string().contains("it is of another branch"),
        "{error}"
    );
    let mut text = serde_json::to_value(&kept).unwrap();
    text["version"] = json!(9);
    let error = world
        .branch
        .run_snapshot_plan(serde_json::from_value(text).unwrap())
        .await;
    assert!(error.unwrap_err().to_string().contains("another version"));
}

#[tokio::test(start_paused = true)]
async fn rules_are_checked_before_anything_is_sent() {
    let world = World::new(Emulator::builder());
    let rule = |mark: &str, seconds| SnapshotRule::new(mark, Duration::from_secs(seconds));
    for (rule, message) in [
        (rule("", 3600), "a mark of 1 to 32"),
        (rule("a/b", 3600), "a mark of 1 to 32"),
        (rule(&"a".repeat(33), 3600), "a mark of 1 to 32"),
        (rule("a", 59), "a period of a minute to a year"),
        (rule("a", u64::MAX), "a period of a minute to a year"),
        (rule("a", 60).offset(HOUR), "an offset that is less"),
        (rule("a", 60).keep_last(0), "at least one snapshot"),
    ] {
        let error = world.branch.snapshot_step(rule).await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    assert_eq!(world.emulator.total_requests(), 0);
}
