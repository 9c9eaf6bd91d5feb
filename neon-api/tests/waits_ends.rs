//! When waits end whose poll is one of many requests, or may not be made: with the response that
//! decides, soon after their timeouts, and without a request that the API has asked not to send.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{join, join_all};
use neon_api::raw::{BoxFuture, Route};
use neon_api::{Limiter, Neon, WaitError};
use serde_json::json;
use support::lists::{cursor_of, parameter};
use support::{
    Seen, Server, Step, handle, ms, ok, operation, operation_id, operations, project_id, status,
};
use tokio::time::{Instant, sleep};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A page of so many operations in this status, the one with the highest number first.
fn page(seen: &Seen, newest: usize, text: &str) -> Step {
    let limit: usize = parameter(seen, "limit").unwrap().parse().unwrap();
    let begin: usize = cursor_of(seen).map_or(newest, |text| text.parse().unwrap());
    let end = begin.saturating_sub(limit);
    let list = (end..begin)
        .rev()
        .map(|n| operation(&operation_id(n), text));
    let list: Vec<_> = list.collect();
    let cursor = if end == 0 {
        String::new()
    } else {
        end.to_string()
    };
    ok(&json!({"operations": list, "pagination": {"cursor": cursor}}))
}

/// A server of so many operations, which takes a second for each page and knows no single ones.
fn paged(newest: usize, text: &'static str) -> Server {
    Server::new(move |seen, _| match seen.operation {
        "listProjectOperations" => page(seen, newest, text),
        _ => status(404),
    })
    .slow(seconds(1))
}

/// Waits, and how long that took.
async fn timed(
    neon: &Neon,
    numbers: impl IntoIterator<Item = usize>,
    timeout: Duration,
) -> (Result<(), WaitError<()>>, Duration) {
    let wait = neon.wait(handle(numbers)).timeout(timeout);
    let start = Instant::now();
    (wait.await, start.elapsed())
}

/// Permits for polls that are given one every so often, the first at once.
#[derive(Debug)]
struct Every(Duration, AtomicUsize);

impl Limiter for Every {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        let is_first = self.1.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(sleep(if is_first { Duration::ZERO } else { self.0 }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_page_that_decides_it() {
    let server = paged(6000, "finished");
    let neon = server.client();
    let waits = (0..6).map(|page| {
        let newest = 5999 - 1000 * page;
        timed(&neon, newest - 9..=newest, seconds(300))
    });
    let all = join_all(waits).await;
    for (page, (outcome, took)) in (1..).zip(all) {
        outcome.unwrap();
        assert_eq!(took, seconds(page));
    }
    assert_eq!((server.total(), server.in_flight()), (6, 0));
}

/// Those of other waits are sought without the one whose time is over.
#[tokio::test(start_paused = true)]
async fn a_wait_whose_operations_run_ends_with_the_page_that_shows_them() {
    let server = paged(6000, "running");
    let neon = server.client();
    let (short, long) = join(
        timed(&neon, [5999], ms(50)),
        timed(&neon, 0..10, seconds(20)),
    )
    .await;
    assert!(short.0.as_ref().unwrap_err().is_timeout());
    assert_eq!(short.0.unwrap_err().operations().len(), 1);
    assert_eq!(short.1, seconds(1));
    assert_eq!(long.1, seconds(20));
    assert_eq!(long.0.unwrap_err().operations().len(), 10);
}

/// The requests for single operations of others are not waited for.
#[tokio::test(start_paused = true)]
async fn a_wait_does_not_wait_for_single_operations_of_others() {
    for text in ["running", "finished"] {
        let server = Server::new(move |seen, _| match seen.operation {
            "listProjectOperations" => {
                operations(&[operation(&operation_id(100), text)]).after(ms(200))
            }
            _ => Step::Hang,
        });
        let neon = server.client();
        let (short, long) =
            join(timed(&neon, [100], ms(50)), timed(&neon, 0..3, seconds(60))).await;
        assert_eq!(short.0.is_ok(), text == "finished");
        assert_eq!(short.1, ms(200));
        assert_eq!(long.1, seconds(60));
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_timeout_is_enough_for_finished_operations_on_later_pages() {
    for latency in [0, 200, 1000].map(ms) {
        let server = Server::new(|seen, _| page(seen, 4000, "finished")).slow(latency);
        let neon = server.client();
        let (outcome, took) = timed(&neon, 500..510, ms(50)).await;
        outcome.unwrap();
        // A small page of the newest and four large ones.
        assert_eq!(took, latency * 5);
        assert_eq!(server.total(), 5);
    }
}

/// However many requests its poll takes, and however long each of them waits for its permit.
#[tokio::test(start_paused = true)]
async fn a_search_ends_a_wait_soon_after_its_timeout() {
    for timeout in [ms(50), seconds(30)] {
        for latency in [ms(10), seconds(1), seconds(25)] {
            let server = Server::new(|seen, _| match seen.operation {
                "listProjectOperations" => page(seen, 20_000, "running"),
                _ => status(404),
            });
            let server = server.slow(latency);
            let limiter = Every(seconds(20), AtomicUsize::new(0));
            let neon = server.builder().limiter(limiter).build().unwrap();
            let (outcome, took) = timed(&neon, 0..10, timeout).await;
            assert!(outcome.unwrap_err().is_timeout());
            assert_eq!(took, timeout.max(latency) + seconds(5));
            assert_eq!(server.in_flight(), 0);
            let sent = server.total();
            sleep(seconds(600)).await;
            assert_eq!(server.total(), sent);
        }
    }
}

/// A search makes room for waits that come amid it, and goes on where it was.
#[tokio::test(start_paused = true)]
async fn a_wait_that_comes_amid_a_search_is_polled_for_after_one_request() {
    for came in [ms(1001), ms(1500), ms(2999)] {
        let server = Server::new(move |seen, _| match seen.operation {
            "listProjectOperations" => page(seen, 10_000, "finished"),
            _ => status(404),
        })
        .slow(seconds(1));
        let neon = server.client();
        let start = Instant::now();
        let search = timed(&neon, 0..10, seconds(300));
        let short = async {
            sleep(came).await;
            timed(&neon, [9999], ms(50)).await.0.unwrap();
            let under_way = came.as_millis().div_ceil(1000);
            let under_way = Duration::from_secs(u64::try_from(under_way).unwrap());
            assert_eq!(start.elapsed(), under_way + seconds(1));
        };
        let (search, ()) = join(search, short).await;
        search.0.unwrap();
        // The pages of the search, and one more poll of the newest operations.
        let cursors: Vec<_> = server.seen().iter().map(cursor_of).collect();
        let pages: std::collections::BTreeSet<_> = cursors.iter().flatten().collect();
        assert_eq!(cursors.iter().flatten().count(), pages.len(), "{cursors:?}");
        assert_eq!(cursors.len(), pages.len() + 2, "{cursors:?}");
        assert_eq!(server.count("getProjectOperation"), 0);
    }
}

/// Waits that come all the time keep neither the search from its end nor each other from theirs.
#[tokio::test(start_paused = true)]
async fn waits_that_come_all_the_time_do_not_end_a_search() {
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => page(seen, 10_000, "finished"),
        _ => status(404),
    })
    .slow(ms(500));
    let neon = server.client();
    let search = timed(&neon, 0..10, seconds(300));
    let others = join_all((0..400).map(|number| {
        let neon = &neon;
        async move {
            sleep(ms(100) * number).await;
            let (outcome, took) = timed(neon, [9999], ms(50)).await;
            outcome.unwrap();
            // The rest of one request, a request of the search, and a poll of the newest operations.
            assert!(took <= ms(3 * 500), "{took:?}");
        }
    }));
    let (search, _) = join(search, others).await;
    search.0.unwrap();
    // Every second request, of the eleven pages.
    assert!(search.1 <= ms(2 * 11 * 500), "{:?}", search.1);
}

/// A crowd whose operations are spread over many pages, each of which takes long.
#[tokio::test(start_paused = true)]
async fn a_crowd_over_many_pages_ends_in_time() {
    let slow = seconds(25);
    let polls = async |waits: usize| {
        fastrand::seed(3);
        let server = Server::new(|seen, _| match seen.operation {
            "listProjectOperations" => page(seen, 10_000, "running"),
            _ => status(404),
        });
        let server = server.slow(slow);
        let neon = server.client();
        let all = (0..waits).map(|number| {
            let timeout = seconds(300).saturating_sub(ms(500) * u32::try_from(number).unwrap());
            let numbers = (0..10).map(move |n| (number * 10 + n * 1000) % 10_000);
            let neon = &neon;
            async move {
                let (outcome, took) = timed(neon, numbers, timeout).await;
                assert!(outcome.unwrap_err().is_timeout());
                assert!(took >= timeout, "{took:?}");
                assert!(
                    took <= timeout + slow + seconds(5),
                    "{took:?} of {timeout:?}"
                );
            }
        });
        join_all(all).await;
        assert_eq!(server.in_flight(), 0);
        server.total()
    };
    let one = polls(1).await;
    for waits in [2, 10, 100, 500] {
        let many = polls(waits).await;
        assert!(many * 10 <= one * 11 + 20, "{waits}: {many}, {one}");
    }
}

/// A server that asks for a pause of a minute at its first poll.
fn pausing() -> Server {
    Server::new(|_, at| match at {
        0 => status(503).header("retry-after", "60"),
        _ => operations(&[operation(&operation_id(1), "finished")]),
    })
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_comes_amid_a_pause_of_the_api_ends_with_its_timeout_and_says_why() {
    for (timeout, is_polled) in [(ms(50), false), (seconds(5), false), (seconds(50), true)] {
        let server = pausing();
        let neon = server.client();
        let first = timed(&neon, [1], seconds(100));
        let second = async {
            sleep(seconds(10)).await;
            timed(&neon, [1], timeout).await
        };
        let (first, (outcome, took)) = join(first, second).await;
        first.0.unwrap();
        assert_eq!(took, timeout);
        assert_eq!(outcome.is_ok(), is_polled);
        if let Err(error) = outcome {
            assert!(error.is_timeout() && error.poll_error().is_none());
            assert!(error.operations().is_empty());
            let left = seconds(50).checked_sub(timeout).unwrap();
            let left = left.as_millis().div_ceil(1000);
            let expected = format!(
                "operations did not finish in time in project {}; they were not polled, \
                 because the API's Retry-After has {left} s left",
                project_id()
            );
            assert_eq!(error.to_string(), expected);
        }
        let times: Vec<Duration> = server.seen().iter().map(|seen| seen.at).collect();
        assert_eq!(times, [seconds(0), seconds(60)]);
    }
}

/// What the poll under way met is all that such a wait can have.
#[tokio::test(start_paused = true)]
async fn a_wait_amid_a_poll_that_ends_in_a_pause_ends_with_it() {
    for (timeout, ends) in [(ms(50), ms(1500)), (seconds(4), seconds(4))] {
        let server = pausing().slow(seconds(2));
        let neon = server.client();
        let first = timed(&neon, [1], seconds(100));
        let second = async {
            sleep(ms(500)).await;
            timed(&neon, [1], timeout).await
        };
        let (first, (outcome, took)) = join(first, second).await;
        first.0.unwrap();
        let error = outcome.unwrap_err();
        assert_eq!(took, ends);
        assert!(error.is_timeout() && error.poll_error().is_some());
        assert!(!error.to_string().contains("were not polled"), "{error}");
        let times: Vec<Duration> = server.seen().iter().map(|seen| seen.at).collect();
        assert_eq!(times, [seconds(0), seconds(62)]);
    }
}
