//! A file with the credentials of one account.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use neon_api_raw::Secret;
use neon_api_raw::client::bearer;
use neon_api_raw::serde_json::{Map, Value};

use crate::error::CliError;
use crate::key::CredentialKind;

use super::json::{content_fault, object, string};

/// Credentials as they were read.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(super) secret: Secret,
    pub(crate) profile: String,
    pub(crate) file: PathBuf,
    pub(crate) kind: CredentialKind,
    /// When the secret expires, in milliseconds since 1970, if it does.
    expires_at: Option<f64>,
    owner: Owner,
}

/// Whose the credentials are, and what they give access to, as far as the file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    user: Option<String>,
    org: Option<String>,
    project: Option<String>,
}

impl Stored {
    pub(super) fn parse(profile: &str, file: &Path, content: &[u8]) -> Result<Self, CliError> {
        let content = object(file, content)?;
        let (kind, name) = kind(file, &content)?;
        let Some(secret) = string(&content, name) else {
            return Err(content_fault(
                file,
                match kind {
                    CredentialKind::ApiKey => "it has no `api_key`",
                    CredentialKind::Session => "it has no `access_token`",
                },
            ));
        };
        let secret = Secret::new(secret);
        if bearer(&secret).is_err() {
            return Err(content_fault(
                file,
                match kind {
                    CredentialKind::ApiKey => {
                        "its `api_key` cannot be sent: it is quoted, or has blanks or other characters that a key does not have"
                    }
                    CredentialKind::Session => {
                        "its `access_token` cannot be sent: it is quoted, or has blanks or other characters that a token does not have"
                    }
                },
            ));
        }
        let owned = |name| string(&content, name).map(str::to_owned);
        let expires_at = content.get("expires_at").and_then(Value::as_f64);
        let stored = Self {
            secret,
            profile: profile.to_owned(),
            file: file.to_owned(),
            kind,
            // Without a time the CLI takes a session for expired.
            expires_at: (kind == CredentialKind::Session).then(|| expires_at.unwrap_or(0.0)),
            owner: Owner {
                user: owned("user_id"),
                org: owned("org_id"),
                project: owned("project_id"),
            },
        };
        if stored.is_expired() {
            return Err(CliError::Expired {
                profile: stored.profile,
                file: stored.file,
            });
        }
        Ok(stored)
    }

    /// By the clock of the machine, as the CLI counts it.
    pub(super) fn is_expired(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0.0, |now| now.as_secs_f64() * 1000.0);
        self.expires_at.is_some_and(|end| end <= now)
    }

    #[cfg(test)]
    pub(super) fn expire(&mut self) {
        self.expires_at = Some(0.0);
    }

    /// Whether these are credentials of another account, or for something else, than others read
    /// before. The CLI adds the user a moment after it has written the rest, so that of two files only
    /// what both have is compared.
    pub(super) fn is_of_other_account(&self, before: &Self) -> bool {
        let differ = |now: &Option<String>, before: &Option<String>| {
            now.is_some() && before.is_some() && now != before
        };
        let (now, before) = (&self.owner, &before.owner);
        differ(&now.user, &before.user)
            || differ(&now.org, &before.org)
            || differ(&now.project, &before.project)
    }
}

/// The kind of the credentials, and the name of the secret.
fn kind(
    file: &Path,
    content: &Map<String, Value>,
) -> Result<(CredentialKind, &'static str), CliError> {
    match content.get("type").map(Value::as_str) {
        None | Some(Some("oauth")) => Ok((CredentialKind::Session, "access_token")),
        Some(Some("api_key")) => Ok((CredentialKind::ApiKey, "api_key")),
        Some(_) => Err(content_fault(
            file,
            "its `type` is not known: expected `oauth` or `api_key`; it may be of a later version of the Neon CLI, or run `neon auth` again",
        )),
    }
}
