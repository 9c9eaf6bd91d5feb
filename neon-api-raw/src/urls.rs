//! The URLs of requests, in the form of the HTTP client.

use std::fmt;
use std::sync::OnceLock;

use http::Uri;
use reqwest::Url;

/// Builds URLs. The requests of a client go to one origin, which is the slower half of a URL to
/// parse: the origin of the first request is kept for the following ones.
#[derive(Default)]
pub(crate) struct Urls(OnceLock<Origin>);

struct Origin {
    scheme: Box<str>,
    authority: Box<str>,
    url: Url,
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the origin: an authority can contain a password.
        f.debug_struct("Urls").finish_non_exhaustive()
    }
}

impl Urls {
    pub(crate) fn url(&self, uri: &Uri) -> Result<Url, <Url as std::str::FromStr>::Err> {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Url::parse(&uri.to_string());
        };
        let authority = authority.as_str();
        let known = self.0.get();
        if let Some(origin) = known
            && *origin.scheme == *scheme
            && *origin.authority == *authority
        {
            let mut url = origin.url.clone();
            url.set_path(uri.path());
            url.set_query(uri.query());
            return Ok(url);
        }
        let url = Url::parse(&uri.to_string())?;
        if known.is_none() {
            // Another call may have been first, with the same or another origin.
            let _ = self.0.set(Origin {
                scheme: scheme.into(),
                authority: authority.into(),
                url: url.clone(),
            });
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn urls_keep_their_form() {
        for text in [
            "http://127.0.0.1:9/api/v2/projects?limit=1&x=%20",
            "https://console.neon.tech/api/v2/projects",
            "https://host/",
        ] {
            let urls = Urls::default();
            for _ in 0..2 {
                assert_eq!(urls.url(&uri(text)).unwrap().as_str(), text);
            }
        }
    }

    #[test]
    fn only_urls_of_the_same_origin_share_it() {
        let urls = Urls::default();
        for text in [
            "http://one/a",
            "http://two/b",
            "https://one/c",
            "http://one:81/d",
            "http://one/e",
        ] {
            assert_eq!(urls.url(&uri(text)).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_url_is_refused_and_not_kept() {
        let urls = Urls::default();
        assert!(urls.url(&uri("/projects")).is_err());
        assert!(urls.url(&uri("http://host:99999/")).is_err());
        assert_eq!(
            urls.url(&uri("http://host/a")).unwrap().as_str(),
            "http://host/a"
        );
    }

    proptest! {
        /// With the origin known or not, it is the URL that a parser of the whole makes.
        #[test]
        fn it_is_the_url_of_the_whole(
            authority in "(host|127\\.0\\.0\\.1|HOST\\.example|\\[::1\\])(:[0-9]{2})?",
            rest in "/[!-~]{0,24}",
        ) {
            let text = format!("http://{authority}{rest}");
            let Ok(uri) = text.parse::<Uri>() else {
                return Ok(());
            };
            let due = Url::parse(&uri.to_string()).unwrap();
            let urls = Urls::default();
            for _ in 0..2 {
                prop_assert_eq!(&urls.url(&uri).unwrap(), &due);
            }
        }
    }
}
