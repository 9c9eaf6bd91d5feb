//! Metrics of OpenTelemetry.
//!
//! No attribute has an ID, a name or another value without bounds: see [`labels`].

mod instruments;
mod labels;

use std::fmt;
use std::time::Duration;

use neon_api_raw::Route;
use neon_api_raw::types::Operation;

use self::labels::{Labels, Server};
use super::{End, Measure, Metrics};

pub(crate) use self::instruments::Instruments;

/// The instruments of one client.
struct Client {
    instruments: Instruments,
    server: Server,
}

impl Instruments {
    /// The metrics of a client of this base URL.
    pub(crate) fn of_client(self, base_url: &str) -> Metrics {
        Metrics::new(Client {
            instruments: self,
            server: Server::of(base_url),
        })
    }
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments").finish_non_exhaustive()
    }
}

impl Measure for Client {
    fn call(&self, route: &'static Route, end: End, took: Duration) {
        let labels = Labels::default().operation(route).end(end);
        let histogram = &self.instruments.call;
        histogram.record(took.as_secs_f64(), labels.all());
    }

    fn attempt(&self, route: &'static Route, end: End, took: Duration) {
        let labels = Labels::default().request(route, &self.server).end(end);
        let histogram = &self.instruments.request;
        histogram.record(took.as_secs_f64(), labels.all());
    }

    fn permit(&self, route: &'static Route, waited: Duration) {
        let labels = Labels::default().operation(route);
        let histogram = &self.instruments.permit_wait;
        histogram.record(waited.as_secs_f64(), labels.all());
    }

    fn queue(&self, change: i64) {
        self.instruments.queue.add(change, &[]);
    }

    fn retry(&self, route: &'static Route, reason: &'static str) {
        let labels = Labels::default().operation(route).retry_reason(reason);
        self.instruments.retries.add(1, labels.all());
    }

    fn rate_limited(&self, route: &'static Route) {
        let labels = Labels::default().operation(route);
        self.instruments.rate_limited.add(1, labels.all());
    }

    fn wait(&self, outcome: &'static str, took: Duration) {
        let labels = Labels::default().wait_outcome(outcome);
        let histogram = &self.instruments.wait;
        histogram.record(took.as_secs_f64(), labels.all());
    }

    fn operation(&self, operation: &Operation) {
        let labels = Labels::default().neon_operation(operation);
        self.instruments.operations.add(1, labels.all());
    }
}
