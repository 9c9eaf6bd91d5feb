//! Classifies errors of the HTTP client: whether the API may have seen the request, and whether a
//! retry can help. By type where possible; otherwise by message.

use std::error::Error;
use std::io;

use crate::masked::Masked;
use crate::transport::{FailureKind, TransportError};

use super::explained::Explained;
use super::tls_error;

/// The failure of a request whose response has not begun. Messages contain no URLs: they are long,
/// and the operation is named anyway.
pub(super) fn of_request(error: reqwest::Error) -> TransportError {
    if error.is_connect() {
        return of_connect(error);
    }
    let kind = if was_refused_unseen(&error) {
        FailureKind::Connect
    } else if error.is_builder() {
        FailureKind::NotSent
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Interrupted
    };
    TransportError::new(kind).with_source(error.without_url())
}

/// The failure of a response that has begun: the server has seen its request, whatever else it
/// reports.
pub(super) fn of_body(error: reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Interrupted
    };
    TransportError::new(kind).with_source(error.without_url())
}

/// The failure of a connection.
fn of_connect(error: reqwest::Error) -> TransportError {
    let host = error
        .url()
        .and_then(|url| url.host_str())
        .unwrap_or_default();
    match why_not_connected(&error, host) {
        Some((kind, text)) => explained(kind, text, error),
        None => TransportError::new(FailureKind::Connect).with_source(error.without_url()),
    }
}

/// Why connecting is impossible; `None` if a retry may succeed.
fn why_not_connected(error: &reqwest::Error, host: &str) -> Option<(FailureKind, String)> {
    let mut is_tunnel = false;
    for cause in causes(error) {
        if let Some(text) = tls_error::explain(cause) {
            return Some((FailureKind::Tls, text));
        }
        let text = cause.to_string();
        if text == "dns error" && is_unknown_name(cause) {
            let host = if is_tunnel { "the proxy's" } else { host };
            let text = format!("{}: {}", Masked(host), root(cause));
            return Some((FailureKind::UnknownHost, text));
        }
        if let Some(refusal) = proxy_refusal(&text) {
            return Some((FailureKind::Proxy, refusal));
        }
        is_tunnel |= text.starts_with("tunnel error");
    }
    None
}

fn explained(kind: FailureKind, text: impl Into<String>, error: reqwest::Error) -> TransportError {
    TransportError::new(kind).with_source(Explained::new(text.into(), error.without_url()))
}

/// Whether a name does not exist; otherwise the lookup failed, which may be temporary.
fn is_unknown_name(cause: &(dyn Error + 'static)) -> bool {
    const WINDOWS_HOST_NOT_FOUND: i32 = 11_001;
    const WINDOWS_NO_DATA: i32 = 11_004;
    let io = causes(cause).find_map(|cause| cause.downcast_ref::<io::Error>());
    let Some(code) = io.and_then(io::Error::raw_os_error) else {
        // The codes of `getaddrinfo` are lost; only the messages of glibc and musl remain.
        let text = root(cause).to_string();
        let is_temporary = ["Temporary failure", "Try again"]
            .iter()
            .any(|part| text.contains(part));
        return !is_temporary && io.is_some_and(|io| io.kind() != io::ErrorKind::Interrupted);
    };
    cfg!(windows) && matches!(code, WINDOWS_HOST_NOT_FOUND | WINDOWS_NO_DATA)
}

/// Why a proxy refused a tunnel, if it did.
fn proxy_refusal(text: &str) -> Option<String> {
    match text.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Some(proxy_responded(407)),
        "unsuccessful" => {
            Some("it responded to CONNECT with a status other than 200 and 407".to_owned())
        }
        "proxy response headers too long" => {
            Some("it responded to CONNECT with headers that are too long".to_owned())
        }
        _ => None,
    }
}

pub(super) fn proxy_responded(status: u16) -> String {
    let advice = match status {
        407 => " (proxy authentication required): set user and password in the proxy's URL",
        _ => "",
    };
    format!("it responded to CONNECT with status {status}{advice}")
}

/// Whether an HTTP/2 server reported that it did not process the request: it closes the connection,
/// or has too many streams. A retry is then as safe as after a failure to connect.
fn was_refused_unseen(error: &reqwest::Error) -> bool {
    causes(error)
        .find_map(|cause| cause.downcast_ref::<h2::Error>())
        .is_some_and(|error| {
            let closes = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
            let refuses = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            error.is_remote() && (closes || refuses)
        })
}

/// The innermost source of an error.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

/// An error and its sources, the outermost first. The inner error of an [`io::Error`] is included,
/// which its `source` skips.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        let io = error.downcast_ref::<io::Error>();
        match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_that_failed_for_now_is_not_an_unknown_name() {
        for (text, is_unknown) in [
            (
                "failed to lookup address information: Name or service not known",
                true,
            ),
            (
                "failed to lookup address information: Name does not resolve",
                true,
            ),
            (
                "failed to lookup address information: No address associated with hostname",
                true,
            ),
            (
                "failed to lookup address information: nodename nor servname provided, or not known",
                true,
            ),
            (
                "failed to lookup address information: Temporary failure in name resolution",
                false,
            ),
            ("failed to lookup address information: Try again", false),
        ] {
            // As the network client wraps it.
            let error = io::Error::other(io::Error::other(text));
            assert_eq!(is_unknown_name(&error), is_unknown, "{text}");
        }
        // Too many open files, as `EAI_SYSTEM` has it.
        let error = io::Error::from_raw_os_error(24);
        assert!(!is_unknown_name(&error));
        let cancelled = io::Error::new(io::ErrorKind::Interrupted, "the task was cancelled");
        assert!(!is_unknown_name(&cancelled));
    }
}
