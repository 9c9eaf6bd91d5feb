//! Projects to another organization.

use std::fmt;
use std::sync::Arc;

use neon_api::fleet::{Fleet, Refusal};
use neon_api::ids::OrgId;
use neon_api::raw::BoxFuture;
use neon_api::raw::transport::{Exchange, Response, ResponseBody};
use neon_api::{Error, Transport, TransportError};
use neon_api_emulator::{Emulator, Fault, Limits};
use serde_json::{Value, json};

use crate::{client, client_over};

const TO: &str = "org-silent-sky-87654321";

/// An emulator with a second organization and projects of the first; their IDs.
fn world(count: usize, limit: Option<usize>) -> (Emulator, Vec<String>) {
    let mut limits = Limits::default();
    limits.projects = limit;
    let builder = Emulator::builder().organization(TO, "other").limits(limits);
    let emulator = builder.build();
    let ids = emulator.seed(|seed| {
        let projects = (0..count).map(|number| seed.project(&format!("app-{number}")).unwrap());
        projects
            .map(|project| project.project.id.to_string())
            .collect()
    });
    (emulator, ids)
}

fn fleet(emulator: &Emulator) -> Fleet {
    client(emulator).org(emulator.organization_id()).fleet()
}

fn moved(emulator: &Emulator) -> usize {
    let projects = emulator.state().projects();
    let is_there = |org: Option<&OrgId>| org.is_some_and(|org| org.as_str() == TO);
    let there = projects.iter().filter(|one| is_there(one.org_id.as_ref()));
    there.count()
}

const TRANSFER: &str = "transferProjectsFromOrgToOrg";

#[tokio::test(start_paused = true)]
async fn projects_are_moved_by_the_four_hundred_and_only_once() {
    let (emulator, ids) = world(900, None);
    let report = fleet(&emulator).transfer(TO, &ids).await.unwrap();
    assert_eq!(report.check().unwrap().len(), 900);
    assert_eq!((moved(&emulator), emulator.count(TRANSFER)), (900, 3));
    let sizes: Vec<usize> = emulator
        .requests()
        .iter()
        .filter(|request| request.operation_id.as_deref() == Some(TRANSFER))
        .map(|request| {
            request.body.as_ref().unwrap()["project_ids"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(sizes, [400, 400, 100]);
    let again = fleet(&emulator).transfer(TO, &ids).await.unwrap();
    assert_eq!(again.done().count(), 900);
    assert_eq!(emulator.count(TRANSFER), 3);
}

#[tokio::test(start_paused = true)]
async fn what_would_be_refused_is_reported_before_anything_is_changed() {
    let (emulator, ids) = world(5, None);
    let tagged = Tagged {
        server: Arc::new(emulator.transport()),
        github: ids[1].clone(),
    };
    let fleet = client_over(tagged).org(emulator.organization_id()).fleet();
    let mut wanted = ids.clone();
    wanted.push("late-frost-12345678".to_owned());
    let job = || fleet.transfer(TO, &wanted);
    let plan = job().project_limit(3).plan().await.unwrap();
    assert_eq!((plan.to_move.len(), plan.moved.len()), (4, 0));
    assert!(matches!(&plan.refusals[..], [
        Refusal::Integration { project, .. },
        Refusal::NotFound(_),
        Refusal::Limit { limit: 3, present: 0, moving: 4 },
    ] if project.as_str() == ids[1]));
    let Err(Error::Refused(refusals)) = job().await else {
        panic!("it was begun");
    };
    assert_eq!(refusals.list().len(), 2);
    let text = Error::Refused(refusals).to_string();
    assert!(text.contains("is connected to github; remove"), "{text}");
    assert_eq!((emulator.count(TRANSFER), moved(&emulator)), (0, 0));
    // A limit is of all of them.
    let limited = job().project_limit(3).skip_refused(true).await;
    assert!(matches!(limited, Err(Error::Refused(_))));
    let report = job().skip_refused(true).await.unwrap();
    assert_eq!((report.done().count(), report.failed().count()), (4, 2));
    assert_eq!((emulator.count(TRANSFER), moved(&emulator)), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn keys_and_organizations_that_cannot_be_are_reported_first() {
    let (emulator, ids) = world(1, None);
    let fleet_of = |org: &str| client(&emulator).org(org).fleet();
    let from = emulator.organization_id();
    let job = fleet_of(from).transfer("org-none-12345678", &ids);
    assert_eq!(job.plan().await.unwrap().refusals, [Refusal::NoDestination]);
    let own = fleet_of(from).transfer(from, &ids).await;
    let nowhere = client(&emulator).fleet().transfer(TO, &ids).await;
    for outcome in [own, nowhere] {
        assert!(matches!(outcome, Err(Error::InvalidInput(_))));
    }
    let key = client(&emulator)
        .org(from)
        .api_keys()
        .create("ci")
        .await
        .unwrap();
    let builder = neon_api::Neon::builder().api_key(key.key.expose());
    let neon = builder.transport(emulator.transport()).build().unwrap();
    let job = neon.org(from).fleet().transfer(TO, &ids);
    assert_eq!(
        job.plan().await.unwrap().refusals,
        [Refusal::OrganizationKey]
    );
    assert_eq!(emulator.count(TRANSFER), 0);
}

#[tokio::test(start_paused = true)]
async fn lost_responses_are_reconciled() {
    for (fault, sent) in [(Fault::reset().after_effect(), 3), (Fault::reset(), 4)] {
        let (emulator, ids) = world(900, None);
        emulator.faults().inject(fault.on(TRANSFER).after(1));
        let report = fleet(&emulator).transfer(TO, &ids).await.unwrap();
        assert_eq!(report.check().unwrap().len(), 900);
        assert_eq!((moved(&emulator), emulator.count(TRANSFER)), (900, sent));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_api_refuses_after_all_is_the_failure_of_those_it_names() {
    let (emulator, ids) = world(5, None);
    let body = json!({"projects": [{"id": ids[2], "integration": "vercel"}]});
    let refused = || Fault::status(422).json(&body).on(TRANSFER);
    emulator.faults().inject(refused());
    let report = fleet(&emulator).transfer(TO, &ids).await.unwrap();
    assert_eq!((report.failed().count(), moved(&emulator)), (5, 0));
    emulator.faults().inject(refused());
    let job = fleet(&emulator).transfer(TO, &ids).skip_refused(true);
    let report = job.await.unwrap();
    let failed: Vec<_> = report.failed().map(|(project, _)| project).collect();
    assert_eq!((failed, moved(&emulator)), (vec![ids[2].as_str()], 4));

    let (emulator, ids) = world(5, Some(5));
    let other = client(&emulator).projects().create("other").org(TO);
    other.ready().await.unwrap();
    let report = fleet(&emulator)
        .transfer(TO, &ids)
        .skip_refused(true)
        .await
        .unwrap();
    let (_, failure) = report.failed().next().unwrap();
    assert_eq!(failure.api_error().unwrap().status().unwrap().as_u16(), 406);
    assert_eq!((report.failed().count(), moved(&emulator)), (5, 1));
}

/// Lists a project as connected to GitHub, which the emulator's are not.
struct Tagged {
    server: Arc<dyn Transport>,
    github: String,
}

impl Transport for Tagged {
    fn send(&self, exchange: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let is_list = exchange.route.id == "listProjects";
        Box::pin(async move {
            let mut answer = self.server.send(exchange).await?;
            if let (ResponseBody::Whole(bytes), true) = (&answer.body, is_list) {
                let mut body: Value = serde_json::from_slice(bytes).unwrap();
                body["integrations"] = json!({ self.github.as_str(): ["github"] });
                answer.body = ResponseBody::Whole(body.to_string().into());
            }
            Ok(answer)
        })
    }
}

impl fmt::Debug for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagged").finish_non_exhaustive()
    }
}
