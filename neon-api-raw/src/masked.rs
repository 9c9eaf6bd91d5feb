//! Texts from outside, without the secrets that they may repeat.

use std::fmt;

/// Shows a text without what grants access: the password of a URL, and keys that begin with
/// `napi_`. A server may repeat in its message what it was sent.
///
/// ```
/// use neon_api_raw::error::Masked;
///
/// let told = "cannot reach postgresql://owner:npg_s3cret@ep-misty-sea-a5833nbi.neon.tech/db";
/// assert_eq!(
///     Masked(told).to_string(),
///     "cannot reach postgresql://owner:***@ep-misty-sea-a5833nbi.neon.tech/db",
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends_word = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>".contains(c);
        self.0
            .split_inclusive(ends_word)
            .try_for_each(|word| show_word(word, f))
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// A password ends at the last `@`, and begins at the first `:`: rather too much is masked than
/// the tail of a password that was not encoded.
fn show_word(word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((user, host)) = rest.rsplit_once('@')
    {
        show_keys(scheme, f)?;
        f.write_str("://")?;
        if let Some((user, _)) = user.split_once(':') {
            write!(f, "{user}:***@")?;
        } else {
            write!(f, "{user}@")?;
        }
        return show_keys(host, f);
    }
    show_keys(word, f)
}

fn show_keys(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut parts = text.split("napi_");
    f.write_str(parts.next().unwrap_or_default())?;
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let mask = if rest.len() < part.len() { "***" } else { "" };
        write!(f, "napi_{mask}{rest}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Masked;

    #[test]
    fn what_grants_access_is_masked_and_the_rest_stays() {
        for (text, shown) in [
            ("", ""),
            ("a b\n c", "a b\n c"),
            ("keys begin with napi_", "keys begin with napi_"),
            ("no key \"napi_a1_B2\", sorry", "no key \"napi_***\", sorry"),
            ("napi_a,napi_b.", "napi_***,napi_***."),
            (
                "see https://neon.tech/docs?a=b:c",
                "see https://neon.tech/docs?a=b:c",
            ),
            ("https://me@host/", "https://me@host/"),
            (
                "uri='postgres://u:p@ss:w@h/d' bad",
                "uri='postgres://u:***@h/d' bad",
            ),
            ("(a://b:c@d) (e://f:g@h)", "(a://b:***@d) (e://f:***@h)"),
            ("a://u:p@h/napi_x", "a://u:***@h/napi_***"),
            ("é://ü:ö@ä", "é://ü:***@ä"),
        ] {
            assert_eq!(Masked(text).to_string(), shown);
            assert_eq!(format!("{:?}", Masked(text)), format!("{shown:?}"));
        }
    }
}
