//! An API whose connection strings lead to a server of the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use neon_api::branches::BranchHandle;
use neon_api::connection::ConnectionString;
use neon_api::raw::transport::{BoxFuture, Exchange, Response, ResponseBody};
use neon_api::workflows::{Connectable, EnsureConnectable};
use neon_api::{ConnectError, Error, Neon, Transport, TransportError, Unlimited};
use neon_api_emulator::Emulator;

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The emulator's transport, with another connection string.
#[derive(Clone)]
pub(crate) struct World {
    emulator: Emulator,
    inner: Arc<dyn Transport>,
    uri: Arc<Mutex<String>>,
    pub(crate) branch: Option<BranchHandle>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl Transport for World {
    fn send(&self, exchange: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let is_uri = exchange.route.id == "getConnectionURI";
        Box::pin(async move {
            let mut answer = self.inner.send(exchange).await?;
            let uri = self.uri.lock().unwrap().clone();
            if is_uri && answer.status == 200 && !uri.is_empty() {
                let body = serde_json::json!({ "uri": uri });
                answer.body = ResponseBody::Whole(body.to_string().into());
            }
            Ok(answer)
        })
    }
}

impl World {
    /// The connection string names the endpoint in its options.
    pub(crate) fn new(at: &ConnectionString) -> Self {
        Self::of(|id| {
            at.clone()
                .with_parameter("options", format!("endpoint={id}"))
                .unwrap()
        })
    }

    /// The connection string is that for the endpoint of this ID.
    pub(crate) fn of(at: impl FnOnce(&str) -> ConnectionString) -> Self {
        let emulator = Emulator::builder().build();
        let app = emulator.seed(|seed| seed.project("app")).unwrap();
        let at = at(app.endpoints[0].id.as_str());
        let mut world = Self {
            inner: Arc::new(emulator.transport()),
            emulator,
            uri: Arc::new(Mutex::new(at.to_uri().into_exposed())),
            branch: None,
        };
        let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
        let neon = builder.transport(world.clone()).build().unwrap();
        let branch = neon.project(&app.project.id).branch(&app.branch.id);
        world.branch = Some(branch);
        world
    }

    pub(crate) fn branch(&self) -> &BranchHandle {
        self.branch.as_ref().unwrap()
    }

    pub(crate) fn connectable(&self) -> EnsureConnectable {
        self.branch().connectable().timeout(PATIENCE)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.emulator.total_requests()
    }

    /// What was sent to the API, beside reads.
    pub(crate) fn changes(&self) -> Vec<String> {
        let requests = self.emulator.requests();
        let changes = requests.iter().filter(|request| request.method != "GET");
        changes
            .map(|request| request.operation_id.clone().unwrap_or_default())
            .collect()
    }
}

pub(crate) fn failed<T: std::fmt::Debug>(outcome: Result<Connectable<T>, Error>) -> ConnectError {
    match outcome {
        Err(Error::Connect(error)) => *error,
        other => panic!("{other:?}"),
    }
}
