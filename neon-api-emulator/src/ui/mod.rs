//! The page for people: what is in the emulator, live. Its files are in `page/`, and its data come
//! from one path, which it polls. Nothing here requires a key, and nothing here returns one.

mod files;
mod tree;
mod view;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response};

use crate::emulator::Emulator;
use crate::request;
use view::Asked;

/// Where the page gets its data.
const DATA: &str = "/ui/view";

/// Only its own files, and no string that becomes code.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// The response to a request for the page; `None` for all other requests, and if there is no page.
pub(crate) fn respond<B>(emulator: &Emulator, request: &Request<B>) -> Option<Response<Bytes>> {
    if !emulator.has_ui() || ![Method::GET, Method::HEAD].contains(request.method()) {
        return None;
    }
    let path = request.uri().path();
    let (kind, body) = if path == DATA {
        if !is_from_page(request.headers()) {
            return Some(emulator.forbidden("only the emulator's own page may read this"));
        }
        let query = request::query(request.uri().query().unwrap_or_default());
        let view = view::of(emulator, &Asked::new(query)).to_string();
        (
            "application/json; charset=utf-8",
            Bytes::from(escaped(&view)),
        )
    } else {
        let file = files::find(path)?;
        (file.kind, Bytes::from_static(file.text.as_bytes()))
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

/// Whether a browser, if it is one, sends this for the page itself. That the origin, if there is one,
/// is this server's was not enough: others may be allowed to use the API.
fn is_from_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    let own_site = site.is_none_or(|site| site == "same-origin" || site == "none");
    let host = headers.get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok();
        let origin = origin.and_then(|origin| origin.strip_prefix("http://"));
        origin.is_some() && origin == host
    };
    own_site && headers.get_all(ORIGIN).iter().all(is_own)
}

/// JSON without characters that mean something in HTML, wherever it may end up. They occur only in
/// strings.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
