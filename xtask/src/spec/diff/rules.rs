//! What each difference means for callers, and why.
//!
//! This table is the only place that decides. "Breaks" is judged for a
//! program that uses the typed client of the older document against the newer
//! interface, or that is compiled anew after the client was made again.

/// What a change means for callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Callers go on as they are.
    Additive,
    /// Some caller fails, or does something else than before.
    Breaking,
}

/// Which way a value travels at the place of a change.
///
/// A named schema travels in a direction only if operations of both documents
/// carry it that way: one that ceased to be carried was replaced somewhere,
/// and that place has a change of its own; one that is newly carried has no
/// callers yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Directions {
    /// Callers send it.
    pub request: bool,
    /// Callers receive it.
    pub response: bool,
}

impl Directions {
    /// Sent.
    pub const REQUEST: Self = Self {
        request: true,
        response: false,
    };
    /// Received.
    pub const RESPONSE: Self = Self {
        request: false,
        response: true,
    };
    /// Sent and received; also for what is not a value at all.
    pub const BOTH: Self = Self {
        request: true,
        response: true,
    };
}

struct Row {
    rule: Rule,
    kind: &'static str,
    request: Class,
    response: Class,
    reason: &'static str,
}

use Class::{Additive as A, Breaking as B};

macro_rules! rules {
    ($($rule:ident $kind:literal $request:ident $response:ident $reason:literal;)*) => {
        /// A kind of difference, as fine as is needed to class it.
        ///
        /// The table below gives for each: the kind that is reported, the
        /// class where the value is sent, the class where it is received, and
        /// the reason.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs)] // each row's reason documents it
        pub enum Rule { $($rule,)* }

        const TABLE: &[Row] = &[$(Row {
            rule: Rule::$rule,
            kind: $kind,
            request: $request,
            response: $response,
            reason: $reason,
        },)*];
    };
}

rules! {
    // rule                  reported kind                sent, received, reason
    OperationRemoved         "operation_removed"          B B "calls to it fail";
    OperationRenamed         "operation_renamed"          B B "the client's method is named after the ID";
    OperationMoved           "operation_moved"            B B "calls to the old method and path fail";
    OperationAdded           "operation_added"            A A "nothing that exists changes";
    ParameterRemoved         "parameter_removed"          B B "what callers pass has no effect anymore, and the client's setter is removed";
    ParameterRenamed         "parameter_renamed"          B B "the client's setter is named after it";
    RequiredParameterAdded   "parameter_added"            B B "calls without it are rejected";
    ParameterAdded           "parameter_added"            A A "calls without it stay valid";
    ParameterNowRequired     "parameter_required"         B B "calls without it are rejected";
    ParameterNowOptional     "parameter_required"         A A "calls with it stay valid";
    ParameterEncodingChanged "parameter_encoding_changed" B B "the same value is written in another way";
    BodyRemoved              "request_body_removed"       B B "what callers send is not read anymore";
    RequiredBodyAdded        "request_body_added"         B B "calls without a body are rejected";
    BodyAdded                "request_body_added"         A A "calls without a body stay valid";
    BodyNowRequired          "request_body_required"      B B "calls without a body are rejected";
    BodyNowOptional          "request_body_required"      A A "calls with a body stay valid";
    BodyTypeChanged          "request_body_changed"       B B "callers send another type";
    BodyMediaTypeRemoved     "request_media_type_removed" B B "bodies in this format are rejected";
    BodyMediaTypeAdded       "request_media_type_added"   A A "bodies in the other formats stay valid";
    BodyEncodingChanged      "request_encoding_changed"   B B "the same body is written in another way";
    SuccessRemoved           "response_removed"           B B "the typed response is removed with it";
    ErrorRemoved             "response_removed"           A A "one error less to expect";
    SuccessAdded             "response_added"             B B "an unexpected response is an error for the client";
    ErrorAdded               "response_added"             A A "unlisted statuses are already errors for the client";
    ResponseTypeChanged      "response_type_changed"      B B "callers receive another type";
    ResponseMediaTypeRemoved "response_media_type_removed" B B "the client reads the format that it knows";
    ResponseMediaTypeAdded   "response_media_type_added"  A A "the previous formats are still offered";
    HeaderRemoved            "response_header_removed"    B B "callers who read it miss it";
    HeaderAdded              "response_header_added"      A A "headers that are not known are ignored";
    HeaderNowOptional        "response_header_required"   B B "callers may see it missing";
    HeaderNowRequired        "response_header_required"   A A "callers who handle its absence are not affected";
    SchemaRemoved            "schema_removed"             B B "the client's type is removed with it";
    SchemaAdded              "schema_added"               A A "nothing that exists changes";
    PropertyRemoved          "property_removed"           B B "callers set or read it, and the client's field is removed";
    RequiredPropertyAdded    "property_added"             B A "requests without it are rejected; in responses, unknown fields are ignored";
    PropertyAdded            "property_added"             A A "requests without it stay valid, and responses with it are still understood";
    PropertyNowRequired      "property_required"          B A "requests without it are rejected; responses only become more certain";
    PropertyNowOptional      "property_required"          A B "requests with it stay valid; a client may see it missing in responses";
    TypeChanged              "type_changed"               B B "the value has another shape on the wire or another type in the client";
    FormatChanged            "format_changed"             B B "the client's type follows the format";
    EnumValueRemoved         "enum_value_removed"         B A "requests with it are rejected; responses only lose a case";
    EnumValueAdded           "enum_value_added"           A A "the client's enums are open, so unknown values survive";
    NowNullable              "nullable"                   A B "requests without null stay valid; a client may not expect null in responses";
    NoLongerNullable         "nullable"                   B A "requests with null are rejected; responses only become more certain";
    Tightened                "constraint_changed"         B A "requests outside the new bound are rejected; the client does not check responses";
    Altered                  "constraint_changed"         B A "requests that were valid may be rejected; the client does not check responses";
    Loosened                 "constraint_changed"         A A "every request that was valid still is; the client does not check responses";
    MapWidened               "constraint_changed"         A B "every request that was valid still is; in responses the values have no known type anymore";
    DefaultChanged           "default_changed"            B A "requests that omit it behave differently than before";
    DefaultRemoved           "default_changed"            B A "requests that omit it have no documented effect anymore";
    DefaultAdded             "default_changed"            A A "it documents the effect of omitting it, which was undocumented";
    VariantRemoved           "variant_removed"            B A "requests of this form are rejected; responses only lose a case";
    VariantAdded             "variant_added"              A B "the other forms stay valid in requests; a closed union fails on an unknown form";
    DiscriminatorChanged     "discriminator_changed"      B B "the forms of a union are distinguished in another way";
    NowReadOnly              "read_only"                  B A "requests that set it are rejected or ignored";
    NoLongerReadOnly         "read_only"                  A A "requests without it stay valid";
    NowWriteOnly             "write_only"                 A B "responses do not contain it anymore";
    NoLongerWriteOnly        "write_only"                 A A "responses only contain more";
    Deprecated               "deprecated"                 A A "it works until it is removed";
    SunsetChanged            "sunset_changed"             A A "a date for plans, not a change of behaviour";
    StabilityChanged         "stability_changed"          A A "a promise, not a change of behaviour";
    SensitiveChanged         "sensitive_changed"          A A "a note on what to keep out of logs; the wire is the same";
    OperationTagsChanged     "operation_tags_changed"     A A "grouping only";
    TagRemoved               "tag_removed"                A A "grouping only";
    TagAdded                 "tag_added"                  A A "grouping only";
    ServerRemoved            "server_removed"             B B "calls to it fail";
    ServerAdded              "server_added"               A A "the previous servers are still offered";
    SecurityRemoved          "security_removed"           B B "callers who authenticate in this way are rejected";
    SecurityAdded            "security_added"             A A "the previous ways to authenticate are still offered";
    SecuritySchemeChanged    "security_scheme_changed"    B B "callers authenticate in another way";
    VersionChanged           "version_changed"            A A "a label";
}

impl Rule {
    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.rule == self)
    }

    /// The kind that is reported.
    pub fn kind(self) -> &'static str {
        self.row().map_or("unknown", |row| row.kind)
    }

    /// Why it has its class.
    pub fn reason(self) -> &'static str {
        self.row().map_or("", |row| row.reason)
    }

    /// The worse of the classes in the directions that apply. Where no call
    /// carries the value, no caller can notice.
    pub fn class(self, directions: Directions) -> Class {
        let Some(row) = self.row() else {
            return B;
        };
        let request = directions.request.then_some(row.request);
        let response = directions.response.then_some(row.response);
        request.max(response).unwrap_or(A)
    }

    /// Order in reports: that of the table, rules of one kind together.
    pub fn rank(self) -> usize {
        let kind = self.kind();
        TABLE
            .iter()
            .position(|row| row.kind == kind)
            .unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
