//! The clients that are compared, over the same connection to the same server.

use neon_api::{HttpTransport, Neon, Unlimited};

use super::Fallible;
use super::server::Server;

pub(crate) const KEY: &str = "napi_0123456789abcdefghijklmnopqrstuvwxyz";

pub(crate) struct Clients {
    /// Before those who use it, so that it is there for as long as they are.
    pub(crate) server: Server,
    pub(crate) neon: Neon,
    pub(crate) bare: reqwest::Client,
}

impl Clients {
    pub(crate) fn new() -> Fallible<Self> {
        let server = Server::start()?;
        let bare = reqwest::Client::new();
        let neon = Neon::builder()
            .api_key(KEY)
            .base_url(server.base_url())
            .limiter(Unlimited)
            .transport(HttpTransport::with_client(bare.clone()))
            .build()?;
        Ok(Self { server, neon, bare })
    }
}
