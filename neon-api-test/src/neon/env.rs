//! The pool that the environment describes.

use neon_api::Neon;

use super::pool::Pool;
use crate::error::{Error, Result};
use crate::settings;

pub(super) fn pool() -> Result<Pool> {
    if settings::path("NEON_API_KEY").is_none() {
        let why = "it is not set: create a key (https://neon.com/docs/manage/api-keys), or run \
                   without NEON_TEST_BACKEND=neon for local databases";
        return Err(Error::Setting("NEON_API_KEY", why.to_owned()));
    }
    let neon = Neon::from_env()?;
    let projects = settings::string("NEON_TEST_PROJECTS").unwrap_or_default();
    let projects: Vec<&str> = projects
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .collect();
    if projects.is_empty() {
        let why = "it is not set: it names the projects of the pool, separated by commas";
        return Err(Error::Setting("NEON_TEST_PROJECTS", why.to_owned()));
    }
    let mut pool = Pool::new(neon, projects);
    if let Some(parent) = settings::string("NEON_TEST_PARENT") {
        pool = pool.parent(parent);
    }
    if let Some(size) = settings::string("NEON_TEST_POOL") {
        let size = size.trim().parse().ok().filter(|size| *size > 0);
        let invalid =
            || Error::Setting("NEON_TEST_POOL", "expected a number, at least 1".to_owned());
        pool = pool.size(size.ok_or_else(invalid)?);
    }
    if let Some(owner) = settings::string("NEON_TEST_OWNER") {
        pool = pool.owner(owner);
    }
    Ok(pool)
}
