//! Every method of the ergonomic layer that calls the API, by tables: a row makes one call, and states
//! the request that must be sent, in terms of the spec, and where its result stands in the response.
//!
//! What is expected comes from the vendored spec: the method and the path of the operation, the
//! response, and whether query and body are as it says. Nothing is taken from the generated client.
//!
//! `called.txt` lists the operations with the methods that the rows call, and `cargo xtask coverage`
//! counts these only. `BLESS=1 cargo test -p neon-api --test methods` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod access;
mod account;
mod audited;
mod auth;
mod auth_plugins;
mod branch_extras;
mod branches;
mod buckets;
mod consumption;
mod credentials;
mod databases;
mod deployments;
mod endpoints;
mod functions;
mod legacy_auth;
mod logs;
#[cfg(feature = "metrics")]
mod metered;
mod operations;
mod orgs;
mod projects;
mod refused;
mod roles;
mod row;
mod setters;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod times;

use std::collections::BTreeSet;
use std::path::Path;

use row::Row;

fn rows() -> Vec<Row> {
    [
        access::rows(),
        account::rows(),
        auth::rows(),
        auth_plugins::rows(),
        branch_extras::rows(),
        branches::rows(),
        buckets::rows(),
        consumption::rows(),
        credentials::rows(),
        databases::rows(),
        endpoints::rows(),
        functions::rows(),
        legacy_auth::rows(),
        logs::rows(),
        operations::rows(),
        orgs::rows(),
        projects::rows(),
        roles::rows(),
        snapshots::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test(start_paused = true)]
async fn every_method_sends_the_request_of_its_operation_and_returns_its_response() {
    let mut faults = Vec::new();
    for row in rows() {
        faults.extend(row.faults().await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Secrets are found by what the API calls them, so that one which the generator takes for a plain
/// string is found as well.
#[tokio::test(start_paused = true)]
async fn no_result_of_a_method_shows_a_secret_of_the_response() {
    let mut all = Vec::new();
    let mut with_secrets = BTreeSet::new();
    for row in rows() {
        let (leaks, count) = row.leaks().await;
        all.extend(leaks);
        if count > 0 {
            with_secrets.insert(row.operation);
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    for operation in [
        "createApiKey",
        "createCredential",
        "createProject",
        "getAuthDetails",
        "getConnectionURI",
        "presignProjectBranchBucketObject",
        "transferNeonAuthProviderProject",
    ] {
        assert!(with_secrets.contains(operation), "{with_secrets:?}");
    }
}

#[test]
fn the_methods_that_are_called_are_those_of_the_list() {
    let rows = rows();
    let called: BTreeSet<String> = rows
        .iter()
        .map(|row| (row.operation, row.method))
        .chain(deployments::CALLED)
        .map(|(operation, method)| format!("{operation} {method}\n"))
        .collect();
    let called: String = called.into_iter().collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/methods/called.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &called).unwrap();
    }
    let listed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(called, listed, "BLESS=1 writes the list anew");
}
