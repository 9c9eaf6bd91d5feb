//! What ends a call before its answer: the caller's deadline, a key that is late, a body that stalls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::error::Error as _;
use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use http::{HeaderMap, StatusCode};
use neon_api::ids::{BranchId, ProjectId};
use neon_api::raw::BoxFuture;
use neon_api::raw::transport::{Exchange, FailureKind, Response, ResponseBody};
use neon_api::{
    AccountLimiter, ApiError, ByteStream, Error, KeyProvider, Neon, Secret, Transport,
    TransportError, Unlimited,
};
use support::{BRANCH, PROJECT, Server, Step, call, fail, ms, operation, operation_id, status};
use tokio::time::{Instant, timeout};

const DEADLINE: Duration = Duration::from_secs(5);

/// The outcome of a change within the deadline, and the time that it took.
async fn within_deadline(step: Step) -> (Error, Duration) {
    let server = Server::new(move |seen, _| match seen.operation {
        "listProjectOperations" => support::operations(&[operation(&operation_id(1), "running")]),
        _ => step.clone(),
    });
    let start = Instant::now();
    let neon = server.client().with_call_timeout(DEADLINE);
    let error = call(&neon, "POST").await.unwrap_err();
    assert!(error.is_timeout() && !error.outcome_unknown(), "{error}");
    assert!(error.request_id().is_some());
    (error, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_deadline_keeps_what_the_api_said() {
    let asks = |code: u16| status(code).header("retry-after", "60");
    for (step, code, took) in [
        // What is asked for comes too late, and is not waited for.
        (asks(429), 429, Some(Duration::ZERO)),
        (asks(503), 503, Some(Duration::ZERO)),
        (asks(423), 423, Some(Duration::ZERO)),
        (status(423), 423, Some(DEADLINE)),
        (status(503), 503, None),
        (status(429), 429, None),
    ] {
        let (error, elapsed) = within_deadline(step).await;
        assert!(
            took.is_none_or(|took| took == elapsed),
            "{code}: {elapsed:?}"
        );
        assert!(elapsed <= DEADLINE);
        let said = error.source().unwrap().downcast_ref::<ApiError>().unwrap();
        assert_eq!(said.status.as_u16(), code);
        assert_eq!(said.message, format!("made up {code}"));
        let text = error.to_string();
        assert!(
            text.contains("deadline") && text.contains(&said.message),
            "{text}"
        );
    }
    let (error, _) = within_deadline(fail(FailureKind::Connect)).await;
    let before = error.source().unwrap().downcast_ref::<TransportError>();
    assert_eq!(before.unwrap().kind(), FailureKind::Connect);
}

#[tokio::test(start_paused = true)]
async fn so_does_one_that_passes_while_a_turn_is_waited_for() {
    let server = Server::new(|_, _| status(503));
    let limiter = AccountLimiter::new(neon_api::Rates::default().per_minute(1).burst(1));
    let neon = server.builder().limiter(limiter).build().unwrap();
    let start = Instant::now();
    let neon = neon.with_call_timeout(DEADLINE);
    let error = call(&neon, "POST").await.unwrap_err();
    assert_eq!((start.elapsed(), server.total()), (DEADLINE, 1));
    let said = error.source().unwrap().downcast_ref::<ApiError>().unwrap();
    assert_eq!(said.status.as_u16(), 503);
}

/// Takes some seconds to fetch the key, once for all.
#[derive(Debug)]
struct Slow(Instant);

impl KeyProvider for Slow {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async {
            tokio::time::sleep_until(self.0 + DEADLINE).await;
            Ok(Secret::new("napi_late"))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_late_lets_no_turns_pile_up() {
    let server = Server::steps(vec![]);
    let neon = server
        .builder()
        .key_provider(Slow(Instant::now()))
        .limiter(AccountLimiter::default())
        .build()
        .unwrap();
    for outcome in join_all((0..100).map(|_| call(&neon, "GET"))).await {
        outcome.unwrap();
    }
    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.at >= DEADLINE));
    let at_once = seen.iter().filter(|seen| seen.at < DEADLINE + ms(80));
    assert!(at_once.count() <= 40);
    assert_eq!(seen[0].headers["authorization"], "Bearer napi_late");
}

/// Has a new key each ten seconds, and needs that second to fetch it.
#[derive(Debug)]
struct Rotating(Instant);

impl KeyProvider for Rotating {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async {
            let passed = self.0.elapsed().as_millis();
            if passed % 10_000 < 1000 {
                tokio::time::sleep(ms(1000)).await;
            }
            Ok(Secret::new(format!("napi_{}", passed / 10_000)))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_changes_while_a_turn_is_waited_for_is_sent_as_it_is_then() {
    let server = Server::steps(vec![]);
    let neon = server
        .builder()
        .key_provider(Rotating(Instant::now()))
        .limiter(AccountLimiter::default())
        .build()
        .unwrap();
    for outcome in join_all((0..500).map(|_| call(&neon, "GET"))).await {
        outcome.unwrap();
    }
    let (mut newest, mut kept) = (0, 0);
    for seen in server.seen() {
        let passed = seen.at.as_millis();
        let key = seen.headers["authorization"].to_str().unwrap().to_owned();
        if passed % 10_000 < 1000 {
            // The new one is not there at once: the call goes with what it has.
            assert_eq!(key, "Bearer napi_0");
            kept += 1;
        } else {
            assert_eq!(key, format!("Bearer napi_{}", passed / 10_000));
            newest += 1;
        }
    }
    assert!(newest > 400 && kept > 20, "{newest} {kept}");
}

/// Answers with a body that comes piece by piece: this long after each other, and then nothing.
#[derive(Debug)]
struct Pieces(Vec<Duration>);

impl Transport for Pieces {
    fn send(&self, _: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let pieces = stream::iter(self.0.clone()).then(|time| async move {
            tokio::time::sleep(time).await;
            Ok(Bytes::from_static(b"piece"))
        });
        let pieces = pieces.chain(stream::once(pending()));
        let mut answer = Response::new(StatusCode::OK, HeaderMap::new(), "");
        answer.body = ResponseBody::Stream(ByteStream::new(pieces));
        Box::pin(async move { Ok(answer) })
    }
}

async fn object(neon: &Neon) -> ByteStream {
    let (project, branch) = (
        ProjectId::new(PROJECT).unwrap(),
        BranchId::new(BRANCH).unwrap(),
    );
    let raw = neon.raw();
    let object = raw.get_project_branch_bucket_object(&project, &branch, "bucket", "key");
    object.await.unwrap().into_inner()
}

#[tokio::test(start_paused = true)]
async fn a_streamed_body_has_a_bound_for_each_piece() {
    let pieces = Pieces(vec![ms(29_000), ms(29_000), ms(29_000)]);
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    let neon = builder.transport(pieces).build().unwrap();
    let mut body = object(&neon).await;
    for _ in 0..2 {
        assert_eq!(body.next().await.unwrap().unwrap(), "piece");
    }
    // The reader's own time does not count, as long as the piece has come by then.
    let mut third = Box::pin(body.next());
    assert!(futures::poll!(third.as_mut()).is_pending());
    tokio::time::sleep(ms(100_000)).await;
    assert_eq!(third.await.unwrap().unwrap(), "piece");
    let start = Instant::now();
    let piece = timeout(ms(60_000), body.next()).await.unwrap();
    let error = piece.unwrap().unwrap_err();
    assert_eq!(error.kind(), FailureKind::Timeout);
    assert_eq!(start.elapsed(), ms(30_000));
    assert!(body.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_bound_of_a_piece_can_be_set() {
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    let builder = builder.transport(Pieces(Vec::new()));
    let neon = builder.read_timeout(ms(70)).build().unwrap();
    let start = Instant::now();
    let mut body = object(&neon).await;
    let piece = timeout(ms(60_000), body.next()).await.unwrap();
    piece.unwrap().unwrap_err();
    assert_eq!(start.elapsed(), ms(70));
}
