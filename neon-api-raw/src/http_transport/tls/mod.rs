//! TLS as the crate's features choose it, configured once for all runtimes: reading the platform's
//! certificates anew for each would take milliseconds and megabytes.
//!
//! With both backends built in, the platform's own counts, as it does in reqwest: the feature is
//! off by default, so whoever has switched it on wants it.

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

/// Whether the crate can speak TLS by itself.
pub(super) const IS_BUILT_IN: bool =
    cfg!(any(feature = "rustls-no-provider", feature = "native-tls"));
