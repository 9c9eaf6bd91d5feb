//! Clients that are set up, and those that cannot be.

use std::env::VarError;
use std::ffi::OsString;

use neon_api_raw::{BoxFuture, HttpTransport};

use super::*;

fn with(variables: &[(&str, &str)]) -> Result<Neon, Error> {
    let read = |name: &str| {
        let found = variables.iter().find(|(n, _)| *n == name);
        found
            .map(|(_, value)| (*value).to_owned())
            .ok_or(VarError::NotPresent)
    };
    Neon::builder().variables(read).build()
}

/// What a fault of the configuration says.
fn told(outcome: Result<Neon, Error>) -> String {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    error.to_string()
}

#[test]
fn the_environment_names_key_place_and_defaults() {
    let neon = with(&[
        ("NEON_API_KEY", "napi_x\n"),
        ("NEON_API_HOST", " http://127.0.0.1:9/api/v2/\n"),
        ("NEON_ORG_ID", "org-ocean-art-12345678\n"),
        ("NEON_PROJECT_ID", "\tlate-frost-12345678 "),
    ])
    .unwrap();
    assert_eq!(neon.raw().base_url(), "http://127.0.0.1:9/api/v2");
    assert_eq!(neon.default_org().unwrap(), &"org-ocean-art-12345678");
    assert_eq!(neon.default_project().unwrap().id(), &"late-frost-12345678");
}

#[test]
fn what_is_set_stands_before_the_environment() {
    let read = |name: &str| match name {
        "NEON_ORG_ID" => Ok("no id at all".to_owned()),
        _ => Ok("from-environment".to_owned()),
    };
    let org = OrgId::new("org-set").unwrap();
    let neon = Neon::builder()
        .base_url("http://127.0.0.1:9/set")
        .org(&org)
        .variables(read)
        .build()
        .unwrap();
    assert_eq!(neon.default_org(), Some(&org));
    assert_eq!(neon.raw().base_url(), "http://127.0.0.1:9/set");
    assert_eq!(neon.default_project().unwrap().id(), &"from-environment");
}

#[test]
fn settings_that_cannot_work_fail_when_the_client_is_built() {
    for (variables, text) in [
        (&[][..], "NEON_API_KEY"),
        (&[("NEON_API_KEY", " ")][..], "NEON_API_KEY"),
        (&[("NEON_API_KEY", "a\nb")][..], "line breaks"),
        (
            &[("NEON_API_KEY", "k"), ("NEON_API_HOST", "console")][..],
            "base URL",
        ),
        (
            &[("NEON_API_KEY", "k"), ("NEON_ORG_ID", "My Org")][..],
            "NEON_ORG_ID",
        ),
    ] {
        let told = told(with(variables));
        assert!(told.contains(text), "{told}");
    }
    let builder = || Neon::builder().api_key("k");
    for place in [
        "https://host/api/v2#part",
        "https://host/#",
        "https://host/api/v2?",
        "https://host:99999/api/v2",
        "https://owner@host/api/v2",
        "ftp://host/api/v2",
    ] {
        assert!(told(builder().base_url(place).build()).contains("base URL"));
    }
    let none = builder().attempt_timeout(Duration::ZERO).build();
    assert!(told(none).contains("attempt_timeout"));
    let none = builder().read_timeout(Duration::ZERO).build();
    assert!(told(none).contains("read_timeout"));
    let seconds = Duration::from_secs;
    let reversed = RetryPolicy::default().delay(seconds(10), seconds(1));
    assert!(told(builder().retry(reversed).build()).contains("delay"));
}

/// The variable, what to write instead, and nothing of the value.
#[test]
fn a_bad_variable_is_named_with_what_to_write_and_without_its_value() {
    const KEY: &str = "NEON_API_KEY";
    const HOST: &str = "NEON_API_HOST";
    for (variable, value, instead) in [
        (KEY, "\"napi_planted\"", "remove the quotes"),
        (KEY, "'napi_planted'", "remove the quotes"),
        (KEY, "Bearer napi_planted", "`Bearer `"),
        (KEY, "napi_pla nted", "remove them"),
        (KEY, "napi_planted\u{1}", "characters"),
        (HOST, "planted.tech/api/v2", "write https://"),
        (HOST, "localhost:8080/planted", "write https://"),
        (HOST, "ftp://planted/api/v2", "https://"),
        (HOST, "https://u:planted@h/api/v2", "remove them"),
        (HOST, "https://h/api/v2?planted", "remove `?`"),
        (
            HOST,
            "https://h:planted/",
            "as in https://console.neon.tech/api/v2",
        ),
        ("NEON_ORG_ID", "planted!", "lowercase letters"),
        ("NEON_ORG_ID", "P!", "lowercase letters"),
        ("NEON_PROJECT_ID", "planted project", "lowercase letters"),
    ] {
        let mut variables = vec![(variable, value)];
        if variable != KEY {
            variables.push((KEY, "napi_good"));
        }
        let error = with(&variables).unwrap_err();
        let mut text = format!("{error} {error:?}");
        let told = error.to_string();
        assert!(told.starts_with(variable), "{told}");
        assert!(told.contains(instead), "{value}: {told}");
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            text = format!("{text} {inner} {inner:?}");
            source = inner.source();
        }
        for piece in ["plan", "nted", "P!"] {
            assert!(!text.contains(piece), "{text}");
        }
    }
}

#[test]
fn a_missing_key_says_where_the_first_one_is_created() {
    let told = told(with(&[]));
    for place in [
        "NEON_API_KEY",
        "api_key(…)",
        "Neon Console",
        "https://console.neon.tech",
    ] {
        assert!(told.contains(place), "{told}");
    }
}

#[test]
fn a_host_without_a_path_is_taken() {
    let neon = with(&[
        ("NEON_API_KEY", "napi_x"),
        ("NEON_API_HOST", "http://127.0.0.1:9"),
    ]);
    assert_eq!(neon.unwrap().raw().base_url(), "http://127.0.0.1:9");
}

#[test]
fn a_variable_that_is_no_text_is_not_taken_for_absent() {
    for broken in [
        "NEON_API_KEY",
        "NEON_API_HOST",
        "NEON_ORG_ID",
        "NEON_PROJECT_ID",
    ] {
        let read = |name: &str| match name == broken {
            true => Err(VarError::NotUnicode(OsString::from("x"))),
            false if name == "NEON_API_KEY" => Ok("k".to_owned()),
            false => Err(VarError::NotPresent),
        };
        let told = told(Neon::builder().variables(read).build());
        assert!(told.contains(broken) && told.contains("Unicode"), "{told}");
    }
}

#[derive(Debug)]
struct Good;

impl KeyProvider for Good {
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async { Ok(Secret::new("good")) })
    }
}

#[test]
fn a_bad_key_that_another_one_replaces_does_no_harm() {
    let build = |builder: NeonBuilder| builder.build().map(drop);
    build(Neon::builder().api_key("a\nb").api_key("good")).unwrap();
    build(Neon::builder().api_key("").key_provider(Good)).unwrap();
    build(Neon::builder().api_key("good").api_key("a\nb")).unwrap_err();
}

#[test]
fn a_bad_key_is_not_replaced_by_that_of_the_environment() {
    let read = |name: &str| match name {
        "NEON_API_KEY" => Ok("good".to_owned()),
        _ => Err(VarError::NotPresent),
    };
    let told = told(Neon::builder().api_key("a\nb").variables(read).build());
    assert!(told.contains("line breaks"), "{told}");
}

#[test]
fn a_client_does_not_show_its_key() {
    let neon = Neon::builder().api_key("napi_planted").build().unwrap();
    assert!(!format!("{neon:?}").contains("planted"));
}

#[test]
fn settings_of_own_connections_are_checked() {
    let builder = || Neon::builder().api_key("k").base_url("http://127.0.0.1:9");
    builder()
        .user_agent("my-app/1.0")
        .max_response_bytes(1)
        .build()
        .unwrap();
    for name in ["", "my\napp", "\u{e9}"] {
        let told = told(builder().user_agent(name).build());
        assert!(told.contains("User-Agent"), "{told}");
    }
    let told_zero = told(builder().max_response_bytes(0).build());
    assert!(told_zero.contains("max_response_bytes"), "{told_zero}");
    let transport = || HttpTransport::new().unwrap();
    builder().transport(transport()).build().unwrap();
    for beside in [
        builder().user_agent("my-app/1.0"),
        builder().max_response_bytes(1),
    ] {
        let told = told(beside.transport(transport()).build());
        assert!(told.contains("HttpTransport"), "{told}");
    }
}
