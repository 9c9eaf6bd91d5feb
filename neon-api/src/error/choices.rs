//! What has to be chosen by name.

use std::fmt;

use neon_api_raw::error::OneLine;

/// A branch does not have exactly one database or role, so it has to be named.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::Error;
///
/// match branch.connection_string().await {
///     Ok(connection) => println!("{}", connection.host()),
///     // "the branch has several databases: app, neondb; choose one with database(…)"
///     Err(Error::Unchosen(choices)) => println!("{} of {:?}", choices.kind(), choices.names()),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    kind: &'static str,
    names: Vec<String>,
}

impl Choices {
    #[cfg(feature = "workflows")]
    pub(crate) fn new(kind: &'static str, names: Vec<String>) -> Self {
        Self { kind, names }
    }

    /// What is to be chosen, which is also the name of the setter: `database` or `role`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The names that the branch has; none if it has no database or role at all.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        if self.names.is_empty() {
            return write!(f, "the branch has no {kind}");
        }
        write!(f, "the branch has several {kind}s")?;
        for (at, name) in self.names.iter().enumerate() {
            write!(f, "{} {}", if at == 0 { ":" } else { "," }, OneLine(name))?;
        }
        write!(f, "; choose one with {kind}(…)")
    }
}
