//! `profiles.json`: where the credentials of each account are.

use std::path::{Path, PathBuf};

use neon_api_raw::serde_json::{Map, Value};

use crate::error::CliError;

use super::config::Folder;
use super::credentials::Stored;
use super::file::read_trusted;
use super::json::{content_fault, object, string};

/// The profile that exists without being defined.
pub(super) const DEFAULT: &str = "DEFAULT";
const PROFILES: &str = "profiles.json";
const CREDENTIALS: &str = "credentials.json";
/// In place of a path.
const KEYRING: &str = "keyring";
/// The version of `profiles.json` that is known.
const VERSION: u64 = 1;

/// Whether the CLI accepts a name.
pub(super) fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric();
    name.bytes().next().is_some_and(is_word)
        && name
            .bytes()
            .all(|byte| is_word(byte) || b"._-".contains(&byte))
}

/// Reads the credentials of a profile.
pub(super) fn credentials(folder: &Folder, profile: &str) -> Result<Stored, CliError> {
    let Some(file) = folder.place(PROFILES) else {
        return Err(CliError::NotSignedIn {
            profile: profile.to_owned(),
            tried: Vec::new(),
        });
    };
    let defined = match read_trusted(&file)? {
        Some(content) => profiles(&file, &content)?,
        None => Map::new(),
    };
    let tried = match defined.get(profile) {
        Some(entry) => vec![pointer(&file, entry, profile)?],
        None if profile == DEFAULT => folder.places(CREDENTIALS),
        None => return Err(unknown(file, &defined)),
    };
    for place in &tried {
        if let Some(content) = read_trusted(place)? {
            return Stored::parse(profile, place, &content);
        }
    }
    Err(CliError::NotSignedIn {
        profile: profile.to_owned(),
        tried,
    })
}

/// The entries of the file, by name. A broken one makes the file unusable, as it does for the CLI.
fn profiles(file: &Path, content: &[u8]) -> Result<Map<String, Value>, CliError> {
    let mut content = object(file, content)?;
    if content
        .get("version")
        .and_then(Value::as_u64)
        .unwrap_or(VERSION)
        > VERSION
    {
        return Err(content_fault(
            file,
            "it is of a later version of the Neon CLI than this library knows",
        ));
    }
    let Some(Value::Object(profiles)) = content.remove("profiles") else {
        return Err(content_fault(file, "it has no object `profiles`"));
    };
    for (name, entry) in &profiles {
        if !is_name(name) {
            return Err(content_fault(file, "a profile in it has an invalid name"));
        }
        if entry
            .as_object()
            .and_then(|entry| string(entry, "credentials"))
            .is_none()
        {
            return Err(content_fault(file, "a profile in it has no `credentials`"));
        }
    }
    Ok(profiles)
}

/// The path of an entry, relative to the folder of the file.
fn pointer(file: &Path, entry: &Value, profile: &str) -> Result<PathBuf, CliError> {
    let pointer = entry
        .get("credentials")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if pointer == KEYRING {
        return Err(CliError::Keyring {
            profile: profile.to_owned(),
        });
    }
    Ok(file.parent().unwrap_or(Path::new("")).join(pointer))
}

fn unknown(file: PathBuf, defined: &Map<String, Value>) -> CliError {
    let mut known: Vec<String> = defined.keys().cloned().collect();
    // Programs may have a JSON library that keeps the order of the file.
    known.sort_unstable();
    if !defined.contains_key(DEFAULT) {
        known.insert(0, DEFAULT.to_owned());
    }
    CliError::UnknownProfile { file, known }
}
