//! What all lists have in common: awaited, walked, bounded, sought in, and incomplete ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use futures::TryStreamExt;
use neon_api::Error;
use serde_json::{Value, json};
use support::lists::sample;
use support::{Server, ms, ok};

/// A list of 25 branches in pages as large as they are asked for.
fn branches() -> Server {
    Server::new(|seen, _| {
        let first = sample("listProjectBranches")["branches"][0].clone();
        let uri: http::Uri = seen.uri.parse().unwrap();
        let query: Vec<(String, String)> = form_urlencoded::parse(uri.query().unwrap().as_bytes())
            .into_owned()
            .collect();
        let value = |name: &str| {
            query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, v)| v.clone())
        };
        let after: usize = value("cursor").map_or(0, |text| text.parse().unwrap());
        let limit: usize = value("limit").unwrap().parse().unwrap();
        let items: Vec<Value> = (after..25.min(after + limit))
            .map(|at| {
                let mut branch = first.clone();
                branch["name"] = json!(format!("b{at}"));
                branch
            })
            .collect();
        let next = after + items.len();
        let mut page = json!({"branches": items, "annotations": {}});
        if next < 25 {
            page["pagination"] =
                json!({"next": next.to_string(), "sort_by": "x", "sort_order": "asc"});
        }
        ok(&page)
    })
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_list_is_that_of_all_its_pages() {
    let server = Server::new(|_, at| {
        let mut page = sample("listProjectBranches");
        page["pagination"] =
            json!({"next": format!("page-{at}"), "sort_by": "x", "sort_order": "asc"});
        ok(&page).after(ms(400))
    });
    let branches = server.client().project("late-frost-12345678").branches();
    let error = branches.list().send().timeout(ms(1_000)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(server.total(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_first_items_of_a_list_are_taken_with_no_more_requests_than_they_need() {
    for (count, page, expected, requests) in [
        (0, None, 0, 0),
        (1, None, 1, 1),
        (7, None, 7, 1),
        (25, None, 25, 1),
        (99, None, 25, 1),
        (7, Some(3), 7, 3),
        (6, Some(3), 6, 2),
    ] {
        let server = branches();
        let mut list = server
            .client()
            .project("late-frost-12345678")
            .branches()
            .list();
        if let Some(page) = page {
            list = list.page_size(page);
        }
        let taken = list.take(count).await.unwrap();
        assert_eq!(taken.len(), expected, "{count}");
        assert_eq!(server.total(), requests, "{count}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_walk_that_was_bounded_goes_on_from_its_cursor_and_misses_nothing() {
    let server = branches();
    let neon = server.client();
    let list = || {
        neon.project("late-frost-12345678")
            .branches()
            .list()
            .page_size(3)
    };
    let mut first = list().take(7);
    let mut names = Vec::new();
    while let Some(branch) = first.try_next().await.unwrap() {
        names.push(branch.name.clone());
    }
    let mut rest = list().start_after(first.cursor().unwrap().clone());
    while let Some(branch) = rest.try_next().await.unwrap() {
        names.push(branch.name.clone());
    }
    names.dedup();
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name[1..].parse::<u32>().unwrap());
    sorted.dedup();
    assert_eq!(sorted.len(), 25);

    // Items that were fetched before the bound was set count.
    let mut list = list();
    list.try_next().await.unwrap().unwrap();
    let mut bounded = list.take(3);
    let mut more = Vec::new();
    bounded.collect_into(&mut more).await.unwrap();
    assert_eq!(more.len(), 3);
    assert_eq!(more[0].name, "b1");
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_bounded_list_that_was_begun_lose_nothing() {
    for (page_size, bound, taken, expected) in [
        (Some(3), 7, 0, vec![3, 3, 1]),
        (Some(3), 7, 1, vec![3, 3, 1]),
        (Some(3), 7, 3, vec![3, 1]),
        (Some(3), 7, 4, vec![3, 1]),
        (Some(3), 7, 7, vec![]),
        (None, 5, 1, vec![5]),
        (None, 5, 5, vec![]),
    ] {
        for prefetches in [true, false] {
            let server = branches();
            let list = server
                .client()
                .project("late-frost-12345678")
                .branches()
                .list();
            let list = list
                .page_size(page_size.unwrap_or(100))
                .prefetch(prefetches);
            let mut list = list.take(bound);
            for _ in 0..taken {
                list.try_next().await.unwrap().unwrap();
            }
            let pages: Vec<_> = list.pages().try_collect().await.unwrap();
            let sizes: Vec<usize> = pages.iter().map(|page| page.items.len()).collect();
            assert_eq!(sizes, expected, "{bound} {taken} {prefetches}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_fetched_ahead_does_not_escape_the_timeout() {
    let server = Server::new(|_, at| {
        let mut page = sample("listProjectBranches");
        page["pagination"] =
            json!({"next": format!("page-{at}"), "sort_by": "x", "sort_order": "asc"});
        if at == 0 {
            ok(&page)
        } else {
            ok(&page).after(ms(20_000))
        }
    });
    let mut list = server
        .client()
        .project("late-frost-12345678")
        .branches()
        .list();
    list.try_next().await.unwrap();
    let start = tokio::time::Instant::now();
    let error = list.send().timeout(ms(500)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(start.elapsed(), ms(500));
}

#[tokio::test(start_paused = true)]
async fn lists_are_awaited_and_sought_in_by_exact_names() {
    let server = branches();
    let branches = server.client().project("late-frost-12345678").branches();
    assert_eq!(branches.list().await.unwrap().len(), 25);
    assert_eq!(branches.list().first().await.unwrap().unwrap().name, "b0");
    assert_eq!(branches.find("b2").await.unwrap().unwrap().name, "b2");
    assert!(branches.find("b").await.unwrap().is_none());
    assert!(
        server
            .seen()
            .iter()
            .skip(2)
            .all(|seen| seen.uri.contains("search=b"))
    );
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_is_an_error_for_who_decides_by_it() {
    let server = Server::new(|seen, _| {
        let mut page = sample(seen.operation);
        page["unavailable_project_ids"] = json!(["late-frost-12345678"]);
        page["projects"][0]["name"] = json!("app");
        page.as_object_mut().unwrap().remove("pagination");
        ok(&page)
    });
    let projects = server.client().projects();
    for outcome in [
        projects.list().send().await.map(|_| ()),
        projects.find("none").await.map(|_| ()),
    ] {
        let Err(Error::Partial { missing, .. }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(missing, ["late-frost-12345678"]);
    }
    projects.list().first().await.unwrap_err();
    let some = || projects.list().allow_partial(true);
    assert!(some().find("none").await.unwrap().is_none());
    assert!(some().first().await.unwrap().is_some());
    // What is found is found.
    assert!(projects.find("app").await.unwrap().is_some());
    assert!(
        !projects
            .list()
            .allow_partial(true)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Inherent methods, whatever traits are in scope.
mod without_traits {
    use super::branches;

    #[tokio::test(start_paused = true)]
    async fn lists_are_walked() {
        let mut list = branches()
            .client()
            .project("late-frost-12345678")
            .branches()
            .list();
        assert!(list.next().await.unwrap().is_ok());
        assert!(list.try_next().await.unwrap().is_some());
        assert_eq!(list.take(3).await.unwrap().len(), 3);
    }
}

mod with_futures {
    use super::branches;
    #[allow(unused_imports, reason = "in scope, as in many programs")]
    use futures::{StreamExt as _, TryStreamExt as _};

    #[tokio::test(start_paused = true)]
    async fn lists_are_walked() {
        let mut list = branches()
            .client()
            .project("late-frost-12345678")
            .branches()
            .list();
        assert!(list.next().await.unwrap().is_ok());
        assert!(list.try_next().await.unwrap().is_some());
        let names = list.take(3).map_ok(|branch| branch.name.clone());
        assert_eq!(names.try_collect::<Vec<_>>().await.unwrap().len(), 3);
        assert_eq!(branches().client().projects().neon().stats().requests, 0);
    }
}

mod with_tokio_stream {
    use super::branches;
    use tokio_stream::StreamExt as _;

    #[tokio::test(start_paused = true)]
    async fn lists_are_walked() {
        let mut list = branches()
            .client()
            .project("late-frost-12345678")
            .branches()
            .list();
        assert!(list.next().await.unwrap().is_ok());
        assert!(list.try_next().await.unwrap().is_some());
        let names = list.take(3).map(|branch| branch.unwrap().name.clone());
        assert_eq!(names.collect::<Vec<_>>().await.len(), 3);
    }
}
