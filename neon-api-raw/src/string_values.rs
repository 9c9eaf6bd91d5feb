//! Strings that the spec gives a type of their own, although it does not list their values.

use crate::types::{BranchState, Provisioner};

/// What open enums can do, for a struct of one string.
macro_rules! string_newtype {
    ($name:ident) => {
        impl $name {
            /// The value as the API writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

pub(crate) use string_newtype;

/// Values that have been seen; there may be others.
impl BranchState {
    /// The branch is being created.
    pub const INIT: &'static str = "init";
    /// The branch can be used.
    pub const READY: &'static str = "ready";
    /// The branch's storage is deleted, or is going to be.
    pub const STORAGE_DELETED: &'static str = "storage_deleted";
}

/// Values that have been seen; there may be others.
impl Provisioner {
    /// Virtual machines on Kubernetes.
    pub const K8S_NEONVM: &'static str = "k8s-neonvm";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_compare_with_strings() {
        let state = BranchState::from("ready");
        assert_eq!(state, BranchState::READY);
        assert_eq!(state.as_str(), "ready");
        assert_ne!(state, *BranchState::INIT);
    }
}
