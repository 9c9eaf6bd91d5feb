//! What happens to each field of what was found.

/// What happens to a field that is set, if the resource exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldRule {
    /// It is compared; a difference is an error, or is changed by `apply_differences(true)`.
    Compared,
    /// It is compared, and fixed at creation: a difference is always an error.
    Fixed,
    /// It is applied without being asked to.
    Applied,
    /// It is only for the creation.
    Ignored,
}

impl FieldRule {
    /// As the documentation's tables have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compared => "compared",
            Self::Fixed => "fixed",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
        }
    }
}

/// A setter, and what happens to its field if the resource exists already.
///
/// ```
/// use neon_api::workflows::{EnsureBranch, FieldRule};
///
/// let fixed = EnsureBranch::FIELDS.iter().filter(|field| field.rule == FieldRule::Fixed);
/// assert!(fixed.map(|field| field.setter).any(|setter| setter == "parent"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name of the setter.
    pub setter: &'static str,
    /// What happens to it.
    pub rule: FieldRule,
}

impl Field {
    pub(super) const fn new(setter: &'static str, rule: FieldRule) -> Self {
        Self { setter, rule }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EnsureBranch, EnsureDatabase, EnsureEndpoint, EnsureProject, EnsureRole};
    use super::*;

    /// The rows of a table in documentation, and the setters of the builder.
    fn documented(source: &str) -> (Vec<(String, String)>, Vec<String>) {
        let rows = source.lines().filter_map(|line| {
            let row = line.strip_prefix("/// | `")?;
            let (setter, rest) = row.split_once("` | ")?;
            let rule = rest.split([' ', ',', ':', '|']).next()?;
            Some((setter.to_owned(), rule.to_owned()))
        });
        let setters = source.lines().filter_map(|line| {
            let method = line.trim().strip_prefix("pub fn ")?;
            let (name, rest) = method.split_once('(')?;
            let sets = rest.starts_with("mut self") || rest.starts_with("self");
            (sets && rest.ends_with("-> Self {")).then(|| name.to_owned())
        });
        (rows.collect(), setters.collect())
    }

    #[test]
    fn documentation_data_and_setters_agree() {
        let all: [(&str, &[Field], &str, &[&str]); 5] = [
            (
                "branch",
                EnsureBranch::FIELDS,
                include_str!("branch.rs"),
                &[],
            ),
            (
                "database",
                EnsureDatabase::FIELDS,
                include_str!("database.rs"),
                &["owner"],
            ),
            ("role", EnsureRole::FIELDS, include_str!("role.rs"), &[]),
            (
                "endpoint",
                EnsureEndpoint::FIELDS,
                include_str!("endpoint.rs"),
                &[],
            ),
            (
                "project",
                EnsureProject::FIELDS,
                include_str!("project.rs"),
                &[],
            ),
        ];
        for (of, fields, source, arguments) in all {
            let (rows, setters) = documented(source);
            let data: Vec<_> = fields
                .iter()
                .map(|field| (field.setter.to_owned(), field.rule.as_str().to_owned()))
                .collect();
            assert_eq!(rows, data, "{of}");
            let mut expected: Vec<_> = data.into_iter().map(|(setter, _)| setter).collect();
            expected.retain(|setter| !arguments.contains(&setter.as_str()));
            let mut setters: Vec<_> = setters
                .into_iter()
                .filter(|setter| setter != "apply_differences")
                .collect();
            expected.sort();
            setters.sort();
            assert_eq!(setters, expected, "{of}");
        }
    }
}
