//! Input that is refused before anything is sent.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api::branches::EndpointOptions;
use neon_api::enums::EndpointType;
use neon_api::input::{Quota, SuspendTimeout};
use neon_api::types::{BranchCreateRequestEndpointOptions, ComputeUnit};
use neon_api::{Error, Neon};

use crate::row::{branch, project};
use crate::support::{BRANCH, Server};

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// A call, the operation that it would call, and the field that breaks a rule.
struct Refused {
    operation: &'static str,
    field: &'static str,
    call: Box<dyn Fn(&Neon) -> Outcome>,
}

fn refused<F, T>(
    operation: &'static str,
    field: &'static str,
    call: impl Fn(&Neon) -> F + 'static,
) -> Refused
where
    F: IntoFuture<Output = Result<T, Error>>,
    F::IntoFuture: 'static,
{
    Refused {
        operation,
        field,
        call: Box::new(move |neon| {
            let call = call(neon).into_future();
            Box::pin(async move { call.await.map(drop) })
        }),
    }
}

fn time() -> DateTime<Utc> {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn names() -> Vec<Refused> {
    let long = || "é".repeat(257);
    vec![
        refused("createProject", "project.name", |n| n.projects().create("")),
        refused("createProject", "project.name", move |n| {
            n.projects().create(long())
        }),
        refused("createProject", "branch.name", move |n| {
            n.projects().create("app").branch_name(long())
        }),
        refused("createProject", "branch.database_name", |n| {
            n.projects().create("app").database_name("é".repeat(32))
        }),
        refused("createProject", "branch.role_name", |n| {
            n.projects().create("app").role_name("")
        }),
        refused("updateProject", "project.name", |n| {
            project(n).update().name("")
        }),
        refused("createProjectBranch", "branch.name", |n| {
            project(n).branches().create("")
        }),
        refused("updateProjectBranch", "branch.name", move |n| {
            branch(n).update().name(long())
        }),
        refused("restoreProjectBranch", "preserve_under_name", |n| {
            branch(n).restore(BRANCH).keep_as("")
        }),
        refused("createProjectBranchAnonymized", "branch.name", |n| {
            project(n).branches().create_anonymized("")
        }),
        refused("createProjectBranchRole", "role.name", |n| {
            branch(n).roles().create("é".repeat(32))
        }),
        refused("createProjectBranchDatabase", "database.name", |n| {
            branch(n).databases().create("", "owner")
        }),
        refused("createProjectBranchDatabase", "database.owner_name", |n| {
            branch(n).databases().create("app", "o".repeat(64))
        }),
        refused("updateProjectBranchDatabase", "database.name", |n| {
            branch(n).database("app").update().name("")
        }),
        refused("updateProjectBranchDatabase", "database.owner_name", |n| {
            branch(n).database("app").update().owner("")
        }),
        refused("createProjectEndpoint", "endpoint.name", |n| {
            let create = branch(n).endpoints().create_read_only();
            create.name("e".repeat(65))
        }),
        refused("updateProjectEndpoint", "endpoint.name", |n| {
            project(n).endpoint("ep-one").update().name("")
        }),
        refused("createSnapshot", "name", |n| {
            branch(n).snapshots().create().name("")
        }),
        refused("updateSnapshot", "snapshot.name", |n| {
            project(n).snapshot("snap-one").update().name("")
        }),
        refused("restoreSnapshot", "name", |n| {
            project(n).snapshot("snap-one").restore().name("")
        }),
    ]
}

fn forms() -> Vec<Refused> {
    vec![
        refused("createProjectBranch", "parent_lsn", |n| {
            project(n).branches().create("preview").at_lsn("now")
        }),
        refused("restoreProjectBranch", "source_lsn", |n| {
            branch(n).restore(BRANCH).at_lsn("")
        }),
        refused("finalizeRestoreBranch", "name", |n| {
            branch(n).finalize_restore().keep_as("b".repeat(257))
        }),
        refused("finalizeRestoreBranch", "name", |n| {
            branch(n).finalize_restore().keep_as("")
        }),
        refused("updateProjectBranchFunction", "name", |n| {
            branch(n).function("resize").update()
        }),
        refused("updateProjectBranchFunction", "name", |n| {
            branch(n).function("resize").update().name("")
        }),
        refused("createSnapshot", "lsn", |n| {
            branch(n).snapshots().create().at_lsn("0-1")
        }),
        refused("createSnapshot", "slug", |n| {
            branch(n).snapshots().create().slug("Before")
        }),
        refused("createSnapshot", "slug", |n| {
            branch(n).snapshots().create().slug("before-")
        }),
        refused("getProjectBranchDatabase", "database_name", |n| {
            branch(n).database("").get()
        }),
        refused("deleteProjectBranchRole", "role_name", |n| {
            branch(n).role("..").delete()
        }),
        refused("getConsumptionHistoryPerProject", "to", |n| {
            let end = time() - Duration::from_secs(1);
            n.consumption(time()..end, "daily".into())
                .by_project_legacy()
        }),
        refused("getConsumptionHistoryPerProjectV2", "to", |n| {
            let end = time() - Duration::from_secs(1);
            n.consumption(time()..end, "daily".into())
                .by_project("org-one", ["a"])
        }),
        refused("getProjectBranchSchema", "lsn", |n| {
            branch(n).schema("app").at_lsn("0")
        }),
        refused("getProjectBranchSchemaComparison", "lsn", |n| {
            branch(n).compare_schema("app").at_lsn("0")
        }),
        refused("getProjectBranchSchemaComparison", "base_lsn", |n| {
            branch(n).compare_schema("app").base_at_lsn("0")
        }),
    ]
}

fn exclusive() -> Vec<Refused> {
    vec![
        refused("createProjectBranch", "parent_lsn", |n| {
            let create = project(n).branches().create("preview");
            create.at(time()).at_lsn("0/1FE3A28")
        }),
        // What goes by the setters is checked as well.
        refused("createProjectBranch", "parent_lsn", |n| {
            let create = project(n).branches().create("preview").at(time());
            create.with(|branch| branch.parent_lsn = Some("0/1FE3A28".to_owned()))
        }),
        refused("createProjectBranch", "expires_at", |n| {
            let create = project(n).branches().create("preview");
            create.protected(true).expires_at(time())
        }),
        refused("createProjectBranch", "expires_at", |n| {
            let create = project(n).branches().create("preview");
            create.expires_in(Duration::from_secs(60)).protected(true)
        }),
        refused("createProjectBranch", "endpoints", |n| {
            let create = project(n).branches().create("preview").with_compute();
            create.with_endpoint(EndpointOptions::read_write())
        }),
        refused("createProjectBranchAnonymized", "parent_lsn", |n| {
            let create = project(n).branches().create_anonymized("for-tests");
            create.branch(|branch| branch.at(time()).at_lsn("0/1FE3A28"))
        }),
        refused("updateProjectBranch", "expires_at", |n| {
            branch(n).update().protected(true).expires_at(time())
        }),
        refused("updateProjectBranch", "expires_at", |n| {
            let update = branch(n).update().expires_in(Duration::from_secs(60));
            update.with(|branch| branch.protected = Some(true))
        }),
        refused("restoreProjectBranch", "source_lsn", |n| {
            branch(n).restore(BRANCH).at(time()).at_lsn("0/1FE3A28")
        }),
        refused("createSnapshot", "lsn", |n| {
            branch(n)
                .snapshots()
                .create()
                .at(time())
                .at_lsn("0/1FE3A28")
        }),
        refused("getProjectBranchSchema", "lsn", |n| {
            branch(n).schema("app").at(time()).at_lsn("0/1FE3A28")
        }),
        refused("getProjectBranchSchemaComparison", "base_lsn", |n| {
            let compare = branch(n).compare_schema("app").at(time());
            compare.base_at(time()).base_at_lsn("0/1FE3A28")
        }),
        refused("getProjectBranchSchemaComparison", "lsn", |n| {
            branch(n)
                .compare_schema("app")
                .at(time())
                .at_lsn("0/1FE3A28")
        }),
    ]
}

fn sizes() -> Vec<Refused> {
    let min = "autoscaling_limit_min_cu";
    vec![
        refused("createProject", min, |n| {
            n.projects().create("app").autoscaling(2.0..=1.0)
        }),
        refused("createProject", min, |n| {
            let create = n.projects().create("app").autoscaling(2.0..);
            create.with(|project| {
                let settings = project.default_endpoint_settings.as_mut().unwrap();
                settings.autoscaling_limit_max_cu = Some(ComputeUnit(1.0));
            })
        }),
        refused("updateProject", min, |n| {
            project(n).update().autoscaling(0.1..=1.0)
        }),
        refused("createProjectBranch", min, |n| {
            let endpoint = EndpointOptions::read_write().autoscaling(2.0..=1.0);
            let create = project(n).branches().create("preview");
            create.with_endpoint(endpoint)
        }),
        refused("createProjectBranch", min, |n| {
            let endpoint = BranchCreateRequestEndpointOptions::new(EndpointType::ReadOnly)
                .with_autoscaling_limit_min_cu(ComputeUnit(2.0))
                .with_autoscaling_limit_max_cu(ComputeUnit(1.0));
            let create = project(n).branches().create("preview");
            create.with_endpoint(endpoint)
        }),
        refused("createProjectEndpoint", "autoscaling_limit_max_cu", |n| {
            let create = branch(n).endpoints().create_read_only();
            create.autoscaling(..=f64::INFINITY)
        }),
        refused("createProjectEndpoint", min, |n| {
            let create = branch(n).endpoints().create_read_only();
            create.autoscaling(4.0..).with(|endpoint| {
                endpoint.autoscaling_limit_max_cu = Some(ComputeUnit(2.0));
            })
        }),
        refused("updateProjectEndpoint", min, |n| {
            let update = project(n).endpoint("ep-one").update();
            update.autoscaling(4.0..).with(|endpoint| {
                endpoint.autoscaling_limit_max_cu = Some(ComputeUnit(2.0));
            })
        }),
    ]
}

fn periods() -> Vec<Refused> {
    let (timeout, expiry) = ("suspend_timeout_seconds", "expires_in_seconds");
    let moment = || SuspendTimeout::After(Duration::from_millis(900));
    vec![
        refused("createProject", timeout, move |n| {
            n.projects().create("app").suspend_timeout(moment())
        }),
        refused("updateProject", timeout, move |n| {
            project(n).update().suspend_timeout(Duration::MAX)
        }),
        refused("createProjectBranch", timeout, move |n| {
            let endpoint = EndpointOptions::read_only().suspend_timeout(moment());
            let create = project(n).branches().create("preview");
            create.with_endpoint(endpoint)
        }),
        refused("createProjectEndpoint", timeout, move |n| {
            let create = branch(n).endpoints().create_read_only();
            create.suspend_timeout(moment())
        }),
        refused("updateProjectEndpoint", timeout, move |n| {
            let update = project(n).endpoint("ep-one").update();
            update.suspend_timeout(moment())
        }),
        refused("createProject", "history_retention_seconds", |n| {
            let create = n.projects().create("app");
            create.history_retention(Duration::from_millis(900))
        }),
        refused("updateProject", "history_retention_seconds", |n| {
            let update = project(n).update();
            update.history_retention(Duration::from_millis(900))
        }),
        refused("updateProject", "history_retention_seconds", |n| {
            project(n).update().history_retention(Duration::MAX)
        }),
        refused("createProjectTransferRequest", "ttl_seconds", |n| {
            let create = project(n).transfer_requests().create();
            create.valid_for(Duration::from_millis(900))
        }),
        refused("createProjectTransferRequest", "ttl_seconds", |n| {
            let create = project(n).transfer_requests().create();
            create.valid_for(Duration::ZERO)
        }),
        refused("presignProjectBranchBucketObject", expiry, |n| {
            let object = branch(n).bucket("uploads").object("a");
            object
                .presign_download()
                .expires_in(Duration::from_millis(900))
        }),
        refused("presignProjectBranchBucketObject", expiry, |n| {
            let object = branch(n).bucket("uploads").object("a");
            let week = Duration::from_secs(7 * 24 * 3600);
            object
                .presign_upload()
                .expires_in(week + Duration::from_secs(1))
        }),
        refused("updateNeonAuthMagicLinkPlugin", "expires_in", |n| {
            let update = branch(n).auth().plugins().magic_link().update();
            update.expires_in(Duration::from_secs(59))
        }),
        refused("updateNeonAuthPhoneNumberPlugin", "otp_expires_in", |n| {
            let update = branch(n).auth().plugins().phone_number().update();
            update.otp_expires_in(Duration::from_secs(601))
        }),
        refused("createProject", "quota.written_data_bytes", |n| {
            let quota = Quota::new().written_data(0);
            n.projects().create("app").quota(quota)
        }),
        refused("updateProject", "quota.active_time_seconds", |n| {
            let quota = Quota::new().active_time(Duration::from_millis(900));
            project(n).update().quota(quota)
        }),
        refused("createProjectBranch", "expires_at", |n| {
            let create = project(n).branches().create("preview");
            create.expires_in(Duration::MAX)
        }),
        refused("createSnapshot", "expires_at", |n| {
            branch(n).snapshots().create().expires_in(Duration::MAX)
        }),
        refused("updateSnapshot", "expires_at", |n| {
            let update = project(n).snapshot("snap-one").update();
            update.expires_in(Duration::MAX)
        }),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_breaks_a_rule_is_refused_by_its_field_and_nothing_is_sent() {
    let server = Server::steps(vec![]);
    let neon = server.client();
    let groups = [names(), forms(), exclusive(), sizes(), periods()];
    let mut faults = Vec::new();
    for (number, case) in groups.into_iter().flatten().enumerate() {
        let outcome = (case.call)(&neon).await;
        let expected = (Some(case.operation), Some(case.field));
        let got = match &outcome {
            Err(Error::InvalidInput(input)) => (input.route().map(|route| route.id), input.field()),
            _ => (None, None),
        };
        if got != expected {
            faults.push(format!("{number}: {expected:?}, not {outcome:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(server.total(), 0);
}
