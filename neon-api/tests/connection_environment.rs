//! Connection strings as environment variables, read by shells and by another library.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::process::Command;

use neon_api::connection::ConnectionString;
use proptest::prelude::*;

/// Values of all kinds that a shell or a file could misread.
const HARD: [&str; 12] = [
    "plain",
    "with blank",
    "a'b",
    "a''b'",
    "a\"b",
    "a\\b\\n",
    "$HOME ${HOME} `id` $(id)",
    "a#b # c",
    "a=b;c&d|e",
    "two\nlines",
    "é ü 漢字",
    "!! *?~[x]",
];

fn string(password: &str) -> ConnectionString {
    let string = ConnectionString::new("::1", "app owner", "app").unwrap();
    let string = string
        .with_port(5433)
        .unwrap()
        .with_password(password)
        .unwrap();
    let string = string.with_parameter("sslmode", "require").unwrap();
    let string = string
        .with_parameter("options", "endpoint=ep-a -c x='1'")
        .unwrap();
    string.with_parameter("unheard_of", "1").unwrap()
}

/// What a shell has in its variables after the lines.
fn in_shell(lines: &str) -> Vec<String> {
    let names = [
        "PGHOST",
        "PGPORT",
        "PGUSER",
        "PGPASSWORD",
        "PGDATABASE",
        "PGSSLMODE",
        "PGOPTIONS",
    ];
    let print: String = names
        .map(|name| format!("printf '%s\\0' \"${name}\"\n"))
        .concat();
    let mut shell = Command::new("sh");
    shell.env_clear().arg("-c").arg(format!("{lines}{print}"));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn expected(password: &str) -> Vec<String> {
    let values = [
        "::1",
        "5433",
        "app owner",
        password,
        "app",
        "require",
        "endpoint=ep-a -c x='1'",
    ];
    values.map(str::to_owned).to_vec()
}

#[test]
fn a_shell_reads_the_exports() {
    for password in HARD {
        let environment = string(password).environment();
        assert_eq!(
            in_shell(environment.export().expose()),
            expected(password),
            "{password:?}"
        );
        assert_eq!(environment.left_out(), ["unheard_of"]);
    }
}

#[test]
fn dotenvy_reads_the_file() {
    for password in HARD {
        let file = string(password).environment().dotenv();
        let mut read: Vec<_> = dotenvy::from_read_iter(file.expose().as_bytes())
            .map(|pair| pair.unwrap())
            .collect();
        let mut written: Vec<_> = string(password)
            .environment()
            .variables()
            .map(|(name, value)| (name.to_owned(), value.expose().to_owned()))
            .collect();
        read.sort();
        written.sort();
        assert_eq!(read, written, "{password:?}");
    }
}

#[test]
fn a_program_gets_the_variables() {
    let environment = string("a'b $c").environment();
    let mut command = Command::new("printenv");
    command.env_clear();
    let output = environment
        .apply(&mut command)
        .arg("PGPASSWORD")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a'b $c\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_shell_reads_any_password(password in "[^\0]{0,20}") {
        let environment = string(&password).environment();
        prop_assert_eq!(in_shell(environment.export().expose()), expected(&password));
    }
}
