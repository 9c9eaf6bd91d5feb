//! Which key and which host a client has, by what the environment and the files contain.

use std::env::VarError;
use std::fs;

use tempfile::TempDir;

use crate::cli::CliConfig;
use crate::error::{CliError, ConfigError, Error};
use crate::key::{CredentialKind, CredentialSource};
use crate::neon::Neon;
use crate::{NeonBuilder, Result};

const KEY: (&str, &str) = ("NEON_API_KEY", "napi_of_environment");
const ELSEWHERE: (&str, &str) = ("NEON_API_HOST", "http://127.0.0.1:9/api/v2");

/// A home with an API key in the default profile, and a project.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.write(
            ".config/neon/credentials.json",
            r#"{"type":"api_key","api_key":"napi_planted"}"#,
        );
        home.write(
            "app/.neon",
            r#"{"orgId":"org-of-file","projectId":"of-file"}"#,
        );
        home
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    fn files(&self, variables: &[(&str, &str)]) -> CliConfig {
        let variable = |name| match name {
            "HOME" => Some(self.0.path().into()),
            name => {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| value.into())
            }
        };
        CliConfig::of(variable, Some(self.0.path().join("app")))
    }

    fn infer(&self, builder: NeonBuilder, variables: &[(&str, &str)]) -> Result<Neon> {
        let read = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        };
        builder
            .variables(read)
            .inferred(self.files(variables))
            .build()
    }

    fn of_cli(&self, builder: NeonBuilder, variables: &[(&str, &str)]) -> Result<Neon> {
        builder.cli(self.files(variables)).build()
    }
}

fn fault(outcome: Result<Neon>) -> ConfigError {
    match outcome {
        Err(Error::Config(fault)) => *fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_environment_comes_before_the_files() {
    let home = Home::new();
    let neon = home
        .infer(Neon::builder(), &[KEY, ("NEON_PROFILE", "none"), ELSEWHERE])
        .unwrap();
    assert_eq!(neon.credential_source(), &CredentialSource::Environment);
    assert_eq!(
        neon.raw().base_url(),
        ELSEWHERE.1,
        "a key of the environment goes where it says"
    );
    assert_eq!(neon.default_org().unwrap(), &"org-of-file");
    let neon = home
        .infer(Neon::builder(), &[("NEON_PROJECT_ID", "of-environment")])
        .unwrap();
    let file = home.0.path().join(".config/neon/credentials.json");
    let CredentialSource::Profile {
        name,
        file: of,
        kind,
    } = neon.credential_source()
    else {
        panic!("{neon:?}");
    };
    assert_eq!(
        (name.as_str(), of, *kind),
        ("DEFAULT", &file, CredentialKind::ApiKey)
    );
    assert_eq!(
        neon.credential_source().to_string(),
        format!("profile DEFAULT ({})", file.display())
    );
    assert_eq!(neon.default_project().unwrap().id(), &"of-environment");
    assert_eq!(
        neon.cli_context().unwrap().project.as_ref().unwrap(),
        "of-file"
    );
    assert_eq!(
        neon.with_call_timeout(std::time::Duration::MAX)
            .cli_context(),
        neon.cli_context()
    );
    let shown = format!("{neon:?} {:?}", Neon::builder().cli(home.files(&[])));
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn what_the_program_sets_comes_before_all() {
    let home = Home::new();
    let neon = home
        .infer(
            Neon::builder().api_key("napi_x").project("of-program"),
            &[KEY],
        )
        .unwrap();
    assert_eq!(neon.credential_source(), &CredentialSource::Code);
    assert_eq!(neon.default_project().unwrap().id(), &"of-program");
    let neon = home.of_cli(Neon::builder(), &[KEY]).unwrap();
    assert!(matches!(
        neon.credential_source(),
        CredentialSource::Profile { .. }
    ));
    let neon = Neon::builder()
        .cli(home.files(&[]))
        .api_key("napi_x")
        .build()
        .unwrap();
    assert_eq!(neon.credential_source(), &CredentialSource::Code);
}

/// A key that is broken where it is expected is no reason to use another account's.
#[test]
fn what_cannot_be_used_is_not_passed_over() {
    let home = Home::new();
    let quoted = fault(home.infer(Neon::builder(), &[("NEON_API_KEY", "'napi_planted'")]));
    assert!(
        matches!(quoted, ConfigError::Variable("NEON_API_KEY", _)),
        "{quoted:?}"
    );
    let unknown = fault(home.infer(Neon::builder(), &[("NEON_PROFILE", "work")]));
    assert!(
        matches!(
            &unknown,
            ConfigError::Nowhere(CliError::UnknownProfile { .. })
        ),
        "{unknown:?}"
    );
    let unknown = fault(home.of_cli(Neon::builder(), &[("NEON_PROFILE", "work")]));
    assert!(
        matches!(&unknown, ConfigError::Cli(CliError::UnknownProfile { .. })),
        "{unknown:?}"
    );
    home.write("app/.neon", "{");
    for variables in [&[][..], &[KEY][..]] {
        let broken = fault(home.infer(Neon::builder(), variables));
        assert!(
            matches!(&broken, ConfigError::Cli(CliError::Json { line: 1, .. })),
            "{broken:?}"
        );
    }
}

#[test]
fn one_error_reports_every_place() {
    let home = Home(tempfile::tempdir().unwrap());
    let error = home.infer(Neon::builder(), &[]).unwrap_err().to_string();
    for place in [
        "NEON_API_KEY is not set",
        "for profile DEFAULT",
        "neon/credentials.json nor ",
        "neonctl/credentials.json",
        "`neon auth --profile DEFAULT`",
        "https://console.neon.tech",
    ] {
        assert!(error.contains(place), "{error}");
    }
}

/// Credentials of the CLI are for Neon's API, unless the program itself says otherwise.
#[test]
fn credentials_are_not_sent_where_the_environment_says() {
    let home = Home::new();
    for variables in [
        &[ELSEWHERE][..],
        &[(
            "NEON_API_HOST",
            "https://console.neon.tech.evil.example/api/v2",
        )][..],
        &[("NEON_API_HOST", "https://console.neon.tech/other")][..],
        &[("NEON_API_HOST", "http://console.neon.tech/api/v2")][..],
    ] {
        for outcome in [
            home.infer(Neon::builder(), variables),
            home.of_cli(Neon::builder(), variables),
            Neon::builder()
                .cli(home.files(variables))
                .infer_from(variables)
                .build(),
        ] {
            let refused = fault(outcome);
            assert!(
                matches!(refused, ConfigError::Cli(CliError::OtherHost)),
                "{refused:?}"
            );
        }
        let set = || Neon::builder().base_url("http://127.0.0.1:7");
        for neon in [
            home.infer(set(), variables),
            home.of_cli(set(), variables),
            Neon::builder()
                .cli(home.files(variables))
                .base_url("http://127.0.0.1:7")
                .build(),
        ] {
            assert_eq!(neon.unwrap().raw().base_url(), "http://127.0.0.1:7");
        }
    }
    for own in [
        "https://console.neon.tech/api/v2",
        "https://console.neon.tech/api/v2/",
    ] {
        let neon = home
            .infer(Neon::builder(), &[("NEON_API_HOST", own)])
            .unwrap();
        assert!(
            neon.raw()
                .base_url()
                .starts_with("https://console.neon.tech/api/v2")
        );
    }
}

impl NeonBuilder {
    /// The environment after the files.
    fn infer_from(self, variables: &[(&str, &str)]) -> Self {
        self.variables(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        })
    }
}
