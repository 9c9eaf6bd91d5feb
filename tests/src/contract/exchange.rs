//! Recorded exchanges.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, FixedOffset};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::spec::{self, Operation};

/// A request and its response, as `tests/recordings` keeps them.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Exchange {
    /// The flow that it is part of.
    pub set: String,
    /// When, as HTTP writes dates.
    pub date: String,
    /// The HTTP method.
    pub method: String,
    /// The path below the base URL, with its query.
    pub path: String,
    /// The JSON body; null if there was none.
    pub request: Value,
    /// The status of the response.
    pub status: u16,
    /// A few headers of the response.
    pub headers: BTreeMap<String, String>,
    /// The JSON body of the response; null if there was none.
    pub response: Value,
}

impl Exchange {
    /// The operation that was called.
    pub fn operation(&self) -> &'static Operation {
        operation(&self.method, &self.path)
    }

    /// When it was.
    ///
    /// # Panics
    ///
    /// If the date is not one of HTTP.
    pub fn at(&self) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc2822(&self.date).expect("dates of recordings are valid")
    }

    /// The year in which it was: the API grew since.
    ///
    /// # Panics
    ///
    /// If the date is not one of HTTP.
    pub fn year(&self) -> String {
        self.at().year().to_string()
    }
}

/// The operation of a path with values; literal segments win over parameters.
///
/// # Panics
///
/// If there is none.
pub fn operation(method: &str, path: &str) -> &'static Operation {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let literal = |operation: &&Operation| operation.path.matches('{').count();
    let fits = |operation: &&Operation| {
        let template: Vec<&str> = operation.path.split('/').collect();
        let same = |(wanted, found): (&&str, &&str)| wanted.starts_with('{') || wanted == found;
        operation.method == method
            && template.len() == segments.len()
            && template.iter().zip(&segments).all(same)
    };
    let all = spec::operations().iter().filter(fits);
    all.min_by_key(literal)
        .unwrap_or_else(|| panic!("no operation for {method} {path}"))
}

/// A file among the test data of this crate.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads a file of JSON among the test data.
///
/// # Panics
///
/// If it is not there or is not what it should be.
pub fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = data(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The recordings, flow by flow in the order in which they were made.
pub fn recorded() -> Vec<Exchange> {
    in_order(read("recordings/exchanges.json"))
}

/// Puts the flows in the order of their beginnings, and leaves each as it is.
pub fn in_order(mut all: Vec<Exchange>) -> Vec<Exchange> {
    let mut begins = BTreeMap::new();
    for exchange in &all {
        let begin = begins.entry(exchange.set.clone()).or_insert(exchange.at());
        *begin = exchange.at().min(*begin);
    }
    all.sort_by_key(|exchange| (begins.get(&exchange.set).copied(), exchange.set.clone()));
    all
}
