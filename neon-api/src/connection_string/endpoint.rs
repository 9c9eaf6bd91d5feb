//! The compute endpoint that a connection string names, and whether through the pooler.

use neon_api_raw::Secret;

use super::ConnectionString;

/// What follows the ID of an endpoint that is connected to through the pooler.
const POOLER: &str = "-pooler";

impl ConnectionString {
    /// The ID of the compute endpoint that the string names, without `-pooler`: that of its
    /// `options` (`endpoint=…`, for clients that send no host name with TLS), or else the beginning
    /// of its host. `None` for other servers.
    pub fn endpoint(&self) -> Option<&str> {
        let named = self.named()?;
        Some(named.strip_suffix(POOLER).unwrap_or(named))
    }

    /// Whether it connects through the pooler. The string in the response to a creation does not,
    /// that of [`connection_uri`](crate::branches::BranchHandle::connection_uri) does by default.
    pub fn is_pooled(&self) -> bool {
        self.named().is_some_and(|named| named.ends_with(POOLER))
    }

    /// The same through the pooler. A string that names no endpoint stays as it is.
    #[must_use]
    pub fn pooled(&self) -> Self {
        self.through(POOLER)
    }

    /// The same without the pooler, as migrations and session state (`SET`, `LISTEN`, advisory locks)
    /// need it. A string that names no endpoint stays as it is.
    #[must_use]
    pub fn direct(&self) -> Self {
        self.through("")
    }

    fn named(&self) -> Option<&str> {
        let option = self.parameter("options").and_then(of_options);
        option.map(|(_, id)| id).or_else(|| of_host(&self.host))
    }

    fn through(&self, suffix: &str) -> Self {
        let mut other = self.clone();
        let with = |id: &str| format!("{}{suffix}", id.strip_suffix(POOLER).unwrap_or(id));
        if let Some(id) = of_host(&self.host) {
            let domain = self.host.get(id.len()..).unwrap_or_default();
            other.host = format!("{}{domain}", with(id));
        }
        for (name, value) in &mut other.parameters {
            if name == "options"
                && let Some((key, id)) = of_options(value.expose())
            {
                let (named, renamed) = (format!("{key}{id}"), format!("{key}{}", with(id)));
                *value = Secret::new(value.expose().replacen(&named, &renamed, 1));
            }
        }
        other
    }
}

/// The first label of a host name, if it has the form of an endpoint's ID.
fn of_host(host: &str) -> Option<&str> {
    let label = host.split('.').next()?;
    (label.starts_with("ep-") && label.len() < host.len()).then_some(label)
}

/// The endpoint in `options`, which may contain more: `endpoint=ep-… -c work_mem=8MB`. Before it comes
/// what names it.
fn of_options(options: &str) -> Option<(&'static str, &str)> {
    let mut words = options.split_ascii_whitespace();
    words.find_map(|word| {
        let named = |key| word.strip_prefix(key).map(|id| (key, id));
        named("endpoint=")
            .or_else(|| named("project="))
            .filter(|(_, id)| !id.is_empty())
    })
}
