//! The request log.

mod last;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub(crate) use last::{LastRequest, LastRequests, cut};

/// A logged request.
///
/// Its `Debug` omits the body, which may contain secrets.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// When it arrived, on the emulator's clock, which starts when the emulator is built.
    pub at: Duration,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, still encoded, with the server's prefix.
    pub path: String,
    /// The query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The operation; `None` for an unknown route.
    pub operation_id: Option<String>,
    /// The status of the response; 0 if a fault broke the connection instead, or the client did not
    /// wait for it.
    pub status: u16,
    /// The fault that applied: `response`, `delay`, `reset`, `truncation`, `repeated cursor`,
    /// `cursor on the last page`, `empty page` or `partial list`.
    pub fault: Option<&'static str>,
    /// The JSON body; `None` if there was none, or it was not JSON.
    pub body: Option<Value>,
    /// The request ID of the response.
    pub request_id: String,
}

impl fmt::Debug for RequestRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestRecord")
            .field("at", &self.at)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("operation_id", &self.operation_id)
            .field("status", &self.status)
            .field("fault", &self.fault)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The latest requests, and counts of all requests.
#[derive(Debug)]
pub(crate) struct RequestLog {
    records: VecDeque<RequestRecord>,
    capacity: usize,
    by_operation: BTreeMap<String, u64>,
    total: u64,
}

impl RequestLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            records: VecDeque::new(),
            capacity,
            by_operation: BTreeMap::new(),
            total: 0,
        }
    }

    pub(crate) fn push(&mut self, record: RequestRecord) {
        self.total += 1;
        if let Some(id) = &record.operation_id {
            if let Some(count) = self.by_operation.get_mut(id) {
                *count += 1;
            } else {
                self.by_operation.insert(id.clone(), 1);
            }
        }
        if self.capacity == 0 {
            return;
        }
        if self.records.len() >= self.capacity {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.records.iter().cloned().collect()
    }

    pub(crate) fn count(&self, operation_id: &str) -> u64 {
        self.by_operation.get(operation_id).copied().unwrap_or(0)
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.by_operation.clear();
        self.total = 0;
    }
}
