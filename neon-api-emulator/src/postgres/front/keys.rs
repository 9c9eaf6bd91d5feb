//! The keys with which sessions' queries are cancelled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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

    pub(super) fn get(&self, key: &[u8]) -> Option<SocketPlace> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).cloned()
    }
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
