//! Checks of a client's key and base URL. Errors do not show their values.

use std::fmt;

use http::header::HeaderValue;

use crate::client::ConfigError;
use crate::secret::Secret;

/// Why an API key is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKey {
    /// It is empty or blank.
    Empty,
    /// It is quoted.
    Quoted,
    /// It begins with `Bearer` or with the name of the header.
    Prefixed,
    /// It has spaces or line breaks, in it or around it.
    Blanks,
    /// It has control characters or non-ASCII characters.
    Characters,
}

impl InvalidKey {
    fn of(key: &str) -> Option<Self> {
        const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '„', '‘', '’', '‚'];
        let trimmed = key.trim();
        let begins = |prefix: &str| {
            let start = trimmed.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if trimmed.is_empty() {
            Some(Self::Empty)
        } else if trimmed.starts_with(QUOTES) || trimmed.ends_with(QUOTES) {
            Some(Self::Quoted)
        } else if begins("bearer ") || begins("bearer:") || begins("authorization:") {
            Some(Self::Prefixed)
        } else if key.contains(char::is_whitespace) {
            Some(Self::Blanks)
        } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Some(Self::Characters)
        } else {
            None
        }
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the API key is empty",
            Self::Quoted => "the API key is quoted: remove the quotes",
            Self::Prefixed => {
                "the API key has a prefix such as `Bearer `: remove it, the client adds it"
            }
            Self::Blanks => {
                "the API key contains spaces or line breaks: remove them"
            }
            Self::Characters => {
                "the API key contains characters not allowed in an HTTP header: copy the key again, it contains only letters, digits and underscores"
            }
        })
    }
}

/// Why a base URL is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidBaseUrl {
    /// It does not begin with a scheme.
    NoScheme,
    /// Its scheme is neither `http` nor `https`.
    Scheme,
    /// It has a user or a password, which would be shown wherever the URL is.
    User,
    /// It has a query or a fragment, to which paths would be appended.
    Query,
    /// Its host cannot exist, such as `console..neon.tech`.
    Host,
    /// It is quoted, has spaces, or is not a valid URL for another reason.
    Malformed,
}

impl InvalidBaseUrl {
    fn of(url: &str) -> Option<Self> {
        let Some((scheme, rest)) = url.split_once("://") else {
            let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:/[]".contains(c);
            let begins = url.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
            let looks_like_a_host = begins && url.chars().all(is_host);
            return Some(if looks_like_a_host {
                Self::NoScheme
            } else {
                Self::Malformed
            });
        };
        let is_http = ["http", "https"]
            .iter()
            .any(|http| scheme.eq_ignore_ascii_case(http));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Some(Self::Malformed)
        } else if !is_http {
            Some(Self::Scheme)
        } else if host.contains('@') {
            Some(Self::User)
        } else if rest.contains(['?', '#']) {
            Some(Self::Query)
        } else if url.parse::<http::Uri>().is_err() {
            Some(Self::Malformed)
        } else {
            // Each parser accepts input that the other rejects, such as some ports.
            match reqwest::Url::parse(url) {
                Ok(url) if url.host_str().is_some_and(can_exist) => None,
                Ok(_) => Some(Self::Host),
                Err(_) => Some(Self::Malformed),
            }
        }
    }
}

/// Whether a host is an address, or a name that can be in the DNS (RFC 1035, 2.3.4). Others are
/// rejected when a connection is opened, which looks like a failure that may pass.
fn can_exist(host: &str) -> bool {
    const LONGEST_NAME: usize = 253;
    const LONGEST_LABEL: usize = 63;
    if host.starts_with('[') {
        return true;
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= LONGEST_NAME
        && name.split('.').all(|label| {
            (1..=LONGEST_LABEL).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

impl fmt::Display for InvalidBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScheme => "the base URL has no scheme: write https:// before the host",
            Self::Scheme => "the base URL must begin with https:// or http://",
            Self::User => {
                "the base URL contains a user or a password: remove them and set the API key separately"
            }
            Self::Query => "the base URL contains a query or a fragment: remove `?` or `#` and everything after it",
            Self::Host => "the host of the base URL is not a valid host name: check it for typos",
            Self::Malformed => "the base URL is not a valid URL",
        })?;
        f.write_str(", as in https://console.neon.tech/api/v2")
    }
}

/// The value of the `Authorization` header for a key, marked as sensitive.
///
/// # Errors
///
/// [`ConfigError::ApiKey`] if the key is empty, quoted, begins with `Bearer`, or has characters
/// other than visible ASCII.
pub fn bearer(key: &Secret) -> Result<HeaderValue, ConfigError> {
    let key = key.expose();
    if let Some(fault) = InvalidKey::of(key) {
        return Err(ConfigError::ApiKey(fault));
    }
    let mut value = HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| ConfigError::ApiKey(InvalidKey::Characters))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A base URL without trailing slashes.
///
/// # Errors
///
/// [`ConfigError::BaseUrl`] if it is not an absolute URL of http or https, or has a user, a query or a
/// fragment.
pub fn checked_base_url(url: &str) -> Result<&str, ConfigError> {
    match InvalidBaseUrl::of(url) {
        Some(fault) => Err(ConfigError::BaseUrl(fault)),
        None => Ok(url.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_as_they_are_or_refused_with_the_reason() {
        for (key, fault) in [
            ("napi_abc", None),
            ("older-keys.have_no=prefix", None),
            ("bearer_abc", None),
            ("", Some(InvalidKey::Empty)),
            (" \n", Some(InvalidKey::Empty)),
            ("\"napi_abc\"", Some(InvalidKey::Quoted)),
            ("'napi_abc' ", Some(InvalidKey::Quoted)),
            ("“napi_abc”", Some(InvalidKey::Quoted)),
            ("Bearer napi_abc", Some(InvalidKey::Prefixed)),
            ("bearer napi_abc", Some(InvalidKey::Prefixed)),
            ("Authorization: Bearer napi_abc", Some(InvalidKey::Prefixed)),
            (" napi_abc", Some(InvalidKey::Blanks)),
            ("napi_abc\n", Some(InvalidKey::Blanks)),
            ("napi_ abc", Some(InvalidKey::Blanks)),
            ("napi_abc\u{a0}", Some(InvalidKey::Blanks)),
            ("napi_\0abc", Some(InvalidKey::Characters)),
            ("napi_\u{7f}", Some(InvalidKey::Characters)),
            ("napi_äbc", Some(InvalidKey::Characters)),
            ("\u{feff}napi_abc", Some(InvalidKey::Characters)),
        ] {
            assert_eq!(InvalidKey::of(key), fault, "{key:?}");
            match bearer(&Secret::new(key)) {
                Ok(header) => assert_eq!(header, format!("Bearer {key}")),
                Err(error) => assert!(!format!("{error} {error:?}").contains("abc"), "{error}"),
            }
        }
    }

    #[test]
    fn base_urls_are_taken_or_refused_with_the_reason() {
        let long_label = format!("https://{}.tech", "a".repeat(64));
        let long_name = format!("https://{}tech", "neon.".repeat(50));
        for (url, fault) in [
            ("https://console.neon.tech/api/v2", None),
            ("HTTPS://console.neon.tech/api/v2/", None),
            ("http://127.0.0.1:8080", None),
            ("http://[::1]:8080/", None),
            ("console.neon.tech/api/v2", Some(InvalidBaseUrl::NoScheme)),
            ("localhost:8080", Some(InvalidBaseUrl::NoScheme)),
            ("console", Some(InvalidBaseUrl::NoScheme)),
            ("", Some(InvalidBaseUrl::Malformed)),
            ("/", Some(InvalidBaseUrl::Malformed)),
            ("ftp://host/api/v2", Some(InvalidBaseUrl::Scheme)),
            ("postgresql://u:abc@host/db", Some(InvalidBaseUrl::Scheme)),
            ("https://u:abc@host/api/v2", Some(InvalidBaseUrl::User)),
            ("https://u@host", Some(InvalidBaseUrl::User)),
            ("https://host/api/v2?key=abc", Some(InvalidBaseUrl::Query)),
            ("https://host/#", Some(InvalidBaseUrl::Query)),
            ("https://host:99999/api/v2", Some(InvalidBaseUrl::Malformed)),
            ("https://host:port/api/v2", Some(InvalidBaseUrl::Malformed)),
            ("https://", Some(InvalidBaseUrl::Malformed)),
            ("https:///api/v2", Some(InvalidBaseUrl::Malformed)),
            ("https://a b/api/v2", Some(InvalidBaseUrl::Malformed)),
            ("\"https://host/api/v2\"", Some(InvalidBaseUrl::Malformed)),
            ("https://console.neon.tech./api/v2", None),
            ("http://my_emulator-1:8080", None),
            (
                "https://console..neon.tech/api/v2",
                Some(InvalidBaseUrl::Host),
            ),
            ("https://.neon.tech/api/v2", Some(InvalidBaseUrl::Host)),
            ("https://console.neon.tech../", Some(InvalidBaseUrl::Host)),
            (
                "https://console-.neon.tech/api/v2",
                Some(InvalidBaseUrl::Host),
            ),
            ("https://-console.neon.tech", Some(InvalidBaseUrl::Host)),
            (
                "https://console,neon.tech/api/v2",
                Some(InvalidBaseUrl::Host),
            ),
            ("https://console!neon.tech", Some(InvalidBaseUrl::Host)),
            (&long_label, Some(InvalidBaseUrl::Host)),
            (&long_name, Some(InvalidBaseUrl::Host)),
        ] {
            let checked = checked_base_url(url);
            match (checked, fault) {
                (Ok(checked), None) => assert_eq!(checked, url.trim_end_matches('/')),
                (Err(ConfigError::BaseUrl(found)), Some(fault)) => {
                    assert_eq!(found, fault, "{url}");
                }
                other => panic!("{url}: {other:?}"),
            }
        }
    }
}
