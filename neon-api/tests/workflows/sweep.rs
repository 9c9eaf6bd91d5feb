//! Leftover branches.

use std::collections::BTreeMap;
use std::sync::Mutex;

use neon_api::Error;
use neon_api::chrono::{TimeDelta, Utc};
use neon_api::ids::BranchId;
use neon_api::projects::ProjectHandle;
use neon_api::workflows::{Fate, KeepReason, OWNER, SweepPlan, SweepReport};
use neon_api_emulator::{Emulator, Fault};
use serde_json::json;

use crate::checkpoint::Full;
use crate::{DAY, sent, world_of};

/// A project whose branches are ten days old.
pub(crate) fn old_world() -> (Emulator, ProjectHandle) {
    world_of(Emulator::builder().start_time(Utc::now() - TimeDelta::days(10)))
}

/// A branch with an owner mark or without.
pub(crate) fn branch(
    emulator: &Emulator,
    project: &ProjectHandle,
    name: &str,
    owner: Option<&str>,
    parent: Option<&BranchId>,
) -> BranchId {
    let mut body = json!({ "branch": { "name": name } });
    if let Some(owner) = owner {
        body["annotation_value"] = json!({ OWNER: owner });
    }
    if let Some(parent) = parent {
        body["branch"]["parent_id"] = json!(parent);
    }
    let parameters = [("project_id", project.id().as_str())];
    let made = emulator.seed(|seed| seed.call("createProjectBranch", &parameters, body));
    serde_json::from_value(made.unwrap()["branch"]["id"].clone()).unwrap()
}

fn change(
    emulator: &Emulator,
    project: &ProjectHandle,
    branch: &BranchId,
    change: &serde_json::Value,
) {
    let parameters = [
        ("project_id", project.id().as_str()),
        ("branch_id", branch.as_str()),
    ];
    let body = json!({ "branch": change });
    emulator
        .seed(|seed| seed.call("updateProjectBranch", &parameters, body))
        .unwrap();
}

fn fates(plan: &SweepPlan) -> BTreeMap<&str, &Fate> {
    let branches = plan.branches().iter();
    branches
        .map(|branch| (branch.name.as_str(), &branch.fate))
        .collect()
}

pub(crate) fn names(emulator: &Emulator, project: &ProjectHandle) -> Vec<String> {
    let mut names: Vec<_> = emulator
        .state()
        .branches(project.id())
        .into_iter()
        .map(|b| b.name)
        .collect();
    names.sort();
    names
}

fn kept(reason: KeepReason) -> Fate {
    Fate::Kept(reason)
}

#[tokio::test(start_paused = true)]
async fn only_branches_of_the_owner_go_and_never_default_protected_or_needed_ones() {
    let (emulator, project) = old_world();
    let one = branch(&emulator, &project, "one", Some("ci"), None);
    branch(&emulator, &project, "below one", Some("ci"), Some(&one));
    branch(&emulator, &project, "of another", Some("me"), None);
    branch(&emulator, &project, "unmarked", None, None);
    let safe = branch(&emulator, &project, "safe", Some("ci"), None);
    change(&emulator, &project, &safe, &json!({ "protected": true }));
    let needed = branch(&emulator, &project, "needed", Some("ci"), None);
    let child = branch(&emulator, &project, "child", Some("me"), Some(&needed));

    let plan = project.sweep().owner("ci").plan().await.unwrap();
    let all = fates(&plan);
    assert_eq!(all["main"], &kept(KeepReason::Default));
    assert_eq!(all["one"], &Fate::Delete);
    assert_eq!(all["below one"], &Fate::Delete);
    assert_eq!(all["of another"], &kept(KeepReason::Unmatched));
    assert_eq!(all["unmarked"], &kept(KeepReason::Unmatched));
    assert_eq!(all["safe"], &kept(KeepReason::Protected));
    assert_eq!(all["needed"], &kept(KeepReason::HasChild(child)));
    let order: Vec<_> = plan
        .to_delete()
        .map(|branch| branch.name.as_str())
        .collect();
    assert_eq!(order, ["below one", "one"]);
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 0);

    let kept_as_json = serde_json::to_string(&plan).unwrap();
    let plan: SweepPlan = serde_json::from_str(&kept_as_json).unwrap();
    let report = project.run_sweep(plan).await.unwrap();
    assert_eq!(report.deleted().count(), 2);
    assert_eq!(report.kept().count(), 6);
    report.check().unwrap();
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 2);
    assert_eq!(
        names(&emulator, &project),
        ["child", "main", "needed", "of another", "safe", "unmarked"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_printed_as_a_tree_in_lines() {
    let (emulator, project) = old_world();
    let a = branch(&emulator, &project, "a", Some("ci"), None);
    branch(&emulator, &project, "a1", Some("ci"), Some(&a));
    branch(&emulator, &project, "a2\u{1b}[31m\nx", None, Some(&a));
    branch(&emulator, &project, "b", Some("ci"), None);
    let plan = project.sweep().owner("ci").plan().await.unwrap();
    let mut tree = plan.to_string();
    for planned in plan.branches() {
        tree = tree.replace(planned.id.as_str(), "ID");
    }
    let expected = [
        &format!("{}: 2 to delete, 0 deleted, 3 kept", project.id()),
        "└─ main (ID): kept, the default branch",
        "   ├─ a (ID): kept, has a child that is kept: ID",
        "   │  ├─ a1 (ID): delete",
        "   │  └─ a2 [31m x (ID): kept, not a match",
        "   └─ b (ID): delete",
    ];
    assert_eq!(tree, expected.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn unmarked_branches_are_found_by_name_and_age() {
    let (emulator, project) = old_world();
    branch(&emulator, &project, "preview/1", None, None);
    branch(&emulator, &project, "previews", None, None);
    tokio::time::advance(9 * DAY).await;
    branch(&emulator, &project, "preview/2", None, None);
    let sweep = || project.sweep().name_prefix("preview/");
    let report = sweep().older_than(5 * DAY).await.unwrap();
    let deleted: Vec<_> = report
        .deleted()
        .map(|branch| branch.name.as_str())
        .collect();
    assert_eq!(deleted, ["preview/1"]);
    assert_eq!(
        names(&emulator, &project),
        ["main", "preview/2", "previews"]
    );

    for refused in [
        project.sweep(),
        sweep(),
        project.sweep().older_than(DAY).idle_for(DAY),
        project.sweep().name_prefix("").older_than(DAY),
        project.sweep().owner(""),
    ] {
        let requests = emulator.total_requests();
        let planned = refused.clone().plan().await.map(drop);
        for outcome in [planned, refused.await.map(drop)] {
            assert!(
                matches!(outcome, Err(Error::InvalidInput(_))),
                "{outcome:?}"
            );
        }
        assert_eq!(emulator.total_requests(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn branches_whose_computes_are_used_stay() {
    let (emulator, project) = old_world();
    let idle = branch(&emulator, &project, "idle", Some("ci"), None);
    let active = branch(&emulator, &project, "active", Some("ci"), None);
    branch(&emulator, &project, "without a compute", Some("ci"), None);
    let endpoint = emulator.seed(|seed| {
        seed.endpoint(project.id(), &active).unwrap();
        seed.endpoint(project.id(), &idle).unwrap()
    });
    project.endpoint(&endpoint).suspend().ready().await.unwrap();
    let sweep = || project.sweep().owner("ci").idle_for(DAY);
    let plan = sweep().plan().await.unwrap();
    assert_eq!(fates(&plan)["idle"], &Fate::Delete);
    assert_eq!(fates(&plan)["active"], &kept(KeepReason::Unmatched));
    // It is used again before its turn comes.
    project.endpoint(&endpoint).start().ready().await.unwrap();
    let report = project.run_sweep(plan).await.unwrap();
    assert_eq!(fates(report.plan())["idle"], &kept(KeepReason::Changed));
    assert_eq!(fates(report.plan())["without a compute"], &Fate::Deleted);
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 1);
}

#[tokio::test(start_paused = true)]
async fn each_branch_is_checked_again_before_its_deletion() {
    let (emulator, project) = old_world();
    let ids = ["protected", "default", "renamed", "gone", "parent", "plain"]
        .map(|name| branch(&emulator, &project, &format!("ci/{name}"), None, None));
    let sweep = project.sweep().name_prefix("ci/").older_than(DAY);
    let plan = sweep.plan().await.unwrap();
    assert_eq!(plan.to_delete().count(), 6);
    change(&emulator, &project, &ids[0], &json!({ "protected": true }));
    project.branch(&ids[1]).set_default().ready().await.unwrap();
    change(&emulator, &project, &ids[2], &json!({ "name": "mine now" }));
    project.branch(&ids[3]).delete().ready().await.unwrap();
    branch(&emulator, &project, "new child", None, Some(&ids[4]));
    emulator.clear_requests();
    let report = project.run_sweep(plan).await.unwrap();
    let all = fates(report.plan());
    assert_eq!(all["ci/protected"], &kept(KeepReason::Protected));
    assert_eq!(all["ci/default"], &kept(KeepReason::Default));
    assert_eq!(all["ci/renamed"], &kept(KeepReason::Changed));
    assert_eq!(all["ci/gone"], &kept(KeepReason::Gone));
    assert!(
        matches!(all["ci/parent"], Fate::Kept(KeepReason::Refused(_))),
        "{all:?}"
    );
    assert_eq!(all["ci/plain"], &Fate::Deleted);
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 2);
    assert_eq!(sent(&emulator, "getProjectBranch"), 6);
}

/// Sweeps a chain of three branches.
async fn chain(faults: impl IntoIterator<Item = Fault>) -> (Emulator, SweepReport) {
    let (emulator, project) = old_world();
    let top = branch(&emulator, &project, "top", Some("ci"), None);
    let middle = branch(&emulator, &project, "middle", Some("ci"), Some(&top));
    branch(&emulator, &project, "bottom", Some("ci"), Some(&middle));
    faults
        .into_iter()
        .for_each(|fault| emulator.faults().inject(fault));
    let report = project.sweep().owner("ci").await.unwrap();
    (emulator, report)
}

#[tokio::test(start_paused = true)]
async fn lost_responses_locks_and_limits_are_overcome() {
    let on = |fault: Fault| fault.on("deleteProjectBranch");
    for fault in [
        Fault::reset(),
        Fault::reset().after_effect(),
        Fault::status(429),
        Fault::status(423),
        Fault::proxy_page(502).after_effect(),
    ] {
        let (emulator, report) = chain([on(fault)]).await;
        assert_eq!(report.deleted().count(), 3, "{report}");
        assert_eq!(sent(&emulator, "deleteProjectBranch"), 4);
        report.check().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn parents_of_what_is_refused_stay_and_a_sweep_that_is_not_allowed_ends() {
    let (emulator, report) = chain([Fault::status(422).on("deleteProjectBranch")]).await;
    let all = fates(report.plan());
    assert!(matches!(all["bottom"], Fate::Kept(KeepReason::Refused(_))));
    assert!(matches!(all["middle"], Fate::Kept(KeepReason::HasChild(_))));
    assert!(matches!(all["top"], Fate::Kept(KeepReason::HasChild(_))));
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 1);
    report.check().unwrap();

    // What the server repeats of a request is not kept.
    let body = json!({ "code": "", "message": "not with password=npg_Abc123Def456" });
    let refusal = Fault::status(422).json(&body).on("deleteProjectBranch");
    let (_, report) = chain([refusal]).await;
    let kept = serde_json::to_string(report.plan()).unwrap();
    assert!(kept.contains("422") && !kept.contains("npg_"), "{kept}");

    let (emulator, report) = chain([Fault::status(403).on("deleteProjectBranch").after(1)]).await;
    assert_eq!(report.deleted().count(), 1);
    assert!(report.error().unwrap().is_auth());
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 2);
    let project = crate::client(&emulator).project(report.plan().project_id());
    // The plan goes on where it ended.
    let report = project.run_sweep(report.into_plan()).await.unwrap();
    assert_eq!(report.deleted().count(), 3);
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_failed_operation_is_reported() {
    let (emulator, project) = old_world();
    branch(&emulator, &project, "x", Some("ci"), None);
    emulator.faults().fail_next_operation(None, "no storage");
    let report = project.sweep().owner("ci").await.unwrap();
    let all = fates(report.plan());
    assert!(
        matches!(all["x"], Fate::Kept(KeepReason::Failed(_))),
        "{report}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_subtree_is_deleted_as_a_whole_or_not_at_all() {
    let (emulator, project) = old_world();
    let top = branch(&emulator, &project, "top", None, None);
    let left = branch(&emulator, &project, "left", None, Some(&top));
    let right = branch(&emulator, &project, "right", None, Some(&top));
    branch(&emulator, &project, "below left", None, Some(&left));
    branch(&emulator, &project, "beside", None, None);
    change(&emulator, &project, &right, &json!({ "protected": true }));
    let subtree = project.branch(&top).delete_subtree();
    let report = subtree.clone().await.unwrap();
    assert_eq!(report.deleted().count(), 0);
    assert_eq!(
        fates(report.plan())["below left"],
        &kept(KeepReason::PartOf(right.clone()))
    );
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 0);
    change(&emulator, &project, &right, &json!({ "protected": false }));
    assert_eq!(subtree.clone().plan().await.unwrap().to_delete().count(), 4);
    let report = subtree.clone().await.unwrap();
    assert_eq!(report.deleted().count(), 4);
    assert_eq!(names(&emulator, &project), ["beside", "main"]);
    let report = subtree.await.unwrap();
    assert_eq!(
        report.kept().map(|(_, reason)| reason).collect::<Vec<_>>(),
        [&KeepReason::Gone]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_whose_intent_cannot_be_saved() {
    let (emulator, project) = old_world();
    branch(&emulator, &project, "a", Some("ci"), None);
    branch(&emulator, &project, "b", Some("ci"), None);
    for (saves, deletions) in [(0, 0), (1, 1), (2, 1)] {
        emulator.clear_requests();
        let sink = Full(Mutex::new(saves));
        let error = project
            .sweep()
            .owner("ci")
            .checkpoint(sink)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Checkpoint(_)), "{error}");
        assert_eq!(sent(&emulator, "deleteProjectBranch"), deletions);
        branch(&emulator, &project, &format!("c{saves}"), Some("ci"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn plans_of_other_projects_and_versions_are_refused() {
    let (emulator, project) = old_world();
    let plan = project.sweep().owner("ci").plan().await.unwrap();
    let requests = emulator.total_requests();
    let other = project.neon().project("late-frost-12345678");
    let error = other.run_sweep(plan.clone()).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    let mut json = serde_json::to_value(&plan).unwrap();
    json["version"] = json!(2);
    let plan = serde_json::from_value(json).unwrap();
    let error = project.run_sweep(plan).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    assert_eq!(emulator.total_requests(), requests);
}

#[tokio::test(start_paused = true)]
async fn a_guard_rail_ends_a_sweep_before_anything_is_sent() {
    let (emulator, project) = old_world();
    branch(&emulator, &project, "a", Some("ci"), None);
    let guarded = project.neon().read_only().project(project.id());
    let report = guarded.sweep().owner("ci").await.unwrap();
    assert!(report.error().unwrap().is_blocked());
    assert_eq!(sent(&emulator, "deleteProjectBranch"), 0);
}
