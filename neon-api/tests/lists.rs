//! The lists as users walk them: the requests that are sent, and what ends a walk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use neon_api::enums::ConsumptionHistoryGranularity;
use neon_api::ids::OrgId;
use neon_api::raw::Route;
use neon_api::{Cursor, Error, Listing, Neon, Pager};
use serde_json::{Value, json};
use support::lists::{PagePlan, Plan, Style, cursor_of, parameter, sample};
use support::{Server, branch_id, from, ms, ok, project_id};

/// The bound of a page that the interface states.
fn largest_stated(route: &Route) -> Value {
    let document: Value = serde_json::from_str(neon_api::raw::openapi::V2_JSON).unwrap();
    let operation = &document["paths"][route.path][route.method.to_lowercase()];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let limit = parameters
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(target) => document.pointer(&target[1..]).unwrap(),
            None => parameter,
        })
        .find(|parameter| parameter["name"] == "limit")
        .map(|parameter| parameter["schema"]["maximum"].clone());
    let in_body = &document["components"]["schemas"]["ProjectBranchLogsQueryRequest"];
    limit.unwrap_or_else(|| in_body["properties"]["limit"]["maximum"].clone())
}

/// Walks a list of two pages with the same items and looks at what was asked.
async fn walk_two_pages<L: Listing>(largest: u32, list: impl Fn(&Neon) -> Pager<L>) {
    let server = Server::new(|seen, at| {
        let mut page = sample(seen.operation);
        if page.get("is_truncated").is_some() {
            page["is_truncated"] = json!(at == 0);
            page["next_cursor"] = json!("c+1");
        } else {
            let body = page.as_object_mut().unwrap();
            body.insert("pagination".to_owned(), json!({}));
            if at == 0 {
                body.insert(
                    "pagination".to_owned(),
                    json!({"cursor": "c+1", "next": "c+1", "sort_by": "x", "sort_order": "asc"}),
                );
            } else {
                body.remove("pagination");
            }
            body.remove("unavailable_project_ids");
        }
        ok(&page)
    });
    let list = list(&server.client());
    let operation = list.route().id;
    assert_eq!(largest_stated(list.route()), largest, "{operation}");
    assert_eq!(L::LARGEST_PAGE, largest, "{operation}");
    let items: Vec<L::Item> = list.try_collect().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "{operation}");
    assert!(seen.iter().all(|seen| seen.operation == operation));
    assert!(items.len() >= 2 && items.len() % 2 == 0, "{operation}");
    assert_eq!(cursor_of(&seen[0]), None, "{operation}");
    let second = cursor_of(&seen[1]).unwrap();
    assert!(matches!(&*second, "c+1" | "c%2B1"), "{operation}: {second}");
    for seen in seen {
        assert_eq!(
            parameter(&seen, "limit"),
            Some(largest.to_string()),
            "{operation}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_list_is_walked_by_its_own_cursor_in_the_largest_pages() {
    let (project, branch) = (project_id(), branch_id());
    let org = OrgId::new("org-ocean-art-12345678").unwrap();
    let of_branch = |neon: &Neon| neon.project(&project).branch(&branch);
    let time = DateTime::<Utc>::UNIX_EPOCH..DateTime::UNIX_EPOCH + Duration::from_secs(86_400);
    let consumption =
        |neon: &Neon| neon.consumption(time.clone(), ConsumptionHistoryGranularity::Daily);
    let metrics = ["compute_unit_seconds"];
    walk_two_pages(400, |neon| neon.projects().list()).await;
    walk_two_pages(400, |neon| neon.projects().list_shared()).await;
    walk_two_pages(1000, |neon| neon.project(&project).operations().list()).await;
    walk_two_pages(500, |neon| neon.project(&project).members().list()).await;
    walk_two_pages(10_000, |neon| neon.project(&project).branches().list()).await;
    walk_two_pages(1000, |neon| of_branch(neon).functions().list()).await;
    walk_two_pages(1000, |neon| of_branch(neon).custom_domains().list()).await;
    walk_two_pages(1000, |neon| of_branch(neon).bucket("b").objects().list()).await;
    let query = || from(json!({"source": "postgres"}));
    walk_two_pages(1000, |neon| of_branch(neon).logs().query(query())).await;
    walk_two_pages(500, |neon| neon.org(&org).members().list()).await;
    walk_two_pages(100, |neon| consumption(neon).by_project_legacy()).await;
    walk_two_pages(100, |neon| consumption(neon).by_project(&org, metrics)).await;
    let projects = [project.clone()];
    walk_two_pages(1000, |neon| {
        consumption(neon).by_branch(&org, projects.clone(), metrics)
    })
    .await;
}

/// The lists that a filter of nothing would else widen to everything.
#[tokio::test(start_paused = true)]
async fn a_filter_that_names_nothing_is_refused_and_nothing_is_sent() {
    async fn told<L: Listing>(mut list: Pager<L>) -> String {
        let mut texts = Vec::new();
        for _ in 0..2 {
            match list.try_next().await {
                Err(Error::InvalidInput(fault)) => {
                    assert_eq!(fault.route().unwrap(), list.route());
                    texts.push(fault.to_string());
                }
                other => panic!("{other:?}"),
            }
        }
        let page = list.pages().try_next().await.unwrap_err();
        assert!(matches!(page, Error::InvalidInput(_)), "{page:?}");
        assert_eq!(texts[0], texts[1]);
        texts.remove(0)
    }

    let server = Server::steps(vec![]);
    let time = DateTime::<Utc>::UNIX_EPOCH..DateTime::UNIX_EPOCH + Duration::from_secs(86_400);
    let neon = server.client();
    let consumption = neon.consumption(time, ConsumptionHistoryGranularity::Daily);
    let org = OrgId::new("org-ocean-art-12345678").unwrap();
    let (project, metric) = ([project_id()], ["compute_unit_seconds"]);
    let by_project_legacy = || consumption.by_project_legacy();
    let by_project = || consumption.by_project(&org, metric);
    let by_branch = || consumption.by_branch(&org, project.clone(), metric);
    let no_metrics = [""; 0];
    for (text, named) in [
        (told(by_project_legacy().only([""; 0])).await, "project_ids"),
        (
            told(by_project_legacy().metrics(no_metrics)).await,
            "metrics",
        ),
        (told(by_project().only([""; 0])).await, "project_ids"),
        (told(by_branch().only([""; 0])).await, "branch_ids"),
        (
            told(consumption.by_project(&org, no_metrics)).await,
            "metrics",
        ),
        (
            told(consumption.by_branch(&org, [""; 0], metric)).await,
            "project_ids",
        ),
        (
            told(consumption.by_branch(&org, project.clone(), no_metrics)).await,
            "metrics",
        ),
    ] {
        assert!(text.contains(named), "{text}");
    }
    assert_eq!(server.total(), 0);
}

/// Ever new cursors and never an item: there is an error, and not a wait without end.
#[tokio::test(start_paused = true)]
async fn empty_pages_without_end_are_an_error() {
    let server = Server::new(|seen, at| match at {
        // Not quite without end, so that the test has one.
        1000.. => support::success(seen),
        _ => ok(&json!({
            "branches": [], "annotations": {},
            "pagination": {"next": format!("c{at}"), "sort_by": "x", "sort_order": "asc"},
        })),
    });
    let mut branches = server.client().project(project_id()).branches().list();
    let error = branches.try_next().await.unwrap_err();
    assert!(matches!(error, Error::EmptyPages(_)), "{error:?}");
    assert_eq!(server.total(), 100);
    assert_eq!(branches.cursor(), Some(&Cursor::new("c99")));
    assert!(branches.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn many_empty_pages_between_items_are_passed_over() {
    let mut pages: Vec<PagePlan> = (0..300)
        .map(|number| PagePlan::of(usize::from(number % 99 == 0)))
        .collect();
    pages.push(PagePlan::default());
    let style = Style::Truncated;
    let plan = Plan {
        style,
        pages,
        back_to: None,
    };
    let manner = support::lists::Manner {
        prefetches: true,
        page_size: 1000,
        starts_anew: false,
        take: usize::MAX,
    };
    let expected = plan.delivered(plan.pages.len()).0;
    let walk = support::lists::walk(style, &plan.server(), manner).await;
    assert_eq!(walk.delivered, expected);
    assert!(walk.errors.is_empty());
}

/// A consumer that drops its walk wherever it stands leaves no request behind.
#[tokio::test(start_paused = true)]
async fn a_dropped_walk_leaves_nothing_running() {
    for taken in 0..6 {
        let pages = vec![PagePlan::of(2); 3];
        let style = Style::AfterLastItem;
        let server = Plan {
            style,
            pages,
            back_to: None,
        }
        .server()
        .slow(ms(50));
        let mut projects = server.client().projects().list();
        for _ in 0..taken {
            projects.try_next().await.unwrap().unwrap();
        }
        let _ = tokio::time::timeout(ms(20), projects.next()).await;
        drop(projects);
        let sent = server.total();
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!((server.in_flight(), server.total()), (0, sent), "{taken}");
    }
}
