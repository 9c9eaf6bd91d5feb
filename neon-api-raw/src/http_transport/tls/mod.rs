//! TLS as selected by the crate's features, configured once for all runtimes: reading the
//! platform's certificates for each would take milliseconds and megabytes.
//!
//! With both backends compiled in, the platform's own is used, as in reqwest: its feature is off by
//! default, so enabling it is a deliberate choice.

#[cfg(feature = "native-tls")]
mod native;
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
mod none;
#[cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
mod rustls;

#[cfg(feature = "native-tls")]
pub(super) use self::native::Tls;
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
pub(super) use self::none::Tls;
#[cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
pub(super) use self::rustls::Tls;

/// Whether the crate supports TLS.
pub(super) const IS_BUILT_IN: bool =
    cfg!(any(feature = "rustls-no-provider", feature = "native-tls"));
