use super::*;

fn classes(rule: Rule) -> [Class; 3] {
    [Directions::REQUEST, Directions::RESPONSE, Directions::BOTH].map(|d| rule.class(d))
}

#[test]
fn each_rule_has_exactly_one_row_with_a_reason() {
    for (index, row) in TABLE.iter().enumerate() {
        assert_eq!(row.rule as usize, index);
        assert!(!row.reason.is_empty());
        assert!(row.kind.chars().all(|c| c == '_' || c.is_ascii_lowercase()));
    }
}

#[test]
fn what_is_not_carried_breaks_nobody() {
    for row in TABLE {
        assert_eq!(row.rule.class(Directions::default()), A);
    }
}

#[test]
fn the_worse_direction_decides() {
    for row in TABLE {
        let [request, response, both] = classes(row.rule);
        assert_eq!(both, request.max(response));
    }
}

#[test]
fn direction_matters_where_it_should() {
    use Rule::*;
    let request_only = [
        RequiredPropertyAdded,
        PropertyNowRequired,
        EnumValueRemoved,
        NoLongerNullable,
        Tightened,
        Altered,
        DefaultChanged,
        DefaultRemoved,
        VariantRemoved,
        NowReadOnly,
    ];
    for rule in request_only {
        assert_eq!(classes(rule), [B, A, B], "{rule:?}");
    }
    let response_only = [
        PropertyNowOptional,
        NowNullable,
        MapWidened,
        VariantAdded,
        NowWriteOnly,
    ];
    for rule in response_only {
        assert_eq!(classes(rule), [A, B, B], "{rule:?}");
    }
}

#[test]
fn some_break_always() {
    use Rule::*;
    for rule in [
        OperationRemoved,
        OperationRenamed,
        OperationMoved,
        ParameterRemoved,
        ParameterRenamed,
        RequiredParameterAdded,
        ParameterNowRequired,
        ParameterEncodingChanged,
        BodyRemoved,
        RequiredBodyAdded,
        BodyNowRequired,
        BodyTypeChanged,
        BodyMediaTypeRemoved,
        BodyEncodingChanged,
        SuccessRemoved,
        SuccessAdded,
        ResponseTypeChanged,
        ResponseMediaTypeRemoved,
        HeaderRemoved,
        HeaderNowOptional,
        SchemaRemoved,
        PropertyRemoved,
        TypeChanged,
        FormatChanged,
        DiscriminatorChanged,
        ServerRemoved,
        SecurityRemoved,
        SecuritySchemeChanged,
    ] {
        assert_eq!(classes(rule), [B, B, B], "{rule:?}");
    }
}

#[test]
fn some_never_break() {
    use Rule::*;
    for rule in [
        OperationAdded,
        ParameterAdded,
        ParameterNowOptional,
        BodyAdded,
        BodyNowOptional,
        BodyMediaTypeAdded,
        ErrorRemoved,
        ErrorAdded,
        ResponseMediaTypeAdded,
        HeaderAdded,
        HeaderNowRequired,
        SchemaAdded,
        PropertyAdded,
        EnumValueAdded,
        Loosened,
        DefaultAdded,
        NoLongerReadOnly,
        NoLongerWriteOnly,
        Deprecated,
        SunsetChanged,
        StabilityChanged,
        SensitiveChanged,
        OperationTagsChanged,
        TagRemoved,
        TagAdded,
        ServerAdded,
        SecurityAdded,
        VersionChanged,
    ] {
        assert_eq!(classes(rule), [A, A, A], "{rule:?}");
    }
}
