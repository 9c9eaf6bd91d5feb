//! Schemas of real databases. A handler cannot wait for them: it fails, and is called again when they
//! are there.

use std::sync::{Mutex, PoisonError};

use crate::error::ApiError;
use crate::state::backing::Schema;

/// What a request knows of real databases, by branch and name, and what it lacks.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    known: Vec<(Place, Schema)>,
    lacking: Mutex<Option<Place>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) branch_id: String,
    pub(crate) database: String,
}

impl Schemas {
    /// An error that nobody sees, if it is not known yet.
    pub(super) fn get(&self, place: Place) -> Result<Schema, ApiError> {
        if let Some((_, schema)) = self.known.iter().find(|(known, _)| *known == place) {
            return Ok(schema.clone());
        }
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        *lacking = Some(place);
        Err(ApiError::new(503, "the database was not read yet"))
    }

    /// What was asked for in vain.
    pub(crate) fn lacking(&self) -> Option<Place> {
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        lacking.take()
    }

    pub(crate) fn add(&mut self, place: Place, schema: Schema) {
        self.known.push((place, schema));
    }
}
