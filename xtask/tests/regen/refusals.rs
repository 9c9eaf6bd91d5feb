//! What cannot be read is refused, with nothing written.

use super::*;

/// Bad input: one line, code 2, nothing written, in both commands that read.
fn refused(bytes: impl AsRef<[u8]>, expected: &str) {
    let desk = Desk::new();
    let path = desk.input(bytes);
    let run = desk.run(&["regen-spec", "--from", &path]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.only_line(), format!("error: {path}: {expected}"));
    assert!(!desk.openapi().exists());

    desk.input(small().to_string());
    desk.run(&["regen-spec", "--from", &path]);
    let good = files(&desk.openapi());
    // The input now lies under another name, next to what is vendored.
    let bad = desk.dir.path().join("bad.json");
    fs::write(&bad, "x").unwrap();
    let bad = bad.display().to_string();
    assert_eq!(desk.run(&["regen-spec", "--from", &bad]).code, 2);
    assert_eq!(desk.run(&["check-spec", "--from", &bad]).code, 2);
    assert_eq!(files(&desk.openapi()), good);
}

fn refused_edit(edit: impl Fn(&mut Value), expected: &str) {
    let mut value = small();
    edit(&mut value);
    refused(value.to_string(), expected);
}

#[test]
fn files_that_are_no_documents() {
    refused("", "is empty");
    refused("<!DOCTYPE html><html></html>", "is HTML or XML, not JSON");
    refused("[]", "is not a JSON object at /");
    refused(b"\xff\xfe", "is not UTF-8 text");
    let text = small().to_string();
    refused(
        &text[..text.len() / 2],
        &format!(
            "the JSON is cut off: EOF while parsing an object at line 1 column {}",
            text.len() / 2
        )
        .replace("an object", found_context(&text[..text.len() / 2])),
    );
}

/// What the parser was in the middle of.
fn found_context(text: &str) -> &'static str {
    let error = serde_json::from_str::<Value>(text).unwrap_err().to_string();
    ["an object", "a string", "a list", "a value"]
        .into_iter()
        .find(|context| error.contains(context))
        .unwrap()
}

#[test]
fn other_formats() {
    refused(
        r#"{"swagger": "2.0"}"#,
        "this is Swagger 2.0, where OpenAPI 3.0 is needed at /swagger",
    );
    refused_edit(
        |d| d["openapi"] = json!("3.1.0"),
        "this is OpenAPI 3.1.0, where 3.0 is needed: lists of types, `const`, `null` as a type, and numbers as exclusive bounds have no rules yet; lower the document to 3.0 first, with one type and `nullable` at /openapi",
    );
    refused("{}", "no OpenAPI version is stated at /openapi");
    refused_edit(
        |d| {
            d.as_object_mut().unwrap().remove("paths");
        },
        "there are no paths at /paths",
    );
    refused_edit(|d| d["paths"] = json!([]), "is not an object at /paths");
    refused_edit(
        |d| d["info"] = json!({"title": "x"}),
        "`info` has no version at /info/version",
    );
}

#[test]
fn broken_references() {
    let place = |d: &mut Value, to: &str| {
        d["components"]["schemas"]["Thing"]["properties"]["state"] = json!({"$ref": to});
    };
    let at = "at /components/schemas/Thing/properties/state/$ref";
    refused_edit(
        |d| place(d, "#/components/schemas/Nothing"),
        &format!("`$ref` cannot be resolved: `#/components/schemas/Nothing` {at}"),
    );
    refused_edit(
        |d| place(d, "other.json#/State"),
        &format!("`$ref` leaves the document: `other.json#/State` {at}"),
    );
    refused_edit(
        |d| place(d, "#/components/parameters/Limit"),
        &format!(
            "`$ref` leads to something other than schemas: `#/components/parameters/Limit` {at}"
        ),
    );
    refused_edit(
        |d| d["components"]["schemas"]["Thing"]["properties"]["state"] = json!({"$ref": 1}),
        &format!("`$ref` is not a string {at}"),
    );
    refused_edit(
        |d| d["components"]["schemas"]["Thing"]["properties"]["state"] = json!(1),
        "is not an object at /components/schemas/Thing/properties/state",
    );
    refused_edit(
        |d| {
            d["components"]["schemas"]["Form"]["discriminator"]["mapping"]["round"] =
                json!("#/nowhere");
        },
        "a discriminator cannot be resolved: `#/nowhere` at /components/schemas/Form/discriminator/mapping/round",
    );
}

#[test]
fn references_in_a_circle() {
    let mut value = small();
    value["components"]["schemas"]["Loop"] = json!({"$ref": "#/components/schemas/Loop"});
    refused(
        value.to_string(),
        "`$ref` goes in a circle: `#/components/schemas/Loop` at /components/schemas/Loop/$ref",
    );
}

#[test]
fn broken_operations() {
    refused_edit(
        |d| {
            d["paths"]["/things"]["post"]
                .as_object_mut()
                .unwrap()
                .remove("operationId");
        },
        "an operation without an ID at /paths/~1things/post/operationId",
    );
    refused_edit(
        |d| d["paths"]["/things"]["post"]["operationId"] = json!("getThing"),
        "the operation ID `getThing` is also at /paths/~1things~1{id}/get/operationId at /paths/~1things/post/operationId",
    );
    refused_edit(
        |d| {
            d["paths"]["/things"]["post"]
                .as_object_mut()
                .unwrap()
                .remove("responses");
        },
        "an operation without responses at /paths/~1things/post/responses",
    );
}

#[test]
fn broken_parameters() {
    let parameter =
        |place: &str| json!([{"name": "x", "in": place, "required": true, "schema": {}}]);
    refused_edit(
        |d| d["paths"]["/things"]["post"]["parameters"] = parameter("path"),
        "the parameter `x` is not in the path at /paths/~1things/post",
    );
    refused_edit(
        |d| {
            d["paths"]["/things/{other}"] =
                json!({"get": {"operationId": "g", "responses": {"200": {"description": "x"}}}});
        },
        "the path's parameter `other` is not declared at /paths/~1things~1{other}/get",
    );
    refused_edit(
        |d| d["paths"]["/things"]["post"]["parameters"] = parameter("somewhere"),
        "a parameter in an unknown place at /paths/~1things/post/parameters/0/in",
    );
    refused_edit(
        |d| {
            let list = d["paths"]["/things/{id}"]["get"]["parameters"]
                .as_array_mut()
                .unwrap();
            list.push(json!({"name": "limit", "in": "query", "schema": {}}));
        },
        "the query parameter `limit` occurs twice at /paths/~1things~1{id}/get/parameters/2",
    );
    refused_edit(
        |d| d["paths"]["/things/{id}"]["parameters"][0]["required"] = json!(false),
        "a path parameter that is not required at /paths/~1things~1{id}/parameters/0",
    );
    refused_edit(
        |d| d["paths"]["/a/{b"] = json!({}),
        "a path template with `{` without `}` at /paths/~1a~1{b",
    );
}

/// What the reduction does not know, it would drop with all that it states.
#[test]
fn keywords_that_are_not_known() {
    let schema = |keyword: &'static str| {
        move |d: &mut Value| d["components"]["schemas"]["Thing"][keyword] = json!({})
    };
    for keyword in ["const", "patternProperties", "prefixItems", "if", "$defs"] {
        refused_edit(
            schema(keyword),
            &format!(
                "the keyword `{keyword}` is not known here: state the same by keywords of OpenAPI \
                 3.0, or add it to xtask/src/spec/grammar.rs, as a fact or as prose at \
                 /components/schemas/Thing/{keyword}"
            ),
        );
    }
    for place in ["/paths/~1things/post", "/paths/~1things", "/info", ""] {
        let desk = Desk::new();
        let mut value = small();
        value.pointer_mut(place).unwrap()["styled"] = json!(true);
        let run = desk.regen(&value);
        assert_eq!(run.code, 2, "{place}");
        let line = run.only_line();
        assert!(
            line.ends_with(&format!("as prose at {place}/styled")),
            "{line}"
        );
    }
}

#[test]
fn a_token_in_a_url_is_not_printed() {
    let desk = Desk::new();
    for url in [
        " https://127.0.0.1:1/v2.json?token=hidden",
        "ftp://user:hidden@127.0.0.1/v2.json",
        "127.0.0.1/v2.json?token=hidden",
        "https://user:hidden@[/v2.json",
    ] {
        for arguments in [
            &["regen-spec", "--from", url][..],
            &["check-spec", "--base", "/does/not/exist", "--from", url],
            &["regen-spec", url],
            &["regen-spec", &format!("--form={url}")],
        ] {
            let run = desk.run(arguments);
            assert_eq!(run.code, 2, "{arguments:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains("hidden"), "{said}");
        }
    }
}

#[test]
fn prose_may_be_broken() {
    let desk = Desk::new();
    let mut value = small();
    value["components"]["examples"] = json!({"x": {"$ref": "nowhere"}});
    value["paths"]["/things"]["post"]["x-thing"] = json!({"$ref": "#/nowhere"});
    value["components"]["schemas"]["Thing"]["example"] = json!({"$ref": "#/nowhere"});
    value["paths"]["x-extension"] = json!("anything");
    assert_eq!(desk.regen(&value).code, 0);
}

#[test]
fn several_failures_have_a_line_each() {
    let desk = Desk::new();
    let mut value = small();
    for index in 0..30 {
        value["components"]["schemas"][format!("Bad{index}")] = json!({"$ref": "#/nowhere"});
    }
    let run = desk.regen(&value);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr.lines().count(), 21);
    assert!(run.stderr.lines().all(|line| line.starts_with("error: ")));
    assert!(run.stderr.trim_end().ends_with("and 10 more like these"));
}

#[test]
fn missing_files() {
    let desk = Desk::new();
    let run = desk.run(&["regen-spec", "--from", "/does/not/exist.json"]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.only_line(),
        "error: /does/not/exist.json: could not read: no such file"
    );
    let folder = desk.dir.path().display().to_string();
    let run = desk.run(&["regen-spec", "--from", &folder]);
    assert_eq!(run.only_line(), format!("error: {folder}: is a folder"));
    let run = desk.run(&["check-spec", "--from", &desk.input(small().to_string())]);
    assert_eq!(run.code, 2, "without a base nothing can be compared");
    assert!(
        run.only_line()
            .ends_with("v2.json: could not read: no such file")
    );
    assert!(!desk.openapi().exists());
}

#[test]
fn oversized_files() {
    let desk = Desk::new();
    let path = desk.dir.path().join("large.json");
    fs::File::create(&path)
        .unwrap()
        .set_len(64 * 1024 * 1024 + 1)
        .unwrap();
    let path = path.display().to_string();
    let run = desk.run(&["regen-spec", "--from", &path]);
    assert_eq!(
        run.only_line(),
        format!("error: {path}: is larger than 64 MiB")
    );
}

#[test]
fn usage_errors_could_not_check() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["check-spec", "--format", "yaml"]).code, 2);
    assert_eq!(desk.run(&["no-such-command"]).code, 2);
    assert_eq!(desk.run(&["--help"]).code, 0);
}

/// The document of another API, or of this one at another place.
#[test]
fn another_api_is_refused() {
    let desk = Desk::new();
    let path = desk.input(small().to_string());
    let run = |path: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["regen-spec", "--from", path, "--openapi-dir"])
            .arg(desk.openapi())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, complaint) = run(&path);
    assert_eq!(code, Some(2));
    assert!(
        complaint.contains("describes another API: its title is `Small`"),
        "{complaint}"
    );
    let mut document = json_data("upstream-late-november.json");
    document["servers"][0]["url"] = json!("https://example.com/api/v2");
    let (code, complaint) = run(&desk.input(document.to_string()));
    assert_eq!(code, Some(2));
    assert!(complaint.contains("example.com"), "{complaint}");
    assert!(files(&desk.openapi()).is_empty());
    assert_eq!(run(&data_path("upstream-late-november.json")).0, Some(0));
}
