//! Long lists of an emulator: how many requests they take, and walks that go on by a cursor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::Duration;

use futures::TryStreamExt;
use neon_api::ids::ProjectId;
use neon_api::{Cursor, Neon};
use neon_api_emulator::{Emulator, Fault, RequestRecord};
use support::lists::{PagePlan, Plan, Style};
use support::project_id;

/// A client of an emulator that holds a thousand projects, and their IDs, the newest first.
async fn a_thousand_projects() -> (Emulator, Vec<ProjectId>) {
    let emulator = Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::ZERO)
        .build();
    let neon = client(&emulator);
    let mut ids = Vec::new();
    for number in 0..1000 {
        let created = neon
            .projects()
            .create(format!("app{number}"))
            .await
            .unwrap();
        ids.push(created.project.id.clone());
    }
    ids.reverse();
    emulator.clear_requests();
    (emulator, ids)
}

fn client(emulator: &Emulator) -> Neon {
    support::client_of(emulator)
}

/// The limits and cursors of the requests.
fn asked(requests: &[RequestRecord]) -> Vec<(Option<String>, Option<String>)> {
    let value = |request: &RequestRecord, name: &str| {
        let found = request.query.iter().find(|(key, _)| key == name)?;
        Some(found.1.clone())
    };
    let requests = requests.iter();
    requests
        .map(|request| (value(request, "limit"), value(request, "cursor")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_projects_come_in_three_requests() {
    let (emulator, ids) = a_thousand_projects().await;
    let limit = Some("400".to_owned());
    let behind = |at: usize| (limit.clone(), Some(ids[at].to_string()));
    let mut expected = vec![(limit.clone(), None), behind(399), behind(799)];

    let projects = client(&emulator).projects().list().prefetch(false);
    let projects: Vec<_> = projects.take(1000).try_collect().await.unwrap();
    let found: Vec<_> = projects
        .into_iter()
        .map(|project| project.id.clone())
        .collect();
    assert_eq!(found, ids);
    assert_eq!(asked(&emulator.requests()), expected);

    // Only an empty page tells that there are no more: the API gives a cursor with the last items.
    emulator.clear_requests();
    let projects: Vec<_> = client(&emulator)
        .projects()
        .list()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(projects.len(), 1000);
    expected.push(behind(999));
    assert_eq!(asked(&emulator.requests()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_few_items_cost_no_page_that_is_not_needed() {
    let (emulator, ids) = a_thousand_projects().await;
    let neon = client(&emulator);
    for (take, requests) in [
        (0, 0),
        (1, 1),
        (399, 1),
        (400, 1),
        (401, 2),
        (800, 2),
        (801, 3),
    ] {
        emulator.clear_requests();
        let projects = neon.projects().list().prefetch(false);
        let projects: Vec<_> = projects.take(take).try_collect().await.unwrap();
        assert_eq!(projects.len(), take);
        assert_eq!(emulator.total_requests(), requests, "{take}");
    }
    emulator.clear_requests();
    let found = neon.projects().list().prefetch(false).page_size(10);
    let found: Vec<_> = found.take(25).try_collect().await.unwrap();
    assert_eq!(found.last().unwrap().id, ids[24]);
    assert_eq!(emulator.total_requests(), 3);
}

/// The last page of branches has no cursor; in January 2025 it had one, with an empty page behind it.
#[tokio::test(start_paused = true)]
async fn branches_come_complete_with_and_without_a_cursor_on_the_last_page() {
    let emulator = Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::ZERO)
        .build();
    let project = emulator.seed(|seed| {
        let project = seed.project("app").unwrap().project.id;
        for number in 0..4 {
            seed.branch(&project, &format!("b{number}")).unwrap();
        }
        project
    });
    let neon = client(&emulator);
    for (page, older, requests) in [
        (10, false, 1),
        (10, true, 2),
        (5, false, 1),
        (5, true, 2),
        (2, false, 3),
        (2, true, 4),
    ] {
        emulator.clear_requests();
        emulator.faults().clear();
        if older {
            emulator.faults().inject(Fault::last_cursor().always());
        }
        let branches = neon.project(&project).branches().list().page_size(page);
        let mut names: Vec<String> = branches
            .try_collect::<Vec<_>>()
            .await
            .unwrap()
            .into_iter()
            .map(|branch| branch.name.clone())
            .collect();
        names.sort();
        assert_eq!(names, ["b0", "b1", "b2", "b3", "main"]);
        let asked = asked(&emulator.requests());
        assert_eq!(asked.len(), requests, "pages of {page}, older: {older}");
        let cursors = asked.iter().filter(|(_, cursor)| cursor.is_some());
        assert_eq!(cursors.count(), requests - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_kept_as_text_goes_on_in_another_process() {
    let (emulator, ids) = a_thousand_projects().await;
    for (taken, prefetches) in [
        (0, true),
        (399, true),
        (400, false),
        (500, true),
        (1000, false),
    ] {
        let neon = client(&emulator);
        let mut projects = neon.projects().list().prefetch(prefetches);
        let mut found = Vec::new();
        for _ in 0..taken {
            found.push(projects.try_next().await.unwrap().unwrap().id.clone());
        }
        let kept = serde_json::to_string(&projects.cursor()).unwrap();
        drop((projects, neon));

        let cursor: Option<Cursor> = serde_json::from_str(&kept).unwrap();
        let mut rest = client(&emulator).projects().list();
        if let Some(cursor) = cursor {
            rest = rest.start_after(cursor);
        }
        let rest: Vec<_> = rest.try_collect().await.unwrap();
        // The page that was being delivered comes once more; nothing is skipped.
        let repeated = if taken % 400 == 0 { 0 } else { taken % 400 };
        let repeated = if taken == 1000 { 0 } else { repeated };
        found.truncate(taken - repeated);
        found.extend(rest.into_iter().map(|project| project.id.clone()));
        assert_eq!(found, ids, "{taken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_walk_that_failed_goes_on_by_its_cursor() {
    let (emulator, ids) = a_thousand_projects().await;
    let neon = client(&emulator);
    let mut projects = neon.projects().list().prefetch(false);
    let mut found = Vec::new();
    for _ in 0..800 {
        found.push(projects.try_next().await.unwrap().unwrap().id.clone());
    }
    let fault = Fault::status(403).on("listProjects");
    emulator.faults().inject(fault);
    let error = projects.try_next().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    let kept = projects.cursor().unwrap().to_string();
    let rest = client(&emulator)
        .projects()
        .list()
        .start_after(Cursor::new(kept));
    let rest: Vec<_> = rest.try_collect().await.unwrap();
    found.extend(rest.into_iter().map(|project| project.id.clone()));
    assert_eq!(found, ids);
}

/// The pages that are left after some items begin with the page that those were of.
#[tokio::test(start_paused = true)]
async fn pages_of_a_list_that_was_begun_lose_nothing() {
    for prefetches in [false, true] {
        for taken in 0..=7 {
            let pages = [3, 3, 0, 1].map(PagePlan::of).to_vec();
            let style = Style::NextPage;
            let plan = Plan {
                style,
                pages,
                back_to: None,
            };
            let (all, _) = plan.delivered(4);
            let server = plan.server();
            let mut branches = server.client().project(project_id()).branches().list();
            branches = branches.prefetch(prefetches);
            for _ in 0..taken {
                branches.try_next().await.unwrap().unwrap();
            }
            let pages: Vec<_> = branches.pages().try_collect().await.unwrap();
            let left: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
            let left: Vec<_> = left
                .into_iter()
                .map(|branch| branch.id.to_string())
                .collect();
            // Whole pages, from the one whose items are not all taken.
            let begin = match taken {
                0..3 => 0,
                3..6 => 3,
                6 => 6,
                _ => 7,
            };
            assert_eq!(left, all[begin..], "{taken} {prefetches}");
        }
    }
}
