//! The packages' pages, which people read far from the repository.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::path::Path;

/// Where the links of a text lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.split("](").skip(1);
    ends.map(|rest| rest.split(')').next().unwrap())
}

#[test]
fn links_lead_somewhere_wherever_they_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let repository = env!("CARGO_PKG_REPOSITORY");
    let mut found = 0;
    for package in ["neon-api", "neon-api-raw", "neon-api-emulator"] {
        let text = std::fs::read_to_string(root.join(package).join("README.md")).unwrap();
        for link in links(&text) {
            assert!(link.starts_with("https://"), "{package}: {link}");
            let Some(within) = link.strip_prefix(repository) else {
                continue;
            };
            let path = ["/tree/main/", "/blob/main/"]
                .iter()
                .find_map(|place| within.strip_prefix(place))
                .unwrap_or_else(|| panic!("{package}: {link}"));
            assert!(root.join(path).exists(), "{package}: {link}");
            found += 1;
        }
    }
    assert!(found >= 8, "{found}");
}
