//! The instruments, with the names of OpenTelemetry's HTTP conventions and of `neon.*`.

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider, UpDownCounter};

/// The buckets that the conventions recommend for requests, in seconds.
const REQUEST: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// Buckets of what waits for others, in seconds: minutes are possible.
const WAITING: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// What is measured.
pub(crate) struct Instruments {
    pub(super) request: Histogram<f64>,
    pub(super) call: Histogram<f64>,
    pub(super) permit_wait: Histogram<f64>,
    pub(super) queue: UpDownCounter<i64>,
    pub(super) retries: Counter<u64>,
    pub(super) rate_limited: Counter<u64>,
    pub(super) wait: Histogram<f64>,
    pub(super) operations: Counter<u64>,
}

impl Instruments {
    pub(crate) fn new(provider: &(impl MeterProvider + ?Sized)) -> Self {
        let scope = InstrumentationScope::builder("neon_api")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let meter = provider.meter_with_scope(scope);
        let seconds = |name, buckets: &[f64], description| {
            let histogram = meter.f64_histogram(name).with_unit("s");
            let histogram = histogram.with_description(description);
            histogram.with_boundaries(buckets.to_vec()).build()
        };
        let count = |name, unit, description| {
            let counter = meter.u64_counter(name).with_unit(unit);
            counter.with_description(description).build()
        };
        Self {
            request: seconds(
                "http.client.request.duration",
                &REQUEST,
                "Duration of HTTP client requests.",
            ),
            call: seconds(
                "neon.client.call.duration",
                &WAITING,
                "Duration of calls, with their waits and retries.",
            ),
            permit_wait: seconds(
                "neon.client.permit.wait.duration",
                &WAITING,
                "Time until the limiter granted a permit.",
            ),
            queue: meter
                .i64_up_down_counter("neon.client.queue.length")
                .with_unit("{call}")
                .with_description("Calls that wait for a permit of the limiter.")
                .build(),
            retries: count(
                "neon.client.retries",
                "{retry}",
                "Attempts that were retries.",
            ),
            rate_limited: count(
                "neon.client.rate_limited",
                "{response}",
                "Responses with status 429.",
            ),
            wait: seconds(
                "neon.client.operations.wait.duration",
                &WAITING,
                "Duration of waits for operations.",
            ),
            operations: count(
                "neon.client.operations",
                "{operation}",
                "Operations whose end a wait has seen.",
            ),
        }
    }
}
