//! The future that every operation returns.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::uri::PathAndQuery;

use crate::compression;
use crate::decode;
use crate::error::{ApiError, DecodeError, Error, Failure};
use crate::read::{self, Read, Sink};
use crate::resource::resource;
use crate::response::{ByteStream, Head, ResponseValue};
use crate::route::Route;
use crate::transport::{
    self, BoxFuture, Exchange, Response, ResponseBody, Transport, TransportError,
};

/// The response of an operation: a future that passes its request to the
/// [`Transport`] when it is first polled.
///
/// It borrows the [`Client`](crate::Client) and not the parameters. If it is dropped, nothing is
/// left running; a request that was sent may still take effect. Polled after it has completed, it
/// stays pending.
///
/// ```no_run
/// # async fn run(client: neon_api_raw::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api_raw::ids::ProjectId;
///
/// let response = client.get_project(&ProjectId::new("late-frost-12345678")?);
/// println!("{}", response.await?.project.name);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error`] describes them.
#[must_use = "nothing is sent until it is awaited"]
pub struct ResponseFuture<'a, T> {
    sending: Sending<'a>,
    /// Filled from the response.
    value: Option<Box<T>>,
    as_target: fn(&mut T) -> Target<'_>,
}

// A struct instead of an `async fn` for each operation: all of it but `as_target` and a few lines of
// `poll` is compiled once, and not again for each operation wherever that is called.

/// What a response is read into.
enum Target<'a> {
    Json(&'a mut dyn Sink),
    /// The body says nothing.
    Empty,
    Stream(&'a mut ByteStream),
}

/// A JSON response.
pub(crate) fn json<T: Read>(sending: Sending<'_>) -> ResponseFuture<'_, T> {
    ResponseFuture {
        sending,
        value: Some(Box::new(T::blank())),
        as_target: as_json,
    }
}

fn as_json<T: Read>(value: &mut T) -> Target<'_> {
    Target::Json(value)
}

impl<'a> ResponseFuture<'a, ()> {
    /// A response whose body says nothing.
    pub(crate) fn empty(sending: Sending<'a>) -> Self {
        Self {
            sending,
            value: Some(Box::new(())),
            as_target: |()| Target::Empty,
        }
    }
}

impl<'a> ResponseFuture<'a, ByteStream> {
    /// A response that is read in chunks.
    pub(crate) fn stream(sending: Sending<'a>) -> Self {
        Self {
            sending: sending.streamed(),
            value: Some(Box::new(ByteStream::new(Once(None)))),
            as_target: |stream| Target::Stream(stream),
        }
    }
}

/// Why the body of a success cannot be read.
enum Unreadable {
    Json(serde_json::Error, Bytes),
    Body(DecodeError),
}

/// Reads the body of a success.
fn fill(target: Target<'_>, answer: &mut Response) -> Result<(), Unreadable> {
    match target {
        Target::Json(value) => {
            let body = whole(answer)?;
            read::json(decode::text(answer.status, &body), value)
                .map_err(|error| Unreadable::Json(error, body))
        }
        Target::Empty => match decode::page_of_a_proxy(whole(answer)?) {
            Some(error) => Err(Unreadable::Body(error)),
            None => Ok(()),
        },
        Target::Stream(stream) => {
            *stream = match take_body(answer) {
                ResponseBody::Stream(stream) => stream,
                ResponseBody::Whole(bytes) => ByteStream::new(Once(Some(bytes))),
            };
            Ok(())
        }
    }
}

/// The body, where the transport has read it.
fn whole(answer: &mut Response) -> Result<Bytes, Unreadable> {
    match take_body(answer) {
        ResponseBody::Whole(body) => Ok(body),
        ResponseBody::Stream(_) => {
            let what = "the transport returned a stream instead of a complete body".to_owned();
            let error = DecodeError::new("$".to_owned(), what, Bytes::new());
            Err(Unreadable::Body(error))
        }
    }
}

fn take_body(answer: &mut Response) -> ResponseBody {
    mem::replace(&mut answer.body, ResponseBody::Whole(Bytes::new()))
}

impl<T> Future for ResponseFuture<'_, T> {
    type Output = Result<ResponseValue<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(value) = &mut this.value else {
            return Poll::Pending;
        };
        let target = (this.as_target)(value);
        match this.sending.poll_into(target, cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(head)) => match this.value.take() {
                Some(value) => Poll::Ready(Ok(ResponseValue::new(value, head))),
                None => Poll::Pending,
            },
        }
    }
}

impl<T> fmt::Debug for ResponseFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// An exchange, of any type of response.
pub(crate) struct Sending<'a> {
    transport: &'a Arc<dyn Transport>,
    base_url: &'a str,
    route: &'static Route,
    /// For error messages, once it is sent.
    path: Option<PathAndQuery>,
    state: State<'a>,
}

enum State<'a> {
    /// Boxed, since it is moved from future to future.
    Idle(Box<Result<Exchange, Error>>),
    Running(BoxFuture<'a, Result<Response, TransportError>>),
    Over,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(
        transport: &'a Arc<dyn Transport>,
        base_url: &'a str,
        route: &'static Route,
        exchange: Result<Exchange, Error>,
    ) -> Self {
        Self {
            transport,
            base_url,
            route,
            path: None,
            state: State::Idle(Box::new(exchange)),
        }
    }

    fn streamed(mut self) -> Self {
        if let State::Idle(exchange) = &mut self.state
            && let Ok(exchange) = &mut **exchange
        {
            exchange.streams = true;
        }
        self
    }

    /// Reads the response.
    fn poll_into(&mut self, target: Target<'_>, cx: &mut Context<'_>) -> Poll<Result<Head, Error>> {
        let mut answer = ready!(self.poll(cx))?;
        Poll::Ready(match fill(target, &mut answer) {
            Ok(()) => Ok(Head {
                status: answer.status,
                headers: answer.headers,
                attempts: answer.attempts,
            }),
            Err(fault) => Err(self.unreadable(&answer, fault)),
        })
    }

    /// A response that is not a success becomes an error.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response, Error>> {
        if let State::Idle(_) = self.state
            && let State::Idle(exchange) = mem::replace(&mut self.state, State::Over)
        {
            let exchange = (*exchange)?;
            self.path = exchange.request.uri().path_and_query().cloned();
            self.state = State::Running(transport::deliver(&**self.transport, exchange));
        }
        let State::Running(outcome) = &mut self.state else {
            return Poll::Pending;
        };
        let outcome = ready!(outcome.as_mut().poll(cx));
        self.state = State::Over;
        Poll::Ready(match outcome {
            Ok(answer) if answer.status.is_success() => Ok(answer),
            Ok(answer) => {
                let failure = self.failure(answer.attempts);
                let error = ApiError::from(answer).at_root(self.is_at_root());
                Err(Error::api(failure, error))
            }
            Err(error) => Err(Error::transport(self.failure(error.attempts()), error)),
        })
    }

    fn failure(&self, attempts: u32) -> Failure {
        let path = self.path.as_ref().map_or("", PathAndQuery::path);
        Failure {
            operation: self.route,
            resource: resource(self.route.path, path),
            attempts,
        }
    }

    /// The error for a response that cannot be read.
    fn unreadable(&self, answer: &Response, fault: Unreadable) -> Error {
        let error = match fault {
            Unreadable::Json(error, body) => decode::failure(&error, body),
            Unreadable::Body(error) => error,
        };
        let error = match compression::unasked(&answer.headers) {
            Some(reason) => error.because(reason),
            None => error,
        };
        let failure = self.failure(answer.attempts);
        Error::decode(failure, answer.status, &answer.headers, error)
    }

    fn is_at_root(&self) -> bool {
        let host = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        !host.contains('/')
    }
}

/// A stream of one chunk.
struct Once(Option<Bytes>);

impl futures_core::Stream for Once {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
