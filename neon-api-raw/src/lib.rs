//! The generated client for the Neon platform API.
//!
//! Every operation of the API is a method of [`Client`]: path and required query parameters are
//! arguments, optional ones are the fields of one struct, bodies and responses are the structs of
//! [`types`]. Every call goes through the client's [`Transport`], where the crate `neon-api` adds
//! its limiter, retries and tracing.
//!
//! Forward compatible: unknown response fields are ignored, [`enums`] keep unknown values, and
//! [`unions`] keep unknown variants.
//!
//! ```no_run
//! use neon_api_raw::{Client, Secret, types};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder()
//!     .api_key(Secret::new("napi_…"))
//!     .build()?;
//! let query = types::ListProjectsQuery::default().with_limit(400);
//! for project in client.list_projects(&query).await?.into_inner().projects {
//!     println!("{} {}", project.id, project.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The public API uses types of five other crates, which are re-exported so that versions match:
//! times of [`chrono`], statuses and requests of [`http`], bodies of [`bytes`], clients of
//! [`reqwest`] for [`HttpTransport::with_client`], and free-form JSON of [`serde_json`].

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod client;
#[cfg(feature = "dynamic")]
pub mod dynamic;
pub mod error;
pub mod function_deployment;
pub mod ids;
pub mod request;
pub mod response;
mod response_future;
pub mod route;
pub mod strict;
pub mod transport;
pub mod upload;

mod api_error;
mod api_form;
mod compression;
mod decode;
mod decode_error;
mod excerpt;
mod fields;
mod foreign;
mod free_text;
mod http_transport;
mod invalid_request;
mod json_path;
mod lenient;
mod masked;
mod multipart;
mod one_line;
mod open_enum;
mod patch;
mod path_segment;
mod read;
mod record;
mod redirect;
mod resource;
mod secret;
mod settings;
mod string_values;
mod tagged_union;
mod timestamp;
mod urls;
mod write;

#[allow(
    deprecated,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused_qualifications,
    unreachable_pub
)]
mod generated {
    use crate::client::Client;
    use crate::path_segment::PathParameter as _;
    use crate::request::RequestBuilder;
    use crate::response::ByteStream;
    use crate::response_future::ResponseFuture;

    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

#[allow(unreachable_pub, clippy::all, clippy::pedantic)]
mod extras {
    include!(concat!(env!("OUT_DIR"), "/extras.rs"));
}

/// Typed mocks of every operation, for tests with [`httpmock`](::httpmock).
///
/// The server's root is the base URL of the API: build the client with
/// `base_url(server.base_url())`.
#[cfg(feature = "httpmock")]
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    missing_debug_implementations,
    unused_qualifications,
    unreachable_pub
)]
pub mod httpmock {
    include!(concat!(env!("OUT_DIR"), "/httpmock.rs"));
}

/// The structs of the API: request bodies, responses and nested types.
///
/// The API adds properties without notice, so all of them are `#[non_exhaustive]`. Request types
/// are built with `new`, which takes the required fields, or `default()` if there are none, and a
/// `with_…` for each optional field; fields can also be assigned.
///
/// ```
/// use neon_api_raw::enums::EndpointType;
/// use neon_api_raw::types::{
///     BranchCreateRequestBranch, BranchCreateRequestEndpointOptions, CreateProjectBranchRequest,
/// };
///
/// let body = CreateProjectBranchRequest::default()
///     .with_branch(BranchCreateRequestBranch::default().with_name("preview/pr-42"))
///     .with_endpoints([BranchCreateRequestEndpointOptions::new(EndpointType::ReadWrite)]);
/// assert_eq!(
///     serde_json::to_value(&body)?,
///     serde_json::json!({
///         "branch": { "name": "preview/pr-42" },
///         "endpoints": [{ "type": "read_write" }],
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Responses have no constructor: a property that the API newly always sends would change it. A unit
/// test makes any of them from JSON in one line, as the client does; properties that may be absent
/// can be left out. They are compared by `PartialEq`.
///
/// ```
/// use neon_api_raw::types::ActiveRegionsResponse;
///
/// let response: ActiveRegionsResponse = serde_json::from_str(r#"{ "regions": [] }"#)?;
/// assert!(response.regions.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub mod types {
    #[doc(inline)]
    pub use crate::generated::types::*;
}

/// The vendored OpenAPI spec of the API.
pub mod openapi {
    /// The document that this crate was generated from: facts only, OpenAPI 3.0, JSON.
    pub const V2_JSON: &str = include_str!("../openapi/v2.json");
}

#[doc(no_inline)]
pub use {bytes, chrono, http, reqwest, serde_json};

pub use client::{Client, ClientBuilder};
pub use error::{ApiError, DecodeError, Error, InvalidRequest};
pub use extras::{enums, routes, unions};
pub use http_transport::HttpTransport;
pub use patch::Patch;
pub use response::{ByteStream, ResponseValue};
pub use response_future::ResponseFuture;
pub use route::Route;
pub use secret::{ExposeSecrets, Secret, WithSecrets};
pub use transport::{BoxFuture, Transport, TransportError};
