//! What a client has measured.

use std::collections::BTreeMap;

use neon_api::opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

/// One series: a metric with its attributes.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// How often it was recorded, for a histogram; else its value.
    pub(crate) count: i64,
    /// The sum of a histogram.
    pub(crate) sum: f64,
}

impl Series {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

pub(crate) struct Metered {
    pub(crate) provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Metered {
    pub(crate) fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone());
        Self {
            provider: provider.build(),
            exporter,
        }
    }

    /// All series as they are now.
    pub(crate) fn series(&self) -> Vec<Series> {
        self.provider.force_flush().unwrap();
        let all = self.exporter.get_finished_metrics().unwrap();
        let latest = all.last().unwrap();
        let scopes = latest.scope_metrics().inspect(|metrics| {
            assert_eq!(metrics.scope().name(), "neon_api");
            assert!(metrics.scope().version().is_some());
        });
        scopes
            .flat_map(|scope| scope.metrics().flat_map(series_of))
            .collect()
    }

    /// Those of a metric.
    pub(crate) fn of(&self, metric: &str) -> Vec<Series> {
        let mut all = self.series();
        all.retain(|series| series.metric == metric);
        all
    }

    /// The counts of a metric by one of its labels, those of the same value together.
    pub(crate) fn counts(&self, metric: &str, label: &str) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for series in self.of(metric) {
            *counts.entry(series.label(label).to_owned()).or_default() += series.count;
        }
        counts
    }
}

fn series_of(metric: &Metric) -> Vec<Series> {
    let series = |labels: &mut dyn Iterator<Item = &KeyValue>, count: i64, sum: f64| Series {
        metric: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        labels: labels
            .map(|label| (label.key.to_string(), shown(&label.value)))
            .collect(),
        count,
        sum,
    };
    match metric.data() {
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
            .data_points()
            .map(|p| series(&mut p.attributes(), p.count().try_into().unwrap(), p.sum()))
            .collect(),
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|p| series(&mut p.attributes(), p.value().try_into().unwrap(), 0.0))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|p| series(&mut p.attributes(), p.value(), 0.0))
            .collect(),
        other => panic!("{}: {other:?}", metric.name()),
    }
}

fn shown(value: &Value) -> String {
    value.to_string()
}
