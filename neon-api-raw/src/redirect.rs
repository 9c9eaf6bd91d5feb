//! The target of a redirect.

use http::HeaderMap;
use http::header::LOCATION;
use reqwest::Url;

use crate::excerpt::excerpt;

const LONGEST: usize = 200;

/// The target of a redirect without its user, query and fragment, which may contain secrets; `None`
/// if there is no valid one.
pub(crate) fn target(headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    // A relative one is resolved against a host that is then removed.
    let base = Url::parse("https://relative.invalid/").ok()?;
    let mut url = base.join(location).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    // These fail for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let shown = if url.host_str() == base.host_str() {
        url.path()
    } else {
        url.as_str()
    };
    // A slash ends the host, so an `@` after it belongs to a password that was not encoded.
    let is_clear = url.has_host() && !shown.contains('@');
    is_clear.then(|| excerpt(shown, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_target_is_shown_without_secrets() {
        for (location, shown) in [
            (
                "https://console.neon.tech/api/v2/",
                Some("https://console.neon.tech/api/v2/"),
            ),
            (
                "https://u:s3cret@h/login?key=s3cret#s3cret",
                Some("https://h/login"),
            ),
            ("/login?next=s3cret", Some("/login")),
            ("//u:s3cret@h/x", Some("https://h/x")),
            (
                "https://h:8443/napi_s3cret",
                Some("https://h:8443/napi_***"),
            ),
            ("https://u:p/s3cret@h/", None),
            ("https://u:1/s3cret@h/", None),
            ("mailto:s3cret@h", None),
            ("https://", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            assert_eq!(target(&headers).as_deref(), shown, "{location}");
        }
        assert_eq!(target(&HeaderMap::new()), None);
    }
}
