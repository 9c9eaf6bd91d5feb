//! A connection string as environment variables.

use std::fmt;
use std::process::Command;

use neon_api_raw::Secret;

use super::ConnectionString;

/// Parameters, and the variables that libpq has for them.
const VARIABLES: [(&str, &str); 25] = [
    ("application_name", "PGAPPNAME"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("gssencmode", "PGGSSENCMODE"),
    ("hostaddr", "PGHOSTADDR"),
    ("krbsrvname", "PGKRBSRVNAME"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("require_auth", "PGREQUIREAUTH"),
    ("requirepeer", "PGREQUIREPEER"),
    ("service", "PGSERVICE"),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("sslcert", "PGSSLCERT"),
    ("sslcertmode", "PGSSLCERTMODE"),
    ("sslcompression", "PGSSLCOMPRESSION"),
    ("sslcrl", "PGSSLCRL"),
    ("sslkey", "PGSSLKEY"),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslsni", "PGSSLSNI"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
];

/// The environment variables of a connection string ([`ConnectionString::environment`]): those that
/// psql, `pg_dump` and every client on libpq read, among others.
///
/// ```no_run
/// # fn run(connection: neon_api::connection::ConnectionString) -> Result<(), Box<dyn std::error::Error>> {
/// let environment = connection.direct().environment();
/// // For `eval "$(…)"` in a shell.
/// println!("{}", environment.export().expose());
/// // For a program, without a password in its arguments.
/// let mut dump = std::process::Command::new("pg_dump");
/// environment.apply(&mut dump).args(["--format", "custom"]).status()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<(&'static str, Secret)>,
    left_out: Vec<String>,
}

impl Environment {
    pub(super) fn of(string: &ConnectionString) -> Self {
        let mut variables = vec![
            ("PGHOST", Secret::new(string.host())),
            ("PGPORT", Secret::new(string.port().to_string())),
            ("PGUSER", Secret::new(string.role())),
            ("PGDATABASE", Secret::new(string.database())),
        ];
        if let Some(password) = string.password() {
            variables.push(("PGPASSWORD", password.clone()));
        }
        let mut left_out = Vec::new();
        for (name, value) in string.parameters() {
            match VARIABLES.iter().find(|(parameter, _)| *parameter == name) {
                Some((_, variable)) => {
                    variables.retain(|(other, _)| other != variable);
                    variables.push((variable, value.clone()));
                }
                None => left_out.push(name.to_owned()),
            }
        }
        Self {
            variables,
            left_out,
        }
    }

    /// The variables with their values, which are all secrets, since one of them is.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        self.variables.iter().map(|(name, value)| (*name, value))
    }

    /// The names of parameters for which there is no variable.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Lines for a POSIX shell: `export PGHOST='…'`.
    pub fn export(&self) -> Secret {
        self.lines(|name, value| format!("export {name}={}\n", quoted_for_shell(value)))
    }

    /// Lines for a `.env` file: `PGHOST=…`, quoted if needed. Values with an apostrophe, a backslash
    /// or a line break are written in double quotes with backslashes, which readers of such files
    /// understand differently: as dotenvy and Docker Compose do.
    pub fn dotenv(&self) -> Secret {
        self.lines(|name, value| format!("{name}={}\n", quoted_for_dotenv(value)))
    }

    /// Sets the variables for a program.
    pub fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.variables().map(|(name, value)| (name, value.expose())))
    }

    fn lines(&self, line: impl Fn(&str, &str) -> String) -> Secret {
        let lines = self
            .variables()
            .map(|(name, value)| line(name, value.expose()));
        Secret::new(lines.collect::<String>())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables().map(|(name, _)| name).collect();
        f.debug_struct("Environment")
            .field("variables", &names)
            .field("left_out", &self.left_out)
            .finish()
    }
}

fn quoted_for_shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn quoted_for_dotenv(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@%+,".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    if !value.contains(['\'', '\\', '\n', '\r']) {
        return format!("'{value}'");
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' | '$' => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
