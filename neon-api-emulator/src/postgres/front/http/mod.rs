//! SQL over HTTP and WebSockets, as Neon's proxy serves it for its JavaScript client. A request of
//! HTTP is a session; a WebSocket carries one as it is.

mod array;
mod failure;
mod json;
mod payload;
mod query;
mod target;
mod websocket;
mod wire;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, UPGRADE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::open::open;
use super::session::GREETING;
use super::{Front, keys};
use crate::postgres::server::SocketPlace;
use crate::server::access::Sharing;
use failure::Failure;
use payload::{Options, Payload};
use query::Runner;
use websocket::Tunnels;
use wire::Wire;

/// Neon's bound of a request.
const LONGEST_REQUEST: usize = 10 * 1024 * 1024;
/// How long the server of a compute may take to let a session in.
const LOGIN: Duration = Duration::from_secs(60);
/// How long a query of a client that is gone may take to end.
const CANCEL: Duration = Duration::from_secs(10);

/// What web pages of origins that were let in may do.
const SHARING: Sharing = Sharing {
    methods: "POST",
    sent: "authorization, content-type, neon-connection-string, neon-raw-text-output, \
           neon-array-mode, neon-pool-opt-in, neon-batch-isolation-level, neon-batch-read-only, \
           neon-batch-deferrable",
    read: "neon-batch-isolation-level, neon-batch-read-only, neon-batch-deferrable",
};

/// One connection, until it ends. What a client that goes away has asked for is dropped with it.
pub(super) async fn serve(front: Front, stream: TcpStream) {
    let tunnels = Tunnels::default();
    let service = service_fn(|request| {
        let (front, tunnels) = (front.clone(), tunnels.clone());
        async move { Ok::<_, Infallible>(respond(&front, request, &tunnels).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(GREETING)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // A broken connection is the client's problem.
    connection.await.ok();
    tunnels.run(&front).await;
}

async fn respond(
    front: &Front,
    request: Request<Incoming>,
    tunnels: &Tunnels,
) -> Response<Full<Bytes>> {
    let emulator = &front.driver.emulator;
    let admitted = match emulator.access().admit(&request) {
        Ok(admitted) => admitted,
        Err(why) => return emulator.forbidden(why).map(Full::new),
    };
    let mut response = if admitted.is_preflight {
        Response::new(Full::default())
    } else if request.headers().contains_key(UPGRADE) {
        let opened = tunnels.open(request);
        opened.unwrap_or_else(|failure| refusal(&failure))
    } else {
        route(front, request).await
    };
    admitted.mark(response.headers_mut(), &SHARING);
    response
}

async fn route(front: &Front, request: Request<Incoming>) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/sql") => match handle(front, request).await {
            Ok(response) => response,
            Err(failure) => refusal(&failure),
        },
        (&Method::OPTIONS, "/sql") => {
            let mut response = Response::new(Full::default());
            let methods = HeaderValue::from_static("OPTIONS, POST");
            response.headers_mut().insert(ALLOW, methods);
            response
        }
        _ => {
            let body = b"\"query is not supported\"".to_vec();
            // Who asks for something else means somebody else.
            closing(with_json(StatusCode::BAD_REQUEST, body))
        }
    }
}

fn with_json(status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let is_json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, is_json);
    response
}

fn refusal(failure: &Failure) -> Response<Full<Bytes>> {
    let mut body = Vec::new();
    json::append(&failure.report, &mut body);
    let response = with_json(failure.status, body);
    if failure.status == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest of the body is not read.
        return closing(response);
    }
    response
}

/// The connection ends with the response.
fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

async fn handle(
    front: &Front,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let (parts, body) = request.into_parts();
    let options = Options::parse(&parts.headers)?;
    let payload = Payload::parse(&read(body).await?)?;
    let user = &options.target.user;
    let mut startup = options.target.startup();
    let host = options.target.host.as_deref();
    let opened = open(front, &mut startup, host).await;
    let (session, stream) = opened.map_err(|refused| Failure::of_opening(refused, user))?;
    let mut wire = Wire::new(stream);
    let login = async {
        wire.authenticate(&options.target.password).await?;
        wire.ready().await
    };
    let late = |_| {
        let message = "the compute did not let the session in in time";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    };
    let entered = timeout(LOGIN, login).await.map_err(late)?;
    let key = entered.map_err(|failure| failure.of_login(user))?;
    let mut running = Running {
        place: session.door.place.clone(),
        key: Some(key),
    };
    let body = tokio::select! {
        body = run(&mut wire, &options, &payload) => body,
        () = session.is_cut() => return Err(Failure::closed()),
    };
    if !body.as_ref().is_err_and(Failure::is_own) {
        running.key = None;
    }
    let body = body?;
    let mut response = with_json(StatusCode::OK, body);
    if let Payload::Batch { .. } = payload {
        options.modes.mark(response.headers_mut());
    }
    Ok(response)
}

async fn read(body: Incoming) -> Result<Bytes, Failure> {
    let body = timeout(GREETING, Limited::new(body, LONGEST_REQUEST).collect()).await;
    match body {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("request is too large (max is {LONGEST_REQUEST} bytes)");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        Ok(Err(error)) => {
            let message = format!("could not read the HTTP request body: {error}");
            Err(Failure::bad(message))
        }
        Err(_) => {
            let message = "the HTTP request body did not arrive in time";
            Err(Failure::new(StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

/// The body of the response. A transaction that fails ends with its session, and is rolled back.
async fn run(wire: &mut Wire, options: &Options, payload: &Payload) -> Result<Vec<u8>, Failure> {
    let mut runner = Runner::new(wire, options.raw, options.array_mode);
    match payload {
        Payload::Single(query) => runner.run(query).await?,
        Payload::Batch { queries } => {
            runner.execute(&options.modes.begin()).await?;
            runner.out.extend_from_slice(b"{\"results\":[");
            for (at, query) in queries.iter().enumerate() {
                if at > 0 {
                    runner.out.push(b',');
                }
                runner.run(query).await?;
            }
            runner.out.extend_from_slice(b"]}");
            runner.execute("COMMIT").await?;
        }
    }
    Ok(runner.out)
}

/// A session whose query is cancelled if this is dropped before it is done: the server would
/// otherwise go on for nobody.
struct Running {
    place: SocketPlace,
    key: Option<Vec<u8>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Without a runtime the servers end as well.
        if let (Some(key), Ok(runtime)) = (self.key.take(), Handle::try_current()) {
            let place = self.place.clone();
            runtime.spawn(async move {
                timeout(CANCEL, keys::cancel(&place, &key)).await.ok();
            });
        }
    }
}
