//! What waits cost where operations are hard to find, and that polls which are of no use end them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt;
use neon_api::ids::OperationId;
use neon_api::{Error, WaitToken};
use serde_json::json;
use support::lists::{cursor_of, parameter};
use support::{
    Seen, Server, Step, handle, ms, ok, operation, operation_id, operations, project_id, status,
};
use tokio::time::Instant;

/// A page of operations, the newest first, as the API gives it: with a cursor unless it is empty.
fn page(seen: &Seen, all: &[(usize, &str)]) -> Step {
    let limit: usize = parameter(seen, "limit").unwrap().parse().unwrap();
    let begin: usize = cursor_of(seen).map_or(0, |text| text.parse().unwrap());
    let end = all.len().min(begin + limit);
    let list = all[begin..end].iter();
    let list: Vec<_> = list
        .map(|(n, status)| operation(&operation_id(*n), status))
        .collect();
    let pagination = if list.is_empty() {
        json!({"cursor": ""})
    } else {
        json!({"cursor": end.to_string()})
    };
    ok(&json!({"operations": list, "pagination": pagination}))
}

/// The ID in the path of a request for one operation.
fn asked_for(seen: &Seen) -> &str {
    seen.uri.rsplit('/').next().unwrap()
}

fn one(number: usize, text: &str) -> Step {
    ok(&json!({"operation": operation(&operation_id(number), text)}))
}

#[tokio::test(start_paused = true)]
async fn operations_that_the_api_has_forgotten_are_sought_ever_more_rarely() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => page(seen, &[(500, "finished"), (501, "finished")]),
        _ => status(404),
    });
    let start = Instant::now();
    let wait = server.client().wait(handle(1..6));
    let error = wait.await.unwrap_err();
    assert!(error.is_forgotten());
    let took = start.elapsed();
    println!("{} requests, {took:?}", server.total());
    // Each at doubling distances until it counts as forgotten.
    assert!(server.count("getProjectOperation") <= 45);
    assert!(server.count("listProjectOperations") <= 25);
    assert!(took <= ms(15_000), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_poll_has_a_bound_however_many_operations_are_missing() {
    // They are on none of the pages.
    let server = Server::new(|seen, _| {
        if seen.operation == "listProjectOperations" {
            let newer: Vec<_> = (1000..9000).map(|n| (n, "finished")).collect();
            return page(seen, &newer);
        }
        ok(&json!({"operation": operation(asked_for(seen), "finished")}))
    });
    let start = Instant::now();
    server.client().wait(handle(1..41)).await.unwrap();
    let took = start.elapsed();
    println!("{} requests, {took:?}", server.total());
    // All pages once, then one list and five operations a poll.
    assert_eq!(server.count("getProjectOperation"), 40);
    assert_eq!(server.count("listProjectOperations"), 10 + 7);
    assert!(took < ms(15_000), "{took:?}");
}

/// A list without an end costs no poll more than its bound.
#[tokio::test(start_paused = true)]
async fn a_poll_lists_a_bounded_number_of_pages() {
    let server = Server::new(|seen, _| {
        if seen.operation == "listProjectOperations" {
            let begin: usize = cursor_of(seen).map_or(1000, |text| text.parse().unwrap());
            let limit: usize = parameter(seen, "limit").unwrap().parse().unwrap();
            let list = (begin..begin + limit).map(|n| operation(&operation_id(n), "running"));
            let list: Vec<_> = list.collect();
            let cursor = (begin + limit).to_string();
            return ok(&json!({"operations": list, "pagination": {"cursor": cursor}}));
        }
        ok(&json!({"operation": operation(asked_for(seen), "finished")}))
    });
    let start = Instant::now();
    server.client().wait(handle(1..21)).await.unwrap();
    assert_eq!(server.count("getProjectOperation"), 20);
    // The last five need no pages.
    assert_eq!(server.count("listProjectOperations"), 3 * 26 + 1);
    assert!(start.elapsed() < ms(25_000), "{:?}", start.elapsed());
}

/// Paced by the documented limits, with a way of 50 ms.
#[tokio::test(start_paused = true)]
async fn awaited_operations_spread_over_the_newest_twenty_thousand_are_found() {
    // Found at once, and sought by six polls of 21 requests at most until they have ended.
    for (all_end_after, bound, requests) in [(0, 1_050, 21), (12_000, 20_000, 6 * 21)] {
        let server = Server::new(move |seen, _| {
            let text = if seen.at < ms(all_end_after) {
                "running"
            } else {
                "finished"
            };
            if seen.operation == "listProjectOperations" {
                let all: Vec<_> = (0..20_000).map(|n| (n, text)).collect();
                return page(seen, &all);
            }
            ok(&json!({"operation": operation(asked_for(seen), text)}))
        })
        .slow(ms(50));
        let builder = server
            .builder()
            .limiter(neon_api::AccountLimiter::default());
        let neon = builder.build().unwrap();
        let start = Instant::now();
        let spread = (0..200).map(|n| n * 100 + 99);
        neon.wait(handle(spread)).await.unwrap();
        let took = start.elapsed();
        println!("{} requests, {took:?}", server.total());
        assert!(took <= ms(bound), "{took:?}");
        assert!(server.count("getProjectOperation") <= 5);
        assert!(server.total() <= requests, "{}", server.total());
    }
}

/// Many of them are asked for by one larger page.
#[tokio::test(start_paused = true)]
async fn operations_that_newer_ones_pushed_off_the_list_are_listed() {
    let server = Server::new(|seen, at| {
        let text = if at < 5 { "running" } else { "finished" };
        let newer = (100..400).map(|n| (n, "finished"));
        let all: Vec<_> = newer.chain((1..50).map(|n| (n, text))).collect();
        page(seen, &all)
    });
    server.client().wait(handle(1..50)).await.unwrap();
    assert_eq!(server.count("getProjectOperation"), 0);
    assert_eq!(server.count("listProjectOperations"), 6);
}

#[tokio::test(start_paused = true)]
async fn more_operations_than_a_page_holds_are_found_on_further_pages() {
    let server = Server::new(|seen, _| {
        let text = if seen.at < ms(1000) {
            "running"
        } else {
            "finished"
        };
        let all: Vec<_> = (0..3500).rev().map(|n| (n, text)).collect();
        page(seen, &all)
    });
    server.client().wait(handle(0..3500)).await.unwrap();
    assert_eq!(server.count("getProjectOperation"), 0);
    let seen = server.seen();
    assert_eq!(seen.len() % 4, 0);
    let cursors: Vec<_> = seen[..4].iter().map(cursor_of).collect();
    let expected = [None, Some("1000"), Some("2000"), Some("3000")];
    assert_eq!(cursors, expected.map(|text| text.map(str::to_owned)));
    assert!(
        seen.iter()
            .all(|seen| parameter(seen, "limit").unwrap() == "1000")
    );
}

#[tokio::test(start_paused = true)]
async fn an_operation_whose_requests_fail_does_not_keep_others_from_being_asked_for() {
    // Which one is asked for first is a matter of chance.
    for _ in 0..20 {
        let server = Server::new(|seen, _| match seen.operation {
            "listProjectOperations" => page(seen, &[]),
            _ if asked_for(seen) == operation_id(2) => one(2, "finished"),
            _ if seen.at < ms(20_000) => status(409),
            _ => one(1, "finished"),
        });
        let neon = server.client();
        let start = Instant::now();
        let failing = async {
            neon.wait(handle([1])).await.unwrap();
            assert!(start.elapsed() >= ms(20_000));
        };
        let other = async {
            neon.wait(handle([2])).await.unwrap();
            assert!(start.elapsed() < ms(500), "{:?}", start.elapsed());
        };
        tokio::join!(failing, other);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_request_can_name_ends_its_own_wait_and_no_other() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" if seen.at < ms(5000) => page(seen, &[(2, "running")]),
        _ => page(seen, &[(2, "finished")]),
    });
    let neon = server.client();
    let empty: OperationId = serde_json::from_str("\"\"").unwrap();
    let start = Instant::now();
    let broken = async {
        let error = neon
            .wait(WaitToken::new(project_id(), [empty]))
            .await
            .unwrap_err();
        assert!(start.elapsed() < ms(200), "{:?}", start.elapsed());
        assert!(error.is_refused() && !error.is_timeout() && !error.is_failure());
        assert!(
            matches!(error.poll_error(), Some(Error::InvalidInput(_))),
            "{error:?}"
        );
        assert!(error.to_string().contains("nothing was sent"), "{error}");
    };
    let sound = async { neon.wait(handle([2])).await.unwrap() };
    tokio::join!(broken, sound);
    assert_eq!(server.count("getProjectOperation"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_project_that_no_request_can_name_ends_the_wait() {
    let server = Server::new(|_, _| operations(&[]));
    let project: neon_api::ids::ProjectId = serde_json::from_str("\"..\"").unwrap();
    let id = OperationId::new(operation_id(1)).unwrap();
    let start = Instant::now();
    let wait = server.client().wait(WaitToken::new(project, [id]));
    let error = Error::from(wait.await.unwrap_err());
    let Error::Wait(report) = &error else {
        panic!("{error:?}")
    };
    assert!(report.is_refused());
    assert!(!error.is_auth() && !error.is_retryable());
    assert!(start.elapsed() < ms(200));
    assert_eq!(server.total(), 0);
}

#[test]
fn a_handle_with_ids_that_no_request_can_name_is_not_taken() {
    let id = operation_id(1);
    for (project, operation) in [
        ("", &*id),
        (".", &id),
        ("..", &id),
        ("p-1", ""),
        ("p-1", ".."),
    ] {
        let text = json!({"project": project, "operations": [id, operation]}).to_string();
        let error = serde_json::from_str::<WaitToken>(&text).unwrap_err();
        assert!(error.to_string().starts_with("invalid "), "{error}");
    }
    // Of a form that IDs do not have today.
    let text = r#"{"project":"Project/1","operations":["op_1"]}"#;
    let handle: WaitToken = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&handle).unwrap(), text);
}

/// A refusal ends the waits that were there, and not those that begin when it may be over.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_remembered() {
    let server = Server::new(|_, at| {
        if at == 0 {
            return status(403);
        }
        let text = if at == 1 { "running" } else { "finished" };
        operations(&[1, 2].map(|number| operation(&operation_id(number), text)))
    });
    let neon = server.client();
    // Never polled again, it holds what the waits share.
    let mut first = neon.wait(handle([1])).into_future();
    assert!((&mut first).now_or_never().is_none());
    let error = neon.wait(handle([1])).await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert!(Error::from(error).is_auth());
    neon.wait(handle([2])).await.unwrap();
    assert_eq!(server.total(), 3);
    drop(first);
}

/// A poll that failed before a wait began is not reported as the wait's own.
#[tokio::test(start_paused = true)]
async fn a_wait_reports_only_polls_of_its_own_time() {
    let server = Server::new(|_, _| status(409));
    let neon = server.client();
    let long = neon.wait(handle([1])).timeout(Duration::from_secs(100));
    let short = async {
        tokio::time::sleep(ms(50_000)).await;
        let soon = neon.wait(handle([2])).timeout(ms(1)).await.unwrap_err();
        assert!(soon.is_timeout() && soon.poll_error().is_some());
        assert!(
            soon.to_string().contains("the last poll failed: "),
            "{soon}"
        );
        let later = neon
            .wait(handle([2]))
            .timeout(ms(10_000))
            .await
            .unwrap_err();
        assert!(later.poll_error().unwrap().is_conflict(), "{later}");
    };
    let (outcome, ()) = tokio::join!(long.into_future(), short);
    outcome.unwrap_err();
}

/// A long operation behind many short ones locks a change out all the same.
#[tokio::test(start_paused = true)]
async fn a_running_operation_behind_finished_ones_is_seen() {
    let server = Server::new(|seen, at| match seen.operation {
        "listProjectOperations" => {
            let newer = (100..150).map(|n| (n, "finished"));
            let text = if seen.at < ms(10_000) {
                "running"
            } else {
                "finished"
            };
            let all: Vec<_> = newer.chain([(1, text)]).collect();
            page(seen, &all)
        }
        _ if at == 0 || seen.at < ms(10_000) => status(423),
        _ => support::success(seen),
    });
    support::call(&server.client(), "POST").await.unwrap();
    // Refused once, and not for each poll that would not see why.
    assert_eq!(server.count("createProjectBranchDatabase"), 2);
}
