//! Any text in paths and queries.

use super::*;

/// What RFC 3986 leaves unreserved stands for itself.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[tokio::test]
async fn any_id_is_one_path_segment() {
    let texts = [
        "a/b",
        "a b",
        "100%",
        "../x",
        "x/..",
        "..\\x",
        "?x=1",
        "#x",
        "%2e%2e",
        "%2F",
        "ä€𝄞",
        "a\u{0}b",
        "line\r\nbreak",
        "a+b&c=d;e",
        "...",
        "~.-_",
    ];
    let server = Server::start().await;
    let client = server.client();
    let mut parameters = 0;
    for operation in spec::operations() {
        for (parameter, text) in text_parameters(operation).flat_map(|p| texts.map(|t| (p, t))) {
            parameters += 1;
            let mut request = sampled::request(operation, &Options::default().required_only());
            request
                .arguments
                .0
                .insert(parameter.to_owned(), text.into());
            answer(&server, operation, &Options::default());
            call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            let seen = server.taken_one();
            let template: Vec<&str> = operation.path.split('/').collect();
            let found: Vec<&str> = seen.path.split('/').collect();
            assert_eq!(
                template.len(),
                found.len(),
                "{} {parameter}: {}",
                operation.id,
                seen.path
            );
            for (template, found) in template.iter().zip(found) {
                if *template == format!("{{{parameter}}}") {
                    assert_eq!(percent_decode_str(found).decode_utf8().unwrap(), text);
                    assert_eq!(found, utf8_percent_encode(text, SEGMENT).to_string());
                }
            }
        }
    }
    assert!(parameters > 300 * texts.len(), "{parameters}");
}

fn text_parameters(operation: &'static spec::Operation) -> impl Iterator<Item = &'static str> {
    operation
        .path_parameters()
        .filter(|parameter| spec::resolve(parameter.schema)["type"] == "string")
        .map(|parameter| parameter.name)
}

#[tokio::test]
async fn an_id_that_no_segment_can_carry_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let client = server.client();
    for operation in spec::operations() {
        for (parameter, text) in
            text_parameters(operation).flat_map(|p| ["", ".", ".."].map(|t| (p, t)))
        {
            let mut request = sampled::request(operation, &Options::default());
            request
                .arguments
                .0
                .insert(parameter.to_owned(), text.into());
            let error = call(&client, operation.id, &request.arguments)
                .await
                .unwrap_err()
                .client();
            let Error::InvalidRequest(fault) = &error else {
                panic!("{} {parameter}: {error}", operation.id);
            };
            let InvalidRequest::PathParameter(name) = ***fault else {
                panic!("{} {parameter}: {error}", operation.id);
            };
            assert_eq!(name, parameter, "{}", operation.id);
            assert_eq!(error.route().id, operation.id);
            assert_eq!(error.attempts(), 0);
        }
    }
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn any_text_can_be_a_query_value() {
    let text = "a&b=c #+ü%20/?\u{0}\r\n;";
    let server = Server::start().await;
    let client = server.client();
    let mut parameters = 0;
    for operation in spec::operations() {
        for parameter in operation.query_parameters() {
            let schema = spec::resolve(parameter.schema);
            let value = match (&schema["type"], &schema["format"]) {
                (_, format) if format == "date-time" => continue,
                (kind, _) if kind == "string" => json!(text),
                (kind, _) if kind == "array" => json!([text, "", text]),
                _ => continue,
            };
            parameters += 1;
            let mut request = sampled::request(operation, &Options::default());
            request
                .arguments
                .0
                .insert(parameter.name.to_owned(), value.clone());
            request.query.retain(|(name, _)| name != parameter.name);
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
            let pairs = values
                .iter()
                .map(|v| (parameter.name.to_owned(), v.as_str().unwrap().to_owned()));
            request.query.extend(pairs);
            request.query.sort_by(|a, b| a.0.cmp(&b.0));
            answer(&server, operation, &Options::default());
            call(&client, operation.id, &request.arguments)
                .await
                .unwrap();
            let seen = server.taken_one();
            assert_eq!(
                seen.query, request.query,
                "{} {}",
                operation.id, parameter.name
            );
            assert_eq!(seen.path, request.path);
        }
    }
    assert!(parameters > 30, "{parameters}");
}
