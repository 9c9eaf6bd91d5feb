//! Consumption as a table, and as bars by day.

mod draw;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use neon_api::chrono::NaiveDate;
use neon_api::consumption::Metric;

/// How many projects have a color of their own; the others share one.
const COLORED: usize = 6;

/// What a project consumed, by day.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub(crate) project: String,
    /// In hours of a compute unit.
    compute: BTreeMap<NaiveDate, f64>,
    /// In gigabytes for a month.
    storage: BTreeMap<NaiveDate, f64>,
}

impl Usage {
    pub(crate) fn new(project: impl Into<String>) -> Self {
        Self {
            project: project.into(),
            compute: BTreeMap::new(),
            storage: BTreeMap::new(),
        }
    }

    /// Adds a value as the API reports it.
    pub(crate) fn add(&mut self, day: NaiveDate, metric: &str, value: i64) {
        #[allow(clippy::cast_precision_loss, reason = "it is shown with three digits")]
        let value = value as f64;
        if metric == Metric::COMPUTE_UNIT_SECONDS.as_str() {
            self.add_compute(day, value / 3600.0);
        } else if metric.ends_with("branch_bytes_month") {
            self.add_storage(day, value / 1e9);
        }
    }

    fn add_compute(&mut self, day: NaiveDate, hours: f64) {
        *self.compute.entry(day).or_default() += hours;
    }

    fn add_storage(&mut self, day: NaiveDate, gigabyte_months: f64) {
        *self.storage.entry(day).or_default() += gigabyte_months;
    }

    fn totals(&self) -> [f64; 2] {
        [self.compute.values().sum(), self.storage.values().sum()]
    }
}

/// The consumption of some projects in a period, the largest first.
#[derive(Debug)]
pub(crate) struct Chart {
    title: String,
    days: Vec<NaiveDate>,
    usages: Vec<Usage>,
}

impl Chart {
    pub(crate) fn new(of: &str, days: RangeInclusive<NaiveDate>, mut usages: Vec<Usage>) -> Self {
        let (first, last) = (*days.start(), *days.end());
        let period = if first == last {
            date(first)
        } else {
            format!("{} to {}", date(first), date(last))
        };
        let title = format!("Consumption of {of}, {period}");
        let days = first.iter_days().take_while(|day| *day <= last).collect();
        usages.sort_by(|one, other| {
            let (one, other) = (one.totals(), other.totals());
            let pairs = other.iter().zip(&one);
            let order = pairs.map(|(other, one)| other.total_cmp(one));
            order.fold(Ordering::Equal, Ordering::then)
        });
        Self {
            title,
            days,
            usages,
        }
    }

    /// A line for each project, and one for all.
    pub(crate) fn table(&self) -> String {
        let names = self
            .usages
            .iter()
            .map(|usage| usage.project.chars().count());
        let width = names.max().unwrap_or(0).max("PROJECT".len());
        let mut table = format!(
            "{:width$}  {:>13}  {:>13}\n",
            "PROJECT", "COMPUTE", "STORAGE"
        );
        let mut line = |name: &str, [compute, storage]: [f64; 2]| {
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "{name:width$}  {compute:>9.2} CUh  {storage:>7.3} GB-mo"
            );
        };
        let mut all = [0.0, 0.0];
        for usage in &self.usages {
            let totals = usage.totals();
            line(&usage.project, totals);
            all = [all[0] + totals[0], all[1] + totals[1]];
        }
        line("all", all);
        table
    }

    /// Two panels with a bar for each day, compute above storage.
    pub(crate) fn svg(&self) -> Result<String, Box<dyn std::error::Error>> {
        draw::svg(&self.title, &self.days, &self.series())
    }

    /// What has a color: the largest projects, and the sum of all others.
    fn series(&self) -> Vec<Usage> {
        let mut series: Vec<Usage> = self.usages.iter().take(COLORED).cloned().collect();
        let others = self.usages.get(COLORED..).unwrap_or_default();
        if !others.is_empty() {
            let mut sum = Usage::new(format!("{} others", others.len()));
            for usage in others {
                usage
                    .compute
                    .iter()
                    .for_each(|(day, value)| sum.add_compute(*day, *value));
                usage
                    .storage
                    .iter()
                    .for_each(|(day, value)| sum.add_storage(*day, *value));
            }
            series.push(sum);
        }
        series
    }
}

fn date(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}
