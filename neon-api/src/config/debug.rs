//! What `Debug` shows of a [`NeonBuilder`].

use std::fmt;

use super::NeonBuilder;

impl fmt::Debug for NeonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the base URL, which `build` has not checked yet: it may contain a password, or be
        // a key passed by mistake.
        f.debug_struct("NeonBuilder")
            .field("key", &self.key)
            .field("transport", &self.transport)
            .field("user_agent", &self.user_agent)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("limiter", &self.limiter)
            .field("audit", &self.audit)
            .field("retry", &self.retry)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("wait_timeout", &self.wait_timeout)
            .field("org", &self.org)
            .field("project", &self.project)
            .field("guards", &self.guards)
            .field("fault", &self.fault.as_ref().or(self.key_fault.as_ref()))
            .finish_non_exhaustive()
    }
}
