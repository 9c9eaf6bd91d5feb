//! The request ID of each attempt.

use std::sync::Arc;

use http::HeaderValue;
use http::header::InvalidHeaderValue;

/// The ID of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestId {
    /// A UUID of version 4. Its string is built where it is sent or shown, which is not everywhere.
    Random(u128),
    /// The caller's own. Shared, so that IDs stay small.
    Own(Arc<HeaderValue>),
}

impl RequestId {
    pub(super) fn new() -> Self {
        let bits = fastrand::u128(..);
        let version_4 = (bits & !(0xf << 76)) | (0x4 << 76);
        Self::Random((version_4 & !(0x3 << 62)) | (0x2 << 62))
    }

    pub(super) fn header(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        match self {
            Self::Random(bits) => HeaderValue::try_from(uuid(*bits)),
            Self::Own(id) => Ok(HeaderValue::clone(id)),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Random(bits) => uuid(*bits),
            // It was checked to be visible ASCII.
            Self::Own(id) => id.to_str().unwrap_or_default().to_owned(),
        }
    }
}

fn uuid(bits: u128) -> String {
    let mut text = Vec::with_capacity(36);
    // Words of eight digits each; the dashes are before the middle two and within them.
    for (word, is_split) in [(96, false), (64, true), (32, true), (0, false)] {
        let digits = hex_digits((bits >> word & 0xffff_ffff) as u64);
        let (first, last) = digits.split_at(4);
        if is_split {
            text.push(b'-');
        }
        text.extend_from_slice(first);
        if is_split {
            text.push(b'-');
        }
        text.extend_from_slice(last);
    }
    String::from_utf8(text).unwrap_or_default()
}

/// The digits of a number of 32 bits, all at once.
fn hex_digits(number: u64) -> [u8; 8] {
    // A byte for each digit.
    let spread = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // A one for each digit from `a` on; `a` is 39 characters after the one that follows `9`.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_of_version_4() {
        let id = RequestId::new();
        let text = id.text();
        assert!(neon_api_raw::ids::OperationId::new(&text).is_ok(), "{text}");
        assert_eq!(&text[14..15], "4");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"));
        assert_eq!(id.header().unwrap(), text);
        assert_ne!(RequestId::new(), id);
    }

    #[test]
    fn digits_are_hexadecimal() {
        for number in [0, 0x0123_4567, 0x89ab_cdef, 0xffff_ffff, 0x9a9a_a9a9] {
            assert_eq!(hex_digits(number), format!("{number:08x}").as_bytes());
        }
    }
}
