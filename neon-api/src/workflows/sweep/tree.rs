//! Plans as trees.

use std::collections::BTreeMap;
use std::fmt;

use neon_api_raw::error::OneLine;
use neon_api_raw::ids::BranchId;

use super::plan::{Fate, KeepReason, PlannedBranch, SweepPlan};

impl fmt::Display for SweepPlan {
    /// A tree with a line for each branch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is_it: fn(&Fate) -> bool| {
            let fates = self.branches.iter().map(|branch| &branch.fate);
            fates.filter(|fate| is_it(fate)).count()
        };
        let open = count(|fate| matches!(fate, Fate::Delete | Fate::Deleting));
        let deleted = count(|fate| *fate == Fate::Deleted);
        let kept = count(|fate| matches!(fate, Fate::Kept(_)));
        let project = OneLine(&self.project);
        write!(
            f,
            "{project}: {open} to delete, {deleted} deleted, {kept} kept"
        )?;
        let depths = self.depths();
        let mut lines = Vec::new();
        // Whether another branch of a level follows below the same parent.
        let mut follows: Vec<bool> = Vec::new();
        for branch in self.branches.iter().rev() {
            let depth = depths.get(&branch.id).copied().unwrap_or(0);
            follows.resize(depth + 1, false);
            let mut line = String::new();
            for (level, goes_on) in follows.iter().enumerate() {
                line.push_str(match (level == depth, goes_on) {
                    (true, true) => "├─ ",
                    (true, false) => "└─ ",
                    (false, true) => "│  ",
                    (false, false) => "   ",
                });
            }
            lines.push((line, branch));
            if let Some(last) = follows.last_mut() {
                *last = true;
            }
        }
        for (line, branch) in lines.iter().rev() {
            write!(f, "\n{line}{branch}")?;
        }
        Ok(())
    }
}

impl SweepPlan {
    /// How deep each branch is; parents come before their children.
    fn depths(&self) -> BTreeMap<&BranchId, usize> {
        let mut depths = BTreeMap::new();
        for branch in &self.branches {
            let above = branch.parent.as_ref().and_then(|parent| depths.get(parent));
            let depth = above.map_or(0, |depth: &usize| depth + 1);
            depths.insert(&branch.id, depth);
        }
        depths
    }
}

impl fmt::Display for PlannedBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = (OneLine(&self.name), OneLine(&self.id));
        write!(f, "{name} ({id}): {}", self.fate)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delete => f.write_str("delete"),
            Self::Deleting => f.write_str("deletion begun"),
            Self::Deleted => f.write_str("deleted"),
            Self::Kept(reason) => write!(f, "kept, {reason}"),
        }
    }
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmatched => f.write_str("not a match"),
            Self::Default => f.write_str("the default branch"),
            Self::Protected => f.write_str("protected"),
            Self::HasChild(id) => write!(f, "has a child that is kept: {}", OneLine(id)),
            Self::PartOf(id) => write!(f, "part of a subtree with {}", OneLine(id)),
            Self::Changed => f.write_str("changed or used since"),
            Self::Gone => f.write_str("gone already"),
            Self::Refused(message) => write!(f, "refused: {}", OneLine(message)),
            Self::Failed(message) => write!(f, "failed: {}", OneLine(message)),
        }
    }
}
