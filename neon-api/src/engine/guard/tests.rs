use bytes::Bytes;
use http::Uri;
use neon_api_raw::ids::{BranchId, EndpointId};
use neon_api_raw::routes::{
    self, CREATE_PROJECT_BRANCH, DELETE_PROJECT, LIST_PROJECTS, RESTORE_PROJECT_BRANCH,
    RESTORE_SNAPSHOT, TRANSFER_PROJECTS_FROM_USER_TO_ORG, UPDATE_PROJECT_ENDPOINT,
};

use super::*;

const PROJECT: &str = "late-frost-12345678";
const BRANCH: &str = "br-noisy-breeze-a5e59rrb";
const ENDPOINT: &str = "ep-misty-sea-a5833nbi";

fn project() -> ProjectId {
    ProjectId::new(PROJECT).unwrap()
}

fn branch() -> BranchId {
    BranchId::new(BRANCH).unwrap()
}

fn endpoint() -> EndpointId {
    EndpointId::new(ENDPOINT).unwrap()
}

/// A call that names the same project, branch and endpoint wherever its path can.
fn call_with(operation: &'static Route, query: &str, body: &'static str) -> Exchange {
    let segments = operation.path.split('/').map(|segment| match segment {
        "{project_id}" => PROJECT,
        "{branch_id}" => BRANCH,
        "{endpoint_id}" => ENDPOINT,
        parameter if parameter.starts_with('{') => "x",
        fixed => fixed,
    });
    let path: Vec<_> = segments.collect();
    let uri = format!("https://host/api/v2{}{query}", path.join("/"));
    let mut request = http::Request::new(Bytes::from_static(body.as_bytes()));
    *request.uri_mut() = uri.parse::<Uri>().unwrap();
    Exchange::new(operation, request)
}

fn call(operation: &'static Route) -> Exchange {
    call_with(operation, "", "")
}

fn check(guards: &Guards, call: &Exchange) -> Result<(), BlockReason> {
    guards.check(call, "/api/v2")
}

fn guards_of(change: impl FnOnce(&mut Guards)) -> Guards {
    let mut guards = Guards::default();
    change(&mut guards);
    guards
}

/// The operations that may change something and pass all the same.
fn changes_that_pass(guards: &Guards) -> Vec<&'static str> {
    let changes = routes::ALL.iter().filter(|o| !reads(o));
    changes
        .filter(|operation| check(guards, &call(operation)).is_ok())
        .map(|operation| operation.id)
        .collect()
}

/// Those of some operations whose path names something.
fn naming(parameter: &str, ids: Vec<&'static str>) -> Vec<&'static str> {
    let all = routes::ALL.iter();
    let named = all.filter(|operation| operation.path.contains(parameter));
    let named: Vec<_> = named.map(|operation| operation.id).collect();
    ids.into_iter().filter(|id| named.contains(id)).collect()
}

#[test]
fn without_guards_everything_passes() {
    assert!(Guards::default().is_empty());
    for operation in routes::ALL {
        assert!(check(&Guards::default(), &call(operation)).is_ok());
    }
}

#[test]
fn a_read_only_client_sends_what_reads() {
    let guards = guards_of(Guards::read_only);
    for operation in routes::ALL {
        let passes = check(&guards, &call(operation)).is_ok();
        let reads = operation.method == "GET" || operation.id == "queryProjectBranchLogs";
        assert_eq!(passes, reads, "{operation}");
    }
}

#[test]
fn a_dry_run_sends_what_reads_and_shows_the_rest() {
    let guards = guards_of(Guards::dry_run);
    assert!(check(&guards, &call(&LIST_PROJECTS)).is_ok());
    let body = r#"{"branch":{"name":"secret-name","annotation":{}},"endpoints":[{"type":"read_write"},{"type":"x","cu":1}],"list":["secret"],"url":"postgresql://u:npg_secret@h/d"}"#;
    let reason = check(&guards, &call_with(&CREATE_PROJECT_BRANCH, "?q=1", body)).unwrap_err();
    let BlockReason::DryRun(request) = &reason else {
        panic!("{reason:?}")
    };
    assert_eq!(request.method(), "POST");
    assert_eq!(request.path(), format!("/projects/{PROJECT}/branches"));
    let fields = [
        "branch.annotation",
        "branch.name",
        "endpoints[].cu",
        "endpoints[].type",
        "list",
        "url",
    ];
    assert_eq!(request.fields(), fields);
    let shown = format!("{reason} {reason:?}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn names_of_fields_are_bounded_and_masked() {
    let guards = guards_of(Guards::dry_run);
    let fields: Vec<_> = (0..1000).map(|n| format!("\"f{n}\":1")).collect();
    let body = format!("{{{}}}", fields.join(",")).leak();
    let reason = check(&guards, &call_with(&CREATE_PROJECT_BRANCH, "", body)).unwrap_err();
    let BlockReason::DryRun(request) = &reason else {
        panic!("{reason:?}")
    };
    assert_eq!(request.fields().len(), 100);
    let body = r#"{"napi_0123456789abcdef0123456789abcdef":1,"a\nb":1}"#;
    let reason = check(&guards, &call_with(&CREATE_PROJECT_BRANCH, "", body)).unwrap_err();
    let shown = reason.to_string();
    assert!(
        !shown.contains("napi_0123") && !shown.contains('\n'),
        "{shown}"
    );
}

/// What only adds to a protected project. Whatever the spec gains is looked at here.
#[test]
fn a_protected_project_can_only_be_added_to() {
    let guards = guards_of(|guards| guards.protect(project().into()));
    let expected = [
        "addBranchNeonAuthOauthProvider",
        "addBranchNeonAuthTrustedDomain",
        "addNeonAuthDomainToRedirectURIWhitelist",
        "addNeonAuthOauthProvider",
        "addProjectJWKS",
        "createBranchNeonAuthNewUser",
        "createCredential",
        "createNeonAuth",
        "createProjectBranch",
        "createProjectBranchAnonymized",
        "createProjectBranchBucket",
        "createProjectBranchDataAPI",
        "createProjectBranchDatabase",
        "createProjectBranchRole",
        "createProjectBranchTrigger",
        "createProjectEndpoint",
        "createSnapshot",
        "grantPermissionToProject",
        "recoverProject",
        "registerProjectBranchCustomDomain",
        "restoreSnapshot",
        "revealCredential",
        "startProjectEndpoint",
    ];
    assert_eq!(naming("{project_id}", changes_that_pass(&guards)), expected);
    // Other projects are not its business, and neither is what only reads.
    let other = guards_of(|guards| guards.protect(ProjectId::new("p-2").unwrap().into()));
    for operation in routes::ALL {
        assert!(check(&other, &call(operation)).is_ok(), "{operation}");
        let passes = check(&guards, &call(operation)).is_ok();
        assert!(passes || !operation.is_safe(), "{operation}");
    }
}

#[test]
fn a_protected_project_is_not_handed_over() {
    let guards = guards_of(|guards| guards.protect(project().into()));
    let body = r#"{"destination_org_id":"org-1","project_ids":["p-1","late-frost-12345678"]}"#;
    let transfer = call_with(&TRANSFER_PROJECTS_FROM_USER_TO_ORG, "", body);
    let reason = check(&guards, &transfer).unwrap_err();
    assert_eq!(reason, BlockReason::Protected(project().into()));
    let body = r#"{"destination_org_id":"org-1","project_ids":["p-1"]}"#;
    let transfer = call_with(&TRANSFER_PROJECTS_FROM_USER_TO_ORG, "", body);
    assert!(check(&guards, &transfer).is_ok());
}

#[test]
fn a_protected_branch_can_only_be_added_to() {
    let protected = Protected::from(branch()).in_project(project());
    let guards = guards_of(|guards| guards.protect(protected));
    let expected = [
        "addBranchNeonAuthOauthProvider",
        "addBranchNeonAuthTrustedDomain",
        "createBranchNeonAuthNewUser",
        "createCredential",
        "createNeonAuth",
        "createProjectBranchBucket",
        "createProjectBranchDataAPI",
        "createProjectBranchDatabase",
        "createProjectBranchRole",
        "createProjectBranchTrigger",
        "createSnapshot",
        "registerProjectBranchCustomDomain",
        "revealCredential",
    ];
    assert_eq!(naming("{branch_id}", changes_that_pass(&guards)), expected);
    assert!(check(&guards, &call(&DELETE_PROJECT)).is_err());
}

#[test]
fn a_protected_branch_may_be_the_source_and_not_the_target() {
    let protected = Protected::from(branch()).in_project(project());
    let guards = guards_of(|guards| guards.protect(protected));
    let passes = |operation, body| check(&guards, &call_with(operation, "", body)).is_ok();
    let other = |operation: &'static Route, body: &'static str| {
        let mut call = call_with(operation, "", body);
        let uri = call.request.uri().to_string().replace(BRANCH, "br-other");
        *call.request.uri_mut() = uri.parse().unwrap();
        check(&guards, &call).is_ok()
    };
    let source = r#"{"source_branch_id":"br-noisy-breeze-a5e59rrb"}"#;
    assert!(other(&RESTORE_PROJECT_BRANCH, source));
    assert!(!passes(
        &RESTORE_PROJECT_BRANCH,
        r#"{"source_branch_id":"br-other"}"#
    ));
    assert!(passes(
        &CREATE_PROJECT_BRANCH,
        r#"{"branch":{"parent_id":"br-noisy-breeze-a5e59rrb"}}"#
    ));
    assert!(other(&routes::DELETE_PROJECT_BRANCH, ""));
    // Snapshots name where they go, or go in place.
    let target = r#"{"target_branch_id":"br-noisy-breeze-a5e59rrb"}"#;
    assert!(!passes(&RESTORE_SNAPSHOT, target));
    assert!(passes(
        &RESTORE_SNAPSHOT,
        r#"{"target_branch_id":"br-other","finalize_restore":true}"#
    ));
    assert!(!passes(&RESTORE_SNAPSHOT, r#"{"finalize_restore":true}"#));
    assert!(passes(&RESTORE_SNAPSHOT, r#"{"name":"copy"}"#));
    assert!(!other(&routes::FINALIZE_RESTORE_BRANCH, ""));
    // An endpoint that is moved to it.
    assert!(!passes(
        &UPDATE_PROJECT_ENDPOINT,
        r#"{"endpoint":{"branch_id":"br-noisy-breeze-a5e59rrb"}}"#
    ));
}

#[test]
fn an_endpoint_goes_with_its_branch_and_project() {
    let expected = [
        "deleteProject",
        "deleteProjectBranch",
        "deleteProjectEndpoint",
        "restartProjectEndpoint",
        "suspendProjectEndpoint",
        "updateProjectEndpoint",
    ];
    let alone = Protected::from(endpoint());
    let placed = alone.clone().in_project(project()).in_branch(branch());
    for protected in [alone, placed] {
        let guards = guards_of(|guards| guards.protect(protected.clone()));
        let passing = changes_that_pass(&guards);
        let all = routes::ALL.iter().filter(|o| !reads(o)).map(|o| o.id);
        let blocked: Vec<_> = all.filter(|id| !passing.contains(id)).collect();
        assert_eq!(blocked, expected, "{protected}");
    }
}

#[test]
fn what_is_known_of_the_parents_decides() {
    let elsewhere = ProjectId::new("p-2").unwrap();
    for (protected, deletes_project, deletes_branch) in [
        (Protected::from(branch()), false, false),
        (
            Protected::from(branch()).in_project(&elsewhere),
            true,
            false,
        ),
        (
            Protected::from(endpoint()).in_project(&elsewhere),
            true,
            true,
        ),
        (
            Protected::from(endpoint()).in_branch(BranchId::new("br-other").unwrap()),
            false,
            true,
        ),
    ] {
        let guards = guards_of(|guards| guards.protect(protected.clone()));
        let project = check(&guards, &call(&DELETE_PROJECT)).is_ok();
        let branch = check(&guards, &call(&routes::DELETE_PROJECT_BRANCH)).is_ok();
        assert_eq!(
            (project, branch),
            (deletes_project, deletes_branch),
            "{protected:?}"
        );
    }
}

#[test]
fn only_the_projects_that_are_named_can_be_reached() {
    let bounded = guards_of(|guards| guards.only_projects(vec![project()]));
    let without = [
        "getActiveRegions",
        "getAuthDetails",
        "getCurrentUserInfo",
        "getCurrentUserOrganizations",
    ];
    let elsewhere = guards_of(|guards| guards.only_projects(vec![ProjectId::new("p-2").unwrap()]));
    for operation in routes::ALL {
        let names_it = operation.path.contains("{project_id}");
        let passes = names_it || without.contains(&operation.id);
        let outcome = check(&bounded, &call(operation));
        assert_eq!(outcome.is_ok(), passes, "{operation}");
        let outcome = check(&elsewhere, &call(operation));
        let expected = match (names_it, passes) {
            (true, _) => Err(BlockReason::OtherProject(PROJECT.to_owned())),
            (false, true) => Ok(()),
            (false, false) => Err(BlockReason::NoProject),
        };
        assert_eq!(outcome, expected, "{operation}");
    }
}

#[test]
fn projects_are_found_in_query_and_body() {
    let guards = guards_of(|guards| guards.only_projects(vec![project()]));
    let history = &routes::GET_CONSUMPTION_HISTORY_PER_PROJECT_V2;
    for (query, passes) in [
        ("?project_ids=late-frost-12345678", true),
        ("?project_ids=late-frost-12345678&project_ids=p-2", false),
        ("?project_ids=late-frost-12345678%2Cp-2", false),
        ("?org_id=org-1", false),
        ("?limit=10&project%5Fids=p-2", false),
    ] {
        let outcome = check(&guards, &call_with(history, query, ""));
        assert_eq!(outcome.is_ok(), passes, "{query}");
    }
    let create_user = &routes::CREATE_NEON_AUTH_NEW_USER;
    for (body, passes) in [
        (r#"{"project_id":"late-frost-12345678"}"#, true),
        (r#"{"project_id":"p-2"}"#, false),
        (
            r#"{"x":{"project_id":"p-2"},"project_id":"late-frost-12345678"}"#,
            false,
        ),
        ("{}", false),
    ] {
        let outcome = check(&guards, &call_with(create_user, "", body));
        assert_eq!(outcome.is_ok(), passes, "{body}");
    }
}

#[test]
fn guards_are_only_ever_added() {
    let id = |text: &str| ProjectId::new(text).unwrap();
    let mut guards = guards_of(|guards| guards.only_projects(vec![project(), id("p-2")]));
    guards.only_projects(vec![project(), id("p-3")]);
    assert!(check(&guards, &call(&DELETE_PROJECT)).is_ok());
    guards.protect(branch().into());
    guards.protect(id("p-9").into());
    assert!(check(&guards, &call(&DELETE_PROJECT)).is_err());
    guards.only_projects(vec![id("p-2")]);
    assert!(check(&guards, &call(&routes::GET_PROJECT)).is_err());
}
