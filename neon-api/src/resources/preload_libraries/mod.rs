//! The libraries that a project's computes can preload.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! for library in project.preload_libraries().list().await? {
//!     println!("{} {}: {}", library.library_name, library.version, library.description);
//! }
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::AvailablePreloadLibrary;

use super::projects::ProjectHandle;
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};

/// The libraries that a project's computes can preload. Nothing is sent until a call is made on it;
/// clones are cheap.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// println!("{} libraries", project.preload_libraries().list().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PreloadLibraries {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// The libraries that the project's computes can preload: listing.
    pub fn preload_libraries(&self) -> PreloadLibraries {
        PreloadLibraries {
            project: self.clone(),
        }
    }
}

impl PreloadLibraries {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// Lists the libraries (`getAvailablePreloadLibraries`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "getAvailablePreloadLibraries")]
    pub fn list(&self) -> Pager<Plain<AvailablePreloadLibrary>> {
        list!(
            self.project,
            GET_AVAILABLE_PRELOAD_LIBRARIES,
            |project, neon| neon
                .raw()
                .get_available_preload_libraries(&project.id)
                .await,
            |response| response.libraries.unwrap_or_default()
        )
    }
}
