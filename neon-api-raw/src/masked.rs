//! Strings from outside, without the secrets that they may echo.

mod json;
mod names;
mod scan;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

pub use self::json::mask_json;

/// How often a string is percent-decoded in search of secrets: URLs may be nested.
const MOST_DECODINGS: usize = 3;

/// Shows a string with `***` in place of secrets. A server may echo the request in its message.
///
/// Masked are keys that begin with `napi_` or `npg_`, bearer tokens and JWTs, passwords of URLs, and
/// the values of names such as `password`, `api_key`, `token`, `secret`, `Authorization` and
/// `X-Amz-Signature`: in JSON, connection strings, queries, headers, and percent-encoded. A secret
/// without any of these signs cannot be recognized. If in doubt, too much is masked.
///
/// It takes linear time.
///
/// ```
/// use neon_api_raw::error::Masked;
///
/// let message = "cannot reach postgresql://owner:npg_s3cret@ep-misty-sea-a5833nbi.neon.tech/db";
/// assert_eq!(
///     Masked(message).to_string(),
///     "cannot reach postgresql://owner:***@ep-misty-sea-a5833nbi.neon.tech/db",
/// );
/// assert_eq!(Masked(r#"{"api_key":"abc"}"#).to_string(), r#"{"api_key":"***"}"#);
/// ```
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask(self.0))
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&mask(self.0), f)
    }
}

/// The string with its secrets masked.
pub(crate) fn mask(text: &str) -> String {
    let masked = scan::mask(text);
    if !masked.contains('%') {
        return masked;
    }
    let mut out = String::with_capacity(masked.len());
    for word in masked.split_inclusive(char::is_whitespace) {
        out.push_str(&mask_encoded(word));
    }
    out
}

/// A word whose secrets are percent-encoded is shown decoded, and masked.
fn mask_encoded(word: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(word);
    for _ in 0..MOST_DECODINGS {
        let next = percent_decode_str(&decoded)
            .decode_utf8_lossy()
            .into_owned();
        if next == *decoded {
            break;
        }
        let masked = scan::mask(&next);
        if masked != next {
            return Cow::Owned(masked);
        }
        decoded = Cow::Owned(next);
    }
    Cow::Borrowed(word)
}

#[cfg(test)]
mod tests;
