#![doc = include_str!("../README.md")]
//!
//! ## Crates in its signatures
//!
//! The public API uses types of five other crates, which are re-exported so that versions match:
//! times of [`chrono`], statuses of [`http`], bodies of [`bytes`], clients of [`reqwest`] for
//! [`HttpTransport::with_client`], and free-form JSON of [`serde_json`].

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod classify;
mod cli;
mod clock;
mod config;
mod connection_string;
mod derived;
mod engine;
mod error;
#[cfg(feature = "fleet")]
pub mod fleet;
pub mod input;
mod key;
mod limiter;
#[cfg(feature = "connect")]
mod login;
mod neon;
mod numbered;
mod pager;
mod queue;
mod resources;
mod times;
#[cfg(feature = "tools")]
pub mod tools;
mod waits;
pub mod workflows;

#[cfg(feature = "blocking")]
pub use blocking::{Blocking, Items};
pub use call::{Call, GivenId, IntoId};
pub use cli::{CliBranch, CliConfig, CliContext};
pub use config::NeonBuilder;
pub use engine::{
    BlockReason, Blocked, CallMeta, ChangeEnd, PlannedRequest, Protected, Recorder, RetryPolicy,
    ShutdownReport, Stats, UnknownChange,
};
#[cfg(feature = "connect")]
pub use error::ConnectError;
pub use error::{
    Choices, CliError, ConfigError, Difference, Differences, Error, InvalidInput, WaitError,
    WaitReport,
};
pub use key::{CredentialKind, CredentialSource, KeyProvider};
pub use limiter::{AccountLimiter, Limiter, Load, Outcome, OutcomeKind, Rates, Unlimited};
pub use neon::Neon;
pub use pager::{Cursor, Finite, Listing, Page, Pager, Pages, Plain, Take};
pub use resources::{
    ai_gateway, anonymization, api_keys, auth, branches, buckets, connection, consumption,
    credentials, custom_domains, data_api, databases, endpoints, functions, jwks, legacy_auth,
    logs, members, operations, orgs, permissions, preload_libraries, projects, realtime, regions,
    roles, schema, security_issues, snapshots, storage, transfer_requests, triggers, users,
    vpc_endpoints,
};
pub use times::known_time;
pub use waits::{NamesOperations, Progress, Ready, ReadyCall, ReadyError, Started, WaitToken};

#[doc(inline)]
pub use neon_api_raw::{
    ApiError, ByteStream, DecodeError, ExposeSecrets, HttpTransport, InvalidRequest, Patch, Secret,
    Transport, TransportError, enums, ids, strict, types, unions,
};

/// The generated client: every operation of the API, behind [`Neon::raw`].
#[doc(no_inline)]
pub use neon_api_raw as raw;

#[doc(no_inline)]
pub use neon_api_raw::{bytes, chrono, http, reqwest, serde_json};

/// Result of a call, with [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;
