//! Which requests are served: a web page in a browser on this machine must not reach the emulator,
//! neither by name (DNS rebinding) nor from another origin.

use std::net::IpAddr;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request};

/// Hosts and origins beyond those of this machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// In lowercase.
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
}

/// A request that may be served.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// The origin that may read the response, if it is another one.
    origin: Option<HeaderValue>,
    /// Only asks whether a request would be admitted.
    pub(crate) is_preflight: bool,
}

/// What another origin that is let in may send and read.
#[derive(Debug)]
pub(crate) struct Sharing {
    pub(crate) methods: &'static str,
    /// Headers of requests.
    pub(crate) sent: &'static str,
    /// Headers of responses.
    pub(crate) read: &'static str,
}

impl Access {
    /// Why the request is refused, if it is.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<Admitted, &'static str> {
        let headers = request.headers();
        let mut own: Option<Authority> = request.uri().authority().cloned();
        for host in headers.get_all(HOST) {
            let host = host.to_str().ok().and_then(|host| host.parse().ok());
            let host: Authority = host.ok_or("the host is not valid")?;
            if !self.is_known(&host) {
                return Err("the host is not this one: allow it when the emulator is started");
            }
            own.get_or_insert(host);
        }
        if own.as_ref().is_some_and(|host| !self.is_known(host)) {
            return Err("the host is not this one: allow it when the emulator is started");
        }
        let mut admitted = Admitted::default();
        for origin in headers.get_all(ORIGIN) {
            let text = origin.to_str().unwrap_or_default();
            let is_own = own.as_ref().is_some_and(|host| {
                let is_at = |at: &str| at.eq_ignore_ascii_case(host.as_str());
                text.strip_prefix("http://").is_some_and(is_at)
            });
            if is_own {
                continue;
            }
            if !self.origins.iter().any(|known| known == text) {
                return Err("the origin is another: allow it when the emulator is started");
            }
            admitted.origin = Some(origin.clone());
        }
        let asks = headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = request.method() == Method::OPTIONS && asks;
        admitted.is_preflight = is_preflight && admitted.origin.is_some();
        Ok(admitted)
    }

    /// An address cannot be a name that somebody else resolves.
    fn is_known(&self, host: &Authority) -> bool {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.contains(&name)
    }
}

impl Admitted {
    /// Lets the other origin read the response.
    pub(crate) fn mark(self, headers: &mut HeaderMap, sharing: &Sharing) {
        let fixed = HeaderValue::from_static;
        let Some(origin) = self.origin else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(VARY, HeaderValue::from_static("origin"));
        if self.is_preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, fixed(sharing.methods));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, fixed(sharing.sent));
        } else if !sharing.read.is_empty() {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, fixed(sharing.read));
        }
    }
}
