//! The emulator with Postgres behind it.

use neon_api::connection::LoginFailure;
use neon_api::{Error, Neon, Unlimited};
use neon_api_emulator::{Emulator, Postgres, RunningEmulator};

use crate::world::{PATIENCE, failed};

pub(crate) async fn start() -> Option<(RunningEmulator, Neon)> {
    let postgres = match Postgres::find() {
        Ok(postgres) => postgres,
        Err(error) => {
            eprintln!("!!! SKIPPED: {error}");
            return None;
        }
    };
    let running = Emulator::builder()
        .postgres(postgres)
        .start()
        .await
        .unwrap();
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    let neon = builder.base_url(running.base_url()).build().unwrap();
    Some((running, neon))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_ensured_and_connected_to() {
    let Some((running, neon)) = start().await else {
        return;
    };
    let app = neon.projects().create("app").ready().await.unwrap();
    let project = neon.project(&app);
    let ca = running.postgres_certificate().unwrap().to_vec();
    let ensure = || {
        let ensure = project.branches().ensure("preview/pr-42").with_compute();
        ensure.connectable().timeout(PATIENCE).ca_certificates(&*ca)
    };
    let preview = ensure().await.unwrap();
    assert!(preview.is_created());
    assert_eq!(preview.branch.name, "preview/pr-42");
    assert_eq!(preview.endpoint.branch_id, preview.branch.id);
    assert_eq!(
        preview.connection.endpoint(),
        Some(preview.endpoint.id.as_str())
    );
    assert!(!preview.connection.is_pooled());
    assert!(!preview.endpoint_created && !preview.endpoint_started);
    let again = ensure().await.unwrap();
    assert!(!again.is_created());
    assert_eq!(again.branch.id, preview.branch.id);

    // A suspended compute is started by the login, and by a request only if asked to.
    let endpoint = project.endpoint(&preview.endpoint);
    endpoint.suspend().ready().await.unwrap();
    let branch = project.branch(&preview.branch.branch);
    let connectable = || branch.connectable().timeout(PATIENCE).ca_certificates(&*ca);
    assert!(!connectable().await.unwrap().endpoint_started);
    assert_eq!(
        endpoint.get().await.unwrap().current_state.as_str(),
        "active"
    );
    endpoint.suspend().ready().await.unwrap();
    assert!(connectable().start(true).await.unwrap().endpoint_started);

    // Without TLS, where it is allowed; and with a certificate that was made by somebody else.
    let plain = branch.connectable().plaintext_on_loopback(true);
    assert_eq!(plain.timeout(PATIENCE).await.unwrap().attempts, 1);
    let error = failed(branch.connectable().timeout(PATIENCE).await);
    assert_eq!(error.failure(), Some(LoginFailure::Untrusted));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_created_where_that_is_asked_for() {
    let Some((running, neon)) = start().await else {
        return;
    };
    let app = neon.projects().create("app").ready().await.unwrap();
    let project = neon.project(&app);
    let bare = project.branches().create("bare").ready().await.unwrap();
    let branch = project.branch(&bare);
    let ca = running.postgres_certificate().unwrap().to_vec();
    let connectable = || branch.connectable().timeout(PATIENCE).ca_certificates(&*ca);

    let error = failed(connectable().await);
    assert!(error.is_no_endpoint(), "{error}");
    assert_eq!(error.branch(), branch.id());

    let found = connectable().create_endpoint(true).await.unwrap();
    assert!(found.endpoint_created);
    assert!(
        !connectable()
            .create_endpoint(true)
            .await
            .unwrap()
            .endpoint_created
    );

    let main = project.branch(&app.branch);
    let other = main
        .connectable()
        .endpoint(&found.endpoint)
        .timeout(PATIENCE);
    let error = failed(other.await);
    assert!(error.to_string().contains("of another branch"), "{error}");

    branch
        .databases()
        .create("app", "neondb_owner")
        .ready()
        .await
        .unwrap();
    let Err(Error::Unchosen(choices)) = connectable().await else {
        panic!("it chose one");
    };
    assert_eq!(choices.kind(), "database");
    assert_eq!(choices.names().len(), 2);
    let app = connectable()
        .database("app")
        .role("neondb_owner")
        .await
        .unwrap();
    assert_eq!(app.connection.database(), "app");

    let endpoint = project.endpoint(&found.endpoint);
    endpoint.update().disabled(true).ready().await.unwrap();
    let error = failed(connectable().database("app").await);
    assert!(error.is_disabled(), "{error}");
}
