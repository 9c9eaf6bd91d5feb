//! Reading a connection string.

use neon_api_raw::Secret;
use percent_encoding::percent_decode_str;

use super::{ConnectionString, invalid};
use crate::Result;

const EXPECTED: &str = "expected postgresql://role:password@host/database";

pub(super) const PORT: &str = "the port is not a number between 1 and 65535";

/// Parameters that replace parts of the string.
pub(super) const PARTS: [&str; 5] = ["host", "port", "user", "password", "dbname"];

pub(super) fn parse(text: &str) -> Result<ConnectionString> {
    let text = text.trim();
    let rest = text
        .strip_prefix("postgresql://")
        .or_else(|| text.strip_prefix("postgres://"))
        .ok_or_else(|| invalid(EXPECTED))?;
    let (rest, query) = split(rest, '?');
    let (authority, database) = split(rest, '/');
    // A password in which `@` was not encoded still ends at the last one.
    let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (role, password) = split(login, ':');
    let (host, port) = place_of(place)?;
    let mut parts = Parts {
        role: filled(decoded(role)?),
        password: password.map(decoded).transpose()?,
        host: filled(decoded(host)?),
        port: port.map(str::to_owned),
        database: database.map(decoded).transpose()?.and_then(filled),
    };
    let mut parameters = Vec::new();
    for pair in query.unwrap_or_default().split('&') {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| invalid("a parameter is missing its value"))?;
        let (name, value) = (decoded(name)?, decoded(value)?);
        if name.is_empty() {
            return Err(invalid("a parameter is missing its name"));
        }
        if let Some(value) = parts.replace(&name, value) {
            parameters.push((name, Secret::new(value)));
        }
    }
    parts.finish(parameters)
}

/// What was read so far.
struct Parts {
    role: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<String>,
    database: Option<String>,
}

impl Parts {
    /// Takes a parameter that replaces a part, and gives back another one.
    fn replace(&mut self, name: &str, value: String) -> Option<String> {
        let part = match name {
            "host" => &mut self.host,
            "port" => &mut self.port,
            "user" => &mut self.role,
            "password" => &mut self.password,
            "dbname" => &mut self.database,
            _ => return Some(value),
        };
        *part = Some(value);
        None
    }

    fn finish(self, parameters: Vec<(String, Secret)>) -> Result<ConnectionString> {
        let role = self.role.ok_or_else(|| invalid("the role is missing"))?;
        let host = self.host.ok_or_else(|| invalid("the host is missing"))?;
        if host.contains(',') {
            return Err(invalid("several hosts are not supported"));
        }
        let database = self.database.unwrap_or_else(|| role.clone());
        let mut string = ConnectionString::new(host, role, database)?;
        if let Some(port) = self.port {
            string.port = Some(number(&port)?);
        }
        if let Some(password) = self.password {
            string = string.with_password(password)?;
        }
        string.parameters = parameters;
        Ok(string)
    }
}

fn number(port: &str) -> Result<u16> {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if is_number && port != 0 => Ok(port),
        _ => Err(invalid(PORT)),
    }
}

/// Host and port, the host without brackets.
fn place_of(place: &str) -> Result<(&str, Option<&str>)> {
    let (host, rest) = match place.strip_prefix('[') {
        Some(bracketed) => bracketed
            .split_once(']')
            .ok_or_else(|| invalid("the address is missing its closing bracket"))?,
        None => match place.find(':') {
            Some(at) => place.split_at(at),
            None => (place, ""),
        },
    };
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, filled(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(invalid(EXPECTED)),
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn filled<T: AsRef<str>>(text: T) -> Option<T> {
    (!text.as_ref().is_empty()).then_some(text)
}

fn decoded(text: &str) -> Result<String> {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'%' && !(hex(bytes.get(at + 1)) && hex(bytes.get(at + 2))) {
            return Err(invalid("`%` is not followed by two hexadecimal digits"));
        }
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| invalid("a part is not UTF-8"))?;
    super::without_nul(&decoded)?;
    Ok(decoded.into_owned())
}
