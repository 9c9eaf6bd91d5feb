//! The published exchanges beside the specification. The contract compares them with the
//! emulator's responses (`tests/tests/contract.rs`).

use crate::support::text;
use neon_api_emulator::spec::{Spec, validate};
use serde_json::{Value, json};

fn fixtures() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    let read = |path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    paths.into_iter().map(read).collect()
}

/// The published exchanges conform, so what conforms is what the API says.
#[test]
fn the_real_exchanges_conform() {
    let all = fixtures();
    assert_eq!(all.len(), 24);
    for fixture in all {
        let id = text(&fixture, "/operation_id");
        let operation = Spec::get().operation(id).unwrap();
        assert_eq!(operation.path(), text(&fixture, "/path"));
        let status = u16::try_from(fixture["status"].as_u64().unwrap()).unwrap();
        let mut response = fixture["response"].clone();
        // The published answer has a placeholder where the format asks for an address.
        if let Some(email) = response.pointer_mut("/project/owner/email") {
            *email = json!("user@example.com");
        }
        assert_eq!(validate::response(id, status, &response), Ok(()), "{id}");
        if !fixture["request"].is_null() {
            let valid = validate::request_body(id, &fixture["request"]);
            assert_eq!(valid, Ok(()), "{id}");
        }
    }
}
