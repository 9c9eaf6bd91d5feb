//! Connection strings as values: read, changed and written without a request.

mod endpoint;
mod environment;
mod parse;
mod write;

use std::fmt;
use std::str::FromStr;

use neon_api_raw::Secret;

use crate::Result;
use crate::error::{Error, InvalidInput};

pub use environment::Environment;

/// The port if a string has none.
pub(crate) const DEFAULT_PORT: u16 = 5432;

/// A connection string in its parts: `postgresql://role:password@host:port/database?parameters`.
///
/// Its `Debug` shows neither the password nor values of parameters, and there is no `Display`:
/// [`to_uri`](Self::to_uri) writes it, as a secret. It converts between the pooled and the direct form
/// without a request.
///
/// ```
/// # fn main() -> Result<(), neon_api::Error> {
/// use neon_api::connection::ConnectionString;
///
/// let text = "postgresql://alice:s3cret@ep-misty-sea-a5833nbi.eu-central-1.aws.neon.tech/app?sslmode=require";
/// let direct: ConnectionString = text.parse()?;
/// assert!(!direct.is_pooled());
/// let pooled = direct.pooled();
/// assert_eq!(pooled.host(), "ep-misty-sea-a5833nbi-pooler.eu-central-1.aws.neon.tech");
/// assert_eq!(pooled.direct().to_uri().expose(), text);
/// assert!(!format!("{pooled:?}").contains("s3cret"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    role: String,
    password: Option<Secret>,
    host: String,
    port: Option<u16>,
    database: String,
    parameters: Vec<(String, Secret)>,
}

impl ConnectionString {
    /// A string without a password, port or parameters: for a Postgres of one's own. An IPv6 address
    /// is given without brackets.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a part is empty or contains a NUL character.
    ///
    /// ```
    /// # fn main() -> Result<(), neon_api::Error> {
    /// use neon_api::connection::ConnectionString;
    ///
    /// let local = ConnectionString::new("::1", "alice", "app")?.with_port(5433)?;
    /// assert_eq!(local.to_uri().expose(), "postgresql://alice@[::1]:5433/app");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        host: impl Into<String>,
        role: impl Into<String>,
        database: impl Into<String>,
    ) -> Result<Self> {
        let (host, role, database) = (host.into(), role.into(), database.into());
        for (part, value) in [("host", &host), ("role", &role), ("database", &database)] {
            if value.is_empty() {
                return Err(invalid(format!("the {part} is missing")));
            }
            without_nul(value)?;
        }
        Ok(Self {
            role,
            password: None,
            host,
            port: None,
            database,
            parameters: Vec::new(),
        })
    }

    /// The same with this password.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it contains a NUL character.
    pub fn with_password(mut self, password: impl Into<Secret>) -> Result<Self> {
        let password = password.into();
        without_nul(password.expose())?;
        self.password = Some(password);
        Ok(self)
    }

    /// The same with this port.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is 0.
    pub fn with_port(mut self, port: u16) -> Result<Self> {
        if port == 0 {
            return Err(invalid(parse::PORT));
        }
        self.port = Some(port);
        Ok(self)
    }

    /// The same to another database.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is empty or contains a NUL character.
    pub fn with_database(mut self, database: impl Into<String>) -> Result<Self> {
        let database = database.into();
        if database.is_empty() {
            return Err(invalid("the database is missing"));
        }
        without_nul(&database)?;
        self.database = database;
        Ok(self)
    }

    /// The same with this parameter, such as `application_name`, in place of others of that name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the name is empty, if the name or the value contains a NUL
    /// character, or for what has a method of its own: host, port, user, password and database.
    pub fn with_parameter(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self> {
        let (name, value) = (name.into(), value.into());
        without_nul(&name)?;
        without_nul(&value)?;
        if name.is_empty() || parse::PARTS.contains(&name.as_str()) {
            return Err(invalid(
                "a parameter has a name that is empty, or that of a part",
            ));
        }
        self.set_parameter(&name, value);
        Ok(self)
    }

    fn set_parameter(&mut self, name: &str, value: String) {
        self.parameters.retain(|(other, _)| other != name);
        self.parameters.push((name.to_owned(), Secret::new(value)));
    }

    /// The role that connects.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The role's password, if the string has one.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// The host: a name, an address without brackets, or the folder of a Unix socket.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 5432 if the string has none.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// The database; named like the role if the string has none.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The value of a parameter such as `sslmode`; the last one if there are several.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().rev();
        found
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.expose())
    }

    /// The parameters in their order. Values may be secret, such as that of `sslpassword`.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Secret)> {
        let parameters = self.parameters.iter();
        parameters.map(|(name, value)| (name.as_str(), value))
    }

    /// The string as a URI with its password.
    pub fn to_uri(&self) -> Secret {
        Secret::new(write::uri(self))
    }

    /// The string as environment variables of libpq, such as `PGHOST`.
    pub fn environment(&self) -> Environment {
        Environment::of(self)
    }
}

impl FromStr for ConnectionString {
    type Err = Error;

    /// Reads a URI as libpq does: percent-encoded parts, and parameters that replace parts (`?host=`).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for anything else, including several hosts. It shows nothing of the
    /// string.
    fn from_str(text: &str) -> Result<Self> {
        parse::parse(text)
    }
}

impl TryFrom<&Secret> for ConnectionString {
    type Error = Error;

    fn try_from(uri: &Secret) -> Result<Self> {
        parse::parse(uri.expose())
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parameters().map(|(name, _)| name).collect();
        f.debug_struct("ConnectionString")
            .field("role", &self.role)
            .field("password", &self.password)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("parameters", &names)
            .finish()
    }
}

fn invalid(rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    InvalidInput::of_value("connection string", rule).into()
}

fn without_nul(value: &str) -> Result<()> {
    if value.contains('\0') {
        return Err(invalid("a part contains a NUL character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
