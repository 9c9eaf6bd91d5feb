//! Where the API key comes from.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use neon_api_raw::{BoxFuture, Secret};

/// Gives the API key for each request, for keys that rotate.
///
/// It is asked before every attempt, and before that waits for its turn of the limiter, so it should
/// keep the key and fetch a new one only when due. It has as long as an attempt
/// ([`attempt_timeout`](crate::NeonBuilder::attempt_timeout)). After a turn that was waited for it is
/// asked once more, and what it has then without waiting is sent, since the key may have changed
/// meanwhile.
///
/// When the API refuses a key (401), the provider is asked once more. If it returns another key, the
/// request is sent again with that, whatever its method, since a refused request did nothing; this
/// happens once a call, and not with [`RetryPolicy::never`](crate::RetryPolicy::never).
///
/// Its error texts must hold no secret.
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
    /// [`NotSent`](neon_api_raw::transport::FailureKind::NotSent), whose source is this error, and is
    /// not repeated. It does likewise when the key cannot stand in a header, and with
    /// [`Deadline`](neon_api_raw::transport::FailureKind::Deadline) when the key takes too long.
    fn key(&self) -> BoxFuture<'_, Result<Secret, Box<dyn std::error::Error + Send + Sync>>>;
}

/// Where the key of a client comes from. One that stays the same costs its calls no future, and no
/// look at the latest one.
#[derive(Debug)]
pub(crate) enum Key {
    /// The value of the header, marked as sensitive.
    Fixed(HeaderValue),
    Provided(Arc<dyn KeyProvider>),
}
