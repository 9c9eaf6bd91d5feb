#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod connect;
#[cfg(feature = "deadpool")]
mod pool;
mod suspended;

pub use config::config;
pub use connect::{RetryError, retry_connect};
#[cfg(feature = "deadpool")]
pub use pool::{is_pool_suspended, pool_builder, retry_get};
pub use suspended::is_suspended;
