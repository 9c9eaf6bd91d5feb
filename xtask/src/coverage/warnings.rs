//! What users must read before they call: that connections end, that nothing can be undone, and which
//! key or role is required.

use super::{Checked, Method};

/// Something that users must read, in words of which documentation has to have one, and before which
/// calls: operations, or methods that only set something.
#[derive(Debug)]
pub struct Warning {
    /// What must be said.
    pub(super) what: &'static str,
    /// One of these has to be there.
    pub(super) words: &'static [&'static str],
    /// Whether the first paragraph has to have it, or any.
    pub(super) is_first: bool,
    /// IDs of operations, or names of methods.
    pub(super) calls: &'static [&'static str],
}

/// What documentation has to say before some calls.
pub const WARNINGS: &[Warning] = &[
    Warning {
        what: "connections end",
        words: &["onnections"],
        is_first: true,
        calls: &[
            "createProjectBranchRole",
            "deleteProject",
            "deleteProjectBranch",
            "deleteProjectBranchDatabase",
            "deleteProjectEndpoint",
            "deleteOrganizationVPCEndpoint",
            "finalizeRestoreBranch",
            "restartProjectEndpoint",
            "restoreProjectBranch",
            "restoreSnapshot",
            "suspendProjectEndpoint",
            "updateProjectEndpoint",
        ],
    },
    Warning {
        what: "it cannot be undone",
        words: &[
            "for good",
            "cannot be undone",
            "is lost",
            "are lost",
            "cannot be turned off",
            "replaces data",
        ],
        is_first: true,
        calls: &[
            "UpdateProject::logical_replication",
            "deleteProject",
            "deleteBranchNeonAuthUser",
            "deleteProjectBranchBucket",
            "deleteProjectBranchBucketObject",
            "deleteProjectBranchBucketObjectsByPrefix",
            "deleteProjectBranchDatabase",
            "deleteProjectBranchFunction",
            "deleteProjectBranchRole",
            "deleteSnapshot",
            "disableNeonAuth",
            "restoreProjectBranch",
            "revokeApiKey",
            "revokeCredential",
            "revokeOrgApiKey",
            "startAnonymization",
        ],
    },
    Warning {
        what: "a personal API key is required",
        words: &["personal API key"],
        is_first: false,
        calls: &[
            "createApiKey",
            "getCurrentUserInfo",
            "getCurrentUserOrganizations",
            "listApiKeys",
            "revokeApiKey",
            "transferProjectsFromOrgToOrg",
            "transferProjectsFromUserToOrg",
        ],
    },
    Warning {
        what: "the role is required: admin of the organization",
        words: &["admin of the organization"],
        is_first: false,
        calls: &[
            "createOrgApiKey",
            "createOrganizationInvitations",
            "getOrganizationInvitations",
            "getOrganizationMember",
            "getOrganizationMembers",
            "listOrgApiKeys",
            "removeOrganizationMember",
            "revokeOrgApiKey",
            "updateOrganizationMember",
        ],
    },
    Warning {
        what: "the role is required: admin of the project or its organization",
        words: &["admin of the project or its organization"],
        is_first: false,
        calls: &[
            "grantPermissionToProject",
            "listProjectMembers",
            "listProjectPermissions",
            "removeProjectMemberRole",
            "revokePermissionFromProject",
            "setProjectMemberRole",
        ],
    },
];

/// Calls that do not say what they must.
pub(super) fn findings(checked: &Checked<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for warning in checked.warnings {
        for call in warning.calls {
            found.extend(warning.findings_of(call, checked));
        }
    }
    found
}

impl Warning {
    fn findings_of(&self, call: &str, checked: &Checked<'_>) -> Vec<String> {
        let is_method = call.contains("::");
        if !is_method && !checked.ids.contains(call) {
            return vec![format!(
                "{call}: in the list of warnings, and not in the spec"
            )];
        }
        let is_it = |method: &&Method| {
            method.name == call || method.aliases.iter().any(|alias| alias == call)
        };
        let methods: Vec<_> = checked.methods.iter().filter(is_it).collect();
        if is_method && methods.is_empty() {
            return vec![format!(
                "{call}: in the list of warnings, and no public method"
            )];
        }
        let unsaid = methods
            .into_iter()
            .filter(|method| !self.is_said_by(method));
        unsaid
            .map(|method| {
                let place = if self.is_first {
                    "its first paragraph"
                } else {
                    "its documentation"
                };
                format!(
                    "{} ({call}): {place} must say that {}",
                    method.name, self.what
                )
            })
            .collect()
    }

    fn is_said_by(&self, method: &Method) -> bool {
        let lines = method.docs.lines().map(str::trim);
        let text: Vec<&str> = if self.is_first {
            lines.take_while(|line| !line.is_empty()).collect()
        } else {
            lines.collect()
        };
        let text = text.join(" ");
        self.words.iter().any(|word| text.contains(word))
    }
}
