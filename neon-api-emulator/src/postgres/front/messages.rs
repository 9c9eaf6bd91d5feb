//! The beginning of PostgreSQL's protocol.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
pub(super) const CANCEL: u32 = 80_877_102;
/// PostgreSQL's own bound.
const LONGEST: usize = 10_000;

/// What a client sends first.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    Ssl,
    Gss,
    /// The key of the session whose query is to end.
    Cancel(Vec<u8>),
    Startup(Startup),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Startup {
    version: u32,
    parameters: Vec<(String, String)>,
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

pub(super) async fn first(client: &mut (impl AsyncRead + Unpin)) -> io::Result<First> {
    let length = usize::try_from(client.read_u32().await?).unwrap_or(usize::MAX);
    if !(8..=LONGEST).contains(&length) {
        return Err(invalid("invalid length of a startup packet"));
    }
    let code = client.read_u32().await?;
    let mut rest = vec![0; length - 8];
    client.read_exact(&mut rest).await?;
    match code {
        SSL => Ok(First::Ssl),
        GSS => Ok(First::Gss),
        CANCEL => Ok(First::Cancel(rest)),
        version if version >> 16 == 3 => Ok(First::Startup(Startup {
            version,
            parameters: parameters(&rest)?,
        })),
        _ => Err(invalid("unsupported frontend protocol")),
    }
}

/// Names and values, each ended by a zero, and one zero more.
fn parameters(bytes: &[u8]) -> io::Result<Vec<(String, String)>> {
    let list = bytes
        .strip_suffix(&[0])
        .ok_or_else(|| invalid("missing terminator"))?;
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let list = list
        .strip_suffix(&[0])
        .ok_or_else(|| invalid("missing terminator"))?;
    let mut words = list.split(|byte| *byte == 0).map(|word| {
        String::from_utf8(word.to_vec()).map_err(|_| invalid("a parameter is not valid UTF-8"))
    });
    let mut all = Vec::new();
    while let Some(name) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| invalid("a parameter has no value"))?;
        all.push((name?, value?));
    }
    Ok(all)
}

impl Startup {
    pub(super) fn new(parameters: Vec<(String, String)>) -> Self {
        Self {
            version: 3 << 16,
            parameters,
        }
    }

    /// All values of a parameter: of several, PostgreSQL takes the last.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let found = self.parameters.iter().filter(move |(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Replaces `options`, or removes them if there are none.
    pub(super) fn set_options(&mut self, options: &str) {
        self.parameters.retain(|(name, _)| name != "options");
        if !options.is_empty() {
            self.parameters
                .push(("options".to_owned(), options.to_owned()));
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut body = self.version.to_be_bytes().to_vec();
        for (name, value) in &self.parameters {
            for word in [name, value] {
                body.extend_from_slice(word.as_bytes());
                body.push(0);
            }
        }
        body.push(0);
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
        let mut all = length.to_be_bytes().to_vec();
        all.extend(body);
        all
    }
}

/// An error that ends a session before it has begun.
pub(super) fn fatal(code: &str, message: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in [
        (b'S', "FATAL"),
        (b'V', "FATAL"),
        (b'C', code),
        (b'M', message),
    ] {
        body.push(field);
        body.extend(value.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut all = vec![b'E'];
    all.extend(length.to_be_bytes());
    all.extend(body);
    all
}
