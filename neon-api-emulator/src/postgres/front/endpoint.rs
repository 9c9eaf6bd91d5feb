//! Which endpoint a client means.

/// The ID in the client's options, and what else they contain; `project` is an older word for it.
/// Words are separated by blanks, and backslashes keep what follows them together.
pub(super) fn in_options(options: &str) -> (Option<String>, String) {
    let mut found = None;
    let mut kept: Vec<&str> = Vec::new();
    for word in words(options) {
        let named = word
            .strip_prefix("endpoint=")
            .or_else(|| word.strip_prefix("project="));
        match named {
            Some(id) => found = Some(without_pooler(id).to_owned()),
            None => kept.push(word),
        }
    }
    (found, kept.join(" "))
}

fn words(options: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut escaped) = (None, false);
    for (at, c) in options.char_indices() {
        let separates = c.is_ascii_whitespace() && !escaped;
        match (separates, begin) {
            (true, Some(from)) => {
                words.extend(options.get(from..at));
                begin = None;
            }
            (false, None) => begin = Some(at),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    words.extend(begin.and_then(|from| options.get(from..)));
    words
}

/// The ID in a host name: `ep-….region.aws.neon.tech`.
pub(super) fn in_host(host: &str) -> Option<String> {
    let (first, _) = host.split_once('.').unwrap_or((host, ""));
    let id = without_pooler(first);
    id.starts_with("ep-").then(|| id.to_owned())
}

fn without_pooler(id: &str) -> &str {
    id.strip_suffix("-pooler").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::{in_host, in_options};

    #[test]
    fn the_endpoint_is_taken_out_and_the_rest_is_kept() {
        let found = |options| {
            let (id, rest) = in_options(options);
            (id.unwrap_or_default(), rest)
        };
        let of = |id: &str, rest: &str| (id.to_owned(), rest.to_owned());
        assert_eq!(found("endpoint=ep-a-b-1"), of("ep-a-b-1", ""));
        assert_eq!(found("endpoint=ep-a-b-1-pooler"), of("ep-a-b-1", ""));
        assert_eq!(found("project=ep-a-b-1"), of("ep-a-b-1", ""));
        assert_eq!(
            found(" -c  search_path=a\\ b endpoint=ep-1 -c jit=on "),
            of("ep-1", "-c search_path=a\\ b -c jit=on")
        );
        assert_eq!(found("-c a=\\\\ endpoint=ep-1"), of("ep-1", "-c a=\\\\"));
        assert_eq!(found("-c jit=on"), of("", "-c jit=on"));
        assert_eq!(found(""), of("", ""));
    }

    #[test]
    fn hosts_name_endpoints_by_their_first_part() {
        let id = Some("ep-cool-sea-a1b2".to_owned());
        assert_eq!(in_host("ep-cool-sea-a1b2.us-east-2.aws.neon.tech"), id);
        assert_eq!(in_host("ep-cool-sea-a1b2-pooler.localhost"), id);
        assert_eq!(in_host("localhost"), None);
        assert_eq!(in_host("127.0.0.1"), None);
    }
}
