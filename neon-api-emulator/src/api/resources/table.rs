//! Which operation does what with which kind of thing.

/// A kind of things that are made, listed, changed and deleted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// What one is called in messages; it also tells the kinds apart.
    pub(super) name: &'static str,
    /// The member of a list response that contains them.
    pub(super) items: &'static str,
    /// The member of a response that contains a single one; empty if the response is the resource.
    pub(super) wrapper: &'static str,
    /// The property that tells them apart; empty where there is one for a branch.
    pub(super) key: &'static str,
    /// The parameter of the path that carries the same.
    pub(super) parameter: &'static str,
    /// Whether callers choose the key, so that it may be taken.
    pub(super) chosen: bool,
    /// They exist only where Neon Auth is enabled.
    pub(super) of_auth: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    List,
    Get,
    Update,
    Delete,
    /// Gives it new secrets.
    Rotate,
    /// Deploys a function, which makes it if need be.
    Deploy,
    /// Reads settings that are always there.
    Read,
    /// Changes settings that are always there.
    Write,
}

const PLAIN: Kind = Kind {
    name: "",
    items: "",
    wrapper: "",
    key: "",
    parameter: "",
    chosen: true,
    of_auth: false,
};

const TRIGGER: Kind = Kind {
    name: "trigger",
    items: "triggers",
    wrapper: "trigger",
    key: "trigger_id",
    parameter: "trigger_id",
    chosen: false,
    ..PLAIN
};
pub(super) const FUNCTION: Kind = Kind {
    name: "function",
    items: "functions",
    wrapper: "function",
    key: "slug",
    parameter: "slug",
    ..PLAIN
};
pub(super) const BUCKET: Kind = Kind {
    name: "bucket",
    items: "buckets",
    wrapper: "bucket",
    key: "name",
    parameter: "bucket_name",
    ..PLAIN
};
pub(super) const CREDENTIAL: Kind = Kind {
    name: "credential",
    items: "credentials",
    key: "token_id",
    parameter: "token_id",
    chosen: false,
    ..PLAIN
};
const CUSTOM_DOMAIN: Kind = Kind {
    name: "custom domain",
    items: "custom_domains",
    key: "domain",
    parameter: "domain",
    ..PLAIN
};
pub(super) const DATA_API: Kind = Kind {
    name: "Data API",
    parameter: "database_name",
    ..PLAIN
};
pub(super) const AUTH: Kind = Kind {
    name: "Neon Auth",
    items: "data",
    ..PLAIN
};
const OAUTH_PROVIDER: Kind = Kind {
    name: "OAuth provider",
    items: "providers",
    key: "id",
    parameter: "oauth_provider_id",
    of_auth: true,
    ..PLAIN
};
const TRUSTED_DOMAIN: Kind = Kind {
    name: "trusted domain",
    items: "domains",
    key: "domain",
    of_auth: true,
    ..PLAIN
};
const AUTH_USER: Kind = Kind {
    name: "user of Neon Auth",
    key: "id",
    parameter: "auth_user_id",
    chosen: false,
    of_auth: true,
    ..PLAIN
};

/// Settings of Neon Auth.
const fn auth_settings(name: &'static str) -> Kind {
    Kind {
        name,
        of_auth: true,
        ..PLAIN
    }
}

const LOCALHOST: Kind = auth_settings("allow_localhost");
const CONFIG: Kind = auth_settings("config");
const PASSWORDS: Kind = auth_settings("email_and_password");
const EMAIL: Kind = auth_settings("email_provider");
const MAGIC_LINK: Kind = auth_settings("magic_link");
const ORGANIZATION: Kind = auth_settings("organization");
const PHONE_NUMBER: Kind = auth_settings("phone_number");
const WEBHOOKS: Kind = auth_settings("webhooks");
const MASKING_RULES: Kind = Kind {
    name: "masking rules",
    ..PLAIN
};

/// The settings of Neon Auth that are returned together.
pub(super) const PLUGINS: [&Kind; 5] = [
    &PASSWORDS,
    &EMAIL,
    &MAGIC_LINK,
    &ORGANIZATION,
    &PHONE_NUMBER,
];

/// `None` for an operation that is not about things of these kinds.
#[rustfmt::skip]
pub(super) fn find(operation_id: &str) -> Option<(&'static Kind, Verb)> {
    use Verb::{Create, Delete, Deploy, Get, List, Read, Rotate, Update, Write};
    Some(match operation_id {
        "listProjectBranchTriggers" => (&TRIGGER, List),
        "createProjectBranchTrigger" => (&TRIGGER, Create),
        "getProjectBranchTrigger" => (&TRIGGER, Get),
        "updateProjectBranchTrigger" => (&TRIGGER, Update),
        "deleteProjectBranchTrigger" => (&TRIGGER, Delete),
        "listProjectBranchFunctions" => (&FUNCTION, List),
        "createProjectBranchFunctionDeployment" => (&FUNCTION, Deploy),
        "getProjectBranchFunction" => (&FUNCTION, Get),
        "updateProjectBranchFunction" => (&FUNCTION, Update),
        "deleteProjectBranchFunction" => (&FUNCTION, Delete),
        "listProjectBranchBuckets" => (&BUCKET, List),
        "createProjectBranchBucket" => (&BUCKET, Create),
        "deleteProjectBranchBucket" => (&BUCKET, Delete),
        "listCredentials" => (&CREDENTIAL, List),
        "createCredential" => (&CREDENTIAL, Create),
        "revealCredential" => (&CREDENTIAL, Get),
        "rotateCredential" => (&CREDENTIAL, Rotate),
        "revokeCredential" => (&CREDENTIAL, Delete),
        "listProjectBranchCustomDomains" => (&CUSTOM_DOMAIN, List),
        "registerProjectBranchCustomDomain" => (&CUSTOM_DOMAIN, Create),
        "deleteProjectBranchCustomDomain" => (&CUSTOM_DOMAIN, Delete),
        "createProjectBranchDataAPI" => (&DATA_API, Create),
        "getProjectBranchDataAPI" => (&DATA_API, Get),
        "updateProjectBranchDataAPI" => (&DATA_API, Update),
        "deleteProjectBranchDataAPI" => (&DATA_API, Delete),
        "createNeonAuth" | "createNeonAuthIntegration" => (&AUTH, Create),
        "getNeonAuth" => (&AUTH, Get),
        "disableNeonAuth" | "deleteNeonAuthIntegration" => (&AUTH, Delete),
        "listNeonAuthIntegrations" => (&AUTH, List),
        "listBranchNeonAuthOauthProviders" | "listNeonAuthOauthProviders" => (&OAUTH_PROVIDER, List),
        "addBranchNeonAuthOauthProvider" | "addNeonAuthOauthProvider" => (&OAUTH_PROVIDER, Create),
        "updateBranchNeonAuthOauthProvider" | "updateNeonAuthOauthProvider" => (&OAUTH_PROVIDER, Update),
        "deleteBranchNeonAuthOauthProvider" | "deleteNeonAuthOauthProvider" => (&OAUTH_PROVIDER, Delete),
        "listBranchNeonAuthTrustedDomains" | "listNeonAuthRedirectURIWhitelistDomains" => (&TRUSTED_DOMAIN, List),
        "addBranchNeonAuthTrustedDomain" | "addNeonAuthDomainToRedirectURIWhitelist" => (&TRUSTED_DOMAIN, Create),
        "deleteBranchNeonAuthTrustedDomain" | "deleteNeonAuthDomainFromRedirectURIWhitelist" => (&TRUSTED_DOMAIN, Delete),
        "createBranchNeonAuthNewUser" | "createNeonAuthNewUser" => (&AUTH_USER, Create),
        "updateNeonAuthUserRole" => (&AUTH_USER, Update),
        "deleteBranchNeonAuthUser" | "deleteNeonAuthUser" => (&AUTH_USER, Delete),
        "getNeonAuthAllowLocalhost" => (&LOCALHOST, Read),
        "updateNeonAuthAllowLocalhost" => (&LOCALHOST, Write),
        "updateNeonAuthConfig" => (&CONFIG, Write),
        "getNeonAuthEmailAndPasswordConfig" => (&PASSWORDS, Read),
        "updateNeonAuthEmailAndPasswordConfig" => (&PASSWORDS, Write),
        "getNeonAuthEmailProvider" | "getNeonAuthEmailServer" => (&EMAIL, Read),
        "updateNeonAuthEmailProvider" | "updateNeonAuthEmailServer" => (&EMAIL, Write),
        "updateNeonAuthMagicLinkPlugin" => (&MAGIC_LINK, Write),
        "updateNeonAuthOrganizationPlugin" => (&ORGANIZATION, Write),
        "getNeonAuthPhoneNumberPlugin" => (&PHONE_NUMBER, Read),
        "updateNeonAuthPhoneNumberPlugin" => (&PHONE_NUMBER, Write),
        "getNeonAuthWebhookConfig" => (&WEBHOOKS, Read),
        "updateNeonAuthWebhookConfig" => (&WEBHOOKS, Write),
        "getMaskingRules" => (&MASKING_RULES, Read),
        "updateMaskingRules" => (&MASKING_RULES, Write),
        _ => return None,
    })
}
