//! What is said where there is no database.

use neon_api_test::TestDb;

use crate::support::Folder;

/// In a process of its own: a test as anybody writes it.
#[neon_api_test::branch]
#[ignore = "run by the tests in a process of its own"]
async fn any_test(_db: TestDb) {
    println!("has run");
}

fn outcome(variables: &[(&str, &str)]) -> (bool, String) {
    let folder = Folder::new("messages");
    let mut command = folder.helper("messages::any_test", 0);
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

#[test]
fn settings_that_mean_nothing_are_refused() {
    let (success, printed) = outcome(&[("NEON_TEST_BACKEND", "docker")]);
    assert!(!success, "{printed}");
    let why = "invalid NEON_TEST_BACKEND: \"docker\" is not one of local, neon, skip";
    assert!(printed.contains(why), "{printed}");
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
