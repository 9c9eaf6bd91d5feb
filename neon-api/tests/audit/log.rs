//! A log that accepts, refuses or hangs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use neon_api::raw::BoxFuture;
use neon_api::{AuditLog, AuditedChange};
use tokio::time::sleep;

pub(crate) type Recorded = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What the log does with a change.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Accept,
    AcceptAfter(Duration),
    /// Refuses from this attempt on.
    Refuse(u32),
    Hang,
}

#[derive(Debug)]
pub(crate) struct Log {
    does: Does,
    pub(crate) changes: Mutex<Vec<AuditedChange>>,
    /// Futures that are being polled.
    pub(crate) running: Arc<AtomicUsize>,
}

impl Log {
    pub(crate) fn new(does: Does) -> Arc<Self> {
        Arc::new(Self {
            does,
            changes: Mutex::default(),
            running: Arc::default(),
        })
    }

    pub(crate) fn shown(&self) -> Vec<String> {
        let changes = self.changes.lock().unwrap();
        let shown = changes
            .iter()
            .map(|change| format!("{} {}", change.route().id, change.attempt()));
        shown.collect()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let changes = self.changes.lock().unwrap();
        let ids = changes.iter().map(|change| change.request_id().to_owned());
        ids.collect()
    }
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AuditLog for Log {
    fn record(&self, change: AuditedChange) -> BoxFuture<'_, Recorded> {
        Box::pin(async move {
            self.running.fetch_add(1, Ordering::SeqCst);
            let _running = Running(Arc::clone(&self.running));
            let attempt = change.attempt();
            self.changes.lock().unwrap().push(change);
            match &self.does {
                Does::Accept => {}
                Does::AcceptAfter(time) => sleep(*time).await,
                Does::Refuse(from) if attempt < *from => {}
                Does::Refuse(_) => {
                    let text = "the table is locked for postgresql://audit:npg_s3cret@h/d";
                    return Err(std::io::Error::other(text).into());
                }
                Does::Hang => std::future::pending().await,
            }
            Ok(())
        })
    }
}
