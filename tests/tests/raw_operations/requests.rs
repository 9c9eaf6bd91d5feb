//! What leaves the process.

use super::*;

#[tokio::test]
async fn requests_are_what_the_interface_says() {
    let server = Server::start().await;
    let client = server.client();
    let mut faults = Vec::new();
    for (name, options) in samplings() {
        for operation in spec::operations() {
            let request = sampled::request(operation, &options);
            answer(&server, operation, &options);
            let reply = call(&client, operation.id, &request.arguments).await;
            if let Err(failure) = reply {
                faults.push(format!("{} ({name}): {failure:?}", operation.id));
            }
            for fault in request_faults(operation, &request, &server.taken()) {
                faults.push(format!("{} ({name}): {fault}", operation.id));
            }
        }
    }
    assert_none(&faults);
}

fn request_faults(operation: &spec::Operation, due: &Request, seen: &[Seen]) -> Vec<String> {
    let [seen] = seen else {
        return vec![format!("{} requests were sent", seen.len())];
    };
    let mut faults = Vec::new();
    let mut same = |what: &str, found: &dyn PartialEqText, due: &dyn PartialEqText| {
        if found.text() != due.text() {
            faults.push(format!("{what} is {}, not {}", found.text(), due.text()));
        }
    };
    same("the method", &seen.method, &due.method);
    same("the path", &seen.path, &due.path);
    same("the query", &seen.query, &due.query);
    let answers_json =
        operation.json_success().is_some() || operation.successes().all(|(_, body)| body.is_none());
    let accept = if answers_json {
        "application/json"
    } else {
        "*/*"
    };
    same("accept", &seen.header("accept"), &Some(accept));
    same(
        "authorization",
        &seen.header("authorization"),
        &Some("Bearer test-key"),
    );
    same("api-version", &seen.header("api-version"), &None::<&str>);
    if operation.id == BY_HAND {
        return faults;
    }
    let media_type = due.body.as_ref().map(|_| "application/json");
    same("content-type", &seen.header("content-type"), &media_type);
    match &due.body {
        Some(body) => faults.extend(differences(body, &seen.json())),
        None if seen.body.is_empty() => {}
        None => faults.push(format!("a body of {} bytes was sent", seen.body.len())),
    }
    faults
}

trait PartialEqText {
    fn text(&self) -> String;
}

impl<T: std::fmt::Debug> PartialEqText for T {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}

#[tokio::test]
async fn a_multipart_body_holds_each_part_whole() {
    let server = Server::start().await;
    let client = server.client();
    let operation = spec::operation(BY_HAND);
    let parts = sampled::function_deployment();
    let mut names: Vec<&str> = parts
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    let schema = spec::resolve(operation.body.unwrap().schema);
    let declared: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(declared, names, "a part has no test");

    for given in [&names[..], &["zip"], &["runtime"], &["environment"]] {
        let mut request = sampled::request(operation, &Options::default());
        let mut body = parts.clone();
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| given.contains(&name.as_str()));
        request.arguments.0.insert("body".to_owned(), body.clone());
        answer(&server, operation, &Options::default());
        call(&client, BY_HAND, &request.arguments).await.unwrap();
        let seen = server.taken_one();
        let content_type = seen.header("content-type").unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let found = form_parts(&seen.body, boundary);
        assert_eq!(found.len(), given.len(), "{found:?}");
        for (head, content) in found {
            let name = given
                .iter()
                .find(|name| head.contains(&format!("name=\"{name}\"")))
                .unwrap_or_else(|| panic!("{head}"));
            assert_eq!(head.contains("filename="), *name == "zip", "{head}");
            let due = body[*name].as_str().unwrap();
            if *name == "environment" {
                let content: Value = serde_json::from_str(&content).unwrap();
                assert_eq!(content, serde_json::from_str::<Value>(due).unwrap());
            } else {
                assert_eq!(content, due);
            }
        }
    }

    let mut nothing = sampled::request(operation, &Options::default());
    nothing.arguments.0.insert("body".to_owned(), json!({}));
    let error = call(&client, BY_HAND, &nothing.arguments)
        .await
        .unwrap_err()
        .client();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert!(server.taken().is_empty());
}

/// Head and content of each part, by RFC 2046.
fn form_parts(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let text = format!("\r\n{text}");
    let mut parts: Vec<&str> = text.split(&format!("\r\n--{boundary}")).collect();
    assert_eq!(parts.remove(0), "", "there is a preamble");
    assert_eq!(parts.pop(), Some("--\r\n"), "the form does not end");
    parts
        .into_iter()
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), content.to_owned())
        })
        .collect()
}
