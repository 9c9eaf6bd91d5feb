//! `surface`: the public surface of the published crates, as a committed list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Outcome, Result, complain, print};
use crate::failure::Failure;
use crate::{files, sources, surface};

/// Crates by folder; of the raw crate what is written by hand.
const CRATES: [(&str, &str); 5] = [
    ("neon-api", "neon_api"),
    ("neon-api-raw", "neon_api_raw"),
    ("neon-api-redis", "neon_api_redis"),
    ("neon-api-sqlx", "neon_api_sqlx"),
    ("neon-api-tokio-postgres", "neon_api_tokio_postgres"),
];

/// The committed list, in the crate's folder.
const LIST: &str = "surface.txt";

/// Compares the lists with the sources, or rewrites them.
pub fn run(bless: bool) -> Result {
    let mut outcome = Outcome::Clean;
    for (folder, name) in CRATES {
        let folder = files::workspace().join(folder);
        if check(&folder, name, bless).map_err(|failure| vec![failure])? == Outcome::Findings {
            outcome = Outcome::Findings;
        }
    }
    if outcome == Outcome::Findings {
        complain(
            "the public surface differs from its list: run `cargo xtask surface --bless` to accept it",
        );
    }
    Ok(outcome)
}

/// One crate. Public for its tests.
///
/// # Errors
///
/// Sources that do not parse, or a list that cannot be written.
pub fn check(folder: &Path, name: &str, bless: bool) -> std::result::Result<Outcome, Failure> {
    let found = surface::of(&sources::read(name, &folder.join("src/lib.rs"))?);
    let list = folder.join(LIST);
    let committed = fs::read_to_string(&list).unwrap_or_default();
    if found == committed {
        return Ok(Outcome::Clean);
    }
    print(&difference(&committed, &found));
    if !bless {
        return Ok(Outcome::Findings);
    }
    fs::write(&list, found)
        .map_err(|error| Failure::new(list.display().to_string(), error.to_string()))?;
    Ok(Outcome::Clean)
}

/// Lines that went and lines that came, each with the path that it belongs to.
fn difference(before: &str, after: &str) -> String {
    let (old, new) = (full_lines(before), full_lines(after));
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    let came = new.difference(&old).map(|line| format!("+ {line}\n"));
    gone.chain(came).collect()
}

fn full_lines(text: &str) -> BTreeSet<String> {
    let mut path = "";
    let mut lines = BTreeSet::new();
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("    ") {
            lines.insert(format!("{path}: {line}"));
        } else {
            path = line;
            lines.insert(line.to_owned());
        }
    }
    lines
}
