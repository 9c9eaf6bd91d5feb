//! Where a document is read from: a file or the network.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode, Url};

use crate::failure::Failure;
use crate::files::{self, MAX_BYTES, too_large};

/// The document that is published for everyone.
pub const UPSTREAM: &str = "https://neon.com/api_spec/release/v2.json";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that a download may take as a whole.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// A place to read a document from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A local file.
    File(PathBuf),
    /// An address, fetched with GET.
    Url(Url),
}

/// What reading gave.
#[derive(Debug)]
pub enum Fetched {
    /// The bytes, and the server's tag for them.
    Body {
        /// The document.
        bytes: Vec<u8>,
        /// The `ETag` header, if one was sent.
        etag: Option<String>,
    },
    /// The server says that the known version is still the current one.
    NotModified,
}

impl Source {
    /// Tells addresses from paths. Errors do not repeat the text, which may contain a token.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let failed = |what: String| Err(Failure::new("--from", what));
        let scheme = text.split_once(':').map(|(scheme, _)| scheme);
        if scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"))
        {
            return match Url::parse(text) {
                Ok(url) => Ok(Self::Url(url)),
                Err(error) => failed(format!("is not a valid URL: {error}")),
            };
        }
        let path = PathBuf::from(text);
        // The message about a file that is missing contains its name.
        if text.contains(['?', '@', '#']) || text.contains("//") {
            let is_there = path.try_exists().unwrap_or(false);
            if !is_there {
                return failed(
                    "is neither a file nor a URL that begins with http:// or https://".to_owned(),
                );
            }
        }
        Ok(Self::File(path))
    }

    /// What is recorded about the origin: of a file only the name, since the
    /// path says more about a machine than about the document.
    pub fn recorded(&self) -> String {
        match self {
            Self::File(path) => path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            ),
            Self::Url(url) => without_credentials(url).to_string(),
        }
    }

    /// Reads everything. `known` is the tag of the version at hand.
    pub fn read(&self, timeout: Duration, known: Option<&str>) -> Result<Fetched, Failure> {
        match self {
            Self::File(path) => files::read(path).map(|bytes| Fetched::Body { bytes, etag: None }),
            Self::Url(url) => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| self.failure(error.to_string()))?;
                runtime.block_on(self.download(url, timeout, known))
            }
        }
    }

    async fn download(
        &self,
        url: &Url,
        timeout: Duration,
        known: Option<&str>,
    ) -> Result<Fetched, Failure> {
        let tell = |error: reqwest::Error| self.failure(explain(&error, timeout));
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .user_agent(concat!("xtask/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(tell)?;
        let mut request = client.get(url.clone());
        if let Some(tag) = known.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = request.send().await.map_err(tell)?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(Fetched::NotModified);
        }
        if status != StatusCode::OK {
            return Err(self.failure(format!("the server responded {status}")));
        }
        if response.content_length().is_some_and(|n| n > MAX_BYTES) {
            return Err(too_large(&self.to_string()));
        }
        let etag = response
            .headers()
            .get(ETAG)
            .and_then(|tag| tag.to_str().ok())
            .map(str::to_owned);
        let bytes = self.body(response, timeout).await?;
        Ok(Fetched::Body { bytes, etag })
    }

    async fn body(&self, mut response: Response, timeout: Duration) -> Result<Vec<u8>, Failure> {
        let mut progress = Progress::new();
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    progress.abandon();
                    let reason = explain(&error, timeout);
                    return Err(self.failure(format!(
                        "the response ended after {} bytes: {reason}",
                        bytes.len()
                    )));
                }
            }
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
                progress.abandon();
                return Err(too_large(&self.to_string()));
            }
            progress.show(bytes.len());
        }
        progress.finish(bytes.len());
        Ok(bytes)
    }

    fn failure(&self, what: impl Into<String>) -> Failure {
        Failure::new(self.to_string(), what)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => write!(f, "{}", without_credentials(url)),
        }
    }
}

fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    // Both fail only for addresses that cannot hold any.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    // A token may stand in a parameter of any name.
    url.set_fragment(None);
    url.set_query(None);
    url
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn explain(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no complete response within {} s", timeout.as_secs_f64());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_connect() {
        format!("could not connect: {cause}")
    } else {
        cause.to_string()
    }
}

/// Bytes so far, for people who wait: redrawn on a terminal, one line elsewhere.
struct Progress {
    terminal: bool,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            shown: false,
        }
    }

    fn show(&mut self, bytes: usize) {
        if self.terminal {
            self.shown = true;
            let mut stderr = std::io::stderr().lock();
            // A terminal that went away is no reason to stop.
            let _ = write!(stderr, "\rread {bytes} bytes");
            let _ = stderr.flush();
        }
    }

    fn finish(&self, bytes: usize) {
        let start = if self.shown { "\r" } else { "" };
        let _ = writeln!(std::io::stderr(), "{start}read {bytes} bytes");
    }

    fn abandon(&self) {
        if self.shown {
            let _ = writeln!(std::io::stderr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_from_paths() {
        let recorded = |text| Source::parse(text).unwrap().recorded();
        assert_eq!(recorded("some/where/v2.json"), "v2.json");
        assert_eq!(
            recorded("HTTPS://user:secret@example.com/v2.json"),
            "https://example.com/v2.json"
        );
        assert_eq!(
            recorded("https://example.com/v2.json?token=secret#secret"),
            "https://example.com/v2.json"
        );
        assert!(Source::parse("http://").is_err());
    }

    #[test]
    fn messages_hold_no_password() {
        let source = Source::parse("http://user:secret@example.com/").unwrap();
        assert_eq!(source.to_string(), "http://example.com/");
        let source = Source::parse("http://example.com/a?private_token=secret").unwrap();
        assert_eq!(source.to_string(), "http://example.com/a");
        for text in [
            "http://exa mple/?t=secret",
            "https:///?t=secret",
            "ftp://user:secret@example.com/",
            "file:///a?t=secret",
            "//example.com/a#secret",
            "example.com/v2.json?t=secret",
            "user:secret@example.com/v2.json",
        ] {
            let failure = Source::parse(text).map(|source| source.to_string());
            let said = failure.unwrap_or_else(|failure| failure.to_string());
            assert!(!said.contains("secret"), "{said}");
        }
        for text in [
            " https://example.com/a?t=secret\n",
            "https:example.com/a?t=secret",
        ] {
            let source = Source::parse(text).unwrap();
            assert_eq!(source.to_string(), "https://example.com/a");
        }
    }
}
