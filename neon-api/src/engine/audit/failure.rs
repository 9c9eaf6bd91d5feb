//! Why a change was not recorded.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use neon_api_raw::error::{Masked, OneLine};

/// Why an [`AuditLog`](super::AuditLog) did not record a change: its own error. Its `Display` and
/// `Debug` mask secrets.
#[derive(Clone)]
pub struct AuditFailure(Arc<dyn Error + Send + Sync>);

impl AuditFailure {
    pub(super) fn new(error: Box<dyn Error + Send + Sync>) -> Self {
        Self(error.into())
    }

    /// The error of the log, to be downcast.
    ///
    /// ```
    /// # fn handle(error: &neon_api::Error) {
    /// use neon_api::BlockReason;
    ///
    /// if let Some(BlockReason::Audit(failure)) = error.blocked().map(|blocked| blocked.reason())
    ///     && let Some(io) = failure.error().downcast_ref::<std::io::Error>()
    /// {
    ///     eprintln!("the audit log cannot be written: {io}");
    /// }
    /// # }
    /// ```
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// Equal if both are the same failure.
impl PartialEq for AuditFailure {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for AuditFailure {}

impl fmt::Display for AuditFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        OneLine(Masked(&text)).fmt(f)
    }
}

impl fmt::Debug for AuditFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        f.debug_tuple("AuditFailure").field(&Masked(&text)).finish()
    }
}
