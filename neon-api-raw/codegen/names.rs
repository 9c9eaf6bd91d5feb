//! Rust names for what the document names.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};

/// The name of a type: `JWKS` becomes `Jwks`, `user.created` becomes `UserCreated`.
pub fn type_name(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let pascal = spaced.to_pascal_case();
    if pascal.starts_with(|c: char| c.is_ascii_digit()) {
        format!("V{pascal}")
    } else {
        pascal
    }
}

/// The name of a method: `getConnectionURI` becomes `get_connection_uri`.
pub fn method_name(operation_id: &str) -> String {
    operation_id.to_snake_case()
}

/// The name of a constant: `listProjects` becomes `LIST_PROJECTS`.
pub fn constant_name(operation_id: &str) -> String {
    operation_id.to_shouty_snake_case()
}
