//! A branch that can be connected to: a login has succeeded.

mod ensured;
mod run;

use std::future::IntoFuture;
use std::ops::Deref;
use std::time::Duration;

use neon_api_raw::BoxFuture;
use neon_api_raw::Secret;
use neon_api_raw::ids::{EndpointId, ProjectId};
use neon_api_raw::types::Endpoint;

use crate::Result;
use crate::call::{Call, IntoId, maybe};
use crate::connection_string::ConnectionString;
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::workflows::connection_string::Choice;

/// A branch that is to be connectable. Awaiting it waits for the operations that run on the branch,
/// finds its connection string as [`FindConnectionString`](super::FindConnectionString) does, and
/// logs in to Postgres, and out again: DNS, TCP, TLS, SCRAM-SHA-256, until the server is ready for
/// queries. Nothing less is a proof: Neon asks for the password before it starts a suspended compute,
/// which the login does.
///
/// The login is repeated until the [timeout](Self::timeout) while it fails in a way that may pass:
/// connections that are refused or closed, a server that is starting (57P03). A wrong password, a
/// database that does not exist, and a certificate that is not trusted end it at once, a host name
/// that is not resolved after 5 seconds.
///
/// The server's certificate and host name are always verified, whatever the `sslmode` of the string
/// is, and before that nothing of the login is sent.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let staging = project.branch("br-noisy-breeze-a5e59rrb");
/// let ready = staging.connectable().database("app").role("app_owner").await?;
/// println!("after {} logins: {}", ready.attempts, ready.connection.to_uri().expose());
///
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let ensure = project.branches().ensure("preview/pr-42").with_compute().expires_in(week);
/// let preview = ensure.connectable().await?;
/// println!("{} is new: {}", preview.branch.id, preview.is_created());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Connect`](crate::Error::Connect), which distinguishes why no login succeeded;
/// [`Error::Config`](crate::Error::Config) if there is no TLS provider or no CA certificate on this
/// machine, and [`Error::InvalidInput`](crate::Error::InvalidInput) for CA certificates that cannot be
/// read, before anything is sent; those of
/// [`FindConnectionString`](super::FindConnectionString); and those of the calls and waits.
#[must_use = "nothing is sent until it is awaited"]
pub struct EnsureConnectable<T = ()> {
    neon: Neon,
    project: ProjectId,
    before: Before<T>,
    choice: Choice,
    endpoint: Option<EndpointId>,
    timeout: Option<Duration>,
    ca: Option<Vec<u8>>,
    is_plain: bool,
    creates: bool,
    starts: bool,
}

/// What comes first, and the branch that it is about.
type Before<T> = Box<dyn FnOnce(Neon) -> BoxFuture<'static, Result<(BranchHandle, T)>> + Send>;

/// A branch that could be connected to. It dereferences to what was ensured, if anything.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Connectable<T = ()> {
    /// What was ensured before.
    pub ensured: T,
    /// The connection string that the login was made with, directly, without the pooler; its
    /// password is a secret.
    pub connection: ConnectionString,
    /// The compute endpoint, as it was before the login.
    pub endpoint: Endpoint,
    /// Whether the endpoint was created by this call.
    pub endpoint_created: bool,
    /// Whether the endpoint was started by a request of this call, and not by the login.
    pub endpoint_started: bool,
    /// How many logins were attempted, the last of which succeeded.
    pub attempts: u32,
}

impl<T> Connectable<T> {
    /// The connection string as a URI with its password.
    pub fn uri(&self) -> Secret {
        self.connection.to_uri()
    }
}

impl<T> Deref for Connectable<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.ensured
    }
}

impl BranchHandle {
    /// Waits until the branch can be connected to, which a login to Postgres shows.
    /// [`EnsureConnectable`] describes how.
    pub fn connectable(&self) -> EnsureConnectable {
        let branch = self.clone();
        EnsureConnectable::after(self.neon(), self.project_id(), move |neon| {
            Box::pin(async move {
                let branch = neon.project(&branch.project).branch(&branch.id);
                Ok((branch, ()))
            })
        })
    }
}

impl<T> EnsureConnectable<T> {
    fn after(
        neon: &Neon,
        project: &ProjectId,
        before: impl FnOnce(Neon) -> BoxFuture<'static, Result<(BranchHandle, T)>> + Send + 'static,
    ) -> Self {
        Self {
            neon: neon.clone(),
            project: project.clone(),
            before: Box::new(before),
            choice: Choice::default(),
            endpoint: None,
            timeout: None,
            ca: None,
            is_plain: false,
            creates: false,
            starts: false,
        }
    }

    /// The database, if there are several.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.choice.database = Some(name.into());
        self
    }

    /// The role, if there are several.
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.choice.role = Some(name.into());
        self
    }

    /// The compute endpoint, such as a read-only one; the read-write one if not set.
    pub fn endpoint(mut self, endpoint: impl IntoId<EndpointId>) -> Self {
        let (neon, id) = self.neon.given_in(&self.project, endpoint);
        self.neon = neon;
        self.endpoint = Some(id);
        self
    }

    /// How long all of it may take, from the first poll on; by default as long as a wait for
    /// operations ([`wait_timeout`](crate::NeonBuilder::wait_timeout)).
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Creates the branch's read-write compute endpoint if there is none
    /// ([`EnsureEndpoint`](super::EnsureEndpoint)); otherwise that is an error.
    pub fn create_endpoint(mut self, create: bool) -> Self {
        self.creates = create;
        self
    }

    /// Starts a suspended compute endpoint by a request (`startProjectEndpoint`) and waits for its
    /// operations, before the login. By default the login starts it.
    pub fn start(mut self, start: bool) -> Self {
        self.starts = start;
        self
    }

    /// Trusts these CA certificates, in PEM or DER, and no others: for stand-ins such as the emulator,
    /// whose certificate no public authority has issued.
    pub fn ca_certificates(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(certificates.into());
        self
    }

    /// Whether a server on this machine (a loopback address) is logged in to without TLS: for
    /// stand-ins. It does not apply to others.
    pub fn plaintext_on_loopback(mut self, allow: bool) -> Self {
        self.is_plain = allow;
        self
    }
}

impl<T: Send + 'static> EnsureConnectable<T> {
    /// Returns all of it as a future, the same that awaiting the builder runs.
    pub fn send(self) -> Call<Connectable<T>> {
        let timeout = self.timeout.unwrap_or(self.neon.wait_timeout());
        let call = Call::of(self.neon.clone(), |client| async move {
            self.run(client.get()).await
        });
        call.timeout(timeout)
    }
}

impl<T: Send + 'static> IntoFuture for EnsureConnectable<T> {
    type Output = Result<Connectable<T>>;
    type IntoFuture = Call<Connectable<T>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<T> std::fmt::Debug for EnsureConnectable<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnsureConnectable")
            .field("choice", &self.choice)
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

maybe! { <T> EnsureConnectable<T>;
    maybe_database = database(impl Into<String>);
    maybe_role = role(impl Into<String>);
    maybe_endpoint = endpoint(impl IntoId<EndpointId>);
    maybe_timeout = timeout(Duration);
    maybe_create_endpoint = create_endpoint(bool);
    maybe_start = start(bool);
    maybe_ca_certificates = ca_certificates(impl Into<Vec<u8>>);
    maybe_plaintext_on_loopback = plaintext_on_loopback(bool);
}
