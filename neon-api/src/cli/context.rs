//! `.neon`: the project and the branch that a folder is linked to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use neon_api_raw::ids::{BranchId, InvalidId, OrgId, ProjectId};
use neon_api_raw::serde_json::{Map, Value};

use crate::error::CliError;

use super::json::{content_fault, object, string};
use super::{file, trust};

const NAME: &str = ".neon";

/// The organization, project and branch that the working directory is linked to, by a file `.neon`
/// that `neon link` writes ([`Neon::cli_context`](crate::Neon::cli_context)). It supplies neither a
/// key nor a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CliContext {
    /// The file.
    pub file: PathBuf,
    /// The organization, if the file names one.
    pub org: Option<OrgId>,
    /// The project, if the file names one.
    pub project: Option<ProjectId>,
    /// The branch of that project, if the file names one.
    pub branch: Option<CliBranch>,
}

/// A branch as `.neon` names it: the CLI writes names, and used to write IDs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CliBranch {
    /// An ID, such as `br-noisy-breeze-a5e59rrb`.
    Id(BranchId),
    /// A name, which [`find`](crate::branches::Branches::find) takes.
    Name(String),
}

/// Searches a folder and its parents up to the home folder or the root, exclusive. The first file
/// counts; another user's is ignored, and no other is searched for then.
pub(super) fn search(folder: &Path, home: Option<&Path>) -> Result<Option<CliContext>, CliError> {
    let canonical = home.and_then(|home| fs::canonicalize(home).ok());
    let is_end = |folder: &Path| {
        folder.parent().is_none() || Some(folder) == home || Some(folder) == canonical.as_deref()
    };
    let found = folder
        .ancestors()
        .take_while(|folder| !is_end(folder))
        .map(|folder| folder.join(NAME))
        .find(|file| fs::metadata(file).is_ok());
    match found {
        Some(file) => read(file),
        None => Ok(None),
    }
}

fn read(path: PathBuf) -> Result<Option<CliContext>, CliError> {
    let failed = |error: &io::Error| CliError::Unreadable {
        file: path.clone(),
        kind: error.kind(),
    };
    let ignored = || {
        tracing::warn!(file = %path.display(), "ignored: another user owns it, or everybody can write to it");
        Ok(None)
    };
    let opened = match trust::open(&path) {
        Ok(opened) => opened,
        Err(_) if trust::is_of_others(&path) => return ignored(),
        Err(error) => return Err(failed(&error)),
    };
    if trust::is_foreign(&path, &opened).map_err(|error| failed(&error))? {
        return ignored();
    }
    // Other programs of Neon's have a folder of this name.
    if !opened.metadata().map_err(|error| failed(&error))?.is_file() {
        return Ok(None);
    }
    let content = object(&path, &file::read(&path, opened)?)?;
    context(path, &content).map(Some)
}

fn context(file: PathBuf, content: &Map<String, Value>) -> Result<CliContext, CliError> {
    for name in ["orgId", "projectId", "branch", "branchId"] {
        if !matches!(
            content.get(name),
            None | Some(Value::Null | Value::String(_))
        ) {
            return Err(content_fault(
                &file,
                "`orgId`, `projectId`, `branch` and `branchId` have to be strings",
            ));
        }
    }
    let invalid = |rule| move |_: InvalidId| rule;
    let org = string(content, "orgId").map(OrgId::new).transpose();
    let org = org.map_err(invalid("`orgId` is not a valid organization ID"));
    let project = string(content, "projectId").map(ProjectId::new).transpose();
    let project = project.map_err(invalid("`projectId` is not a valid project ID"));
    let branch = string(content, "branch").or_else(|| string(content, "branchId"));
    Ok(CliContext {
        org: org.map_err(|rule| content_fault(&file, rule))?,
        project: project.map_err(|rule| content_fault(&file, rule))?,
        branch: branch.map(CliBranch::of),
        file,
    })
}

impl CliBranch {
    /// An ID if it has the form of one, as the CLI decides it.
    fn of(branch: &str) -> Self {
        let is_word = |part: &str| {
            let is_own = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !part.is_empty() && part.bytes().all(is_own)
        };
        let words = branch.strip_prefix("br-").map(|words| words.split('-'));
        let is_id =
            words.is_some_and(|words| words.clone().count() == 3 && words.clone().all(is_word));
        match BranchId::new(branch) {
            Ok(id) if is_id => Self::Id(id),
            _ => Self::Name(branch.to_owned()),
        }
    }
}
