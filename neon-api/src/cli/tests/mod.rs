//! The files of the CLI, as they are found, read and refused.

mod context;
mod provider;
#[cfg(unix)]
mod trusted;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::config::Folder;
use super::*;
use crate::error::CliError;
use crate::key::CredentialKind;

/// A home folder, with an environment in which nothing but it is set.
struct Home {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = vec![("HOME", folder.path().to_str().unwrap().to_owned())];
        Self { folder, variables }
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        private(&path);
        path
    }

    fn config(&self) -> CliConfig {
        self.config_in(&self.path("work/app"))
    }

    fn config_in(&self, working_dir: &Path) -> CliConfig {
        let find = |name| {
            let found = self.variables.iter().rev().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.into())
        };
        CliConfig::of(find, Some(working_dir.to_owned()))
    }
}

fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// The time so many milliseconds from now, as the CLI writes it.
fn in_ms(milliseconds: i128) -> i128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i128::try_from(now.as_millis()).unwrap() + milliseconds
}

fn session(token: &str, milliseconds: i128) -> String {
    let at = in_ms(milliseconds);
    format!(
        r#"{{"type":"oauth","access_token":"{token}","refresh_token":"planted","expires_at":{at},"user_id":"u-1"}}"#
    )
}

fn secret(config: &CliConfig) -> String {
    config.credentials().unwrap().secret.expose().to_owned()
}

fn api_key(key: &str) -> String {
    format!(r#"{{"type":"api_key","api_key":"{key}","key_id":7,"org_id":"org-a-1"}}"#)
}

#[test]
fn the_folder_is_that_of_the_cli() {
    let places = |home: &Home| {
        let config = home.config();
        let Folder::Exact(folder) = config.folder() else {
            return config.folder().places("f");
        };
        vec![folder.join("f")]
    };
    let home = Home::new();
    let below = |name: &str| home.path(name);
    assert_eq!(
        places(&home),
        [below(".config/neon/f"), below(".config/neonctl/f")]
    );
    for (variables, expected) in [
        (
            &[("XDG_CONFIG_HOME", "/x")][..],
            &["/x/neon/f", "/x/neonctl/f"][..],
        ),
        (
            &[("XDG_CONFIG_HOME", "/x"), ("NEONCTL_CONFIG_DIR", "/old")][..],
            &["/old/f"][..],
        ),
        (
            &[
                ("NEONCTL_CONFIG_DIR", "/old"),
                ("NEON_CONFIG_DIR", " /new "),
            ][..],
            &["/new/f"][..],
        ),
        (
            &[("NEON_CONFIG_DIR", "  "), ("NEONCTL_CONFIG_DIR", "/old")][..],
            &["/old/f"][..],
        ),
    ] {
        let mut home = Home::new();
        home.variables.extend(
            variables
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let expected: Vec<_> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(places(&home), expected, "{variables:?}");
    }
    let relative = Home::new().set("NEON_CONFIG_DIR", "here");
    assert_eq!(places(&relative), [relative.path("work/app/here/f")]);
    let nowhere = CliConfig::of(|_| None, None);
    let error = nowhere.credentials().unwrap_err();
    assert_eq!(
        error,
        CliError::NotSignedIn {
            profile: "DEFAULT".into(),
            tried: vec![]
        }
    );
    assert!(
        error.to_string().contains("home folder is not known"),
        "{error}"
    );
}

#[test]
fn the_default_profile_needs_no_definition() {
    let home = Home::new();
    let error = home.config().credentials().unwrap_err().to_string();
    for part in [
        ".config/neon/credentials.json",
        ".config/neonctl/credentials.json",
        "`neon auth --profile DEFAULT`",
    ] {
        assert!(error.contains(part), "{error}");
    }
    home.write(
        ".config/neonctl/credentials.json",
        &session("legacy", 60_000),
    );
    assert_eq!(secret(&home.config()), "legacy");
    home.write(".config/neon/credentials.json", &session("current", 60_000));
    assert_eq!(secret(&home.config()), "current");
    let exact = home.path(".config/neonctl");
    assert_eq!(secret(&home.config().config_dir(exact)), "legacy");
    let empty = home.config().config_dir(home.path("none")).credentials();
    assert!(matches!(empty, Err(CliError::NotSignedIn { tried, .. }) if tried.len() == 1));
}

#[test]
fn a_profile_is_where_its_definition_points() {
    let home = Home::new().set("NEON_PROFILE", "work");
    let outside = home.write("elsewhere/key.json", &api_key("napi_outside"));
    home.write(
        ".config/neonctl/credentials.json",
        &session("default", 60_000),
    );
    home.write(
        ".config/neon/credentials.work.json",
        &api_key(" napi_work "),
    );
    let profiles = format!(
        r#"{{"version":1,"profiles":{{
            "DEFAULT":{{"credentials":"../neonctl/credentials.json"}},
            "work":{{"credentials":"credentials.work.json","label":"a@b.c","userId":"u"}},
            "outside":{{"credentials":{outside:?}}}}}}}"#
    );
    home.write(".config/neon/profiles.json", &profiles);
    let stored = home.config().credentials().unwrap();
    assert_eq!(stored.secret.expose(), "napi_work");
    assert_eq!(
        (stored.profile.as_str(), stored.kind),
        ("work", CredentialKind::ApiKey)
    );
    assert_eq!(stored.file, home.path(".config/neon/credentials.work.json"));
    assert_eq!(secret(&home.config().profile("outside")), "napi_outside");
    assert_eq!(secret(&home.config().profile("DEFAULT")), "default");
    let unknown = home
        .config()
        .profile("napi_planted")
        .credentials()
        .unwrap_err();
    let CliError::UnknownProfile { known, .. } = &unknown else {
        panic!("{unknown:?}");
    };
    assert_eq!(known, &["DEFAULT", "outside", "work"]);
    assert!(!unknown.to_string().contains("planted"), "{unknown}");
    for name in ["", "-x", "a b", "../x", "n\u{e4}me", "x\n"] {
        let error = home.config().profile(name).credentials().unwrap_err();
        assert_eq!(error, CliError::ProfileName, "{name:?}");
    }
    fs::remove_file(home.path(".config/neon/credentials.work.json")).unwrap();
    let error = home.config().credentials().unwrap_err();
    assert!(
        error.to_string().contains("`neon auth --profile work`"),
        "{error}"
    );
}

#[test]
fn profiles_in_the_former_folder_point_from_there() {
    let home = Home::new();
    home.write(
        ".config/neonctl/profiles.json",
        r#"{"profiles":{"work":{"credentials":"w.json"}}}"#,
    );
    home.write(".config/neonctl/w.json", &api_key("napi_w"));
    assert_eq!(secret(&home.config().profile("work")), "napi_w");
}

/// Whatever is wrong is named with the file, and nothing of the content is repeated.
#[test]
fn broken_files_are_named_and_not_repeated() {
    let name = ".config/neon/credentials.json";
    let long = format!(
        r#"{{"type":"api_key","api_key":"{}"}}"#,
        "planted".repeat(40_000)
    );
    let content = "it does not contain an object";
    for (file, text) in [
        ("{\n\"access_token\": planted\n}", "see line 2"),
        ("planted", "see line 1"),
        ("", "is not valid JSON"),
        ("\u{feff}{\"access_token\":\"planted\"}", "see line 1"),
        ("[\"planted\"]", content),
        ("\"planted\"", content),
        (
            r#"{"type":"planted","access_token":"planted"}"#,
            "its `type` is not known",
        ),
        (
            r#"{"type":null,"access_token":"planted"}"#,
            "its `type` is not known",
        ),
        (
            r#"{"type":"api_key","access_token":"planted"}"#,
            "it has no `api_key`",
        ),
        (r#"{"type":"api_key","api_key":" "}"#, "it has no `api_key`"),
        (
            r#"{"type":"api_key","api_key":["planted"]}"#,
            "it has no `api_key`",
        ),
        (r#"{"api_key":"planted"}"#, "it has no `access_token`"),
        (
            r#"{"type":"api_key","api_key":"\"planted\""}"#,
            "its `api_key` cannot be sent",
        ),
        (
            r#"{"access_token":"plan\nted","expires_at":9e15}"#,
            "its `access_token` cannot be sent",
        ),
        (&long, "larger than 262144 bytes"),
    ] {
        let home = Home::new();
        let path = home.write(name, file);
        let error = home.config().credentials().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(text), "{file:.80}: {shown}");
        assert!(
            error.to_string().starts_with(path.to_str().unwrap()),
            "{error}"
        );
        assert!(
            !shown.contains("planted") && !shown.contains("plan\\n"),
            "{shown}"
        );
    }
    for (file, text) in [
        ("{\n\n\"profiles\": planted", "see line 3"),
        (r#"{"profiles":["planted"]}"#, "it has no object `profiles`"),
        (
            r#"{"profiles":{"pla nted":{"credentials":"x"}}}"#,
            "an invalid name",
        ),
        (
            r#"{"profiles":{"a":{"credentials":" "}}}"#,
            "has no `credentials`",
        ),
        (r#"{"version":2,"profiles":{}}"#, "a later version"),
    ] {
        let home = Home::new();
        home.write(".config/neon/profiles.json", file);
        // The default profile as well: its only pointer may be in the broken file.
        home.write(name, &session("good", 60_000));
        let error = home.config().credentials().unwrap_err().to_string();
        assert!(
            error.contains("profiles.json") && error.contains(text),
            "{error}"
        );
        assert!(!error.contains("nted"), "{error}");
    }
}

#[test]
fn an_expired_session_and_a_keyring_say_what_to_run() {
    let home = Home::new();
    let name = ".config/neon/credentials.json";
    for content in [
        session("planted", -1),
        r#"{"access_token":"planted"}"#.to_owned(),
        r#"{"access_token":"planted","expires_at":"9999999999999"}"#.to_owned(),
    ] {
        home.write(name, &content);
        let error = home.config().credentials().unwrap_err();
        assert!(matches!(error, CliError::Expired { .. }), "{error:?}");
        let error = error.to_string();
        assert!(
            error.contains("`neon auth --profile DEFAULT`") && !error.contains("planted"),
            "{error}"
        );
    }
    home.write(name, &session("fresh", 60_000));
    assert_eq!(secret(&home.config()), "fresh");
    home.write(
        ".config/neon/profiles.json",
        r#"{"profiles":{"k":{"credentials":"keyring"}}}"#,
    );
    let error = home.config().profile("k").credentials().unwrap_err();
    assert_eq!(
        error,
        CliError::Keyring {
            profile: "k".into()
        }
    );
    assert!(
        error.to_string().contains("`neon auth --profile NAME`"),
        "{error}"
    );
}

/// Neither what is in a message nor what is in the name of a file begins a line.
#[test]
fn messages_are_one_line() {
    let error = CliError::Json {
        file: "/a\nb".into(),
        line: 1,
    };
    assert_eq!(
        error.to_string(),
        "/a\u{fffd}b is not valid JSON: see line 1"
    );
}
