//! Calls of any operation by its ID, with JSON in and out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::TryStreamExt;
use http::{HeaderMap, StatusCode};
use neon_api_raw::strict::{self, Refused, RequestBody};
use neon_api_raw::{ByteStream, Client, ExposeSecrets, ResponseValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The operation that the raw crate has a method by hand for, since its body is multipart.
pub const BY_HAND: &str = "createProjectBranchFunctionDeployment";

/// A typed mock of one operation: what it matches is already set.
#[cfg(feature = "httpmock")]
pub type MockFn = for<'a> fn(
    &'a httpmock::MockServer,
    &dyn Fn(httpmock::When, httpmock::Then),
) -> httpmock::Mock<'a>;

/// What a call of any operation resolves to.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + 'a>>;

/// A call of one operation.
pub type CallFn = for<'a> fn(&'a Client, &'a Arguments) -> Pending<'a>;

/// Reads the body of one operation strictly, and encodes it again.
pub type BodyFn = fn(&Value) -> Result<Value, Refused>;

fn read<T: RequestBody + Serialize>(value: &Value) -> Result<Value, Refused> {
    let body: T = strict::from_value(value)?;
    Ok(serde_json::to_value(body.with_secrets()).expect("a body is JSON"))
}

/// A decoded answer, encoded again.
#[derive(Debug)]
pub struct Reply {
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// What the typed answer encodes to; a string for a streamed body.
    pub value: Value,
    /// The typed answer's `{:?}`.
    pub debug: String,
    /// The typed body's `{:?}`, empty for operations without one.
    pub request_debug: String,
}

impl Reply {
    fn of<T: Serialize + fmt::Debug>(answer: ResponseValue<T>) -> Result<Self, Failure> {
        Ok(Self {
            status: answer.status(),
            headers: answer.headers().clone(),
            debug: format!("{answer:?}"),
            value: serde_json::to_value(answer.into_inner().with_secrets())
                .map_err(Failure::Json)?,
            request_debug: String::new(),
        })
    }

    async fn of_stream(answer: ResponseValue<ByteStream>) -> Result<Self, Failure> {
        let status = answer.status();
        let headers = answer.headers().clone();
        let debug = format!("{answer:?}");
        let pieces: Vec<bytes::Bytes> = answer
            .into_inner()
            .try_collect()
            .await
            .map_err(|e| Failure::Stream(e.to_string()))?;
        Ok(Self {
            status,
            headers,
            value: String::from_utf8_lossy(&pieces.concat()).into(),
            debug,
            request_debug: String::new(),
        })
    }
}

/// Why a call gave no reply.
#[derive(Debug)]
pub enum Failure {
    /// The client's own error.
    Client(neon_api_raw::Error),
    /// A streamed body broke.
    Stream(String),
    /// An argument is not in the JSON or does not decode.
    Argument(String),
    /// An answer has no JSON form.
    Json(serde_json::Error),
}

impl Failure {
    /// The client's error.
    ///
    /// # Panics
    ///
    /// When it is another failure.
    pub fn client(self) -> neon_api_raw::Error {
        match self {
            Self::Client(error) => error,
            other => panic!("the client did not fail: {other:?}"),
        }
    }
}

impl From<neon_api_raw::Error> for Failure {
    fn from(error: neon_api_raw::Error) -> Self {
        Self::Client(error)
    }
}

/// The arguments of a call: parameters under their names, the body under `body`.
#[derive(Debug, Clone, Default)]
pub struct Arguments(pub Map<String, Value>);

impl Arguments {
    fn one<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        let value = self
            .0
            .get(name)
            .ok_or_else(|| Failure::Argument(format!("no argument {name}")))?;
        serde_json::from_value(value.clone())
            .map_err(|e| Failure::Argument(format!("the argument {name}: {e}")))
    }

    fn some<T: DeserializeOwned>(&self, names: &[&str]) -> Result<T, Failure> {
        let found: Map<String, Value> = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.0.get(*name)?.clone())))
            .collect();
        serde_json::from_value(found.into())
            .map_err(|e| Failure::Argument(format!("the query {names:?}: {e}")))
    }
}

/// The IDs of all operations that [`call`] knows.
pub fn ids() -> impl Iterator<Item = &'static str> {
    GENERATED.iter().map(|(id, _)| *id).chain([BY_HAND])
}

/// Calls an operation.
///
/// # Errors
///
/// What the client makes of the answer, or an argument that does not fit the operation.
pub async fn call(client: &Client, id: &str, arguments: &Arguments) -> Result<Reply, Failure> {
    let generated = GENERATED.iter().find(|(known, _)| *known == id);
    match generated {
        Some((_, call)) => call(client, arguments).await,
        None if id == BY_HAND => deploy_function(client, arguments).await,
        None => Err(Failure::Argument(format!("no operation {id}"))),
    }
}

fn deploy_function<'a>(client: &'a Client, arguments: &'a Arguments) -> Pending<'a> {
    use neon_api_raw::function_deployment::FunctionDeployment;

    Box::pin(async move {
        let project_id = arguments.one("project_id")?;
        let branch_id = arguments.one("branch_id")?;
        let slug: String = arguments.one("slug")?;
        let body: Map<String, Value> = arguments.one("body")?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let environment = text("environment").map(serde_json::from_str).transpose();
        let mut deployment = FunctionDeployment::default();
        deployment.zip = text("zip").map(|zip| zip.as_bytes().to_vec().into());
        deployment.runtime = text("runtime").map(Into::into);
        deployment.environment = environment.map_err(Failure::Json)?;
        let request_debug = format!("{deployment:?}");
        let answer = client
            .create_project_branch_function_deployment(&project_id, &branch_id, &slug, &deployment)
            .await?;
        let mut reply = Reply::of(answer)?;
        reply.request_debug = request_debug;
        Ok(reply)
    })
}

#[allow(deprecated, unused_variables, clippy::pedantic)]
mod generated {
    use neon_api_raw::Client;

    #[cfg(feature = "httpmock")]
    use neon_api_raw::httpmock::MockServerExt;

    #[cfg(feature = "httpmock")]
    use super::MockFn;
    use super::{Arguments, BodyFn, CallFn, Pending, Reply, read};

    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

#[cfg(feature = "httpmock")]
pub use generated::MOCKS;
pub use generated::{BODIES, GENERATED};
