//! TLS as the crate's features choose it, configured once for all runtimes: reading the platform's
//! certificates anew for each would take milliseconds and megabytes.
//!
//! With both backends built in, the platform's own counts, as it does in reqwest: the feature is
//! off by default, so whoever has switched it on wants it.

#[cfg(feature = "native-tls")]
#[path = "native.rs"]
mod backend;
#[cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
#[path = "rustls.rs"]
mod backend;
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
#[path = "none.rs"]
mod backend;

pub(super) use self::backend::Tls;

/// Whether the crate can speak TLS by itself.
pub(super) const IS_BUILT_IN: bool =
    cfg!(any(feature = "rustls-no-provider", feature = "native-tls"));
