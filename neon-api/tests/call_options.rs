//! Options of some calls: retry policy, request ID, what became of them; and a key that is replaced
//! while it is in use.

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
use std::time::Duration;

use futures::TryStreamExt;
use neon_api::raw::BoxFuture;
use neon_api::raw::transport::FailureKind;
use neon_api::{AccountLimiter, Error, KeyProvider, Neon, Rates, Recorder, RetryPolicy, Secret};
use support::{
    Server, call, fail, handle, ms, operation, operation_id, operations, project_id, status,
    success,
};
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn a_derived_client_retries_by_its_own_policy() {
    let server = Server::new(|_, _| status(502));
    let neon = server
        .builder()
        .retry(RetryPolicy::default().max_elapsed(Duration::from_secs(60)))
        .build()
        .unwrap();
    let once = neon.with_retry(RetryPolicy::never());
    let error = call(&once, "GET").await.unwrap_err();
    assert_eq!((error.attempts(), server.total()), (1, 1));
    // Its parent's policy is as it was.
    let began = Instant::now();
    let error = call(&neon, "GET").await.unwrap_err();
    assert!(error.attempts() > 5, "{}", error.attempts());
    assert!(began.elapsed() > Duration::from_secs(30));
    // A later derivation keeps what it does not name, and counters are shared.
    let before = server.total();
    let hasty = once.with_call_timeout(Duration::from_secs(5));
    assert_eq!(call(&hasty, "GET").await.unwrap_err().attempts(), 1);
    assert_eq!(server.total(), before + 1);
    let total = u64::try_from(server.total()).unwrap();
    assert_eq!(neon.stats().requests, total);
    assert_eq!(hasty.stats(), neon.stats());
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_not_valid_fails_the_call_and_sends_nothing() {
    let server = Server::new(|seen, _| success(seen));
    let policy = RetryPolicy::default().delay(ms(2), ms(1));
    let neon = server.client().with_retry(policy);
    let error = call(&neon, "GET").await.unwrap_err();
    let Error::InvalidInput(fault) = error else {
        panic!("{error:?}")
    };
    assert!(fault.rule().unwrap().contains("delay"));
    assert_eq!(fault.route().unwrap().id, "listProjectBranchDatabases");
    assert_eq!(server.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_request_carries_the_callers_own_id() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("createProjectBranchDatabase", 0) => status(503),
        ("createProjectBranchDatabase", 1) => status(429),
        ("createProjectBranchDatabase", _) => status(404),
        ("listProjectOperations", _) => operations(&[operation(&operation_id(1), "finished")]),
        _ => success(seen),
    });
    let neon = server.client();
    let own = neon.with_request_id("checkout-7f3a");
    let error = call(&own, "POST").await.unwrap_err();
    assert_eq!(error.request_id(), Some("checkout-7f3a"));
    assert!(error.to_string().contains("checkout-7f3a"), "{error}");
    own.wait(handle([1])).await.unwrap();
    let _: Vec<_> = own
        .project(project_id())
        .branches()
        .list()
        .try_collect()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 5, "three attempts, a poll, a page");
    for request in seen {
        let ids: Vec<_> = request.headers.get_all("x-request-id").iter().collect();
        // A poll may be shared with waits of other clients.
        if request.operation == "listProjectOperations" {
            assert_eq!(ids[0].len(), 36);
        } else {
            assert_eq!(ids, ["checkout-7f3a"]);
        }
    }
    // Others have IDs of their own.
    call(&neon, "GET").await.unwrap();
    assert_eq!(server.seen()[5].headers["x-request-id"].len(), 36);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_no_header_value_is_refused_and_sends_nothing() {
    let long = "x".repeat(129);
    for id in ["", "a b", "a\r\nX-Evil: 1", "ä", "\u{7f}", long.as_str()] {
        let server = Server::new(|seen, _| success(seen));
        let neon = server.client().with_request_id(id);
        let error = call(&neon, "POST").await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
        assert!(error.to_string().contains("128 visible"), "{error}");
        // It spoils no wait of others on the same project.
        let failed = neon.wait(handle([1])).await.unwrap_err();
        assert!(failed.is_refused(), "{failed}");
        assert_eq!(server.total(), 0);
    }
    let longest = "x".repeat(128);
    let server = Server::new(|seen, _| success(seen));
    call(&server.client().with_request_id(&longest), "GET")
        .await
        .unwrap();
    assert_eq!(server.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_recorder_keeps_what_became_of_ergonomic_calls() {
    let server = Server::new(|seen, at| match (seen.operation, at) {
        ("listProjectBranches", 0) => status(503),
        ("listProjectBranches", 1) => success(seen)
            .header("x-neon-ret-request-id", "the-apis-own")
            .after(ms(70)),
        ("getProject", _) => status(404).after(ms(30)),
        _ => success(seen),
    });
    let rates = Rates::default().per_minute(60).burst(1);
    let neon = server.builder().limiter(AccountLimiter::new(rates));
    let neon = neon.build().unwrap();
    // Takes the permit that is there.
    call(&neon, "GET").await.unwrap();

    let recorder = Recorder::new();
    assert!(recorder.last().is_none());
    let watched = neon.with_recorder(&recorder);
    let began = Instant::now();
    let list = watched.project(project_id()).branches().list();
    let _: Vec<_> = list.prefetch(false).try_collect().await.unwrap();
    let elapsed = began.elapsed();
    let made = recorder.last().unwrap();
    assert_eq!(made.route().id, "listProjectBranches");
    assert_eq!(made.status().unwrap(), 200);
    assert_eq!(made.request_id(), Some("the-apis-own"));
    assert_eq!(made.attempts(), 2);
    assert_eq!(made.elapsed(), elapsed);
    let waited = made.waited_for_permit() + made.waited_to_retry();
    assert_eq!(waited + ms(70), elapsed);
    assert!(made.waited_for_permit() > Duration::from_secs(1));

    let id = project_id();
    assert!(watched.project(&id).get().await.is_err());
    let error = watched.with_request_id("").project(&id).get().await;
    assert!(error.is_err());
    // The parent's calls are not recorded.
    call(&neon, "GET").await.unwrap();
    let all = recorder.take();
    let short: Vec<_> = all
        .iter()
        .map(|made| {
            (
                made.route().id,
                made.status().map(|s| s.as_u16()),
                made.attempts(),
            )
        })
        .collect();
    let expected = [
        ("listProjectBranches", Some(200), 2),
        ("getProject", Some(404), 1),
        ("getProject", None, 0),
    ];
    assert_eq!(short, expected);
    assert_eq!(all[1].request_id().unwrap().len(), 36);
    assert_eq!(all[2].request_id(), None);
    assert!(recorder.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_recorder_leaves_out_shared_polls_keeps_lost_connections_and_stays_small() {
    let server = Server::new(|seen, at| match seen.operation {
        "listProjectOperations" => operations(&[operation(&operation_id(1), "finished")]),
        "listProjectBranchDatabases" if at == 0 => fail(FailureKind::Interrupted),
        _ => success(seen),
    });
    let recorder = Recorder::new();
    let neon = server.client().with_recorder(&recorder);
    neon.wait(handle([1])).await.unwrap();
    assert_eq!(server.total(), 1);
    assert!(recorder.take().is_empty());
    let once = neon.with_retry(RetryPolicy::never());
    call(&once, "GET").await.unwrap_err();
    let made = recorder.last().unwrap();
    assert_eq!((made.status(), made.attempts()), (None, 1));
    assert_eq!(made.request_id().unwrap().len(), 36);
    for _ in 0..1500 {
        call(&neon, "GET").await.unwrap();
    }
    assert_eq!(recorder.take().len(), 1000);
}

/// Keys that follow one another, one for each time that they are asked for.
#[derive(Debug)]
struct Rotating {
    keys: Vec<&'static str>,
    asked: Arc<AtomicUsize>,
    takes: Duration,
}

impl KeyProvider for Rotating {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let key = self.keys.get(at).or(self.keys.last()).copied();
        Box::pin(async move {
            sleep(self.takes).await;
            match key {
                Some("") => Err("the vault is sealed".into()),
                key => Ok(Secret::new(key.unwrap())),
            }
        })
    }
}

/// A server that knows the last of the keys only, a client, and how often it was asked for a key.
fn rotating(keys: &[&'static str], valid: &'static str) -> (Server, Neon, Arc<AtomicUsize>) {
    let server = Server::new(move |seen, _| {
        let is_known = seen.headers["authorization"] == format!("Bearer {valid}").as_str();
        if is_known { success(seen) } else { status(401) }
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Rotating {
        keys: keys.to_vec(),
        asked: Arc::clone(&asked),
        takes: ms(5),
    };
    let neon = server.builder().key_provider(provider).build().unwrap();
    (server, neon, asked)
}

#[tokio::test(start_paused = true)]
async fn after_401_a_provider_is_asked_once_more() {
    for method in ["GET", "POST", "DELETE"] {
        let (server, neon, asked) = rotating(&["old", "new"], "new");
        assert_eq!(call(&neon, method).await.unwrap(), 2);
        assert_eq!((server.total(), asked.load(Ordering::SeqCst)), (2, 2));
        let keys: Vec<_> = server
            .seen()
            .iter()
            .map(|seen| seen.headers["authorization"].to_str().unwrap().to_owned())
            .collect();
        assert_eq!(keys, ["Bearer old", "Bearer new"]);
        assert_eq!(neon.stats().retries, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_key_or_none_is_not_sent_again() {
    for keys in [&["old", "old"][..], &["old", ""], &["old", "a\nb"]] {
        let (server, neon, asked) = rotating(keys, "new");
        let error = call(&neon, "POST").await.unwrap_err();
        assert!(error.is_auth(), "{error}");
        assert_eq!(error.attempts(), 1);
        assert_eq!((server.total(), asked.load(Ordering::SeqCst)), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_change_each_time_end_after_two_requests() {
    let (server, neon, asked) = rotating(&["a", "b", "c", "d", "e"], "never");
    let error = call(&neon, "GET").await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert_eq!((server.total(), asked.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_fixed_key_and_a_policy_without_retries_are_not_asked_again() {
    let server = Server::new(|_, _| status(401));
    call(&server.client(), "POST").await.unwrap_err();
    assert_eq!(server.total(), 1);
    let (server, neon, asked) = rotating(&["old", "new"], "new");
    let once = neon.with_retry(RetryPolicy::never());
    call(&once, "GET").await.unwrap_err();
    assert_eq!((server.total(), asked.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_comes_too_late_leaves_the_401() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server::new(|_, _| status(401).after(ms(100)));
    let provider = Rotating {
        keys: vec!["old", "new"],
        asked: Arc::clone(&asked),
        takes: ms(200),
    };
    let neon = server.builder().key_provider(provider).build().unwrap();
    let neon = neon.with_call_timeout(ms(400));
    let error = call(&neon, "GET").await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert_eq!((server.total(), asked.load(Ordering::SeqCst)), (1, 2));
}
