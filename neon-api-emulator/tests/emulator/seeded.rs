//! State put there, and looked at, without requests.

use std::time::Duration;

use neon_api_emulator::{Emulator, Fault, RateLimit, SeedError};
use neon_api_raw::ids::{BranchId, ProjectId};
use serde_json::json;

use crate::support::{Api, each, text};

#[tokio::test]
async fn what_is_seeded_is_seen() {
    let emulator = Emulator::builder()
        .api_key("napi_only")
        .rate_limit(RateLimit::PerMinute(1))
        .rate_limit_burst(1)
        .operation_latency(Duration::from_secs(9)..=Duration::from_secs(9))
        .build();
    emulator.faults().inject(Fault::status(500).always());
    let (project, branch) = emulator
        .seed(|seed| {
            let project = seed.project("app")?.project.id;
            let branch = seed.branch(&project, "dev")?.branch.id;
            seed.endpoint(&project, &branch)?;
            seed.role(&project, &branch, "writer")?;
            seed.database(&project, &branch, "shop", "writer")?;
            Ok::<_, SeedError>((project, branch))
        })
        .unwrap();

    let state = emulator.state();
    let projects = state.projects();
    assert_eq!(projects.len(), 1);
    assert_eq!(
        (projects[0].name.as_str(), &projects[0].id),
        ("app", &project)
    );
    assert_eq!(state.project(&project).unwrap().name, "app");
    assert_eq!(state.branches(&project).len(), 2);
    let dev = state.branch_named(&project, "dev").unwrap();
    assert_eq!((&dev.id, dev.current_state.as_str()), (&branch, "ready"));
    let endpoints = state.endpoints(&project);
    assert_eq!(endpoints.len(), 2);
    assert!(
        endpoints
            .iter()
            .all(|e| e.current_state.as_str() == "active")
    );
    let roles = state.roles(&project, &branch);
    assert!(roles.iter().any(|role| role.name == "writer"));
    let databases = state.databases(&project, &branch);
    let shop = databases.iter().find(|d| d.name == "shop").unwrap();
    assert_eq!(shop.owner_name, "writer");
    let operations = state.operations(&project);
    assert!(operations.len() >= 6);
    assert!(operations.iter().all(|o| o.status.as_str() == "finished"));

    assert_eq!(emulator.total_requests(), 0);
    assert_eq!(emulator.faults().remaining(), 1);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let emulator = Emulator::default();
    let wrong = emulator.seed(|seed| {
        let project = seed.project("app").unwrap().project.id;
        seed.branch(&project, "dev").unwrap();
        [
            seed.branch(&project, "dev").unwrap_err(),
            seed.call("createProject", &[], json!({ "project": { "name": 7 } }))
                .unwrap_err(),
            seed.call("getProject", &[("project_id", "none")], json!(null))
                .unwrap_err(),
            seed.call("never", &[], json!(null)).unwrap_err(),
        ]
    });
    let statuses: Vec<u16> = wrong.iter().map(|error| error.status).collect();
    assert_eq!(statuses, [409, 400, 404, 404]);
    let told = wrong[1].to_string();
    assert_eq!(
        told,
        "createProject was rejected with status 400: project.name: must be a string"
    );
    let nowhere = ProjectId::new("none").unwrap();
    assert!(emulator.state().project(&nowhere).is_none());
    assert!(emulator.state().branches(&nowhere).is_empty());
}

/// Whole lists, not their first pages.
#[tokio::test]
async fn long_lists_are_seen_whole() {
    let emulator = Emulator::default();
    let project = emulator.seed(|seed| {
        let first = seed.project("p").unwrap().project.id;
        for number in 0..450 {
            seed.project(&format!("p{number}")).unwrap();
        }
        for number in 0..1200 {
            seed.branch(&first, &format!("b{number}")).unwrap();
        }
        first
    });
    let state = emulator.state();
    assert_eq!(state.projects().len(), 451);
    assert_eq!(state.branches(&project).len(), 1201);
    assert_eq!(state.operations(&project).len(), 1202);
}

/// Whoever belongs to what, and whatever keys must name.
#[tokio::test]
async fn everything_is_seen_and_can_be_seeded() {
    let builder = Emulator::builder().org_id_required(true);
    let builder = builder.operation_latency(crate::support::NONE);
    let emulator = builder.user("friend@example.com", "napi_friend").build();
    let friend = Api::of(emulator.clone()).with_key("napi_friend");
    let found = friend.get("/users/me/organizations").await.expect(200);
    let org = text(&found, "/organizations/0/id");
    let body = json!({ "project": { "name": "theirs", "org_id": org } });
    friend.post("/projects", body).await.expect(201);

    let made = emulator.seed(|seed| seed.project("own")).unwrap();
    let state = emulator.state();
    let names: Vec<String> = state.projects().into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["own", "theirs"]);
    let theirs = &state.projects()[1].id;
    assert_eq!(state.project(theirs).unwrap().name, "theirs");
    assert_eq!(state.branches(theirs).len(), 1);
    assert_eq!(state.endpoints(theirs).len(), 1);
    let seeded = emulator.seed(|seed| {
        seed.branch(theirs, "dev").unwrap();
        let body = json!({ "project": { "name": "more", "org_id": org } });
        seed.call("createProject", &[], body).unwrap();
        let limit = json!({ "spending_limit_cents": 500 });
        seed.call("setOrganizationSpendingLimit", &[("org_id", org)], limit)
    });
    assert_eq!(seeded.unwrap()["spending_limit_cents"], 500);
    let all = friend
        .get(&format!("/projects?org_id={org}"))
        .await
        .expect(200);
    assert_eq!(each(&all["projects"], "name"), ["more", "theirs"]);
    let others = emulator.seed(|seed| {
        let nowhere = [("org_id", "org-no-where-1")];
        seed.call("getOrganizationMembers", &nowhere, json!(null))
    });
    assert_eq!(others.unwrap_err().status, 404);

    // Who asks with a key sees what they may.
    let own = Api::of(emulator);
    own.get("/projects")
        .await
        .refused(400, "org_id is required");
    let theirs = format!("/projects/{}", theirs.as_str());
    own.get(&theirs).await.refused(404, "project not found");
    friend
        .get(&format!("/projects/{}", made.project.id.as_str()))
        .await
        .refused(404, "project not found");
}

/// While operations run, requests are locked out, seeds are not: what they start is finished.
#[tokio::test(start_paused = true)]
async fn seeding_does_not_wait_for_operations() {
    let api = Api::with_latency(Duration::from_secs(9));
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let roles = format!("{path}/branches/{branch}/roles");
    let role = json!({ "role": { "name": "late" } });
    let id = text(&project, "/project/id");
    let (id, branch) = (ProjectId::new(id).unwrap(), BranchId::new(branch).unwrap());
    let seeded = api.emulator.seed(|seed| seed.role(&id, &branch, "early"));
    assert_eq!(seeded.unwrap().name, "early");
    let operations = api.emulator.state().operations(&id);
    let operations: Vec<_> = operations
        .iter()
        .map(|o| (o.action.as_str(), o.status.as_str()))
        .collect();
    assert_eq!(
        operations,
        [
            ("apply_config", "finished"),
            ("start_compute", "scheduling"),
            ("create_timeline", "running"),
        ]
    );
    assert_eq!(api.post(&roles, role).await.status, 423);
}
