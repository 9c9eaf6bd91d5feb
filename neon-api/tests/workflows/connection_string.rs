//! Connection strings of a branch.

use neon_api::Error;
use neon_api::projects::ProjectHandle;
use neon_api_emulator::{Emulator, RequestRecord};

use crate::{client, world};

/// What was sent since.
fn sent_since(emulator: &Emulator, before: usize) -> Vec<String> {
    let requests = emulator.requests();
    let operation = |request: &RequestRecord| request.operation_id.clone().unwrap_or_default();
    requests[before..].iter().map(operation).collect()
}

async fn main_branch(project: &ProjectHandle) -> neon_api::branches::BranchHandle {
    let branches = project.branches().list().await.unwrap();
    project.branch(&branches[0])
}

#[tokio::test(start_paused = true)]
async fn what_there_is_one_of_needs_no_name() {
    let (emulator, project) = world();
    let branch = main_branch(&project).await;
    let before = emulator.requests().len();
    let found = branch.connection_string().await.unwrap();
    assert_eq!(
        sent_since(&emulator, before),
        [
            "listProjectBranchEndpoints",
            "listProjectBranchDatabases",
            "listProjectBranchRoles",
            "getConnectionURI",
        ]
    );
    assert_eq!((found.database(), found.role()), ("neondb", "neondb_owner"));
    assert!(found.is_pooled());
    // As the single call has it, without another request.
    let pooled = branch
        .connection_uri("neondb", "neondb_owner")
        .await
        .unwrap();
    let direct = branch
        .connection_uri("neondb", "neondb_owner")
        .pooled(false)
        .await
        .unwrap();
    assert_eq!(found.to_uri(), pooled);
    assert_eq!(found.direct().to_uri(), direct);
    let asked = branch.connection_string().pooled(false).await.unwrap();
    assert_eq!(asked.to_uri(), direct);

    // Nothing is listed that is named.
    let before = emulator.requests().len();
    let named = branch
        .connection_string()
        .database("neondb")
        .role("neondb_owner");
    assert_eq!(named.await.unwrap(), found);
    let sent = sent_since(&emulator, before);
    assert_eq!(sent, ["listProjectBranchEndpoints", "getConnectionURI"]);
}

#[tokio::test(start_paused = true)]
async fn several_are_listed_in_the_error() {
    let (emulator, project) = world();
    let branch = main_branch(&project).await;
    branch
        .databases()
        .create("app", "neondb_owner")
        .ready()
        .await
        .unwrap();
    let error = branch.connection_string().await.unwrap_err();
    let Error::Unchosen(choices) = &error else {
        panic!("{error}");
    };
    assert_eq!(choices.kind(), "database");
    assert_eq!(choices.names(), ["neondb", "app"]);
    let text = error.to_string();
    assert_eq!(
        text,
        "the branch has several databases: neondb, app; choose one with database(…)"
    );

    branch.roles().create("bob").ready().await.unwrap();
    let of_app = || branch.connection_string().database("app");
    let Err(Error::Unchosen(choices)) = of_app().await else {
        panic!("it chose one");
    };
    assert_eq!((choices.kind(), choices.names().len()), ("role", 2));
    let found = of_app().role("bob").await.unwrap();
    assert_eq!((found.database(), found.role()), ("app", "bob"));
    assert_eq!(emulator.count("resetProjectBranchRolePassword"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_branch_without_databases_or_an_endpoint_says_so() {
    let (_, project) = world();
    let branch = project.branches().create("bare").ready().await.unwrap();
    let branch = project.branch(&branch);
    let error = branch.connection_string().await.unwrap_err();
    assert!(
        error.to_string().contains("no read-write compute endpoint"),
        "{error}"
    );
    branch.endpoints().ensure().ready().await.unwrap();
    branch.connection_string().await.unwrap();
    branch.database("neondb").delete().ready().await.unwrap();
    let error = branch.connection_string().await.unwrap_err();
    assert_eq!(error.to_string(), "the branch has no database");
}

#[tokio::test(start_paused = true)]
async fn the_response_to_a_creation_says_what_it_is() {
    let (_, project) = world();
    let created = project
        .branches()
        .create("preview")
        .with_compute()
        .ready()
        .await
        .unwrap();
    let direct = created.connection_string().unwrap();
    assert!(!direct.is_pooled());
    assert_eq!(direct.endpoint(), Some(created.endpoints[0].id.as_str()));
    let branch = project.branch(&created);
    assert_eq!(
        branch.connection_string().await.unwrap().host(),
        direct.pooled().host()
    );
    let ensured = project
        .branches()
        .ensure("other")
        .with_compute()
        .ready()
        .await
        .unwrap();
    assert!(!ensured.connection_string().unwrap().is_pooled());
    let app = client(&Emulator::builder().build())
        .projects()
        .create("app")
        .ready()
        .await
        .unwrap();
    assert!(!app.connection_string().unwrap().is_pooled());
}

#[tokio::test(start_paused = true)]
async fn that_of_another_branch_is_never_returned() {
    let (_, project) = world();
    let branch = main_branch(&project).await;
    let other = project
        .branches()
        .create("other")
        .with_compute()
        .ready()
        .await
        .unwrap();
    let error = branch
        .connection_string()
        .endpoint(&other.endpoints[0])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("of another branch"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_password_is_reset_only_if_asked() {
    let (emulator, project) = world();
    let app = client(&emulator)
        .projects()
        .create("private")
        .store_passwords(false);
    let app = app.ready().await.unwrap();
    let project = project.neon().project(&app);
    let branch = project.branch(&app.branch);
    let error = branch.connection_string().await.unwrap_err();
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        Some(412),
        "{error}"
    );
    assert_eq!(emulator.count("resetProjectBranchRolePassword"), 0);
    let found = branch
        .connection_string()
        .reset_missing_password(true)
        .await
        .unwrap();
    assert_eq!(emulator.count("resetProjectBranchRolePassword"), 1);
    assert!(found.is_pooled());
    assert_eq!(found.endpoint(), Some(app.endpoints[0].id.as_str()));
    assert!(
        found
            .password()
            .is_some_and(|password| !password.expose().is_empty())
    );
}
