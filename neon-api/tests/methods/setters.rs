//! The forms of a setter: `maybe_x(Some(v))` is `x(v)`, and `maybe_x(None)` is nothing.

#![allow(deprecated, reason = "deprecated setters have the same forms")]

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api::branches::EndpointOptions;
use neon_api::consumption::Consumption;
use neon_api::enums::{
    AdvisorCategory, ConsumptionHistoryGranularity, EndpointPoolerMode,
    GetOrganizationMembersSortBy, ListProjectBranchesSortBy, ProjectAuditLogLevel, SortOrder,
};
use neon_api::input::{AllowedIps, Quota};
use neon_api::types::{EndpointSettingsData, PreloadLibraries, RealtimeOptions};
use neon_api::{Error, Neon};

use crate::orgs::ORG;
use crate::row::{branch, project, sampled};
use crate::support::{BRANCH, PROJECT, Server, Step};

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>>>>;
type Call = Box<dyn Fn(&Neon) -> Outcome>;

/// One setter.
struct Forms {
    name: &'static str,
    plain: Call,
    set: Call,
    some: Call,
    none: Call,
}

fn call<F, T>(call: impl Fn(&Neon) -> F + 'static) -> Call
where
    F: IntoFuture<Output = Result<T, Error>>,
    F::IntoFuture: 'static,
{
    Box::new(move |neon| {
        let call = call(neon).into_future();
        Box::pin(async move { call.await.map(drop) })
    })
}

/// The setters of a builder; with `=> …`, of a value that a builder is given.
macro_rules! forms {
    ($make:expr; $($rest:tt)*) => {
        forms!($make => |_: &Neon, it| it; $($rest)*)
    };
    ($make:expr => $send:expr; $($setter:ident, $maybe:ident ($($value:expr),+);)*) => {
        vec![$(Forms {
            name: concat!(stringify!($make), " ", stringify!($setter)),
            plain: call(|n: &Neon| $send(n, $make(n))),
            set: call(|n: &Neon| $send(n, $make(n).$setter($($value),+))),
            some: call(|n: &Neon| $send(n, $make(n).$maybe(forms!(@ $($value),+)))),
            none: call(|n: &Neon| $send(n, $make(n).$maybe(forms!(@ $($value),+).filter(|_| false)))),
        }),*]
    };
    (@ $value:expr) => { Some($value) };
    (@ $first:expr, $second:expr) => { Some(($first, $second)) };
}

fn time() -> DateTime<Utc> {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

const HOUR: Duration = Duration::from_secs(3600);

fn projects() -> Vec<Forms> {
    let mut all = forms! { |n: &Neon| n.projects().create("app");
        region, maybe_region("aws-us-east-1");
        org, maybe_org(ORG);
        pg_version, maybe_pg_version(17);
        branch_name, maybe_branch_name("dev");
        annotate, maybe_annotate("key", "value");
        realtime, maybe_realtime(RealtimeOptions::default());
        history_retention, maybe_history_retention(HOUR);
        autoscaling, maybe_autoscaling(0.25..=2.0);
        suspend_timeout, maybe_suspend_timeout(HOUR);
        pg_setting, maybe_pg_setting("work_mem", "64MB");
        hipaa, maybe_hipaa(true);
        provisioner, maybe_provisioner("k8s-neonvm");
        pgbouncer_settings, maybe_pgbouncer_settings(
            neon_api::types::PgbouncerSettingsData::from(std::collections::BTreeMap::new()));
    };
    all.extend(forms! { |n: &Neon| project(n).update();
        name, maybe_name("app");
        history_retention, maybe_history_retention(Duration::ZERO);
        pg_setting, maybe_pg_setting("work_mem", "64MB");
        audit_log_level, maybe_audit_log_level(ProjectAuditLogLevel::Full);
        preload_libraries, maybe_preload_libraries(PreloadLibraries::default());
        hipaa, maybe_hipaa(false);
    });
    all.extend(
        forms! { |_: &Neon| Quota::new() => |n: &Neon, it| project(n).update().quota(it);
            active_time, maybe_active_time(HOUR);
            compute_time, maybe_compute_time(HOUR);
            written_data, maybe_written_data(1);
            data_transfer, maybe_data_transfer(1);
            logical_size, maybe_logical_size(1);
        },
    );
    all.extend(forms! {
        |_: &Neon| AllowedIps::anywhere() => |n: &Neon, it| project(n).update().allowed_ips(it);
        protected_branches_only, maybe_protected_branches_only(true);
    });
    all
}

fn branches() -> Vec<Forms> {
    let mut all = forms! { |n: &Neon| project(n).branches().create("dev");
        parent, maybe_parent(BRANCH);
        at, maybe_at(time());
        expires_at, maybe_expires_at(time());
        annotate, maybe_annotate("key", "value");
        with_endpoint, maybe_with_endpoint(EndpointOptions::read_only());
        archived, maybe_archived(true);
    };
    all.extend(forms! {
        |_: &Neon| EndpointOptions::read_only()
            => |n: &Neon, it| project(n).branches().create("dev").with_endpoint(it);
        autoscaling, maybe_autoscaling(0.25..=2.0);
        suspend_timeout, maybe_suspend_timeout(HOUR);
        pg_setting, maybe_pg_setting("work_mem", "64MB");
        settings, maybe_settings(EndpointSettingsData::default());
        provisioner, maybe_provisioner("k8s-neonvm");
    });
    all.extend(forms! { |n: &Neon| branch(n).update();
        name, maybe_name("staging");
        expires_at, maybe_expires_at(time());
    });
    all.extend(forms! { |n: &Neon| branch(n).restore(BRANCH);
        keep_as, maybe_keep_as("before");
    });
    all.extend(forms! { |n: &Neon| branch(n).finalize_restore();
        keep_as, maybe_keep_as("before");
    });
    all.extend(forms! { |n: &Neon| project(n).branches().count();
        search, maybe_search("preview");
    });
    all
}

fn parts_of_a_branch() -> Vec<Forms> {
    let mut all = forms! { |n: &Neon| branch(n).endpoints().create_read_only();
        name, maybe_name("replica");
        pg_setting, maybe_pg_setting("work_mem", "64MB");
        region, maybe_region("aws-us-east-1");
        provisioner, maybe_provisioner("k8s-neonvm");
        pooler_mode, maybe_pooler_mode(EndpointPoolerMode::Transaction);
    };
    all.extend(
        forms! { |n: &Neon| project(n).endpoint("ep-misty-sea-a5833nbi").update();
            disabled, maybe_disabled(true);
            pg_setting, maybe_pg_setting("work_mem", "64MB");
            provisioner, maybe_provisioner("k8s-neonvm");
            pooler_mode, maybe_pooler_mode(EndpointPoolerMode::Transaction);
            branch, maybe_branch(BRANCH);
        },
    );
    all.extend(forms! { |n: &Neon| branch(n).roles().create("reporter");
        no_login, maybe_no_login(true);
    });
    all.extend(forms! { |n: &Neon| branch(n).database("app").update();
        owner, maybe_owner("reporter");
    });
    all.extend(forms! { |n: &Neon| branch(n).snapshots().create();
        name, maybe_name("before");
        expires_at, maybe_expires_at(time());
    });
    all.extend(
        forms! { |n: &Neon| project(n).snapshot("snap-one").restore();
            finalize, maybe_finalize(true);
            query_name, maybe_query_name("restored");
        },
    );
    all.extend(
        forms! { |n: &Neon| branch(n).function("resize").update().clear_name();
            name, maybe_name("Resize");
        },
    );
    all.extend(
        forms! { |n: &Neon| branch(n).auth().plugins().magic_link().update();
            expires_in, maybe_expires_in(HOUR);
        },
    );
    all.extend(
        forms! { |n: &Neon| branch(n).bucket("uploads").object("a").presign_download();
            expires_in, maybe_expires_in(HOUR);
        },
    );
    all
}

fn usage(neon: &Neon) -> Consumption {
    neon.consumption(time()..time() + HOUR, ConsumptionHistoryGranularity::Hourly)
}

fn lists() -> Vec<Forms> {
    let mut all = forms! { |n: &Neon| n.projects().list();
        search, maybe_search("app");
        org, maybe_org(ORG);
        api_timeout, maybe_api_timeout(HOUR);
        recoverable, maybe_recoverable(true);
    };
    all.extend(forms! { |n: &Neon| n.projects().list_shared();
        search, maybe_search("app");
        api_timeout, maybe_api_timeout(HOUR);
    });
    all.extend(forms! { |n: &Neon| project(n).branches().list();
        search, maybe_search("app");
        sort, maybe_sort(ListProjectBranchesSortBy::Name, SortOrder::Asc);
        include_deleted, maybe_include_deleted(true);
    });
    all.extend(forms! { |n: &Neon| n.org(ORG).members().list();
        sort, maybe_sort(GetOrganizationMembersSortBy::Email, SortOrder::Asc);
    });
    all.extend(forms! { |n: &Neon| n.regions().list();
        org, maybe_org(ORG);
    });
    all.extend(
        forms! { |n: &Neon| branch(n).bucket("uploads").objects().list();
            prefix, maybe_prefix("2026/");
            delimiter, maybe_delimiter("/");
        },
    );
    all.extend(forms! { |n: &Neon| project(n).security_issues().list();
        branch, maybe_branch(BRANCH);
        database, maybe_database("app");
        category, maybe_category(AdvisorCategory::Performance);
        min_severity, maybe_min_severity("WARN".into());
    });
    all.extend(forms! { |n: &Neon| usage(n).by_project_legacy();
        only, maybe_only([PROJECT]);
        metrics, maybe_metrics(["compute_time_seconds"]);
        org, maybe_org(ORG);
        include_v1_metrics, maybe_include_v1_metrics(true);
    });
    all.extend(
        forms! { |n: &Neon| usage(n).by_project(ORG, ["compute_unit_seconds"]);
            only, maybe_only([PROJECT]);
        },
    );
    all.extend(
        forms! { |n: &Neon| usage(n).by_branch(ORG, [PROJECT], ["compute_unit_seconds"]);
            only, maybe_only([BRANCH]);
        },
    );
    all
}

/// What a call sends.
async fn sent(call: &Call) -> (String, String) {
    let server = Server::new(|seen, _| {
        let (status, body) = sampled(seen.operation, None);
        Step::Response(status, Vec::new(), body.to_string())
    });
    let outcome = call(&server.client()).await;
    let seen = server.seen();
    assert_eq!(seen.len(), 1, "{outcome:?}");
    (seen[0].uri.clone(), seen[0].body.clone())
}

#[tokio::test(start_paused = true)]
async fn an_optional_form_sets_what_its_setter_sets_or_nothing() {
    let groups = [projects(), branches(), parts_of_a_branch(), lists()];
    let mut faults = Vec::new();
    for forms in groups.into_iter().flatten() {
        let (plain, set) = (sent(&forms.plain).await, sent(&forms.set).await);
        let (some, none) = (sent(&forms.some).await, sent(&forms.none).await);
        if plain == set || set != some || plain != none {
            faults.push(format!(
                "{}: {plain:?} {set:?} {some:?} {none:?}",
                forms.name
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_a_branch_of_another_project_is_refused() {
    let server = Server::new(|seen, _| {
        let (status, body) = sampled(seen.operation, None);
        Step::Response(status, Vec::new(), body.to_string())
    });
    let neon = server.client();
    let own = project(&neon).branch(BRANCH).get().await.unwrap();
    let issues = neon.project("other-project-12345678").security_issues();
    let refused = issues.list().branch(&own).await;
    assert!(
        matches!(refused, Err(Error::InvalidInput(_))),
        "{refused:?}"
    );
    assert_eq!(server.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn handles_know_what_they_belong_to_and_keys_are_given_by_their_values() {
    let server = Server::new(|seen, _| {
        let (status, body) = sampled(seen.operation, None);
        Step::Response(status, Vec::new(), body.to_string())
    });
    let neon = server.client();
    let branch = branch(&neon);
    let object = branch.bucket("uploads").object("a");
    assert_eq!(object.bucket_name(), "uploads");
    for (project, branch) in [
        (object.project_id(), object.branch_id()),
        (branch.role("r").project_id(), branch.role("r").branch_id()),
    ] {
        assert_eq!((project.as_str(), branch.as_str()), (PROJECT, BRANCH));
    }
    let keys = neon.api_keys().list().await.unwrap();
    assert_eq!(neon.api_key(&keys[0]).id(), keys[0].id);
    let keys = neon.org(ORG).api_keys().list().await.unwrap();
    assert_eq!(neon.org(ORG).api_key(&keys[0]).id(), keys[0].id);
    assert_eq!(neon.org(ORG).api_key(7).org_id().as_str(), ORG);
}
