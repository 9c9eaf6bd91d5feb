//! Requests in the form of the HTTP client.

use http::Method;
use http::header::{CONTENT_LENGTH, HeaderValue, USER_AGENT};

use super::user_agent::UserAgent;
use crate::request::Request;
use crate::transport::{FailureKind, TransportError};
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

fn takes_content(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
