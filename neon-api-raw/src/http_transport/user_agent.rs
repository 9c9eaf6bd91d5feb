//! The `User-Agent` of requests.

use http::HeaderValue;

use crate::client::ConfigError;

/// This crate and its version.
const OWN: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A `User-Agent`: products in order of their significance (RFC 9110, 10.1.5).
#[derive(Debug, Clone)]
pub(super) struct UserAgent(HeaderValue);

impl Default for UserAgent {
    fn default() -> Self {
        Self(HeaderValue::from_static(OWN))
    }
}

impl UserAgent {
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// The same products after another one.
    pub(super) fn behind(&self, name: &str) -> Result<Self, ConfigError> {
        let name = name.trim_matches(' ');
        let is_plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if name.is_empty() || !is_plain {
            return Err(ConfigError::UserAgent);
        }
        let own = self.0.to_str().unwrap_or(OWN);
        HeaderValue::try_from(format!("{name} {own}"))
            .map(Self)
            .map_err(|_| ConfigError::UserAgent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_front() {
        let agent = UserAgent::default();
        assert_eq!(agent.header(), OWN);
        let agent = agent.behind("lib/2").unwrap();
        let agent = agent.behind(" my-app/1.0 (test) ").unwrap();
        assert_eq!(
            agent.header(),
            &format!("my-app/1.0 (test) lib/2 {OWN}").as_str()
        );
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        for name in ["", " ", "a\nb", "a\r", "a\tb", "é", "\u{7f}"] {
            let outcome = UserAgent::default().behind(name);
            assert!(matches!(outcome, Err(ConfigError::UserAgent)), "{name:?}");
        }
    }
}
