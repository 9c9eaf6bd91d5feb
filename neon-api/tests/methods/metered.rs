//! No attribute of a metric has an ID or anything else without bounds, over all operations.

use std::collections::{BTreeMap, BTreeSet};

use neon_api::Neon;
use neon_api::enums::{OperationAction, OperationStatus};
use neon_api::raw::routes;
use neon_api_emulator::Emulator;

use crate::row::sampled;
use crate::support::metered::{Metered, Series};
use crate::support::{Server, Step, status};

/// How many label sets of a metric the SDK keeps apart by default.
const MOST: usize = 2000;

/// The values that each attribute may have.
fn allowed() -> BTreeMap<&'static str, BTreeSet<String>> {
    let of = |values: &mut dyn Iterator<Item = &'static str>| -> BTreeSet<String> {
        values.map(str::to_owned).collect()
    };
    let statuses: BTreeSet<String> = (200..600).map(|status| status.to_string()).collect();
    let all = || routes::ALL.iter();
    BTreeMap::from([
        ("error.type", statuses.clone()),
        ("http.request.method", of(&mut all().map(|r| r.method))),
        ("http.response.status_code", statuses),
        ("neon.api.operation", of(&mut all().map(|r| r.id))),
        (
            "neon.operation.action",
            of(&mut OperationAction::KNOWN.iter().copied()),
        ),
        (
            "neon.operation.status",
            of(&mut OperationStatus::KNOWN.iter().copied()),
        ),
        (
            "neon.retry.reason",
            of(&mut ["locked", "rate_limited", "unavailable"].into_iter()),
        ),
        ("neon.wait.outcome", of(&mut ["succeeded"].into_iter())),
        ("server.address", of(&mut ["console.neon.tech"].into_iter())),
        ("server.port", of(&mut ["443"].into_iter())),
        ("url.template", of(&mut all().map(|r| r.path))),
    ])
}

fn check(series: &[Series]) {
    let allowed = allowed();
    let mut sets: BTreeMap<&str, usize> = BTreeMap::new();
    for one in series {
        *sets.entry(&one.metric).or_default() += 1;
        for (label, value) in &one.labels {
            let values = allowed
                .get(label.as_str())
                .unwrap_or_else(|| panic!("{one:?}"));
            assert!(values.contains(value), "{label}={value} of {one:?}");
        }
    }
    for (metric, sets) in sets {
        assert!(sets < MOST, "{metric}: {sets}");
    }
}

/// Each method on what the emulator has and has not, and again with a success and a retry.
#[tokio::test(start_paused = true)]
async fn no_operation_has_an_id_in_its_labels() {
    let metered = Metered::new();
    let emulator = Emulator::builder().build();
    let of_emulator = Neon::builder()
        .api_key("napi_test")
        .transport(emulator.transport());
    let of_emulator = of_emulator.metrics(&metered.provider).build().unwrap();
    let app = of_emulator.projects().create("app").ready().await.unwrap();
    let project = of_emulator.project(&app);
    project
        .branches()
        .create("x")
        .with_compute()
        .ready()
        .await
        .unwrap();
    for row in crate::rows() {
        let _ = row.call(of_emulator.clone()).await;
        let (code, body) = sampled(row.operation, row.change());
        let body = body.to_string();
        let server = Server::new(move |_, at| match at {
            0 => status(503),
            _ => Step::Response(code, Vec::new(), body.clone()),
        });
        let neon = server.builder().metrics(&metered.provider).build().unwrap();
        row.call(neon).await.unwrap();
    }
    let series = metered.series();
    check(&series);
    // All operations were there, but for the one whose body is a form.
    let measured: BTreeSet<&str> = series
        .iter()
        .map(|s| s.label("neon.api.operation"))
        .collect();
    let form = crate::deployments::CALLED[0].0;
    let missing = routes::ALL
        .iter()
        .filter(|r| r.id != form && !measured.contains(r.id));
    assert_eq!(missing.map(|r| r.id).collect::<Vec<_>>(), [""; 0]);
    let templates: BTreeSet<&str> = series.iter().map(|s| s.label("url.template")).collect();
    assert!(templates.len() > 80, "{}", templates.len());
    let metrics: BTreeSet<&str> = series.iter().map(|s| s.metric.as_str()).collect();
    assert!(metrics.len() >= 6, "{metrics:?}");
}
