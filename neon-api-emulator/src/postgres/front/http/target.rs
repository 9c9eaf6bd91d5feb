//! Whom a connection string means.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::failure::Failure;
use crate::postgres::front::endpoint;
use crate::postgres::front::messages::Startup;

/// The connection string of a request; it is never shown.
pub(super) struct Target {
    pub(super) user: String,
    pub(super) password: Vec<u8>,
    pub(super) database: String,
    /// The name of the host, if it is one.
    pub(super) host: Option<String>,
    endpoint: Option<String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = |why| Failure::bad(format!("invalid connection string: {why}"));
        let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        if !["postgres", "postgresql"].contains(&url.scheme()) {
            return Err(Failure::bad("incorrect scheme"));
        }
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded.map(std::borrow::Cow::into_owned)
        };
        let first = url.path_segments().and_then(|mut path| path.next());
        let first = first.ok_or_else(|| Failure::bad("missing database name"))?;
        let database = decoded(first).map_err(|_| Failure::bad("invalid database name"))?;
        let user = decoded(url.username()).map_err(|_| Failure::bad("invalid username"))?;
        if user.is_empty() {
            return Err(Failure::bad("missing username"));
        }
        let password = url.password().ok_or_else(no_password)?;
        let host = match url.host() {
            Some(Host::Domain(name)) => Some(name.to_owned()),
            _ => None,
        };
        let options = url.query_pairs().filter(|(name, _)| name == "options");
        let (endpoint, _) = options
            .last()
            .map(|(_, value)| endpoint::in_options(&value))
            .unwrap_or_default();
        Ok(Self {
            user,
            password: percent_decode_str(password).collect(),
            database,
            host,
            endpoint,
        })
    }

    /// Neon takes no other options from connection strings here.
    pub(super) fn startup(&self) -> Startup {
        let named = self.endpoint.as_ref();
        let options = named.map(|id| ("options", format!("endpoint={id}")));
        let parameters = [
            ("user", self.user.clone()),
            ("database", self.database.clone()),
            ("client_encoding", "UTF8".to_owned()),
        ];
        let parameters = parameters.into_iter().chain(options);
        Startup::new(
            parameters
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
}

pub(super) fn no_password() -> Failure {
    Failure::bad("missing authentication credentials: required password")
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn parts(text: &str) -> Result<(String, String, String, Option<String>), String> {
        let target = Target::parse(text).map_err(|failure| failure.report.message().to_owned())?;
        let password = String::from_utf8_lossy(&target.password).into_owned();
        Ok((target.user, password, target.database, target.endpoint))
    }

    #[test]
    fn a_connection_string_is_decoded() {
        let of = |a: &str, b: &str, c: &str, d: Option<&str>| {
            Ok((a.into(), b.into(), c.into(), d.map(str::to_owned)))
        };
        assert_eq!(
            parts("postgresql://u:p@127.0.0.1:5544/db?options=endpoint%3Dep-a-1-pooler&x=y"),
            of("u", "p", "db", Some("ep-a-1"))
        );
        assert_eq!(
            parts("postgres://a%2Bb%24:%25+%24%5E%26*%40!@h/with%20space"),
            of("a+b$", "%+$^&*@!", "with space", None)
        );
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_repeated() {
        for (text, message) in [
            ("mysql://u:secret@h/db", "incorrect scheme"),
            ("postgres://:secret@h/db", "missing username"),
            (
                "postgres://u@h/db",
                "missing authentication credentials: required password",
            ),
            (
                "secret",
                "invalid connection string: relative URL without a base",
            ),
            (
                "postgres://u:secret@h:port/db",
                "invalid connection string: invalid port number",
            ),
            ("postgres://u:secret@h/%ff", "invalid database name"),
            ("postgres://%ff:secret@h/db", "invalid username"),
        ] {
            assert_eq!(parts(text).unwrap_err(), message, "{text}");
        }
        let target = Target::parse("postgres://user:secret@host/base").unwrap();
        assert_eq!(format!("{target:?}"), "Target { .. }");
    }
}
