//! A call that is ready to be sent, and its response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::Operation;
use crate::error::Error;
use crate::response::{ByteStream, ResponseValue};
use crate::response_future::ResponseFuture;
use crate::secret::ExposeSecrets;

/// A call whose input was read. Nothing is sent before [`send`](Self::send).
#[must_use = "nothing is sent before send()"]
pub struct Prepared<'a> {
    operation: &'static Operation,
    input: Value,
    replying: Replying<'a>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(operation: &'static Operation, input: Value, replying: Replying<'a>) -> Self {
        Self {
            operation,
            input,
            replying,
        }
    }

    /// The operation.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The input as it was read, with its secrets masked: to be shown to whoever decides about it.
    pub fn input(&self) -> &Value {
        &self.input
    }

    /// Sends the request. The secrets of the response are masked.
    ///
    /// # Errors
    ///
    /// Those of the operation's method.
    pub async fn send(self) -> Result<Reply, Error> {
        self.replying.masked().await
    }

    /// Sends the request. The response keeps its secrets.
    ///
    /// # Errors
    ///
    /// Those of the operation's method.
    pub async fn send_revealing(self) -> Result<Reply, Error> {
        self.replying.revealing().await
    }
}

impl fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("operation", &self.operation.route.id)
            .finish_non_exhaustive()
    }
}

/// A response.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The status, which is a success.
    pub status: StatusCode,
    /// The API's request ID, if the response has one.
    pub request_id: Option<String>,
    /// How many attempts were made, 1 or more.
    pub attempts: u32,
    /// What it contains.
    pub content: Content,
}

/// The content of a response.
#[non_exhaustive]
pub enum Content {
    /// The decoded response, written as JSON; `null` if it says nothing.
    Json(Value),
    /// A body that is read in chunks, such as an object of a bucket.
    Stream(ByteStream),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(_) => f.write_str("Json(…)"),
            Self::Stream(_) => f.write_str("Stream(…)"),
        }
    }
}

/// A response that is awaited.
pub(super) struct Replying<'a>(Box<dyn Respond + Send + 'a>);

impl Replying<'_> {
    async fn masked(mut self) -> Result<Reply, Error> {
        std::future::poll_fn(|cx| self.0.respond(false, cx)).await
    }

    async fn revealing(mut self) -> Result<Reply, Error> {
        std::future::poll_fn(|cx| self.0.respond(true, cx)).await
    }
}

/// One implementation for each type of response, with as little code as can be.
trait Respond {
    fn respond(&mut self, reveals: bool, cx: &mut Context<'_>) -> Poll<Result<Reply, Error>>;
}

struct Json<'a, T>(ResponseFuture<'a, T>);

impl<T: Serialize> Respond for Json<'_, T> {
    fn respond(&mut self, reveals: bool, cx: &mut Context<'_>) -> Poll<Result<Reply, Error>> {
        let response = ready!(Pin::new(&mut self.0).poll(cx))?;
        let revealed = reveals.then(|| serde_json::to_value((*response).with_secrets()).ok());
        // What the API itself has masked has nothing to reveal.
        let value = revealed.flatten();
        let value = value.unwrap_or_else(|| serde_json::to_value(&*response).unwrap_or_default());
        Poll::Ready(Ok(Reply::of(&response, Content::Json(value))))
    }
}

struct Streamed<'a>(ResponseFuture<'a, ByteStream>);

impl Respond for Streamed<'_> {
    fn respond(&mut self, _: bool, cx: &mut Context<'_>) -> Poll<Result<Reply, Error>> {
        let response = ready!(Pin::new(&mut self.0).poll(cx))?;
        let mut reply = Reply::of(&response, Content::Json(Value::Null));
        reply.content = Content::Stream(response.into_inner());
        Poll::Ready(Ok(reply))
    }
}

impl Reply {
    fn of<T>(response: &ResponseValue<T>, content: Content) -> Self {
        Self {
            status: response.status(),
            request_id: response.request_id().map(str::to_owned),
            attempts: response.attempts(),
            content,
        }
    }
}

/// A response of JSON.
pub(super) fn json<'a, T: Serialize + Send + 'a>(future: ResponseFuture<'a, T>) -> Replying<'a> {
    Replying(Box::new(Json(future)))
}

/// A response that is read in chunks.
pub(super) fn streamed(future: ResponseFuture<'_, ByteStream>) -> Replying<'_> {
    Replying(Box::new(Streamed(future)))
}
