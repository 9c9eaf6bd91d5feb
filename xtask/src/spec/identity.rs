//! Whether a document describes this API.

use serde_json::Value;

use super::Document;
use crate::failure::Failure;

/// The title of the API's document.
const TITLE: &str = "Neon API";
/// Where the API is.
const SERVER: &str = "https://console.neon.tech/api/v2";

/// Refuses the document of another API, which would take the place of this one's in every detail.
pub fn check(source: &str, document: &Document) -> Result<(), Failure> {
    let root = document.root();
    let title = root.pointer("/info/title").and_then(Value::as_str);
    if title != Some(TITLE) {
        let title = title.unwrap_or_default();
        let what = format!("describes another API: its title is `{title}`, not `{TITLE}`");
        return Err(Failure::at(source, what, "/info/title"));
    }
    let servers = root.get("servers").and_then(Value::as_array);
    let urls: Vec<&str> = servers
        .into_iter()
        .flatten()
        .filter_map(|server| server.get("url")?.as_str())
        .collect();
    if !urls.iter().any(|url| url.trim_end_matches('/') == SERVER) {
        let what = format!("describes another API: its servers are {urls:?}, not `{SERVER}`");
        return Err(Failure::at(source, what, "/servers"));
    }
    Ok(())
}
