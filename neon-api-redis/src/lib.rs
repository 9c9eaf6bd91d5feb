#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod away;
mod budgets;
mod builder;
mod connections;
mod error;
mod lane;
mod limiter;
mod request;
mod state;
mod successes;

pub use builder::{OnFailure, RedisLimiterBuilder};
pub use error::Error;
pub use limiter::RedisLimiter;
