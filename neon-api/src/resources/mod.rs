//! The API's resources, as handles that own a client and ids.

pub(crate) mod branch;
pub(crate) mod branches;
pub(crate) mod buckets;
pub(crate) mod consumption;
pub(crate) mod custom_domains;
pub(crate) mod functions;
pub(crate) mod logs;
pub(crate) mod members;
pub(crate) mod operations;
pub(crate) mod organizations;
pub(crate) mod project;
pub(crate) mod projects;

use neon_api_raw::Secret;
use neon_api_raw::types::ConnectionDetails;

use crate::error::Error;

/// The first of the connection strings that a call answered with.
fn first_connection_uri(uris: &[ConnectionDetails]) -> Result<&Secret, Error> {
    let first = uris.first().map(|details| &details.connection_uri);
    first.ok_or(Error::NotInAnswer(
        "the API gave no connection string: the branch has no compute endpoint, or several roles or databases; ask for one with branch.connection_uri()",
    ))
}
