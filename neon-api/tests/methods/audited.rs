//! The audit log has every change before the transport, by the same rows.

use std::error::Error;
use std::sync::{Arc, Mutex};

use neon_api::raw::BoxFuture;
use neon_api::raw::routes;
use neon_api::{AuditLog, AuditedChange, Neon};
use serde_json::Value;

use crate::row::{Row, sampled};
use crate::support::{Seen, Server, Step};

/// What came first to last.
#[derive(Debug, Clone)]
enum Event {
    Recorded(Box<AuditedChange>),
    Sent { operation: &'static str, id: String },
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn sent(&self, seen: &Seen) {
        let id = seen.headers["x-request-id"].to_str().unwrap().to_owned();
        let operation = seen.operation;
        self.0.lock().unwrap().push(Event::Sent { operation, id });
    }

    fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

impl AuditLog for Log {
    fn record(
        &self,
        change: AuditedChange,
    ) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            // The transport must not be reached while this takes its time.
            tokio::task::yield_now().await;
            let event = Event::Recorded(Box::new(change));
            self.0.lock().unwrap().push(event);
            Ok(())
        })
    }
}

/// A server that notes each request in the log, and refuses the first.
fn server(log: &Log, operation: &'static str, change: Option<fn(&mut Value)>) -> (Server, Neon) {
    let (status, body) = sampled(operation, change);
    let (noted, body) = (log.clone(), body.to_string());
    let server = Server::new(move |seen, at| {
        noted.sent(seen);
        if at == 0 {
            return crate::support::status(429).header("retry-after", "1");
        }
        Step::Response(status, Vec::new(), body.clone())
    });
    let neon = server.builder().audit(log.clone()).build().unwrap();
    (server, neon)
}

fn reads(operation: &str) -> bool {
    let route = neon_api::raw::Route::by_id(operation).unwrap();
    route.is_safe() || operation == "queryProjectBranchLogs"
}

/// What is not as it must be about one row.
async fn faults(row: &Row) -> Vec<String> {
    let log = Log::default();
    let (server, neon) = server(&log, row.operation, row.change());
    let failure = row.call(neon).await.err();
    let seen = server.seen();
    let mut faults = Vec::new();
    let mut fault = |text: String| faults.push(row.fault(&text));
    let events = log.events();
    if reads(row.operation) {
        let is_sent = |event: &Event| matches!(event, Event::Sent { .. });
        if !events.iter().all(is_sent) {
            fault(format!("a read was recorded: {events:?}"));
        }
        return faults;
    }
    if seen.len() != 2 {
        fault(format!("{} requests: {failure:?}", seen.len()));
    }
    if events.len() != 2 * seen.len() {
        fault(format!("{events:?}"));
    }
    for (at, (pair, seen)) in events.chunks(2).zip(&seen).enumerate() {
        let [Event::Recorded(change), Event::Sent { operation, id }] = pair else {
            fault(format!("attempt {at}: {pair:?}"));
            continue;
        };
        let path = seen.uri.split_once("/api/v2").unwrap().1;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if change.route().id != *operation
            || change.request_id() != id
            || change.attempt() as usize != at + 1
            || change.method() != seen.method
            || change.query().unwrap_or_default() != query
        {
            fault(format!("attempt {at}: {change:?}"));
        }
        // IDs that grant access are hidden, and nothing else of a path.
        let is_hidden = change.route().path.contains("{request_id}");
        if !is_hidden && change.path() != path {
            fault(format!("recorded {}, sent to {path}", change.path()));
        }
        let parameters = change.route().path.matches('{').count() - usize::from(is_hidden);
        if change.resources().len() != parameters {
            fault(format!("{:?}", change.resources()));
        }
        let sent: Option<Value> = serde_json::from_str(&seen.body).ok();
        if change.body().is_some() != sent.is_some() {
            fault(format!("the body {:?}", change.body()));
        }
    }
    faults
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_each_change_is_recorded_before_it_is_sent() {
    let mut all = Vec::new();
    let mut changes = std::collections::BTreeSet::new();
    for row in crate::rows() {
        all.extend(faults(&row).await);
        if !reads(row.operation) {
            changes.insert(row.operation);
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    // The only one that is no row, since its body is no JSON: see `uploads.rs`.
    changes.extend(crate::deployments::CALLED.map(|(operation, _)| operation));
    let every = routes::ALL.iter().map(|route| route.id);
    let missing: Vec<_> = every
        .filter(|id| !reads(id) && !changes.contains(id))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

/// Secrets of requests are found by what the API calls them.
#[tokio::test(start_paused = true)]
async fn no_record_of_a_method_has_a_secret_of_its_request() {
    let mut with_secrets = std::collections::BTreeSet::new();
    for row in crate::rows() {
        let log = Log::default();
        let (server, neon) = server(&log, row.operation, row.change());
        let _ = row.call(neon).await;
        let mut issued = crate::support::issued::Issued::default();
        for seen in server.seen() {
            if let Ok(mut body) = serde_json::from_str(&seen.body) {
                issued.read(row.operation, &mut body);
            }
        }
        if issued.count() == 0 {
            continue;
        }
        for event in log.events() {
            if let Event::Recorded(change) = event {
                let json = serde_json::to_string(&change).unwrap();
                let shown = format!("{change} {change:?} {json}");
                let leaks = issued.shown_in(&shown);
                assert!(leaks.is_empty(), "{}: {leaks:?}", row.fault(&shown));
                assert!(json.contains("***"), "{}", row.fault(&json));
                with_secrets.insert(row.operation);
            }
        }
    }
    for operation in [
        "addBranchNeonAuthOauthProvider",
        "sendNeonAuthTestEmail",
        "updateNeonAuthEmailProvider",
    ] {
        assert!(with_secrets.contains(operation), "{with_secrets:?}");
    }
}
