//! The network's transport over real sockets: what it sends, and what it makes of what comes back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod bodies;
mod connections;
mod http1;
mod http2;
#[cfg(target_os = "linux")]
mod kernel;
mod openssl;
mod proxy;
mod requests;
mod runtimes;
mod tls;

use bytes::Bytes;
use neon_api_raw::routes::CREATE_PROJECT;
use neon_api_raw::transport::{Exchange, Response, ResponseBody};
use neon_api_raw::{HttpTransport, Transport, TransportError};

/// A change without a body at this URL.
fn post(url: &str) -> Exchange {
    call("POST", url)
}

fn call(method: &str, url: &str) -> Exchange {
    let builder = http::Request::builder().method(method).uri(url);
    Exchange::new(&CREATE_PROJECT, builder.body(Bytes::new()).unwrap())
}

/// Lets other tasks run until something has happened.
#[cfg(target_os = "linux")]
async fn until(happened: impl Fn() -> bool) {
    while !happened() {
        tokio::task::yield_now().await;
    }
}

async fn send(call: Exchange) -> Result<Response, TransportError> {
    HttpTransport::new().unwrap().send(call).await
}

fn whole(answer: Response) -> Bytes {
    match answer.body {
        ResponseBody::Whole(body) => body,
        body => panic!("{body:?}"),
    }
}
