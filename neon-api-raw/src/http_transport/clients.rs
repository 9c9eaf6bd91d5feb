//! HTTP clients: one for each Tokio runtime.
//!
//! A connection is driven by a task of the runtime that opened it. A pool shared by two runtimes
//! would give the second one connections that only the first can drive, and that stall while it is
//! idle.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

use super::connecting::Marked;
use super::tls::Tls;
use crate::transport::{FailureKind, TransportError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(super) enum Clients {
    /// The transport's own.
    Own(Arc<Pools>),
    /// The caller's, for all runtimes.
    Given(reqwest::Client),
}

impl Clients {
    pub(super) fn own(tls: Tls) -> Self {
        let pools = RwLock::default();
        Self::Own(Arc::new(Pools { tls, pools }))
    }

    /// The client of the current runtime.
    pub(super) fn current(&self) -> Result<reqwest::Client, TransportError> {
        match self {
            Self::Own(pools) => pools.current(),
            Self::Given(client) => Ok(client.clone()),
        }
    }
}

pub(super) struct Pools {
    tls: Tls,
    pools: RwLock<Vec<Pool>>,
}

/// The connections of a runtime.
struct Pool {
    runtime: Id,
    client: reqwest::Client,
    /// Ends the task that waits for the runtime's end.
    _watched: oneshot::Sender<()>,
}

impl Pools {
    fn current(self: &Arc<Self>) -> Result<reqwest::Client, TransportError> {
        let Ok(runtime) = Handle::try_current() else {
            let source = "it was not called on a Tokio runtime";
            return Err(TransportError::new(FailureKind::NotSent).with_source(source));
        };
        let known = self.known(runtime.id());
        known.map_or_else(|| self.add(&runtime), Ok)
    }

    fn known(&self, runtime: Id) -> Option<reqwest::Client> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.iter().find(|pool| pool.runtime == runtime)?;
        Some(pool.client.clone())
    }

    fn add(self: &Arc<Self>, runtime: &Handle) -> Result<reqwest::Client, TransportError> {
        let client = self.client()?;
        let (watched, ended) = oneshot::channel();
        {
            let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
            // Another thread of the runtime may have been first.
            if let Some(pool) = pools.iter().find(|pool| pool.runtime == runtime.id()) {
                return Ok(pool.client.clone());
            }
            pools.push(Pool {
                runtime: runtime.id(),
                client: client.clone(),
                _watched: watched,
            });
        }
        // Outside of the lock, which the end also takes: immediately, if the runtime is already
        // shutting down.
        let end = End {
            pools: Arc::downgrade(self),
            runtime: runtime.id(),
        };
        drop(runtime.spawn(end.after(ended)));
        Ok(client)
    }

    fn client(&self) -> Result<reqwest::Client, TransportError> {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .connector_layer(Marked)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true);
        self.tls.build(builder)
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the clients, whose proxies may have passwords.
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Pools")
            .field("runtimes", &pools.len())
            .finish_non_exhaustive()
    }
}

/// Frees the connections of a runtime when it is dropped, which tokio does with the tasks of a
/// runtime that ends. Nothing else of a runtime reports its end.
struct End {
    pools: Weak<Pools>,
    runtime: Id,
}

impl End {
    /// Does nothing until the runtime shuts down or its pool is dropped, whichever is first.
    async fn after(self, pool_dropped: oneshot::Receiver<()>) {
        let _end = self;
        let _ = pool_dropped.await;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let Some(pools) = self.pools.upgrade() else {
            return;
        };
        let ended = {
            let mut pools = pools.pools.write().unwrap_or_else(PoisonError::into_inner);
            let at = pools.iter().position(|pool| pool.runtime == self.runtime);
            at.map(|at| pools.swap_remove(at))
        };
        // Outside of the lock: it closes connections.
        drop(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    }

    fn pools() -> Arc<Pools> {
        let Clients::Own(pools) = Clients::own(Tls::new().unwrap()) else {
            unreachable!("the transport's own were asked for");
        };
        pools
    }

    fn number(pools: &Pools) -> usize {
        pools.pools.read().unwrap().len()
    }

    #[test]
    fn each_runtime_has_one_pool_which_ends_with_it() {
        let pools = pools();
        let kept = runtime();
        kept.block_on(async { pools.current().unwrap() });
        for _ in 0..1_000 {
            let passing = runtime();
            passing.block_on(async {
                pools.current().unwrap();
                pools.current().unwrap();
            });
            assert_eq!(number(&pools), 2);
            drop(passing);
            assert_eq!(number(&pools), 1);
        }
        drop(kept);
        assert_eq!(number(&pools), 0);
    }

    #[test]
    fn runtimes_that_live_side_by_side_keep_theirs() {
        let pools = pools();
        let runtimes: Vec<_> = (0..200).map(|_| runtime()).collect();
        for _ in 0..2 {
            for runtime in &runtimes {
                runtime.block_on(async { pools.current().unwrap() });
            }
        }
        assert_eq!(number(&pools), 200);
        drop(runtimes);
        assert_eq!(number(&pools), 0);
    }

    /// The task that waits for a runtime's end goes with the transport.
    #[test]
    fn nothing_is_left_of_a_transport_that_is_dropped() {
        let runtime = runtime();
        let pools = pools();
        runtime.block_on(async { pools.current().unwrap() });
        assert_eq!(runtime.metrics().num_alive_tasks(), 1);
        drop(pools);
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
    }

    #[test]
    fn a_call_outside_of_a_runtime_fails_without_a_panic() {
        let error = pools().current().unwrap_err();
        assert_eq!(error.kind(), FailureKind::NotSent);
        assert!(error.to_string().contains("Tokio runtime"), "{error}");
    }
}
