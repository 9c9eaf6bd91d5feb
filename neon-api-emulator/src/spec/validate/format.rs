//! The formats of strings.

use chrono::DateTime;

/// What is wrong with `text` as a string of this format. Formats that only describe say nothing.
pub(super) fn problem(format: &str, text: &str) -> Option<&'static str> {
    match format {
        "date-time" if DateTime::parse_from_rfc3339(text).is_err() => {
            Some("must be an RFC 3339 date and time")
        }
        "uuid" if !is_uuid(text) => Some("must be a UUID"),
        "email" if !is_email(text) => Some("must be an email address"),
        "uri" if !is_uri(text) => Some("must be a URI"),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
}

fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}
