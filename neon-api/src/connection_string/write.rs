//! Writing a connection string.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::ConnectionString;

/// What is written as it is: the unreserved characters of URIs.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In brackets.
const ADDRESS: &AsciiSet = &PART.remove(b':');

fn part(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PART)
}

pub(super) fn uri(string: &ConnectionString) -> String {
    let mut uri = String::from("postgresql://");
    // Writing to a string does not fail.
    let _ = write!(uri, "{}", part(&string.role));
    if let Some(password) = &string.password {
        let _ = write!(uri, ":{}", part(password.expose()));
    }
    let host = &string.host;
    let _ = if host.contains(':') {
        write!(uri, "@[{}]", utf8_percent_encode(host, ADDRESS))
    } else {
        write!(uri, "@{}", part(host))
    };
    if let Some(port) = string.port {
        let _ = write!(uri, ":{port}");
    }
    let _ = write!(uri, "/{}", part(&string.database));
    for (at, (name, value)) in string.parameters().enumerate() {
        let sign = if at == 0 { '?' } else { '&' };
        let _ = write!(uri, "{sign}{}={}", part(name), part(value.expose()));
    }
    uri
}
