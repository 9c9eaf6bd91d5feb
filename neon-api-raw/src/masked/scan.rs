//! One pass over a string that finds secrets by what precedes them.

use super::names;

const MASK: &str = "***";

/// Prefixes of Neon's keys, followed by the secret.
const PREFIXES: [&str; 2] = ["napi_", "npg_"];

/// The longest name of a next pair, as in `password=a;host=b`.
const LONGEST_NAME: usize = 40;

pub(super) fn mask(text: &str) -> String {
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        shown: 0,
        out: String::with_capacity(text.len()),
        password: None,
        no_user_before: 0,
    };
    scan.run();
    scan.out
}

/// Positions are byte offsets, always next to an ASCII byte or at an end.
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How far the string has been copied.
    shown: usize,
    out: String,
    /// The password of a URL that is ahead.
    password: Option<(usize, usize)>,
    /// Up to here no URL has a user. So nothing is searched for an `@` twice.
    no_user_before: usize,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            if let Some((from, to)) = self.password
                && from <= self.at
            {
                self.password = None;
                self.replace(self.at.max(from), to);
                self.at = self.at.max(to);
            } else if is_word(byte) {
                self.word();
            } else {
                if byte == b':' {
                    self.url();
                }
                self.at += 1;
            }
        }
        self.out.push_str(self.slice(self.shown, self.text.len()));
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Masks a part that is ahead, if it is not empty.
    fn replace(&mut self, from: usize, to: usize) {
        let from = from.max(self.shown);
        if from < to {
            self.out.push_str(self.slice(self.shown, from));
            self.out.push_str(MASK);
            self.shown = to;
        }
    }

    /// The end of the run that begins at a position and satisfies the predicate.
    fn run_of(&self, from: usize, holds: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| !holds(*byte));
        length.map_or(self.bytes.len(), |length| from + length)
    }

    fn word(&mut self) {
        let start = self.at;
        let end = self.run_of(start, is_word);
        let word = self.slice(start, end);
        self.at = end;
        let prefixes = PREFIXES.iter();
        let key = prefixes.filter_map(|prefix| Some(start + word.find(prefix)? + prefix.len()));
        let key = key.min();
        if let Some(token) = word.find("eyJ") {
            let whole = self.run_of(start, |byte| is_word(byte) || byte == b'.');
            let tail = self.bytes.get(end..whole).unwrap_or_default();
            if tail.iter().any(|byte| is_word(*byte)) {
                let token = start + token;
                self.replace(key.map_or(token, |key| key.min(token)), whole);
                self.at = whole;
                return;
            }
        }
        if let Some(key) = key {
            self.replace(key, end);
            return;
        }
        if names::is_secret(word) || self.is_api_key(start, word) {
            self.value(start, end);
        } else if word.eq_ignore_ascii_case("bearer") {
            let from = self.run_of(end, |byte| is_space(byte) || byte == b':');
            if from > end {
                self.unquoted(from, true);
            }
        } else if word.eq_ignore_ascii_case("basic") {
            let from = self.run_of(end, is_space);
            if from > end {
                let to = self.unquoted_end(from);
                if is_encoded(self.slice(from, to)) {
                    self.replace(from, to);
                    self.at = to;
                }
            }
        }
    }

    /// Whether this word and the one before it are "API key".
    fn is_api_key(&self, start: usize, word: &str) -> bool {
        let before = self.slice(start.saturating_sub(4), start);
        word.eq_ignore_ascii_case("key") && before.eq_ignore_ascii_case("api ")
    }

    /// Examines what follows a name, and masks it if it is a value.
    fn value(&mut self, start: usize, end: usize) {
        let name = self.slice(start, end);
        let is_header = names::is_header(name);
        let closed = self.run_of(end, |b| {
            matches!(b, b'\\' | b'"' | b'\'' | b'`' | b')' | b']')
        });
        let spaced = self.run_of(closed, is_space);
        let Some(separator) = self.byte(spaced).filter(|b| matches!(b, b':' | b'=')) else {
            let is_option = name.starts_with("--");
            if closed == end && spaced > end && (is_option || names::is_password(name)) {
                let is_taken = self.quoted(spaced);
                if !is_taken && is_option && self.byte(spaced) != Some(b'-') {
                    self.unquoted(spaced, true);
                }
            }
            return;
        };
        let after = self.run_of(spaced, |byte| matches!(byte, b':' | b'=' | b'>'));
        if separator == b':' && self.slice(after, after + 2) == "//" {
            return;
        }
        let from = self.run_of(after, is_space);
        let next = self.run_of(from, |byte| byte.is_ascii_whitespace());
        if self.quoted(next) || self.wrapped(next) || self.listed(next, separator) || next > from {
            return;
        }
        let may_be_prose = separator == b':' && from > after && closed == end;
        if is_header {
            self.header(from, may_be_prose);
        } else {
            self.unquoted(from, may_be_prose);
        }
    }

    /// Masks what is between quotes.
    fn quoted(&mut self, from: usize) -> bool {
        let Some((begin, end, close)) = self.string(from) else {
            return false;
        };
        self.replace(begin, end);
        self.at = close;
        true
    }

    /// Where the string of an opening quote begins and ends, and where its closing quote is. Quotes
    /// may be escaped themselves: in JSON within JSON, a quote is closed by one with the same number
    /// of backslashes.
    fn string(&self, from: usize) -> Option<(usize, usize, usize)> {
        let open = self.run_of(from, |byte| byte == b'\\');
        let quote = self
            .byte(open)
            .filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
        let level = open - from;
        let period = 2 * (level + 1);
        let mut backslashes = 0;
        let mut at = open + 1;
        let end = loop {
            match self.byte(at) {
                None => break at,
                Some(b'\\') => backslashes += 1,
                Some(byte) if byte == quote => {
                    let is_doubled = quote == b'\'' && self.byte(at + 1) == Some(quote);
                    if is_doubled && backslashes == 0 {
                        at += 1;
                    } else if backslashes % period == level || backslashes < level {
                        break at - backslashes.min(level);
                    }
                    backslashes = 0;
                }
                Some(_) => backslashes = 0,
            }
            at += 1;
        };
        Some((open + 1, end, at))
    }

    /// Masks values wrapped by Rust's `Debug`: `password: Some("…")`.
    fn wrapped(&mut self, from: usize) -> bool {
        let name = self.run_of(from, |byte| byte.is_ascii_alphabetic());
        name > from && self.byte(name) == Some(b'(') && self.quoted(name + 1)
    }

    /// Masks a list, an object, and ODBC values in braces.
    fn listed(&mut self, from: usize, separator: u8) -> bool {
        let (open, close) = match self.byte(from) {
            Some(b'[') => (b'[', b']'),
            Some(b'{') => (b'{', b'}'),
            _ => return false,
        };
        // Brackets in strings close nothing. In ODBC, quotes are characters like others.
        let has_strings = separator == b':';
        let mut depth = 0_usize;
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            if has_strings && matches!(byte, b'"' | b'\\') {
                at = match self.string(at) {
                    Some((_, _, close)) => close,
                    None => at,
                };
            }
            depth += usize::from(byte == open);
            if byte == close {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            at += 1;
        }
        self.replace(from + 1, at);
        self.at = at;
        true
    }

    /// Masks a header's value, to the end of its line or the quote around it.
    fn header(&mut self, from: usize, may_be_prose: bool) {
        let word = self.unquoted_end(from);
        let first = self.slice(from, word);
        if names::is_scheme(first) {
            self.unquoted(self.run_of(word, is_space), true);
        } else if !(may_be_prose && names::is_prose(first)) {
            let to = self.run_of(from, |b| !matches!(b, b'\r' | b'\n' | b'"' | b'\'' | b'`'));
            self.replace(from, to);
            self.at = to;
        }
    }

    /// Masks a value up to the end of its word, or the one after the name of a scheme.
    fn unquoted(&mut self, from: usize, may_be_prose: bool) {
        let to = self.unquoted_end(from);
        let value = self.slice(from, to);
        if names::is_scheme(value) && self.byte(to).is_some_and(is_space) {
            let from = self.run_of(to, is_space);
            let to = self.unquoted_end(from);
            if names::is_prose(self.slice(from, to)) {
                return;
            }
            self.replace(from, to);
            self.at = to;
            return;
        }
        let holds_something = value
            .bytes()
            .any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
        let is_nothing = matches!(value, "null" | "true" | "false" | "None");
        if holds_something && !is_nothing && !(may_be_prose && names::is_prose(value)) {
            self.replace(from, to);
            self.at = to;
        }
    }

    /// Where a value without quotes ends. A separator is part of it if no other pair follows.
    fn unquoted_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            let ends = match byte {
                b'<' | b'>' => true,
                b'"' | b'\'' | b'`' | b')' | b']' | b'}' => !self.goes_on(at + 1),
                b'\\' => matches!(self.byte(at + 1), Some(b'"')) && !self.goes_on(at + 2),
                b'&' | b';' | b',' => !self.goes_on(at + 1) || self.is_pair(at + 1),
                _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
            };
            if ends {
                return at;
            }
            at += 1;
        }
        at
    }

    /// Whether a word may continue here.
    fn goes_on(&self, at: usize) -> bool {
        self.byte(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
    }

    /// Whether there is a name and `=` here.
    fn is_pair(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let is_name = |b: &u8| is_word(*b) || matches!(b, b'.' | b'%' | b'[' | b']' | b';' | b' ');
        let length = rest
            .iter()
            .take(LONGEST_NAME)
            .position(|byte| !is_name(byte));
        length.is_some_and(|length| length > 0 && rest.get(length) == Some(&b'='))
    }

    /// Finds the password of a URL whose `:` this is. It ends at the last `@`: masking too much is
    /// better than showing the tail of a password that was not encoded.
    fn url(&mut self) {
        // In JSON within JSON, each slash may have several backslashes.
        let is_backslash = |byte| byte == b'\\';
        let first = self.run_of(self.at + 1, is_backslash);
        let second = self.run_of(first + 1, is_backslash);
        if [self.byte(first), self.byte(second)] != [Some(b'/'); 2] {
            return;
        }
        let start = second + 1;
        if start < self.no_user_before {
            return;
        }
        let mut end = start;
        let mut user_end = None;
        while let Some(byte) = self.byte(end) {
            match byte {
                b'@' => user_end = Some(end),
                b'<' | b'>' => break,
                b'"' | b'\'' | b'`' if !self.goes_on(end + 1) => break,
                _ if byte.is_ascii_whitespace() || byte.is_ascii_control() => break,
                _ => {}
            }
            end += 1;
        }
        self.no_user_before = end;
        let Some(user_end) = user_end else {
            return;
        };
        let colon = self.run_of(start, |byte| byte != b':');
        if colon < user_end {
            self.password = Some((colon + 1, user_end));
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether this is a space, or the `+` that forms have in its place.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'+')
}

/// Whether this looks like the Base64 of a user and a password, and not like a word.
fn is_encoded(text: &str) -> bool {
    let has_signs = text
        .bytes()
        .any(|b| b.is_ascii_digit() || matches!(b, b'=' | b'+' | b'/'));
    let has_capitals = text.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    text.len() >= 8 && (has_signs || has_capitals)
}
