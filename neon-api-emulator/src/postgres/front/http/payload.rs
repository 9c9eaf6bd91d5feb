//! What a request asks for.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use super::target::{Target, no_password};

const CONNECTION_STRING: HeaderName = HeaderName::from_static("neon-connection-string");
const RAW_TEXT_OUTPUT: HeaderName = HeaderName::from_static("neon-raw-text-output");
const ARRAY_MODE: HeaderName = HeaderName::from_static("neon-array-mode");
const ISOLATION_LEVEL: HeaderName = HeaderName::from_static("neon-batch-isolation-level");
const READ_ONLY: HeaderName = HeaderName::from_static("neon-batch-read-only");
const DEFERRABLE: HeaderName = HeaderName::from_static("neon-batch-deferrable");

/// One query; a boolean that is absent is that of the headers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    #[serde(rename = "query")]
    pub(super) sql: String,
    #[serde(default)]
    pub(super) params: Vec<Value>,
    #[serde(default)]
    pub(super) array_mode: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Payload {
    Single(Query),
    Batch { queries: Vec<Query> },
}

impl Payload {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body).map_err(|error| {
            Failure::bad(format!("could not parse the HTTP request body: {error}"))
        })
    }
}

#[derive(Debug)]
pub(super) struct Options {
    pub(super) target: Target,
    /// Values are what PostgreSQL writes, also of numbers.
    pub(super) raw: bool,
    pub(super) array_mode: bool,
    pub(super) modes: Modes,
}

/// Those of the transaction of a batch.
#[derive(Debug)]
pub(super) struct Modes {
    isolation: Option<(HeaderValue, &'static str)>,
    read_only: bool,
    deferrable: bool,
}

impl Options {
    pub(super) fn parse(headers: &HeaderMap) -> Result<Self, Failure> {
        let invalid = || Failure::bad(format!("invalid header: {CONNECTION_STRING}"));
        let target = headers.get(CONNECTION_STRING).ok_or_else(invalid)?;
        let target = Target::parse(target.to_str().map_err(|_| invalid())?)?;
        // Tokens of other providers are for projects that have registered them.
        if headers.contains_key(AUTHORIZATION) {
            return Err(no_password());
        }
        let isolation = headers.get(ISOLATION_LEVEL).map(|level| {
            let name = match level.as_bytes() {
                b"Serializable" => "SERIALIZABLE",
                b"ReadUncommitted" => "READ UNCOMMITTED",
                b"ReadCommitted" => "READ COMMITTED",
                b"RepeatableRead" => "REPEATABLE READ",
                _ => return Err(Failure::bad("invalid isolation level")),
            };
            Ok((level.clone(), name))
        });
        let is_set = |name: HeaderName| headers.get(name).is_some_and(|value| value == "true");
        Ok(Self {
            target,
            raw: is_set(RAW_TEXT_OUTPUT),
            array_mode: is_set(ARRAY_MODE),
            modes: Modes {
                isolation: isolation.transpose()?,
                read_only: is_set(READ_ONLY),
                deferrable: is_set(DEFERRABLE),
            },
        })
    }
}

impl Modes {
    /// The statement that begins the transaction of a batch.
    pub(super) fn begin(&self) -> String {
        let isolation = self.isolation.as_ref();
        let isolation = isolation.map(|(_, name)| format!("ISOLATION LEVEL {name}"));
        let read_only = self.read_only.then(|| "READ ONLY".to_owned());
        let deferrable = self.deferrable.then(|| "DEFERRABLE".to_owned());
        let modes = [isolation, read_only, deferrable];
        let modes: Vec<String> = modes.into_iter().flatten().collect();
        format!("START TRANSACTION {}", modes.join(", "))
    }

    /// The response to a batch says how it was run.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        const TRUE: HeaderValue = HeaderValue::from_static("true");
        if self.read_only {
            headers.insert(READ_ONLY, TRUE);
        }
        if self.deferrable {
            headers.insert(DEFERRABLE, TRUE);
        }
        if let Some((level, _)) = &self.isolation {
            headers.insert(ISOLATION_LEVEL, level.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Options, Payload};

    fn begin(headers: &[(&'static str, &'static str)]) -> Result<String, String> {
        let all = [("neon-connection-string", "postgres://u:p@h/d")];
        let all = all.iter().chain(headers);
        let all = all.map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let options = Options::parse(&all.collect::<HeaderMap>());
        let options = options.map_err(|failure| failure.report.message().to_owned())?;
        Ok(options.modes.begin())
    }

    #[test]
    fn headers_say_how_a_batch_is_run() {
        assert_eq!(begin(&[]).unwrap(), "START TRANSACTION ");
        let all = [
            ("neon-batch-isolation-level", "Serializable"),
            ("neon-batch-read-only", "true"),
            ("neon-batch-deferrable", "true"),
        ];
        assert_eq!(
            begin(&all).unwrap(),
            "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"
        );
        // Only this word counts.
        let not = [
            ("neon-batch-read-only", "TRUE"),
            ("neon-batch-deferrable", "1"),
        ];
        assert_eq!(begin(&not).unwrap(), "START TRANSACTION ");
        let unknown = begin(&[("neon-batch-isolation-level", "serializable; DROP")]);
        assert_eq!(unknown.unwrap_err(), "invalid isolation level");
        let token = begin(&[("authorization", "Bearer x")]);
        assert!(token.unwrap_err().contains("required password"));
    }

    #[test]
    fn a_body_has_one_query_or_several() {
        let one = Payload::parse(br#"{"query":"SELECT 1","more":1}"#).unwrap();
        assert!(matches!(one, Payload::Single(query) if query.params.is_empty()));
        let two = br#"{"queries":[{"query":"a","params":[null,1],"arrayMode":true}]}"#;
        let two = Payload::parse(two).unwrap();
        assert!(matches!(two, Payload::Batch { queries } if queries[0].array_mode == Some(true)));
        for body in [
            &b""[..],
            b"[]",
            b"{}",
            br#"{"query":1}"#,
            br#"{"query":"","params":1}"#,
        ] {
            let message = Payload::parse(body).unwrap_err();
            let message = message.report.message();
            assert!(message.starts_with("could not parse the HTTP request body: "));
        }
    }
}
