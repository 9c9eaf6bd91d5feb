//! Something for each project.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use neon_api::fleet::FleetState;
use neon_api::raw::BoxFuture;
use neon_api::raw::transport::{Exchange, Response};
use neon_api::{Transport, TransportError};
use neon_api_emulator::{Emulator, Fault};

use crate::checkpoint::Sink;
use crate::{client, client_over};

fn world(projects: usize) -> Emulator {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| {
        for number in 0..projects {
            seed.project(&format!("app-{number}")).unwrap();
        }
    });
    emulator
}

/// How often each project was worked on.
#[derive(Clone, Default)]
struct Visits(Arc<Mutex<BTreeMap<String, usize>>>);

impl Visits {
    fn note(&self, name: &str) -> usize {
        let mut visits = self.0.lock().unwrap();
        let count = visits.entry(name.to_owned()).or_default();
        *count += 1;
        *count
    }

    fn total(&self) -> (usize, usize) {
        let visits = self.0.lock().unwrap();
        (visits.len(), visits.values().sum())
    }
}

#[tokio::test(start_paused = true)]
async fn each_project_is_worked_on_once_also_those_that_the_list_lacks() {
    let emulator = world(900);
    // The second page lacks projects each time it is asked for.
    let partial = Fault::partial_list(3).on("listProjects").after(1);
    emulator.faults().inject(partial.times(3));
    let visits = Visits::default();
    let seen = visits.clone();
    let job = client(&emulator).fleet().for_each_project(move |project| {
        let seen = seen.clone();
        async move {
            seen.note(&project.name);
            Ok(project.region.to_string())
        }
    });
    let report = job.await.unwrap();
    assert_eq!(report.done().count(), 900);
    assert_eq!(visits.total(), (900, 900));
    assert!(emulator.count("getProject") > 0);
    let last = report.iter().last().unwrap().0.to_owned();
    let requests = emulator.requests();
    let fetched = requests
        .iter()
        .rev()
        .find(|r| r.operation_id.as_deref() == Some("getProject"));
    assert!(fetched.unwrap().path.ends_with(&last), "they come last");
}

#[tokio::test(start_paused = true)]
async fn failures_that_may_pass_are_tried_again_and_others_are_final() {
    let emulator = world(3);
    let visits = Visits::default();
    let seen = visits.clone();
    let job = client(&emulator).fleet().for_each_project(move |project| {
        let count = seen.note(&project.name);
        async move {
            match (&*project.name, count) {
                ("app-0", 1) => Err(neon_api::Error::Checkpoint(std::io::Error::other("final")))?,
                ("app-1", 1) => Err("postgres://app:npg_secret1234@host/db is wrong")?,
                ("app-2", 1) => {
                    project
                        .project
                        .neon()
                        .with_call_timeout(std::time::Duration::ZERO)
                        .regions()
                        .list()
                        .await?;
                }
                _ => {}
            }
            Ok(count)
        }
    });
    let report = job.await.unwrap();
    let counts: Vec<usize> = visits.0.lock().unwrap().values().copied().collect();
    assert_eq!(counts, [1, 1, 2]);
    assert_eq!(report.failed().count(), 2);
    let (_, own) = report
        .failed()
        .find(|(_, failure)| failure.work_error().is_some())
        .unwrap();
    assert!(!own.is_retryable());
    let text = format!("{report} {report:?}");
    assert!(
        text.contains("is wrong") && !text.contains("npg_secret1234"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_resumed_job_skips_what_is_done_and_works_on_new_projects() {
    let emulator = world(5);
    let sink = Sink::default();
    let work = |visits: &Visits| {
        let visits = visits.clone();
        client(&emulator).fleet().for_each_project(move |project| {
            let count = visits.note(&project.name);
            async move {
                if count == 1 && project.name == "app-3" {
                    Err("no")?
                } else {
                    Ok(count)
                }
            }
        })
    };
    let visits = Visits::default();
    let report = work(&visits).checkpoint(sink.clone()).await.unwrap();
    assert_eq!(report.failed().count(), 1);
    let state: FleetState<usize> = sink.last().unwrap();
    assert_eq!((state.done(), state.begun()), (4, 1));
    emulator.seed(|seed| seed.project("app-9")).unwrap();
    let report = work(&visits).resume(state).await.unwrap();
    assert_eq!(report.check().unwrap().len(), 6);
    assert_eq!(visits.total(), (6, 7));
}

#[tokio::test(start_paused = true)]
async fn projects_of_others_are_worked_on_if_that_is_asked_for() {
    let own = world(3);
    let others = Emulator::builder().seed(99).build();
    others.seed(|seed| ["app-0", "app-x", "web"].map(|name| seed.project(name).unwrap()));
    let network = Shared {
        own: Arc::new(own.transport()),
        others: Arc::new(others.transport()),
    };
    let fleet = client_over(network).fleet();
    let job =
        || fleet.for_each_project(|project| async move { Ok((project.name, project.is_shared)) });
    let report = job().await.unwrap();
    assert!(report.done().all(|(_, (_, is_shared))| !is_shared));
    assert_eq!((report.done().count(), others.total_requests()), (3, 0));

    let report = job().shared(true).search("app").await.unwrap();
    let mut all: Vec<_> = report.done().map(|(_, done)| done.clone()).collect();
    all.sort();
    let expected = [
        ("app-0", false),
        ("app-0", true),
        ("app-1", false),
        ("app-2", false),
        ("app-x", true),
    ];
    assert_eq!(all, expected.map(|(name, is)| (name.to_owned(), is)));
}

/// What others share is in a list of its own, which the emulator has not: here the list of another
/// account.
struct Shared {
    own: Arc<dyn Transport>,
    others: Arc<dyn Transport>,
}

impl Transport for Shared {
    fn send(&self, mut exchange: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        if exchange.route.id != "listSharedProjects" {
            return self.own.send(exchange);
        }
        let uri = exchange.request.uri().to_string();
        assert!(uri.contains("/projects/shared?"), "{uri}");
        *exchange.request.uri_mut() = uri.replace("/shared", "").parse().unwrap();
        exchange.route = &neon_api::raw::routes::LIST_PROJECTS;
        self.others.send(exchange)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
