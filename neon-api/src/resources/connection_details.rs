//! The connection strings that creating projects and branches returns.

use neon_api_raw::Secret;
use neon_api_raw::types::ConnectionDetails;

use crate::connection_string::ConnectionString;
use crate::error::Error;

/// The first of the connection strings that a call returned.
pub(super) fn first_connection_uri(uris: &[ConnectionDetails]) -> Result<&Secret, Error> {
    let first = uris.first().map(|details| &details.connection_uri);
    first.ok_or(Error::NotInResponse(
        "the API gave no connection string: the branch has no compute endpoint, or several roles or databases; ask for one with branch.connection_uri()",
    ))
}

/// The first of the connection strings that a call returned, in its parts.
pub(super) fn first_connection_string(
    uris: &[ConnectionDetails],
) -> Result<ConnectionString, Error> {
    ConnectionString::try_from(first_connection_uri(uris)?).map_err(|_| {
        Error::NotInResponse("the API returned a connection string that cannot be read")
    })
}
