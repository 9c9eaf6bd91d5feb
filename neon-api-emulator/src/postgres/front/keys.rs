//! The keys with which sessions' queries are cancelled.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::messages::CANCEL;
use crate::postgres::server::SocketPlace;

/// Which server each session's key is for. Process IDs are unique on a machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys(Arc<Mutex<HashMap<Vec<u8>, SocketPlace>>>);

impl Keys {
    /// Known until the result is dropped.
    pub(super) fn add(&self, key: Vec<u8>, place: SocketPlace) -> Known {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.clone(), place);
        Known {
            keys: self.clone(),
            key,
        }
    }

    fn get(&self, key: &[u8]) -> Option<SocketPlace> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).cloned()
    }

    /// Passes a request to cancel on to the server that it is for.
    pub(super) async fn cancel(&self, key: &[u8]) -> io::Result<()> {
        match self.get(key) {
            Some(place) => cancel(&place, key).await,
            None => Ok(()),
        }
    }
}

/// Ends the query that runs in the session with this key.
pub(super) async fn cancel(place: &SocketPlace, key: &[u8]) -> io::Result<()> {
    let mut server = UnixStream::connect(place.path()).await?;
    let length = u32::try_from(key.len() + 8).unwrap_or(u32::MAX);
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend(CANCEL.to_be_bytes());
    packet.extend(key);
    server.write_all(&packet).await?;
    // It closes the connection when it has passed the request on.
    let mut nothing = Vec::new();
    server.read_to_end(&mut nothing).await?;
    Ok(())
}

#[derive(Debug)]
pub(super) struct Known {
    keys: Keys,
    key: Vec<u8>,
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut keys = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.key);
    }
}
