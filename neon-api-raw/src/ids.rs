//! IDs, one type for each kind.
//!
//! An ID created by a caller is validated, so that a name or an empty string passed as an ID fails
//! before anything is sent. An ID in a response is accepted as it is, and so is one that is
//! deserialized elsewhere, as from the path of a request to your own program: read those as strings,
//! or by [`strict`](crate::strict), to have them checked. Clones of an ID share its string.
//!
//! ```
//! use neon_api_raw::ids::ProjectId;
//!
//! let id: ProjectId = "late-frost-12345678".parse()?;
//! assert_eq!(id, "late-frost-12345678");
//! assert_eq!(ProjectId::new("My Project").unwrap_err().kind(), "project");
//! # Ok::<(), neon_api_raw::ids::InvalidId>(())
//! ```

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A string that is not a valid ID of its kind.
///
/// It may be a secret passed by mistake, so only its first four characters are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InvalidId {
    kind: &'static str,
    rule: &'static str,
    found: String,
}

impl InvalidId {
    fn new(kind: &'static str, rule: &'static str, text: &str) -> Self {
        // Enough to find it.
        let mut found: String = text.chars().take(4).collect();
        if found.len() < text.len() {
            found.push('…');
        }
        Self { kind, rule, found }
    }

    /// The kind of ID, such as `project`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The expected form, such as "a UUID".
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, rule, found } = self;
        write!(f, "invalid {kind} ID \"{found}\": expected {rule}")
    }
}

impl std::error::Error for InvalidId {}

impl From<std::convert::Infallible> for InvalidId {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// What the strings of a kind of ID have in common.
struct Form {
    rule: &'static str,
    is_met: fn(&str) -> bool,
    /// The rule as a regular expression; `None` if all that is not empty meets it.
    #[cfg(feature = "schemars")]
    pattern: Option<&'static str>,
}

const SHORT: Form = Form {
    rule: "1 to 60 lowercase letters, digits and hyphens",
    is_met: is_short,
    #[cfg(feature = "schemars")]
    pattern: Some("^[a-z0-9-]{1,60}$"),
};

const UUID: Form = Form {
    rule: "a UUID such as 6a2b0c4e-2f66-4a52-9b0e-3a4f4f6f3a11",
    is_met: is_uuid,
    #[cfg(feature = "schemars")]
    pattern: Some("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
};

const FILLED: Form = Form {
    rule: "a string that is not empty",
    is_met: is_filled,
    #[cfg(feature = "schemars")]
    pattern: None,
};

#[cfg(feature = "schemars")]
impl Form {
    /// An ID in a response is accepted as it is, so that what is written may be any string.
    fn schema(&self, description: &str, is_checked: bool) -> schemars::Schema {
        let mut schema = match self.pattern {
            _ if !is_checked => schemars::json_schema!({ "type": "string" }),
            Some(pattern) => schemars::json_schema!({ "type": "string", "pattern": pattern }),
            None => schemars::json_schema!({ "type": "string", "minLength": 1 }),
        };
        schema.insert("description".to_owned(), description.into());
        schema
    }
}

fn is_short(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_filled(text: &str) -> bool {
    !text.is_empty()
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident, $kind:literal, $form:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Creates an ID from a string.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] if the string is not a valid ID of this kind.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if ($form.is_met)(&text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId::new($kind, $form.rule, &text))
                }
            }

            /// A placeholder for an invalid ID, until its fault is reported.
            #[doc(hidden)]
            pub fn placeholder(fault: &InvalidId) -> Self {
                let found = fault.found.as_str();
                Self(if found.is_empty() { "…" } else { found }.into())
            }

            /// The ID as a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let is_checked = generator.contract().is_deserialize();
                $form.schema(concat!($($doc),*).trim(), is_checked)
            }
        }

        crate::write::content! { $name, |this| crate::write::Content::Text(&this.0); }
        crate::write::implement! { $name }
        crate::read::text! { $name, "an ID", Self(Arc::default()), |text| Self(text.into()) }

        impl crate::path_segment::PathParameter for $name {
            fn path_text(&self) -> Cow<'_, str> {
                Cow::Borrowed(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;
            fn try_from(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                (*id.0).to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                *self.0 == **other
            }
        }
    )*};
}

ids! {
    /// A user of Neon Auth, in the branch's own database.
    AuthUserId, "auth user", FILLED;
    /// A branch, such as `br-noisy-breeze-a5e59rrb`.
    BranchId, "branch", SHORT;
    /// A compute endpoint, such as `ep-misty-sea-a5833nbi`.
    EndpointId, "compute endpoint", SHORT;
    /// An invitation to an organization, a UUID.
    InvitationId, "invitation", UUID;
    /// A key set that a project trusts.
    JwksId, "JWKS", FILLED;
    /// A membership in an organization, a UUID.
    MemberId, "member", UUID;
    /// An operation, a UUID.
    OperationId, "operation", UUID;
    /// An organization, such as `org-ocean-art-12345678`.
    OrgId, "organization", SHORT;
    /// A grant of access to a project.
    PermissionId, "permission", FILLED;
    /// A project, such as `late-frost-12345678`.
    ProjectId, "project", SHORT;
    /// A region, such as `aws-us-east-1`.
    RegionId, "region", FILLED;
    /// A snapshot of a branch.
    SnapshotId, "snapshot", SHORT;
    /// A branch's credential.
    TokenId, "credential", FILLED;
    /// A request to transfer a project.
    TransferRequestId, "transfer request", SHORT;
    /// A trigger of a function.
    TriggerId, "trigger", FILLED;
    /// A user of Neon, a UUID.
    UserId, "user", UUID;
    /// A VPC endpoint, in the cloud provider's form.
    VpcEndpointId, "VPC endpoint", FILLED;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_cannot_make_an_id_that_no_project_has() {
        for text in ["", "My Project", "a/b", "UPPER", &"x".repeat(61)] {
            let error = ProjectId::new(text).unwrap_err();
            assert!(
                error.to_string().contains("invalid project ID \""),
                "{error}"
            );
        }
        assert_eq!(
            ProjectId::new("late-frost-12345678").unwrap(),
            "late-frost-12345678"
        );
    }

    #[test]
    fn of_what_is_no_id_only_the_beginning_is_told() {
        for (text, told) in [
            ("", ""),
            ("Übe", "Übe"),
            ("Über", "Über"),
            ("Übers", "Über…"),
            ("napi_s3cret", "napi…"),
        ] {
            let error = ProjectId::new(text).unwrap_err();
            let line = error.to_string();
            assert!(
                line.contains(&format!(" ID \"{told}\": expected ")),
                "{line}"
            );
            let debug = format!("{error:?}");
            assert!(debug.contains(&format!("found: \"{told}\"")), "{debug}");
        }
    }

    #[test]
    fn operation_ids_are_uuids() {
        assert!(OperationId::new("a07f8772-1877-4da9-a939-3a3ae62d1d8d").is_ok());
        assert!(OperationId::new("a07f8772-1877-4da9-a939").is_err());
    }

    #[test]
    fn an_answer_may_hold_any_id() {
        let id: ProjectId = serde_json::from_str("\"New Style/ID\"").unwrap();
        assert_eq!(id.as_str(), "New Style/ID");
    }

    #[cfg(feature = "schemars")]
    #[test]
    fn schemas_have_the_form_of_the_ids() {
        let schema = |schema: schemars::Schema| serde_json::to_value(schema).unwrap();
        let short = schema(schemars::schema_for!(ProjectId));
        assert_eq!(short["pattern"], "^[a-z0-9-]{1,60}$");
        assert_eq!(
            short["description"],
            "A project, such as `late-frost-12345678`."
        );
        let uuid = schema(schemars::schema_for!(OperationId));
        let pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
        assert_eq!(uuid["pattern"], pattern);
        let filled = schema(schemars::schema_for!(RegionId));
        assert_eq!(filled["minLength"], 1);
        assert_eq!(filled["type"], "string");
    }
}
