//! Why projects cannot be transferred.

use std::fmt;

use neon_api_raw::enums::ApplicationType;
use neon_api_raw::error::OneLine;
use neon_api_raw::ids::ProjectId;

/// Why the API would refuse a transfer, or a project of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The client's key is one of an organization; a personal one is required.
    OrganizationKey,
    /// The organization that is to receive the projects does not exist, or the key may not see it.
    NoDestination,
    /// The receiving organization would have more projects than it may.
    Limit {
        /// How many it may have.
        limit: usize,
        /// How many it has.
        present: usize,
        /// How many are to be moved.
        moving: usize,
    },
    /// The project is in neither organization, or the key may not see it.
    NotFound(ProjectId),
    /// The project is connected to an integration with which projects are not transferred.
    Integration {
        /// The project.
        project: ProjectId,
        /// The integration.
        integration: ApplicationType,
    },
}

impl Refusal {
    /// The project, if it is about one.
    pub fn project(&self) -> Option<&ProjectId> {
        match self {
            Self::NotFound(project) | Self::Integration { project, .. } => Some(project),
            Self::OrganizationKey | Self::NoDestination | Self::Limit { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrganizationKey => f.write_str(
                "an organization's API key cannot transfer projects; use a personal one",
            ),
            Self::NoDestination => {
                f.write_str("the receiving organization does not exist, or the key may not see it")
            }
            Self::Limit {
                limit,
                present,
                moving,
            } => write!(
                f,
                "the receiving organization has {present} projects and may have {limit}, which \
                 {moving} more would exceed"
            ),
            Self::NotFound(project) => {
                write!(f, "project {} is in neither organization", OneLine(project))
            }
            Self::Integration {
                project,
                integration,
            } => write!(
                f,
                "project {} is connected to {}; remove the integration first",
                OneLine(project),
                OneLine(integration)
            ),
        }
    }
}

/// What the API would refuse of a transfer. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    list: Vec<Refusal>,
}

/// How many are listed in texts.
const SHOWN: usize = 5;

impl Refusals {
    pub(crate) fn new(list: Vec<Refusal>) -> Self {
        Self { list }
    }

    /// All of them.
    pub fn list(&self) -> &[Refusal] {
        &self.list
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the API would refuse the transfer")?;
        for (place, refusal) in self.list.iter().take(SHOWN).enumerate() {
            let sign = if place == 0 { ": " } else { "; " };
            write!(f, "{sign}{refusal}")?;
        }
        match self.list.len().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, "; and {more} more"),
            _ => Ok(()),
        }
    }
}
