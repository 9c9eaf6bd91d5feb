//! Channel binding: the hash of the server's certificate (`tls-server-end-point`, RFC 5929).

use sha2::{Digest as _, Sha256, Sha384, Sha512};

const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;

/// The hash by the function that the certificate was signed with, where the standard names one.
/// `None` for others, such as Ed25519, and for what cannot be read.
pub(super) fn of_certificate(certificate: &[u8]) -> Option<Vec<u8>> {
    // A certificate is a sequence of what was signed, the algorithm, and the signature.
    let (body, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(body, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    let (object, _) = element(algorithm, OBJECT)?;
    let hash = match object {
        // MD5 and SHA-1 with RSA are replaced by SHA-256, which also has signatures of its own, by
        // RSA and ECDSA.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 4 | 5 | 11]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 2] => Sha256::digest(certificate).to_vec(),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 12]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 3] => Sha384::digest(certificate).to_vec(),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 13]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 4] => Sha512::digest(certificate).to_vec(),
        _ => return None,
    };
    Some(hash)
}

/// The content of a DER element of this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let join = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
            (bytes.iter().fold(0, join), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}
