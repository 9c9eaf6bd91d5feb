//! Requests in the form of the HTTP client.

use std::future::poll_fn;
use std::task::Poll;

use http::Method;
use http::header::{CONTENT_LENGTH, HeaderValue, USER_AGENT};

use tokio::time::Instant;

use super::exchange::has_passed;
use super::user_agent::UserAgent;
use crate::request::Request;
use crate::transport::{FailureKind, TransportError, not_read};
use crate::upload::Upload;
use crate::urls::Urls;

pub(super) fn network_request(
    urls: &Urls,
    user_agent: &UserAgent,
    request: Request,
) -> Result<reqwest::Request, TransportError> {
    let (parts, body) = request.into_parts();
    let url = urls
        .url(&parts.uri)
        .map_err(|e| TransportError::new(FailureKind::NotSent).with_source(e))?;
    let mut headers = parts.headers;
    headers
        .entry(USER_AGENT)
        .or_insert_with(|| user_agent.header().clone());
    // Servers and gateways reject such methods without it (411), and the HTTP client omits it (RFC
    // 9110, 8.6).
    if body.is_empty() && takes_content(&parts.method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = headers;
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

/// Opens an upload and makes it the body of a request.
pub(super) async fn attach(
    request: &mut reqwest::Request,
    upload: &Upload,
    deadline: Option<Instant>,
) -> Result<(), TransportError> {
    let mut opening = upload.open();
    let chunks = poll_fn(|cx| match opening.as_mut().poll(cx) {
        Poll::Ready(opened) => Poll::Ready(opened.map_err(not_read)),
        Poll::Pending if has_passed(deadline) => {
            let source = "the content to upload could not be opened in time";
            let error = TransportError::new(FailureKind::Deadline).with_source(source);
            Poll::Ready(Err(error))
        }
        Poll::Pending => Poll::Pending,
    })
    .await?;
    let headers = request.headers_mut();
    match chunks.length() {
        Some(length) => headers.insert(CONTENT_LENGTH, length.into()),
        None => headers.remove(CONTENT_LENGTH),
    };
    *request.body_mut() = Some(reqwest::Body::wrap_stream(chunks));
    Ok(())
}

fn takes_content(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
