//! The Data API of a database: SQL tables over HTTP.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use neon_api::enums::DataApiCreateRequestAuthProvider as AuthProvider;
//! use neon_api::types::{DataApiCreateRequest, DataApiSettings};
//!
//! let api = branch.database("neondb").data_api();
//! let with_auth = DataApiCreateRequest::default().with_auth_provider(AuthProvider::NeonAuth);
//! println!("at {}", api.create(with_auth).await?);
//!
//! api.update(DataApiSettings::default().with_db_max_rows(1000)).await?;
//! api.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

use neon_api_raw::types::{
    DataApiCreateRequest, DataApiReponse, DataApiSettings, DataApiUpdateRequest,
};

use super::databases::DatabaseHandle;
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::waits::Started;

/// The Data API of a database. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// if let Some(api) = branch.database("neondb").data_api().get_opt().await? {
///     println!("{} at {}", api.status, api.url);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct DataApi {
    database: DatabaseHandle,
}

impl DatabaseHandle {
    /// The database's Data API.
    pub fn data_api(&self) -> DataApi {
        DataApi {
            database: self.clone(),
        }
    }
}

impl DataApi {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.database.neon()
    }

    /// Enables the Data API with these options (`createProjectBranchDataAPI`), all of which may be
    /// left out, and returns its URL.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](crate::Error::is_conflict) when it is enabled already. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "createProjectBranchDataAPI")]
    pub fn create(&self, options: DataApiCreateRequest) -> Call<String> {
        call!(
            &self.database,
            |this, neon| {
                let (branch, name) = (&this.branch, &this.name);
                neon.raw()
                    .create_project_branch_data_api(&branch.project, &branch.id, name, &options)
                    .await
            },
            |response| response.url
        )
    }

    /// The Data API as it is now (`getProjectBranchDataAPI`): its URL, status and settings. Retried
    /// as a read.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the database has none.
    #[doc(alias = "getProjectBranchDataAPI")]
    pub fn get(&self) -> Call<DataApiReponse> {
        call!(
            &self.database,
            |this, neon| {
                let (branch, name) = (&this.branch, &this.name);
                neon.raw()
                    .get_project_branch_data_api(&branch.project, &branch.id, name)
                    .await
            },
            |response| *response
        )
    }

    /// The Data API as it is now (`getProjectBranchDataAPI`); `None` when the database has none.
    pub fn get_opt(&self) -> Call<Option<DataApiReponse>> {
        self.get().optional()
    }

    /// Changes the settings of the Data API (`updateProjectBranchDataAPI`).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the database has none. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "updateProjectBranchDataAPI")]
    pub fn update(&self, settings: DataApiSettings) -> Call<()> {
        call!(
            &self.database,
            |this, neon| {
                let (branch, name) = (&this.branch, &this.name);
                let body = DataApiUpdateRequest::default().with_settings(settings);
                neon.raw()
                    .update_project_branch_data_api(&branch.project, &branch.id, name, &body)
                    .await
            },
            |_| ()
        )
    }

    /// Deletes the Data API (`deleteProjectBranchDataAPI`): programs can no longer use its URL. The
    /// data stays.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when the database has none. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it.
    #[doc(alias = "deleteProjectBranchDataAPI")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self.database, |this, neon| {
            let (branch, name) = (&this.branch, &this.name);
            neon.raw()
                .delete_project_branch_data_api(&branch.project, &branch.id, name)
                .await
        })
    }
}
