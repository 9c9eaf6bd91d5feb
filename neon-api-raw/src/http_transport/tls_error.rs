//! Errors of TLS libraries, with advice.

use std::error::Error;

#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
const INSTALL_CERTIFICATES: &str = "its issuer is not trusted: install the system's CA certificates (package ca-certificates), or set SSL_CERT_FILE to a file with the issuer's certificate";
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
const NOT_TLS: &str =
    "the server does not speak TLS on this port; check whether the URL should begin with http://";

/// The message for a permanent error of a TLS library; `None` for other errors.
#[allow(unused_variables, reason = "without TLS there is no error to examine")]
pub(super) fn explain(cause: &(dyn Error + 'static)) -> Option<String> {
    #[cfg(feature = "rustls-no-provider")]
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(of_rustls(error));
    }
    #[cfg(feature = "native-tls")]
    if let Some(error) = cause.downcast_ref::<native_tls::Error>() {
        return of_native_tls(error);
    }
    None
}

#[cfg(feature = "rustls-no-provider")]
fn of_rustls(error: &rustls::Error) -> String {
    use rustls::{CertificateError, Error, InvalidMessage};
    match error {
        // The signature seems bad if another issuer of that name is trusted.
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => format!("{error}; {INSTALL_CERTIFICATES}"),
        // Recognized by its message only, since its type belongs to the verifier's library.
        Error::InvalidCertificate(CertificateError::Other(other))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            "invalid peer certificate: it is a CA certificate; expected a server certificate signed by a trusted CA".to_owned()
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => NOT_TLS.to_owned(),
        // Without the name of the variant.
        Error::General(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The platform's libraries return messages only; these are those of OpenSSL.
#[cfg(feature = "native-tls")]
fn of_native_tls(error: &native_tls::Error) -> Option<String> {
    let text = error.to_string();
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let mut causes = super::failure::causes(error);
    // The connection ended during the handshake; a retry may succeed.
    if causes.any(<dyn Error>::is::<std::io::Error>) || says(&["unexpected EOF"]) {
        return None;
    }
    if says(&["local issuer certificate", "self-signed", "self signed"]) {
        return Some(format!("{text}; {INSTALL_CERTIFICATES}"));
    }
    if says(&["wrong version number", "packet length too long"]) {
        return Some(NOT_TLS.to_owned());
    }
    Some(text)
}
