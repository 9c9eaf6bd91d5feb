//! A server whose operations run beside each other, each for a time of its own.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use neon_api::Transport;
use neon_api::TransportError;
use neon_api::raw::transport::{BoxFuture, Exchange, Response, ResponseBody};
use neon_api_emulator::Emulator;
use serde_json::Value;
use tokio::time::Instant;

/// Passes requests to an emulator and rewrites its operations, which would run one after the
/// other: each runs from its creation for a time that is drawn for it. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Parallel {
    emulator: Emulator,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    millis: RangeInclusive<u64>,
    ends: Mutex<HashMap<String, (Instant, u64)>>,
}

impl Parallel {
    /// The emulator's own operations must take no time.
    pub(crate) fn new(emulator: Emulator, millis: RangeInclusive<u64>) -> Self {
        let ends = Mutex::default();
        Self {
            emulator,
            inner: Arc::new(Inner { millis, ends }),
        }
    }

    /// When the last of these operations ended.
    pub(crate) fn end_of<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Instant {
        let ends = self.inner.ends.lock().unwrap();
        ids.into_iter().map(|id| ends[id].0).max().unwrap()
    }

    fn rewrite(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.rewrite(item)),
            Value::Object(map) if map.contains_key("failures_count") => {
                let now = Instant::now();
                let id = map["id"].as_str().unwrap().to_owned();
                let mut ends = self.inner.ends.lock().unwrap();
                let (end, took) = *ends.entry(id).or_insert_with(|| {
                    let took = fastrand::u64(self.inner.millis.clone());
                    (now + Duration::from_millis(took), took)
                });
                let is_done = now >= end;
                map["status"] = if is_done { "finished" } else { "running" }.into();
                map["total_duration_ms"] = if is_done { took } else { 0 }.into();
            }
            Value::Object(map) => map.values_mut().for_each(|item| self.rewrite(item)),
            _ => {}
        }
    }
}

impl Transport for Parallel {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let mut answer = self.emulator.transport().send(call).await?;
            if let ResponseBody::Whole(body) = &answer.body
                && let Ok(mut value) = serde_json::from_slice(body)
            {
                self.rewrite(&mut value);
                answer.body = ResponseBody::Whole(Bytes::from(value.to_string()));
            }
            Ok(answer)
        })
    }
}
