//! What stands behind the state, if anything does: real databases, whose work takes as long as it
//! takes. The state stays as it is without it; it only says what is to be done.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::Source;
use super::branch::Branch;
use super::role::Role;

/// A change of the roles and databases of a branch.
#[derive(Clone)]
pub(crate) enum Change {
    /// Creates the role or sets its password; without one it cannot log in.
    Role {
        name: String,
        password: Option<String>,
    },
    /// What it owned goes to the owner of the database.
    DropRole(String),
    Database {
        name: String,
        owner: String,
    },
    RenameDatabase {
        from: String,
        to: String,
    },
    DropDatabase(String),
}

impl Change {
    pub(crate) fn role(role: &Role) -> Self {
        Self::Role {
            name: role.name.clone(),
            password: role.password.clone(),
        }
    }
}

/// Without passwords.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { name, .. } => write!(f, "role {name:?}"),
            Self::DropRole(name) => write!(f, "removal of role {name:?}"),
            Self::Database { name, .. } => write!(f, "database {name:?}"),
            Self::RenameDatabase { from, to } => {
                write!(f, "renaming of database {from:?} to {to:?}")
            }
            Self::DropDatabase(name) => write!(f, "removal of database {name:?}"),
        }
    }
}

/// Whose data a branch begins with.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// Nobody's.
    Nothing,
    Branch(String),
    /// Only the schema.
    SchemaOf(String),
    Snapshot(String),
}

/// What a database is made of, without its rows.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    /// The statements that make it.
    pub(crate) sql: String,
    /// Its tables, as the API lists them.
    pub(crate) tables: Value,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// The branch is created, or its data are replaced.
    Fill {
        origin: Origin,
        changes: Vec<Change>,
    },
    /// What the branch holds is kept under this ID.
    Keep(String),
    Delete,
    Apply(Vec<Change>),
    Start,
    Suspend,
    /// What runs is to have the settings of its endpoint.
    Configure,
    /// What a database is made of is read and sent.
    Describe {
        database: String,
        to: UnboundedSender<Result<Schema, String>>,
    },
    /// The operation has nothing to do with data.
    Nothing,
}

impl Task {
    /// What an operation does that says no more than its action.
    pub(super) fn of(action: &str) -> Self {
        match action {
            "start_compute" => Self::Start,
            "suspend_compute" => Self::Suspend,
            "apply_config" => Self::Configure,
            _ => Self::Nothing,
        }
    }
}

/// A task, for whom it is done, and the operation that waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// The ID of an operation that ends when the task does.
    pub(crate) operation: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) task: Task,
}

/// What does the tasks, in the order in which they concern the same branch.
pub(crate) trait Backing: fmt::Debug + Send + Sync {
    /// Returns at once.
    fn submit(&self, job: Job);
    /// Where clients connect.
    fn address(&self) -> SocketAddr;
    /// The major version of the databases.
    fn version(&self) -> i64;
}

impl Source {
    pub(crate) fn backing(&self) -> Option<&Arc<dyn Backing>> {
        self.backing.as_ref()
    }

    /// Says what the next operation that is scheduled has to do.
    pub(crate) fn next_does(&mut self, task: Task) {
        if self.backing.is_some() {
            self.task = Some(task);
        }
    }

    /// A task that no operation waits for.
    pub(crate) fn does(&self, branch: &str, endpoint: Option<&str>, task: Task) {
        if let Some(backing) = &self.backing {
            backing.submit(Job {
                operation: None,
                branch: Some(branch.to_owned()),
                endpoint: endpoint.map(str::to_owned),
                task,
            });
        }
    }
}

impl Branch {
    /// What makes the roles and databases of a branch that has none.
    pub(crate) fn all_changes(&self) -> Vec<Change> {
        let databases = self.databases.iter().map(|database| Change::Database {
            name: database.name.clone(),
            owner: database.owner_name.clone(),
        });
        self.role_changes().into_iter().chain(databases).collect()
    }

    /// What makes the passwords those of this branch.
    pub(crate) fn role_changes(&self) -> Vec<Change> {
        self.roles.iter().map(Change::role).collect()
    }

    /// What it takes over from another: the data, and passwords where they differ.
    pub(crate) fn filled_from(&self, other: &Self) -> Task {
        let changes = if other.protected {
            self.role_changes()
        } else {
            Vec::new()
        };
        let origin = if self.is_schema_only() {
            Origin::SchemaOf(other.id.clone())
        } else {
            Origin::Branch(other.id.clone())
        };
        Task::Fill { origin, changes }
    }
}
