#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn record(operation: Option<&str>, path: &str, query: &[(&str, &str)]) -> RequestRecord {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    RequestRecord {
        at: Duration::from_secs(1),
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.iter().map(pair).collect(),
        operation_id: operation.map(str::to_owned),
        status: 200,
        fault: None,
        body: Some(serde_json::json!({ "key": "secret-body" })),
        request_id: "id-1".to_owned(),
    }
}

fn shown(record: &RequestRecord) -> LastRequest {
    let mut last = LastRequests::default();
    last.push(record, Duration::from_millis(3));
    last.newest().remove(0)
}

fn path(operation: Option<&str>, path: &str) -> String {
    shown(&record(operation, path, &[])).path
}

fn query(operation: Option<&str>, query: &[(&str, &str)]) -> String {
    shown(&record(operation, "/api/v2/projects", query)).query
}

#[test]
fn paths_keep_what_identifies_resources() {
    let shown = path(
        Some("getProjectBranch"),
        "/api/v2/projects/a-1/branches/br-2",
    );
    assert_eq!(shown, "/projects/a-1/branches/br-2");
    let role = "/api/v2/projects/a-1/branches/br-2/roles/an%20owner";
    assert_eq!(
        path(Some("getProjectBranchRole"), role),
        "/projects/a-1/branches/br-2/roles/an%20owner"
    );
}

#[test]
fn paths_omit_what_grants_access_or_is_the_callers_own() {
    let transfer = "/api/v2/projects/a-1/transfer_requests/5f1c";
    let operation = "acceptProjectTransferRequest";
    assert!(Spec::get().operation(operation).is_some());
    assert_eq!(
        path(Some(operation), transfer),
        "/projects/a-1/transfer_requests/{request_id}"
    );
    // With another method it is no operation, and still has the ID.
    assert_eq!(
        path(None, transfer),
        "/api/v2/projects/a-1/transfer_requests/…"
    );
}

#[test]
fn keys_in_paths_are_masked() {
    for (operation, sent) in [
        (Some("getProject"), "/api/v2/projects/napi_abcdefghijkl"),
        (Some("getProject"), "/api/v2/projects/%6eapi_abcdefghijkl"),
        (None, "/api/v2/napi_abcdefghijkl"),
        (None, "/api/v2/project/npg_abcdefghijkl/x"),
    ] {
        let shown = path(operation, sent);
        assert!(!shown.contains("abcdefghijkl"), "{shown}");
    }
}

#[test]
fn every_declared_path_parameter_was_decided_about() {
    // A new one is hidden until it is listed; one that is listed and gone is stale.
    let declared: std::collections::BTreeSet<&str> = Spec::get()
        .operations()
        .flat_map(|operation| operation.parameter_names(ParameterIn::Path))
        .collect();
    for name in IDENTIFYING {
        assert!(declared.contains(name), "{name}");
    }
    assert!(declared.contains("request_id") && !IDENTIFYING.contains(&"request_id"));
}

#[test]
fn queries_show_only_values_that_cannot_be_secret() {
    let all = [
        ("limit", "10"),
        ("org_id", "org-1"),
        ("search", "my secret"),
        ("cursor", "abc"),
        ("recoverable", "true"),
        ("napi_name", "x"),
        ("key", "hidden"),
    ];
    assert_eq!(
        query(Some("listProjects"), &all),
        "limit=10&org_id=org-1&search=…&cursor=…&recoverable=true&…&…"
    );
    let odd = [
        ("limit", "hidden"),
        ("org_id", "napi_hidden"),
        ("recoverable", "hidden"),
    ];
    assert_eq!(
        query(Some("listProjects"), &odd),
        "limit=…&org_id=…&recoverable=…"
    );
    assert_eq!(
        query(None, &all[..1]),
        "…",
        "an unknown route declares none"
    );
}

#[test]
fn listed_values_are_shown_only_if_they_are_listed() {
    let operation = "listProjectBranches";
    let order = |value| query(Some(operation), &[("sort_order", value)]);
    assert_eq!(order("desc"), "sort_order=desc");
    assert_eq!(order("hidden"), "sort_order=…");
}

#[test]
fn the_number_and_the_size_of_requests_are_bounded() {
    let long = "x".repeat(20_000);
    let mut record = record(Some("getProject"), &format!("/api/v2/projects/{long}"), &[]);
    record.request_id.clone_from(&long);
    record.method.clone_from(&long);
    record.query = vec![(long.clone(), long.clone()); 1_000];
    let mut last = LastRequests::default();
    for _ in 0..KEPT + 50 {
        last.push(&record, Duration::ZERO);
    }
    let newest = last.newest();
    assert_eq!(newest.len(), KEPT);
    assert_eq!(last.total(), u64::try_from(KEPT + 50).unwrap());
    let numbers: Vec<u64> = newest.iter().map(|request| request.number).collect();
    assert_eq!(numbers.first().copied(), Some(last.total()));
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1));
    for request in newest {
        let strings = [
            &request.method,
            &request.path,
            &request.query,
            &request.request_id,
        ];
        let size: usize = strings.iter().map(|text| text.len()).sum();
        assert!(size < 4 * WHOLE, "{size}");
    }
}

#[test]
fn request_ids_are_masked_too() {
    let mut record = record(Some("getProject"), "/api/v2/projects/a", &[]);
    record.request_id = "napi_abcdefghijkl".to_owned();
    assert_eq!(shown(&record).request_id, "napi_***");
}

#[test]
fn strings_are_cut_between_characters() {
    assert_eq!(cut("äöü", 2), "äö…");
    assert_eq!(cut("äöü", 3), "äöü");
}
