//! What is done until a login has succeeded.

use std::time::Duration;

use neon_api_raw::client::ConfigError as ClientConfigError;
use neon_api_raw::enums::EndpointState;
use neon_api_raw::types::Endpoint;
use tokio::time::{Instant, sleep};

use super::{Connectable, EnsureConnectable};
use crate::Result;
use crate::clock;
use crate::connection_string::ConnectionString;
use crate::error::{
    ConfigError, ConnectError, ConnectReason, Error, InvalidInput, LoginFailure, LoginFailures,
};
use crate::login::{Security, TlsFault, login};
use crate::neon::Neon;
use crate::resources::branches::BranchHandle;
use crate::workflows::connection_string::read_write;
use crate::workflows::running;

/// How long one login may take: a compute that starts within it needs no second one.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The first pause between logins, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long a host name may be unknown.
const UNRESOLVED: Duration = Duration::from_secs(5);

impl<T: Send + 'static> EnsureConnectable<T> {
    pub(super) async fn run(self, neon: Neon) -> Result<Connectable<T>> {
        let security = Security::new(self.ca.as_deref(), self.is_plain).map_err(refused)?;
        let (branch, ensured) = (self.before)(neon.clone()).await?;
        running::settled(&neon, branch.project_id(), branch.id()).await?;
        let (mut is_created, mut is_started) = (false, false);
        let found = match &self.endpoint {
            Some(id) => Some(neon.project(branch.project_id()).endpoint(id).get().await?),
            None => read_write(&branch).await?,
        };
        let endpoint = match found {
            Some(endpoint) => endpoint,
            None if self.creates => {
                let created = branch.endpoints().ensure().await?;
                let created = running::finished(&neon, created).await?;
                is_created = created.is_created();
                created.into_inner()
            }
            None => {
                let error = ConnectError::new(branch.id(), None, ConnectReason::NoEndpoint);
                return Err(Error::Connect(Box::new(error)));
            }
        };
        let fails = |reason| {
            let error = ConnectError::new(branch.id(), Some(&endpoint.id), reason);
            Error::Connect(Box::new(error))
        };
        if endpoint.branch_id != *branch.id() {
            return Err(fails(ConnectReason::Foreign));
        }
        if endpoint.disabled {
            return Err(fails(ConnectReason::Disabled));
        }
        if self.starts && !is_created && endpoint.current_state != EndpointState::Active {
            let started = neon.project(branch.project_id()).endpoint(&endpoint);
            running::finished(&neon, started.start().await?).await?;
            is_started = true;
        }
        let connection = self.choice.of(&branch, &endpoint).await?;
        let attempts = until_ready(&neon, &branch, &endpoint, &connection, &security).await?;
        Ok(Connectable {
            ensured,
            connection,
            endpoint,
            endpoint_created: is_created,
            endpoint_started: is_started,
            attempts,
        })
    }
}

/// Why TLS cannot be configured. Nothing was sent.
fn refused(fault: TlsFault) -> Error {
    match fault {
        TlsFault::NoProvider => ConfigError::Client(ClientConfigError::NoTlsProvider).into(),
        TlsFault::NoCa => ConfigError::Client(ClientConfigError::NoCaCertificates).into(),
        TlsFault::InvalidCa => {
            let rule = "expected at least one certificate, in PEM or DER";
            InvalidInput::of_value("ca_certificates", rule).into()
        }
    }
}

/// Logs in until it succeeds, and returns the number of attempts.
async fn until_ready(
    neon: &Neon,
    branch: &BranchHandle,
    endpoint: &Endpoint,
    connection: &ConnectionString,
    security: &Security,
) -> Result<u32> {
    let begin = Instant::now();
    let deadline = neon.engine().deadline();
    let deadline = deadline.unwrap_or_else(|| clock::after(begin, neon.wait_timeout()));
    let mut failures = LoginFailures::default();
    let mut pause = FIRST_PAUSE;
    let fails = |reason, failures| {
        let error = ConnectError::new(branch.id(), Some(&endpoint.id), reason);
        Err(Error::Connect(Box::new(error.after(failures))))
    };
    loop {
        let until = deadline.min(clock::after(Instant::now(), ATTEMPT));
        // Boxed: it is much larger than the rest, and has a small part of the time.
        let error = match Box::pin(login(connection, security, until)).await {
            Ok(()) => return Ok(failures.attempts().saturating_add(1)),
            Err(error) => error,
        };
        let is_dns = error.failure() == LoginFailure::Dns;
        let is_final = error.is_final() || (is_dns && begin.elapsed() >= UNRESOLVED);
        failures.add(error);
        if is_final {
            return fails(ConnectReason::Login, failures);
        }
        let time = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if clock::after(Instant::now(), time) >= deadline {
            return fails(ConnectReason::Timeout, failures);
        }
        sleep(time).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
