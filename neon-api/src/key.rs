//! Where the API key comes from.

mod source;

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use neon_api_raw::{BoxFuture, Secret};

pub use self::source::{CredentialKind, CredentialSource};

/// Provides the API key for each request, for keys that rotate.
///
/// It is called before every attempt, before the wait for a permit of the limiter, so it should
/// cache the key and fetch a new one only when due. It has as long as an attempt
/// ([`attempt_timeout`](crate::NeonBuilder::attempt_timeout)). After a wait for a permit, or for the
/// [audit log](crate::AuditLog), it is called again, and a key that it returns immediately is sent
/// instead, since the key may have changed meanwhile.
///
/// When the API rejects a key (401), the provider is asked again, by [`renew`](Self::renew). If it
/// returns another key, the request is sent again with that key, whatever its method, since a rejected
/// request had no effect; this happens once per call, and not with
/// [`RetryPolicy::never`](crate::RetryPolicy::never).
///
/// Its error messages must not contain secrets.
///
/// ```
/// use neon_api::raw::BoxFuture;
/// use neon_api::{KeyProvider, Neon, Secret};
///
/// /// A file that another program keeps up to date.
/// #[derive(Debug)]
/// struct KeyFile(&'static str);
///
/// impl KeyProvider for KeyFile {
///     fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
///         Box::pin(async { Ok(Secret::new(std::fs::read_to_string(self.0)?.trim())) })
///     }
/// }
///
/// let neon = Neon::builder().key_provider(KeyFile("/run/secrets/neon")).build()?;
/// # Ok::<(), neon_api::Error>(())
/// ```
pub trait KeyProvider: fmt::Debug + Send + Sync + 'static {
    /// The key to send now.
    ///
    /// # Errors
    ///
    /// Any error. The call then fails before the attempt, with
    /// [`Error::Transport`](crate::Error::Transport) of the kind
    /// [`NotSent`](neon_api_raw::transport::FailureKind::NotSent), whose source is this error, and
    /// is not retried. The same applies if the key is not a valid header value; if the key takes
    /// too long, the kind is [`Deadline`](neon_api_raw::transport::FailureKind::Deadline).
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>>;

    /// The key to send after the API has rejected one. By default [`key`](Self::key) is called; a
    /// provider that keeps its key fetches it again here, and returns the new one from `key` from
    /// then on, which all further attempts are sent with.
    ///
    /// # Errors
    ///
    /// Any error. The call then fails with the API's rejection.
    fn renew(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>> {
        self.key()
    }
}

/// Where the key of a client comes from. A fixed key costs its calls no future and no check for a
/// newer one.
#[derive(Debug)]
pub(crate) enum Key {
    /// The value of the header, marked as sensitive.
    Fixed(HeaderValue),
    Provided(Arc<dyn KeyProvider>),
}
