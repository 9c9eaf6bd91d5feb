//! Which keywords of OpenAPI 3.0 state facts about the API, what each contains, and in which order
//! they are written.
//!
//! One table serves the reduction (what is not listed is dropped), the
//! canonical order (the order of the table), the checks and the counts, so
//! that these can never disagree about what a fact is. It also settles the
//! question of names against keywords: only inside [`Holds::Map`] are keys
//! names, so a property called `title` survives and the keyword does not. A keyword that is neither
//! in the tables nor known as prose stops the checks: dropped, it would be a fact that is lost.

/// What stands behind a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Any JSON, taken as it is.
    Data,
    /// A set of strings, whose order says nothing.
    Names,
    /// One object of the given kind.
    One(Kind),
    /// Objects of the given kind in an order that matters.
    List(Kind),
    /// Objects of the given kind in an order that does not.
    Set(Kind),
    /// Names to objects of the given kind.
    Map(Kind),
    /// As [`Holds::Map`], but keys that begin with `x-` are extensions.
    ExtensibleMap(Kind),
    /// A schema, or `true` or `false`.
    SchemaOrFlag,
}

/// The kinds of objects in a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // named after the objects of the OpenAPI specification
pub enum Kind {
    Root,
    Info,
    Server,
    ServerVariable,
    Tag,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Response,
    Header,
    Components,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    Schema,
    Discriminator,
}

use Holds::{Data, ExtensibleMap, List, Map, Names, One, SchemaOrFlag, Set};

/// Methods in the order in which they are written.
pub const METHODS: [&str; 8] = [
    "get", "head", "post", "put", "patch", "delete", "options", "trace",
];

const ROOT: &[(&str, Holds)] = &[
    ("openapi", Data),
    ("info", One(Kind::Info)),
    ("servers", List(Kind::Server)),
    ("security", Data),
    ("tags", Set(Kind::Tag)),
    ("paths", ExtensibleMap(Kind::PathItem)),
    ("components", One(Kind::Components)),
];
const INFO: &[(&str, Holds)] = &[("title", Data), ("version", Data)];
const SERVER: &[(&str, Holds)] = &[("url", Data), ("variables", Map(Kind::ServerVariable))];
const SERVER_VARIABLE: &[(&str, Holds)] = &[("enum", Data), ("default", Data)];
const TAG: &[(&str, Holds)] = &[("name", Data)];
const PATH_ITEM: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("servers", List(Kind::Server)),
    ("parameters", Set(Kind::Parameter)),
    ("get", One(Kind::Operation)),
    ("head", One(Kind::Operation)),
    ("post", One(Kind::Operation)),
    ("put", One(Kind::Operation)),
    ("patch", One(Kind::Operation)),
    ("delete", One(Kind::Operation)),
    ("options", One(Kind::Operation)),
    ("trace", One(Kind::Operation)),
];
const OPERATION: &[(&str, Holds)] = &[
    ("operationId", Data),
    ("tags", Names),
    ("deprecated", Data),
    ("x-sunset", Data),
    ("x-stability-level", Data),
    ("servers", List(Kind::Server)),
    ("security", Data),
    ("parameters", Set(Kind::Parameter)),
    ("requestBody", One(Kind::RequestBody)),
    ("responses", ExtensibleMap(Kind::Response)),
];
const PARAMETER: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("name", Data),
    ("in", Data),
    ("required", Data),
    ("deprecated", Data),
    ("x-sunset", Data),
    ("x-stability-level", Data),
    ("style", Data),
    ("explode", Data),
    ("allowReserved", Data),
    ("allowEmptyValue", Data),
    ("schema", One(Kind::Schema)),
    ("content", Map(Kind::MediaType)),
];
const REQUEST_BODY: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("required", Data),
    ("content", Map(Kind::MediaType)),
];
const MEDIA_TYPE: &[(&str, Holds)] = &[
    ("schema", One(Kind::Schema)),
    ("encoding", Map(Kind::Encoding)),
];
const ENCODING: &[(&str, Holds)] = &[
    ("contentType", Data),
    ("style", Data),
    ("explode", Data),
    ("allowReserved", Data),
    ("headers", Map(Kind::Header)),
];
const RESPONSE: &[(&str, Holds)] = &[
    ("$ref", Data),
    // Prose, but the format demands it: the reduction puts the status's own
    // reason phrase there.
    ("description", Data),
    ("headers", Map(Kind::Header)),
    ("content", Map(Kind::MediaType)),
];
const HEADER: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("required", Data),
    ("deprecated", Data),
    ("style", Data),
    ("explode", Data),
    ("schema", One(Kind::Schema)),
    ("content", Map(Kind::MediaType)),
];
const COMPONENTS: &[(&str, Holds)] = &[
    ("securitySchemes", Map(Kind::SecurityScheme)),
    ("parameters", Map(Kind::Parameter)),
    ("headers", Map(Kind::Header)),
    ("requestBodies", Map(Kind::RequestBody)),
    ("responses", Map(Kind::Response)),
    ("schemas", Map(Kind::Schema)),
];
const SECURITY_SCHEME: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("type", Data),
    ("scheme", Data),
    ("bearerFormat", Data),
    ("in", Data),
    ("name", Data),
    ("openIdConnectUrl", Data),
    ("flows", One(Kind::OAuthFlows)),
];
const OAUTH_FLOWS: &[(&str, Holds)] = &[
    ("implicit", One(Kind::OAuthFlow)),
    ("password", One(Kind::OAuthFlow)),
    ("clientCredentials", One(Kind::OAuthFlow)),
    ("authorizationCode", One(Kind::OAuthFlow)),
];
const OAUTH_FLOW: &[(&str, Holds)] = &[
    ("authorizationUrl", Data),
    ("tokenUrl", Data),
    ("refreshUrl", Data),
    // Scope names with prose behind them; the reduction empties the prose.
    ("scopes", Data),
];
const SCHEMA: &[(&str, Holds)] = &[
    ("$ref", Data),
    ("type", Data),
    ("format", Data),
    ("nullable", Data),
    ("readOnly", Data),
    ("writeOnly", Data),
    ("deprecated", Data),
    ("x-sunset", Data),
    ("x-stability-level", Data),
    ("x-sensitive", Names),
    ("enum", Data),
    ("default", Data),
    ("multipleOf", Data),
    ("minimum", Data),
    ("exclusiveMinimum", Data),
    ("maximum", Data),
    ("exclusiveMaximum", Data),
    ("minLength", Data),
    ("maxLength", Data),
    ("pattern", Data),
    ("minItems", Data),
    ("maxItems", Data),
    ("uniqueItems", Data),
    ("minProperties", Data),
    ("maxProperties", Data),
    ("items", One(Kind::Schema)),
    ("allOf", List(Kind::Schema)),
    ("oneOf", List(Kind::Schema)),
    ("anyOf", List(Kind::Schema)),
    ("not", One(Kind::Schema)),
    ("discriminator", One(Kind::Discriminator)),
    ("required", Names),
    ("properties", Map(Kind::Schema)),
    ("additionalProperties", SchemaOrFlag),
];
const DISCRIMINATOR: &[(&str, Holds)] = &[("propertyName", Data), ("mapping", Data)];

impl Kind {
    /// The keywords that state facts, in the order in which they are written.
    pub fn keywords(self) -> &'static [(&'static str, Holds)] {
        match self {
            Self::Root => ROOT,
            Self::Info => INFO,
            Self::Server => SERVER,
            Self::ServerVariable => SERVER_VARIABLE,
            Self::Tag => TAG,
            Self::PathItem => PATH_ITEM,
            Self::Operation => OPERATION,
            Self::Parameter => PARAMETER,
            Self::RequestBody => REQUEST_BODY,
            Self::MediaType => MEDIA_TYPE,
            Self::Encoding => ENCODING,
            Self::Response => RESPONSE,
            Self::Header => HEADER,
            Self::Components => COMPONENTS,
            Self::SecurityScheme => SECURITY_SCHEME,
            Self::OAuthFlows => OAUTH_FLOWS,
            Self::OAuthFlow => OAUTH_FLOW,
            Self::Schema => SCHEMA,
            Self::Discriminator => DISCRIMINATOR,
        }
    }

    /// Whether the object may be a `$ref` instead, and nothing beside it then
    /// counts. Schemas are apart: the platform writes `deprecated` next to
    /// their `$ref`, which is a fact worth keeping.
    pub fn is_replaced_by_ref(self) -> bool {
        self.component_folder().is_some() && self != Self::Schema
    }

    /// The part of `components` that a `$ref` to this kind points into.
    pub fn component_folder(self) -> Option<&'static str> {
        match self {
            Self::Schema => Some("schemas"),
            Self::Parameter => Some("parameters"),
            Self::Response => Some("responses"),
            Self::RequestBody => Some("requestBodies"),
            Self::Header => Some("headers"),
            Self::SecurityScheme => Some("securitySchemes"),
            _ => None,
        }
    }
}

/// Keywords that OpenAPI 3.0 knows and that state no fact about requests and responses, wherever they
/// stand. The reduction drops them.
const PROSE: &[&str] = &[
    "callbacks",
    "contact",
    "description",
    "example",
    "examples",
    "externalDocs",
    "license",
    "links",
    "summary",
    "termsOfService",
    "title",
    "xml",
];

/// Whether a keyword is dropped because it states no fact. Any other one that is not in the tables
/// may state a fact that nothing here knows.
pub fn is_prose(keyword: &str) -> bool {
    PROSE.contains(&keyword) || is_extension(keyword)
}

/// Whether a key of an [`Holds::ExtensibleMap`] is an extension, not a name.
pub fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}
