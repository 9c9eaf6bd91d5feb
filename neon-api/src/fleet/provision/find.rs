//! The projects that there are, by their names.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::ids::{OrgId, ProjectId, RegionId};
use neon_api_raw::types::ProjectListItem;

use super::{Item, Provision, Provisioned};
use crate::Result;
use crate::error::Error;
use crate::fleet::job::sealed::{Base, Items};
use crate::fleet::state::{FleetState, ItemState};
use crate::neon::Neon;
use crate::pager::Pager;
use crate::resources::projects::ListProjects;
use crate::workflows::pause;

/// When projects are listed again that an earlier run may have begun to create: a request that was on
/// its way when the process ended takes effect later.
const LISTS_AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];

/// A project that was there.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) id: ProjectId,
    pub(super) region: RegionId,
    pub(super) pg_version: i64,
}

impl From<ProjectListItem> for Found {
    fn from(project: ProjectListItem) -> Self {
        Self {
            id: project.id,
            region: project.region_id,
            pg_version: project.pg_version.0,
        }
    }
}

fn list(neon: &Neon, org: Option<&OrgId>) -> Pager<ListProjects> {
    neon.projects().list().maybe_org(org)
}

/// The projects of exactly this name.
pub(super) async fn named(neon: &Neon, org: Option<&OrgId>, name: &str) -> Result<Vec<Found>> {
    let mut all = list(neon, org).search(name).await?;
    all.retain(|project| project.name == name);
    Ok(all.into_iter().map(|item| item.project.into()).collect())
}

impl Provision {
    pub(super) async fn find_all(
        &self,
        base: &Base,
        earlier: &FleetState<Provisioned>,
    ) -> Result<Items<Item>> {
        let mut items: HashMap<Arc<str>, Item> = HashMap::new();
        for tenant in &self.tenants {
            let was_begun = matches!(earlier.items.get(&*tenant.name), Some(ItemState::Begun));
            let item = Item {
                tenant: Arc::clone(tenant),
                found: Vec::new(),
                was_begun,
            };
            items.insert(Arc::clone(&tenant.name), item);
        }
        let is_done = |name: &str| matches!(earlier.items.get(name), Some(ItemState::Done(_)));
        if !items.keys().all(|name| is_done(name)) {
            self.find(base, &mut items).await?;
            for time in LISTS_AGAIN {
                let is_missing = |item: &Item| item.was_begun && item.found.is_empty();
                if items.values().any(is_missing) {
                    pause(&base.neon, time).await;
                    self.find(base, &mut items).await?;
                }
            }
        }
        let in_order = self.tenants.iter().map(|tenant| &tenant.name);
        Ok(in_order
            .filter_map(|name| Some((Arc::clone(name), items.remove(name)?)))
            .collect())
    }

    /// Lists all projects, and keeps those that have the name of a tenant.
    async fn find(&self, base: &Base, items: &mut HashMap<Arc<str>, Item>) -> Result<()> {
        let mut list = list(&base.neon, base.org.as_ref());
        while let Some(project) = list.try_next().await? {
            if let Some(item) = items.get_mut(project.name.as_str())
                && item.found.iter().all(|found| found.id != project.id)
            {
                item.found.push(project.project.into());
            }
        }
        let missing = list.unavailable();
        if missing.is_empty() || self.allow_partial {
            return Ok(());
        }
        Err(Error::Partial {
            route: list.route(),
            missing: missing.to_vec(),
        })
    }
}
