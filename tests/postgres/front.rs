//! What stands before a compute that is suspended when it is idle, as Neon's proxy does: the first
//! connection starts it again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::Cluster;

#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    wakes: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    /// How many connections are closed at once.
    closing: Arc<AtomicUsize>,
}

struct State {
    cluster: Arc<Cluster>,
    is_suspended: bool,
}

impl Front {
    pub(crate) async fn start(cluster: Cluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = cluster.port;
        let front = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(State {
                cluster: Arc::new(cluster),
                is_suspended: false,
            })),
            wakes: Arc::default(),
            connections: Arc::default(),
            closing: Arc::default(),
        };
        let own = front.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                own.connections.fetch_add(1, Ordering::SeqCst);
                let closes = own
                    .closing
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(1)
                    });
                if closes.is_ok() {
                    continue;
                }
                let own = own.clone();
                tokio::spawn(async move {
                    own.wake().await;
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        front
    }

    async fn wake(&self) {
        let mut state = self.state.lock().await;
        if state.is_suspended {
            let cluster = Arc::clone(&state.cluster);
            tokio::task::spawn_blocking(move || cluster.resume())
                .await
                .unwrap();
            state.is_suspended = false;
            self.wakes.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Suspends the compute, whatever its sessions do.
    pub(crate) async fn suspend(&self) {
        let mut state = self.state.lock().await;
        let cluster = Arc::clone(&state.cluster);
        tokio::task::spawn_blocking(move || cluster.suspend())
            .await
            .unwrap();
        state.is_suspended = true;
    }

    /// Closes the next connections at once.
    pub(crate) fn close_next(&self, connections: usize) {
        self.closing.store(connections, Ordering::SeqCst);
    }

    /// How often a connection has started the compute.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
