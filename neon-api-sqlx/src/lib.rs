#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connect;
mod options;
mod suspended;

pub use connect::{retry_acquire, retry_connect};
pub use options::{connect_options, pool_options};
pub use suspended::is_suspended;
