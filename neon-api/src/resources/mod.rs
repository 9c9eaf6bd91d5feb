//! The API's resources, one folder each: collections and handles that make calls.

pub mod api_keys;
pub mod branches;
pub mod buckets;
pub mod connection;
pub mod consumption;
pub mod custom_domains;
pub mod functions;
pub mod jwks;
pub mod logs;
pub mod members;
pub mod operations;
pub mod orgs;
pub mod permissions;
pub mod projects;
pub mod regions;
pub mod roles;
pub mod transfer_requests;
pub mod users;
pub mod vpc_endpoints;
