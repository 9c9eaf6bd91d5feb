//! A contract for whoever serves this API: the emulator is held to it in the gate, the real API by
//! whoever asks for it (`tests/contract/README.md`).
//!
//! What the API was seen to do is its measure: [`replay`] sends recorded requests again and compares
//! what comes back, [`published`] does the same with the documentation's exchanges, and
//! [`questions`] asks what the sources leave open. [`table`] holds the differences that are known,
//! each with its reason.

pub mod cursor;
pub mod exchange;
pub mod ids;
pub mod ledger;
pub mod live;
pub mod published;
pub mod questions;
pub mod recorder;
pub mod replay;
pub mod sanitize;
pub mod shape;
pub mod table;
pub mod target;
