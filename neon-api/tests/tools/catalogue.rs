//! What is listed: schemas and hints of all operations, and nothing that is not allowed.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use neon_api::raw::dynamic::Operation;
use neon_api::raw::routes;
use neon_api::tools::{Hints, Tools};
use serde_json::json;

use crate::sample::{self, FORM, Options};
use crate::schema::Validator;
use crate::support::PROJECT;
use crate::{all, everything};

fn names(tools: &Tools) -> Vec<&'static str> {
    tools.list().map(neon_api::tools::Tool::name).collect()
}

#[test]
fn every_operation_is_there_once_and_documented() {
    let mut ids: Vec<_> = routes::ALL.iter().map(|route| route.id).collect();
    let mut listed = all();
    ids.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, ids);
    for operation in Operation::all() {
        let route = operation.route();
        assert!(operation.summary().ends_with('.'), "{route}");
        assert_eq!(Operation::by_id(route.id).unwrap().route(), route);
    }
    assert!(Operation::by_id("listproject").is_none());
}

/// The hints of all operations, one a line. Whatever the spec gains is looked at here.
#[test]
fn the_hints_of_every_operation_are_as_listed() {
    let mut found = String::new();
    let mut ids = all();
    ids.sort_unstable();
    for id in ids {
        let hints = Hints::of(id).unwrap();
        let mut words = vec![id];
        let flags = [
            ("reads", hints.read_only),
            ("DESTRUCTIVE", hints.destructive),
            ("idempotent", hints.idempotent),
            ("secrets", hints.returns_secrets),
            ("grants", hints.grants_access),
            ("deprecated", hints.deprecated),
        ];
        words.extend(
            flags
                .iter()
                .filter(|(_, is_set)| *is_set)
                .map(|(word, _)| *word),
        );
        words.extend(Some(hints.stability).filter(|stability| !stability.is_empty()));
        writeln!(found, "{}", words.join(" ")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/hints.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "BLESS=1 takes what changed on purpose");
}

#[test]
fn hints_do_not_contradict_each_other_or_the_method() {
    for operation in Operation::all() {
        let route = operation.route();
        let hints = Hints::of(route.id).unwrap();
        assert!(!(hints.read_only && hints.destructive), "{route}");
        assert!(!hints.read_only || hints.idempotent, "{route}");
        if ["DELETE", "PUT", "PATCH"].contains(&route.method) {
            assert!(hints.destructive, "{route}");
        }
        let words = [
            "delete", "restore", "reset", "revoke", "suspend", "restart", "transfer",
        ];
        let id = route.id.to_ascii_lowercase();
        // Reads and creations of things with such names are looked at by name.
        let is_named = words.iter().any(|word| id.starts_with(word)) || id.contains("transfer");
        assert!(!is_named || hints.destructive, "{route}");
    }
}

#[test]
fn typical_input_is_valid_by_its_schema_and_a_typo_is_not() {
    let tools = everything(sample::server().client()).build().unwrap();
    let mut faults = Vec::new();
    for tool in tools.list() {
        let schema = tool.input_schema();
        assert_eq!(schema["type"], "object");
        let validator = match Validator::of(schema) {
            Ok(validator) => validator,
            Err(fault) => {
                faults.push(format!("{}: {fault}", tool.name()));
                continue;
            }
        };
        for seed in 0..4 {
            let options = Options::default().seed(seed);
            for options in [options.clone(), options.required_only()] {
                let input = sample::of(tool.name(), &options).input;
                if let Err(fault) = validator.check(&input) {
                    faults.push(format!("{}: {input} {fault}", tool.name()));
                }
                let mut typo = input.clone();
                typo["zz_typo"] = json!(1);
                assert!(validator.check(&typo).is_err(), "{}", tool.name());
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn tools_are_listed_as_mcp_lists_them() {
    let tools = everything(sample::server().client()).build().unwrap();
    let listed = serde_json::to_value(tools.get("deleteProjectBranch").unwrap()).unwrap();
    assert_eq!(listed["name"], "deleteProjectBranch");
    let annotations = &listed["annotations"];
    assert_eq!(annotations["readOnlyHint"], false);
    assert_eq!(annotations["destructiveHint"], true);
    assert_eq!(annotations["idempotentHint"], true);
    assert_eq!(
        listed["inputSchema"]["required"],
        json!(["project_id", "branch_id"])
    );
    assert_eq!(listed["inputSchema"]["additionalProperties"], false);
    assert_eq!(listed["outputSchema"]["type"], "object");
    let description = listed["description"].as_str().unwrap();
    assert!(
        description.contains("confirmed by a person"),
        "{description}"
    );
    let form = tools.get(FORM).unwrap().input_schema();
    assert_eq!(form["properties"]["body"]["additionalProperties"], false);
}

#[test]
fn nothing_is_allowed_that_was_not_named() {
    let neon = sample::server().client();
    assert_eq!(
        names(&Tools::builder(neon.clone()).build().unwrap()),
        [""; 0]
    );
    let named = Tools::builder(neon.clone()).allow(["listProjects", "deleteProject"]);
    assert_eq!(
        names(&named.build().unwrap()),
        ["deleteProject", "listProjects"]
    );
    let error = Tools::builder(neon.clone())
        .allow(["listProject"])
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("there is listProjects"),
        "{error}"
    );
    for wrong in ["", "listprojects", "napi_0123456789abcdef0123456789abcdef"] {
        let error = Tools::builder(neon.clone())
            .reveal_secrets([wrong])
            .build()
            .unwrap_err();
        assert!(!error.to_string().contains("napi_0123"), "{error}");
    }
    assert!(
        Tools::builder(neon.clone())
            .only_project("../x")
            .build()
            .is_err()
    );
    assert!(Tools::builder(neon).max_result_bytes(2047).build().is_err());
}

#[test]
fn read_only_has_neither_changes_nor_secrets() {
    let neon = sample::server().client();
    let reading = names(
        &Tools::builder(neon.clone())
            .allow_read_only()
            .build()
            .unwrap(),
    );
    let restricted = everything(neon).read_only().build().unwrap();
    assert!(reading.len() > 30, "{}", reading.len());
    for tool in restricted.list() {
        let hints = tool.hints();
        assert!(hints.read_only && !hints.returns_secrets, "{tool:?}");
        assert_eq!(
            !hints.deprecated,
            reading.contains(&tool.name()),
            "{tool:?}"
        );
    }
    for id in [
        "getConnectionURI",
        "getProjectBranchRolePassword",
        "revealCredential",
    ] {
        assert!(
            restricted.get(id).is_none() && !reading.contains(&id),
            "{id}"
        );
    }
    assert!(reading.contains(&"queryProjectBranchLogs"));
}

#[test]
fn tools_of_one_project_name_it() {
    let neon = sample::server().client();
    let tools = everything(neon).only_project(PROJECT).build().unwrap();
    for operation in Operation::all() {
        let route = operation.route();
        let is_in_path = route.path.contains("{project_id}");
        // The others name it in query or body.
        let expected = is_in_path
            || [
                "getConsumptionHistoryPerProject",
                "getConsumptionHistoryPerBranchV2",
                "getConsumptionHistoryPerProjectV2",
                "createOrgApiKey",
                "transferProjectsFromOrgToOrg",
                "transferProjectsFromUserToOrg",
                "createNeonAuthIntegration",
                "createNeonAuthProviderSDKKeys",
                "transferNeonAuthProviderProject",
                "createNeonAuthNewUser",
            ]
            .contains(&route.id);
        assert_eq!(tools.get(route.id).is_some(), expected, "{route}");
        if let Some(tool) = tools.get(route.id).filter(|_| is_in_path) {
            let schema = tool.input_schema();
            assert_eq!(
                schema["properties"]["project_id"]["const"], PROJECT,
                "{route}"
            );
        }
    }
}
