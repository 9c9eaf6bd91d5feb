//! Nothing that a program keeps or prints has a secret that the API issued, unless it is asked for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use std::error::Error as _;
use std::fmt::{Debug, Write as _};

use neon_api::branches::BranchHandle;
use neon_api::enums::CredentialScope;
use neon_api::ids::ProjectId;
use neon_api::projects::ProjectHandle;
use neon_api::types::StandardEmailServer;
use neon_api::{Error, ExposeSecrets, Neon, Recorder, RetryPolicy, Started, Unlimited};
use neon_api_emulator::{Emulator, OperationFault};
use serde::Serialize;
use support::capture::Capture;
use support::issued::{Tap, Trouble};
use support::ms;

const KEY: &str = "napi_zq0client0key0zq";
const CLIENT_SECRET: &str = "zq-client-secret-of-a-provider";
const SMTP_PASSWORD: &str = "zq-password-of-a-mail-server";
const VARIABLE: &str = "zq-variable-of-a-function";

/// What a program has kept and printed.
struct Kept {
    tap: Tap,
    texts: Vec<(&'static str, String)>,
}

impl Kept {
    fn text(&mut self, what: &'static str, text: impl Into<String>) {
        self.texts.push((what, text.into()));
    }

    fn debug(&mut self, what: &'static str, value: &impl Debug) {
        self.text(what, format!("{value:?} {value:#?}"));
    }

    /// A result in each form. One `with_secrets` has secrets where it is asked for them.
    fn value<T: Debug + Serialize>(&mut self, what: &'static str, value: &T, has_secrets: bool) {
        self.debug(what, value);
        self.text(what, serde_json::to_string(value).unwrap());
        self.text(what, serde_json::to_value(value).unwrap().to_string());
        let with = serde_json::to_string(&value.with_secrets()).unwrap();
        let shown = self.tap.shown_in(&with);
        assert_eq!(!shown.is_empty(), has_secrets, "{what}: {with}");
    }

    fn started<T: Debug + Serialize>(&mut self, what: &'static str, started: &Started<T>) {
        self.debug(what, started);
        self.text(what, serde_json::to_string(&started.token()).unwrap());
    }

    fn error(&mut self, what: &'static str, error: &Error) {
        let mut text = format!("{error} {error:?} {error:#?}");
        let mut source = error.source();
        while let Some(inner) = source {
            let shown = format!(" {inner} {inner:?}");
            // What a transport fails with shows itself; of ours it is masked.
            if !shown.starts_with(" cannot use") {
                text.push_str(&shown);
            }
            source = inner.source();
        }
        // `message`, `reason` and `code` are as the API wrote them, as their documentation says.
        write!(text, " {:?} {:?}", error.request_id(), error.resource()).unwrap();
        write!(text, " {:?}", error.blocked()).unwrap();
        self.text(what, text);
    }

    /// Each text that shows a secret, and how many there are.
    fn leaks(&self) -> Vec<String> {
        let of = |(what, text): &(&str, String)| {
            let shown = self.tap.shown_in(text);
            (!shown.is_empty()).then(|| format!("{what}: {shown:?} in {text}"))
        };
        self.texts.iter().filter_map(of).collect()
    }
}

fn client(tap: &Tap) -> Neon {
    let builder = Neon::builder().api_key(KEY).limiter(Unlimited);
    let builder = builder.retry(RetryPolicy::never());
    builder.transport(tap.clone()).build().unwrap()
}

/// A project with a branch; what comes of creating them.
async fn core(neon: &Neon, kept: &mut Kept) -> (ProjectHandle, BranchHandle) {
    kept.debug("create", &neon.projects().create("app"));
    let app = neon.projects().create("app").await.unwrap();
    kept.started("createProject", &app);
    let app = app.ready().await.unwrap();
    kept.value("createProject", &app, true);
    kept.debug("connection_uri", &app.connection_uri().unwrap());
    let project = neon.project(&app);
    let branch = project.branches().create("preview").with_compute().await;
    let branch = branch.unwrap();
    kept.started("createProjectBranch", &branch);
    let branch = branch.ready().await.unwrap();
    kept.value("createProjectBranch", &branch, true);
    let branch = project.branch(&branch);
    kept.value(
        "listProjects",
        &neon.projects().list().await.unwrap(),
        false,
    );
    let branches = project.branches().list().await.unwrap();
    kept.value("listProjectBranches", &branches, false);
    (project, branch)
}

async fn roles(branch: &BranchHandle, kept: &mut Kept) {
    let alice = branch.roles().create("alice").await.unwrap();
    kept.started("createProjectBranchRole", &alice);
    let alice = alice.ready().await.unwrap();
    kept.value("createProjectBranchRole", &alice, true);
    let reset = branch.role("alice").reset_password().await.unwrap();
    kept.started("resetProjectBranchRolePassword", &reset);
    kept.value("resetProjectBranchRolePassword", &*reset, true);
    reset.ready().await.unwrap();
    let password = branch.role("alice").password().await.unwrap();
    kept.value("getProjectBranchRolePassword", &password, true);
    kept.value("roles", &branch.roles().list().await.unwrap(), false);
    let uri = branch.connection_uri("neondb", "neondb_owner");
    kept.debug("getConnectionURI", &uri);
    kept.value("getConnectionURI", &uri.await.unwrap(), true);
}

async fn keys(neon: &Neon, branch: &BranchHandle, kept: &mut Kept) {
    let key = neon.api_keys().create("ci").await.unwrap();
    kept.value("createApiKey", &key, true);
    kept.value("listApiKeys", &neon.api_keys().list().await.unwrap(), false);
    kept.value("whoami", &neon.whoami().await.unwrap(), false);
    let orgs = neon.orgs().list().await.unwrap();
    let org_keys = neon.org(&orgs[0]).api_keys();
    kept.value(
        "createOrgApiKey",
        &org_keys.create("ci").await.unwrap(),
        true,
    );
    let scopes = [CredentialScope::StorageRead];
    let credential = branch.credentials().create(scopes).await.unwrap();
    kept.value("createCredential", &credential, true);
    let handle = branch.credential(&credential);
    kept.value("revealCredential", &handle.reveal().await.unwrap(), true);
    kept.value("rotateCredential", &handle.rotate().await.unwrap(), true);
    let listed = branch.credentials().list().await.unwrap();
    kept.value("listCredentials", &listed, false);
}

fn mail_server() -> StandardEmailServer {
    StandardEmailServer::default()
        .with_host("smtp.example.com")
        .with_port(587)
        .with_username("mailer")
        .with_password(SMTP_PASSWORD)
        .with_sender_email("no-reply@example.com")
        .with_sender_name("Example")
}

async fn auth(project: &ProjectHandle, branch: &BranchHandle, kept: &mut Kept) {
    let auth = branch.auth();
    kept.value(
        "createNeonAuth",
        &auth.enable("better_auth").await.unwrap(),
        true,
    );
    kept.value("getNeonAuth", &auth.get().await.unwrap(), false);
    let providers = auth.oauth_providers();
    let add = providers.add("github").client_id("zq");
    let add = add.client_secret(CLIENT_SECRET);
    kept.debug("addBranchNeonAuthOauthProvider", &add);
    kept.value("addBranchNeonAuthOauthProvider", &add.await.unwrap(), true);
    kept.value("oauth_providers", &providers.list().await.unwrap(), true);
    kept.debug("mail server", &mail_server());
    kept.value("mail server", &mail_server(), true);
    let email = auth.email_provider();
    let updated = email.update(mail_server()).await.unwrap();
    kept.value("updateNeonAuthEmailProvider", &updated, true);
    let sdk_keys = project.legacy_auth().create_sdk_keys("stack").await;
    kept.value("createNeonAuthProviderSDKKeys", &sdk_keys.unwrap(), true);
    let url = project.legacy_auth().transfer_ownership("stack").await;
    kept.value("transferNeonAuthProviderProject", &url.unwrap(), true);
}

async fn rest(branch: &BranchHandle, kept: &mut Kept) {
    branch.realtime().enable().await.unwrap();
    kept.value("realtime", &branch.realtime().get().await.unwrap(), false);
    kept.value("realtime", &branch.realtime().secret().await.unwrap(), true);
    branch.realtime().rotate_secret().await.unwrap();
    kept.value("realtime", &branch.realtime().secret().await.unwrap(), true);
    branch.buckets().create("uploads").await.unwrap();
    let object = branch.bucket("uploads").object("2026/report.pdf");
    let presign = object.presign_upload();
    kept.debug("presignProjectBranchBucketObject", &presign);
    let presigned = presign.await.unwrap();
    kept.value("presignProjectBranchBucketObject", &presigned, true);
    let deploy = branch.function("hello").deploy(&b"zip"[..]);
    let deploy = deploy.environment([("API_KEY", VARIABLE)]);
    kept.debug("createProjectBranchFunctionDeployment", &deploy);
    let deployed = deploy.await.unwrap();
    kept.value("createProjectBranchFunctionDeployment", &deployed, false);
}

/// The errors of calls whose requests or responses have secrets.
async fn errors(neon: &Neon, project: &ProjectId, branch: &BranchHandle) -> Vec<Error> {
    let branch = neon.project(project).branch(branch.id());
    let mut errors = Vec::new();
    errors.extend(neon.projects().create("app").await.err());
    errors.extend(neon.api_keys().create("ci").await.err());
    errors.extend(
        branch
            .roles()
            .create("bob")
            .ready()
            .await
            .err()
            .map(Error::from),
    );
    errors.extend(branch.role("alice").password().await.err());
    errors.extend(branch.connection_uri("neondb", "alice").await.err());
    let add = branch
        .auth()
        .oauth_providers()
        .add("google")
        .client_id("zq");
    errors.extend(add.client_secret(CLIENT_SECRET).await.err());
    let email = branch.auth().email_provider();
    errors.extend(email.update(mail_server()).await.err());
    let deploy = branch.function("hello").deploy(&b"zip"[..]);
    errors.extend(deploy.environment([("API_KEY", VARIABLE)]).await.err());
    errors
}

/// What happens to a request, and what guard rails say of it.
async fn refused(neon: &Neon, project: &ProjectHandle, branch: &BranchHandle, kept: &mut Kept) {
    let id = project.id();
    for status in [400, 401, 403, 404, 409, 412, 422, 423, 429, 500, 502, 503] {
        kept.tap.trouble(Some(Trouble::Refused(status)));
        let errors = errors(neon, id, branch).await;
        assert_eq!(errors.len(), 8, "{status}");
        for error in &errors {
            kept.error("refused", error);
        }
    }
    for trouble in [Trouble::Garbled, Trouble::Broken] {
        kept.tap.trouble(Some(trouble));
        let errors = errors(neon, id, branch).await;
        assert!(errors.len() >= 7, "{trouble:?}: {errors:?}");
        for error in &errors {
            kept.error("trouble", error);
        }
    }
    kept.tap.trouble(None);
    let other = neon.only_projects(["other-project-12345678"]);
    for guarded in [neon.read_only(), neon.dry_run(), other, neon.protect(id)] {
        let errors = errors(&guarded, id, branch).await;
        assert!(errors.len() >= 4, "{errors:?}");
        for error in &errors {
            kept.error("guarded", error);
        }
    }
}

/// Waits for operations whose failures repeat a connection string.
async fn waits(emulator: &Emulator, neon: &Neon, project: &ProjectHandle, kept: &mut Kept) {
    // Changes before it may still run.
    let neon = neon.with_retry(RetryPolicy::default());
    let project = neon.project(project.id());
    let branches = project.branches().list().await.unwrap();
    let branch = project.branch(&branches[0]);
    let uri = branch
        .connection_uri("neondb", "neondb_owner")
        .await
        .unwrap();
    let failure = format!("could not connect to {}", uri.expose());
    let faults = emulator.faults();
    faults.inject_operation(OperationFault::fail(failure).always());
    let role = branch.roles().create("carol").await.unwrap();
    let token = role.token();
    let error = role.ready().timeout(ms(60_000)).await.unwrap_err();
    kept.text("wait", format!("{error} {error:?} {error:#?}"));
    kept.error("wait", &error.into());
    faults.clear();
    let progress = neon.check(&token).await.unwrap();
    assert!(progress.is_failed());
    kept.value("check", &progress, true);
    let operations = project.operations().list().take(20).await.unwrap();
    kept.value("listProjectOperations", &operations, true);
    kept.value("token", &token, false);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_kept_or_printed_has_a_secret() {
    let (capture, _guard) = Capture::start();
    let emulator = Emulator::builder().build();
    let tap = Tap::before(emulator.transport());
    for secret in [KEY, CLIENT_SECRET, SMTP_PASSWORD, VARIABLE] {
        tap.note(secret);
    }
    let recorder = Recorder::new();
    let neon = client(&tap).with_recorder(&recorder);
    let mut kept = Kept { tap, texts: vec![] };
    let (project, branch) = core(&neon, &mut kept).await;
    roles(&branch, &mut kept).await;
    keys(&neon, &branch, &mut kept).await;
    auth(&project, &branch, &mut kept).await;
    rest(&branch, &mut kept).await;
    refused(&neon, &project, &branch, &mut kept).await;
    waits(&emulator, &neon, &project, &mut kept).await;

    kept.debug("client", &neon);
    kept.debug("builder", &Neon::builder().api_key(KEY));
    kept.debug("stats", &neon.stats());
    kept.debug("recorder", &recorder);
    let calls = recorder.take();
    assert!(calls.len() > 100, "{}", calls.len());
    kept.debug("recorded", &calls);
    kept.tap.trouble(Some(Trouble::Broken));
    errors(&neon, project.id(), &branch).await;
    let report = neon.shutdown(ms(10)).await;
    assert!(!report.is_clean());
    kept.debug("report", &report);
    for change in report.unknown() {
        kept.text("report", change.to_string());
    }
    assert!(capture.events().len() > 100, "{}", capture.events().len());
    kept.debug("spans", &capture.spans());
    kept.debug("events", &capture.events());

    assert!(kept.tap.count() > 25, "{}", kept.tap.count());
    let leaks = kept.leaks();
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}
