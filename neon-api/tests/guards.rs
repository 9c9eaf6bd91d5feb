//! Guard rails: calls that a client holds back, raw and ergonomic ones alike, before anything is
//! sent or waited for. Which operations they hold back is tested beside the guards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::TryStreamExt;
use neon_api::ids::{BranchId, ProjectId};
use neon_api::raw::Route;
use neon_api::raw::transport::BoxFuture;
use neon_api::{BlockReason, Error, Limiter, Neon, NeonBuilder};
use serde_json::json;
use support::{
    BRANCH, PROJECT, Server, branch_id, call, from, handle, ms, operation, operation_id,
    operations, project_id, success,
};
use tokio::time::timeout;

const METHODS: [&str; 4] = ["POST", "PATCH", "PUT", "DELETE"];

/// Counts the permits that are asked for.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Limiter for Counted {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {})
    }
}

struct Guarded {
    server: Server,
    permits: Arc<Counted>,
    neon: Neon,
}

impl Guarded {
    fn new(change: impl FnOnce(NeonBuilder) -> NeonBuilder) -> Self {
        let server = Server::new(|seen, _| match seen.operation {
            "listProjectOperations" => operations(&[operation(&operation_id(1), "finished")]),
            _ => success(seen),
        });
        let permits = Arc::new(Counted::default());
        let builder = server.builder().limiter(Arc::clone(&permits));
        let neon = change(builder).build().unwrap();
        Self {
            server,
            permits,
            neon,
        }
    }

    /// Neither requests nor permits.
    fn counts(&self) -> (usize, usize) {
        (self.server.total(), self.permits.0.load(Ordering::SeqCst))
    }
}

fn reason(error: &Error) -> &BlockReason {
    assert!(error.is_blocked());
    assert!(!error.outcome_unknown() && !error.is_retryable() && !error.is_auth());
    assert_eq!((error.attempts(), error.request_id()), (0, None));
    match error {
        Error::Blocked(call) => call.reason(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_only_client_sends_and_waits_for_nothing_else() {
    for is_derived in [false, true] {
        let (guarded, neon) = if is_derived {
            let guarded = Guarded::new(|builder| builder);
            let neon = guarded.neon.read_only();
            (guarded, neon)
        } else {
            let guarded = Guarded::new(NeonBuilder::read_only);
            let neon = guarded.neon.clone();
            (guarded, neon)
        };
        for method in METHODS {
            let error = call(&neon, method).await.unwrap_err();
            assert_eq!(*reason(&error), BlockReason::ReadOnly);
            assert!(error.to_string().contains("read-only"), "{error}");
        }
        let project = neon.project(project_id());
        let errors = [
            neon.projects().create("app").await.unwrap_err(),
            project.delete().await.unwrap_err(),
            project.branches().create("x").await.unwrap_err(),
            project.branch(branch_id()).delete().await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(*reason(error), BlockReason::ReadOnly);
        }
        assert_eq!(errors[0].route().unwrap().id, "createProject");
        assert_eq!(guarded.counts(), (0, 0));
        // Reads, lists and waits go on; so does reading by POST.
        call(&neon, "GET").await.unwrap();
        let branches: Vec<_> = project.branches().list().try_collect().await.unwrap();
        assert!(branches.is_empty());
        neon.wait(handle([1])).await.unwrap();
        let query = from(json!({}));
        let (id, branch) = (project_id(), branch_id());
        let _ = neon
            .raw()
            .query_project_branch_logs(&id, &branch, &query)
            .await;
        assert_eq!(guarded.server.count("queryProjectBranchLogs"), 1);
        assert_eq!(guarded.counts(), (4, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn raw_errors_hold_the_reason_as_their_source() {
    let guarded = Guarded::new(NeonBuilder::read_only);
    let raw = guarded.neon.raw();
    let error = raw.delete_project(&project_id()).await.unwrap_err();
    let neon_api::raw::Error::Transport(failed) = &error else {
        panic!("{error:?}")
    };
    let source = std::error::Error::source(&***failed).unwrap();
    let blocked = source.downcast_ref::<neon_api::Blocked>().unwrap();
    assert_eq!(*blocked.reason(), BlockReason::ReadOnly);
    assert_eq!(blocked.route().id, "deleteProject");
    assert!(error.to_string().contains("read-only"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_derived_client_adds_guards_and_keeps_those_of_its_parent() {
    let guarded = Guarded::new(NeonBuilder::read_only);
    let other = ProjectId::new("p-2").unwrap();
    for neon in [
        guarded.neon.dry_run(),
        guarded.neon.only_projects([project_id()]),
        guarded.neon.protect(&other).background(),
        guarded
            .neon
            .with_call_timeout(ms(1000))
            .with_request_id("a"),
        guarded.neon.clone(),
    ] {
        let error = call(&neon, "POST").await.unwrap_err();
        assert_eq!(*reason(&error), BlockReason::ReadOnly);
    }
    assert_eq!(guarded.counts(), (0, 0));
    // The parent of a guarded client is as it was.
    let guarded = Guarded::new(|builder| builder);
    let bounded = guarded.neon.only_projects([project_id(), other.clone()]);
    let narrower = bounded.only_projects([&other]);
    call(&bounded, "POST").await.unwrap();
    let error = call(&narrower, "POST").await.unwrap_err();
    assert_eq!(
        *reason(&error),
        BlockReason::OtherProject(PROJECT.to_owned())
    );
    call(&guarded.neon, "POST").await.unwrap();
    assert_eq!(guarded.counts(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_what_it_would_send_and_no_values() {
    let guarded = Guarded::new(NeonBuilder::dry_run);
    let branches = guarded.neon.project(project_id()).branches();
    let create = branches.create("the-name").with_compute().protected(true);
    let error = create.await.unwrap_err();
    let BlockReason::DryRun(request) = reason(&error) else {
        panic!("{error:?}")
    };
    assert_eq!(request.method(), "POST");
    assert_eq!(request.path(), format!("/projects/{PROJECT}/branches"));
    let fields = ["branch.name", "branch.protected", "endpoints[].type"];
    assert_eq!(request.fields(), fields);
    let expected = format!(
        "createProjectBranch: not sent, because this is a dry run: \
         POST /projects/{PROJECT}/branches with branch.name, branch.protected, endpoints[].type"
    );
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("the-name"), "{error:?}");
    assert_eq!(guarded.counts(), (0, 0));
    call(&guarded.neon, "GET").await.unwrap();
    assert_eq!(guarded.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_of_some_projects_reaches_no_other() {
    let guarded = Guarded::new(|builder| builder.only_projects([project_id()]));
    let neon = &guarded.neon;
    let other = ProjectId::new("p-2").unwrap();
    let error = neon.project(&other).get().await.unwrap_err();
    assert_eq!(*reason(&error), BlockReason::OtherProject("p-2".to_owned()));
    assert!(error.to_string().contains("project p-2"), "{error}");
    let list = neon.project(&other).branches().list();
    let error = list.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(*reason(&error), BlockReason::OtherProject("p-2".to_owned()));
    let error = neon.projects().create("app").await.unwrap_err();
    assert_eq!(*reason(&error), BlockReason::NoProject);
    let list = neon.projects().list();
    let error = list.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(*reason(&error), BlockReason::NoProject);
    assert_eq!(guarded.counts(), (0, 0));
    for method in ["GET", "POST", "PATCH", "PUT", "DELETE"] {
        call(neon, method).await.unwrap();
    }
    neon.wait(handle([1])).await.unwrap();
    assert_eq!(guarded.counts(), (6, 6));
}

#[tokio::test(start_paused = true)]
async fn it_may_not_poll_other_projects_and_does_not_spoil_the_waits_of_others() {
    let server = Server::new(|seen, _| {
        let is_running = seen.at < ms(3000);
        let status = if is_running { "running" } else { "finished" };
        operations(&[operation(&operation_id(1), status)])
    });
    let neon = server.client();
    let bounded = neon.only_projects([ProjectId::new("p-2").unwrap()]);
    let error = bounded.wait(handle([1])).await.unwrap_err();
    assert!(error.is_refused() && !error.is_timeout());
    let error = Error::from(error);
    assert!(error.is_blocked(), "{error}");
    let blocked = error.blocked().unwrap();
    assert_eq!(
        *blocked.reason(),
        BlockReason::OtherProject(PROJECT.to_owned())
    );
    assert_eq!(server.total(), 0);
    let wait = tokio::spawn(neon.wait(handle([1])).into_future());
    for _ in 0..30 {
        tokio::time::sleep(ms(50)).await;
        assert!(bounded.wait(handle([1])).await.unwrap_err().is_refused());
    }
    timeout(ms(10_000), wait).await.unwrap().unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_stays() {
    let guarded = Guarded::new(|builder| builder);
    let project = guarded.neon.project(project_id());
    for (neon, shown) in [
        (guarded.neon.protect(&project), format!("project {PROJECT}")),
        (
            guarded.neon.protect(project_id()),
            format!("project {PROJECT}"),
        ),
        (
            guarded.neon.protect(&project.branch(branch_id())),
            format!("branch {BRANCH}"),
        ),
        (
            guarded.neon.protect(branch_id()),
            format!("branch {BRANCH}"),
        ),
    ] {
        for method in ["PATCH", "PUT", "DELETE"] {
            let error = call(&neon, method).await.unwrap_err();
            assert!(matches!(reason(&error), BlockReason::Protected(_)));
            let expected = format!("not sent, because {shown} is protected in this client");
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
        let project = neon.project(project_id());
        reason(&project.delete().await.unwrap_err());
        reason(&project.branch(branch_id()).delete().await.unwrap_err());
        assert_eq!(guarded.counts(), (0, 0), "{shown}");
    }
    // Reads and additions pass, and so do changes of other branches.
    let neon = guarded.neon.protect(&project.branch(branch_id()));
    call(&neon, "GET").await.unwrap();
    call(&neon, "POST").await.unwrap();
    let other = BranchId::new("br-other").unwrap();
    let _ = neon.project(project_id()).branch(other).delete().await;
    assert_eq!(guarded.server.count("deleteProjectBranch"), 1);
    assert_eq!(guarded.counts(), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn guards_hold_behind_any_base_url() {
    for base in [
        "http://host",
        "http://host/api/v2/",
        "http://host/projects/p-2/v2",
    ] {
        let guarded = Guarded::new(|builder| builder.base_url(base));
        let neon = guarded.neon.only_projects([project_id()]);
        call(&neon, "POST").await.unwrap();
        let neon = neon.protect(project_id()).dry_run();
        reason(&call(&neon, "DELETE").await.unwrap_err());
        let error = call(&neon, "POST").await.unwrap_err();
        let BlockReason::DryRun(request) = reason(&error) else {
            panic!("{error:?}")
        };
        let path = format!("/projects/{PROJECT}/branches/{BRANCH}/databases");
        assert_eq!(request.path(), path);
        assert_eq!(guarded.counts(), (1, 1));
    }
}

/// A guard rail around what is no ID would protect nothing.
#[tokio::test(start_paused = true)]
async fn what_is_no_id_cannot_be_protected() {
    let server = Server::steps(vec![]);
    let neon = server.client();
    let project = neon.project(project_id());
    let wrong = project.branch("preview/pr-1");
    let careful = neon.protect(&wrong);
    let error = careful.project(project_id()).delete().await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
    for builder in [
        server.builder().protect(&wrong),
        server.builder().only_projects(["My Project"]),
        server.builder().project("My Project"),
        server.builder().org("My Org"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
    }
    // If a setting is given twice, the last one wins.
    server
        .builder()
        .org("My Org")
        .org("org-ocean-art-12345678")
        .build()
        .unwrap();
    assert_eq!(server.total(), 0);
}
