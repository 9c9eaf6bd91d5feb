//! Names whose values are secrets, and words that are not followed by one.

/// Suffixes of such names, in lower case and without `_` and `-`: `X-Amz-Signature`, `PGPASSWORD`.
const ENDINGS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authdata",
    "authorization",
    "cookie",
    "credential",
    "encryptionkey",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "serverkey",
    "signature",
    "signingkey",
    "token",
];

/// Such names that are suffixes of too many other words.
const WHOLE: &[&str] = &["pass", "sig"];

/// Words that follow a name and a colon in sentences: `password: must be longer`.
const PROSE: &str = "\
    a access already an and any are at auth authentication authorization bad can cannot contains \
    could credentials decode denied does empty error expected expired failed false field for \
    forbidden format from has have header in incorrect invalid is it key keys length malformed \
    may mismatch missing must no none not null of only or please realm required scheme should \
    signature the this to token tokens too true type unable unauthorized undefined unknown value \
    verification was wrong";

/// Whether the value of this name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    is_one(name) || name.strip_suffix(['s', 'S']).is_some_and(is_one)
}

fn is_one(name: &str) -> bool {
    ENDINGS
        .iter()
        .any(|ending| rest_before(name, ending).is_some())
        || WHOLE
            .iter()
            .any(|whole| rest_before(name, whole).is_some_and(|rest| rest == 0))
}

/// Whether the value of this name extends to the end of its line.
pub(super) fn is_header(name: &str) -> bool {
    ["authorization", "cookie"]
        .iter()
        .any(|ending| rest_before(name, ending).is_some())
}

/// Whether this names a password, which SQL quotes directly after it.
pub(super) fn is_password(name: &str) -> bool {
    ["password", "passwd", "passphrase"]
        .iter()
        .any(|ending| rest_before(name, ending).is_some())
}

/// The length of a name before a suffix, if it has it.
fn rest_before(name: &str, ending: &str) -> Option<usize> {
    let mut letters = name
        .bytes()
        .rev()
        .filter(|byte| !matches!(byte, b'_' | b'-'))
        .map(|byte| byte.to_ascii_lowercase());
    for due in ending.bytes().rev() {
        if letters.next() != Some(due) {
            return None;
        }
    }
    Some(letters.count())
}

/// Whether this is an authorization scheme, which is followed by the secret.
pub(super) fn is_scheme(word: &str) -> bool {
    ["apikey", "basic", "bearer", "token"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Whether the first word of this begins a sentence and is not a secret.
pub(super) fn is_prose(text: &str) -> bool {
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let ends = rest.trim_start_matches(['.', ',', ';', ':', '!', '?', ')']);
    let is_parameter = rest.starts_with('=') && matches!(word, "realm" | "error" | "scope");
    (ends.is_empty() || is_parameter)
        && PROSE
            .split(' ')
            .any(|known| known.eq_ignore_ascii_case(word))
}
