//! What is said where there is no database.

use neon_api_test::TestDb;

use crate::support::Folder;

/// In a process of its own: a test as anybody writes it.
#[neon_api_test::branch]
#[ignore = "run by the tests in a process of its own"]
async fn any_test(_db: TestDb) {
    println!("has run");
}

/// In a process of its own: one with a server of its own.
#[neon_api_test::branch(isolation = "branch")]
#[ignore = "run by the tests in a process of its own"]
async fn any_branch(_db: TestDb) {
    println!("has run");
}

fn outcome(variables: &[(&str, &str)]) -> (bool, String) {
    outcome_of("messages::any_test", variables)
}

fn outcome_of(test: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let folder = Folder::new("messages");
    let mut command = folder.helper(test, 0);
    command
        .env_remove("NEON_API_KEY")
        .env_remove("NEON_TEST_PROJECTS");
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}

#[test]
fn missing_programs_fail_a_test_or_skip_it_loudly() {
    let nothing = ("NEON_TEST_POSTGRES", "/nonexistent");
    let (success, printed) = outcome(&[nothing]);
    assert!(!success, "{printed}");
    let why = "PostgreSQL in /nonexistent cannot be used: there is no initdb";
    assert!(printed.contains(why), "{printed}");
    let (success, printed) = outcome(&[nothing, ("NEON_TEST_BACKEND", "skip")]);
    assert!(success, "{printed}");
    assert!(!printed.contains("has run"), "{printed}");
    let line = format!("!!! local::messages::any_test: skipped: {why}");
    assert!(printed.contains(&line), "{printed}");
}

/// Root needs another user to run PostgreSQL as, which is `postgres` if not set.
#[test]
fn root_without_a_user_for_postgres_is_told_what_to_do() {
    let id = std::process::Command::new("id").arg("-u").output().unwrap();
    if crate::support::builder().is_none() || id.stdout != b"0\n" {
        return eprintln!("!!! SKIPPED: not root");
    }
    for isolation in ["messages::any_test", "messages::any_branch"] {
        let nobody = ("NEON_TEST_POSTGRES_USER", "no-such-user");
        let (success, printed) = outcome_of(isolation, &[nobody]);
        assert!(!success, "{printed}");
        let why = "PostgreSQL does not run as root, and there is no user \"no-such-user\" to run \
                   it as: run the tests as another user, create this one (useradd --system \
                   no-such-user), or set NEON_TEST_POSTGRES_USER to one that there is";
        assert!(printed.contains(why), "{printed}");
        let (success, printed) = outcome_of(isolation, &[nobody, ("NEON_TEST_BACKEND", "skip")]);
        assert!(success && !printed.contains("has run"), "{printed}");
        assert!(printed.contains(&format!("skipped: {why}")), "{printed}");
        // Root itself is no such user.
        let root = ("NEON_TEST_POSTGRES_USER", "root");
        let (success, printed) = outcome_of(isolation, &[root]);
        assert!(
            !success && printed.contains("no user \"root\""),
            "{printed}"
        );
    }
    // Any other is.
    let other = ("NEON_TEST_POSTGRES_USER", "nobody");
    let (success, printed) = outcome(&[other]);
    assert!(success && printed.contains("has run"), "{printed}");
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let (success, printed) = outcome(&[("NEON_TEST_BACKEND", "docker")]);
    assert!(!success, "{printed}");
    let why = "invalid NEON_TEST_BACKEND: \"docker\" is not one of local, neon, skip";
    assert!(printed.contains(why), "{printed}");
}

/// As a workflow sets a variable from a setting that is not there.
#[test]
fn an_empty_variable_is_not_set() {
    if crate::support::builder().is_none() {
        return;
    }
    let names = [
        "NEON_TEST_BACKEND",
        "NEON_TEST_POSTGRES",
        "NEON_TEST_POSTGRES_USER",
        "NEON_TEST_LINGER",
    ];
    let (success, printed) = outcome(&names.map(|name| (name, "")));
    assert!(success && printed.contains("has run"), "{printed}");
}

#[cfg(feature = "neon")]
#[test]
fn a_missing_key_or_project_is_named() {
    let neon = ("NEON_TEST_BACKEND", "neon");
    let (success, printed) = outcome(&[neon]);
    assert!(!success, "{printed}");
    assert!(
        printed.contains("invalid NEON_API_KEY: it is not set: create a key"),
        "{printed}"
    );
    let (success, printed) = outcome(&[neon, ("NEON_API_KEY", "napi_some")]);
    assert!(!success, "{printed}");
    assert!(
        printed.contains("invalid NEON_TEST_PROJECTS: it is not set"),
        "{printed}"
    );
    assert!(!printed.contains("napi_some"), "{printed}");
}
