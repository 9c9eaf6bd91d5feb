//! `check-deps`: licences and sources of all dependencies, by the rules of `deny.toml`.
//!
//! The same rules as cargo-deny's, for machines where that is not installed: it takes longer to
//! build than the whole workspace.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, LicenseReq};

use super::{Outcome, Result, complain};
use crate::failure::Failure;
use crate::files;

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Absent for packages of this workspace.
    source: Option<String>,
}

/// Runs the command.
pub fn run() -> Result {
    let root = files::workspace();
    let rules = read_rules(&root.join("deny.toml"))?;
    let mut outcome = Outcome::Clean;
    for package in packages(&root)? {
        for problem in problems(&package, &rules.licenses) {
            complain(&format!("{} {}: {problem}", package.name, package.version));
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

fn read_rules(path: &Path) -> std::result::Result<Rules, Vec<Failure>> {
    let source = path.display().to_string();
    let bytes = files::read(path).map_err(|failure| vec![failure])?;
    toml::from_str(&String::from_utf8_lossy(&bytes))
        .map_err(|error| vec![Failure::new(source, error.to_string())])
}

fn packages(root: &Path) -> std::result::Result<Vec<Package>, Vec<Failure>> {
    let failed = |what: String| vec![Failure::new("cargo metadata", what)];
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--all-features",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice::<Metadata>(&output.stdout)
        .map(|metadata| metadata.packages)
        .map_err(|error| failed(error.to_string()))
}

fn problems(package: &Package, licenses: &Licenses) -> Vec<String> {
    let mut problems = Vec::new();
    match &package.source {
        Some(source) if !source.starts_with("registry+") => {
            problems.push(format!("comes from {source}, not from the registry"));
        }
        _ => {}
    }
    let excepted = licenses
        .exceptions
        .iter()
        .filter(|exception| exception.name == package.name)
        .flat_map(|exception| &exception.allow);
    let allowed: Vec<&String> = licenses.allow.iter().chain(excepted).collect();
    match &package.license {
        None => problems.push("states no licence".to_owned()),
        Some(text) => match Expression::parse_mode(text, spdx::ParseMode::LAX) {
            Err(error) => problems.push(format!("states a licence that is none: {error}")),
            Ok(expression) => {
                if !expression.evaluate(|required| is_allowed(required, &allowed)) {
                    problems.push(format!("its licence {text} is not allowed"));
                }
            }
        },
    }
    problems
}

fn is_allowed(required: &LicenseReq, allowed: &[&String]) -> bool {
    allowed.iter().any(|name| **name == required.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(license: &str, source: Option<&str>) -> Vec<String> {
        let licenses = Licenses {
            allow: vec!["MIT".to_owned(), "Apache-2.0".to_owned()],
            exceptions: vec![Exception {
                name: "excepted".to_owned(),
                allow: vec!["MPL-2.0".to_owned()],
            }],
        };
        let package = Package {
            name: "excepted".to_owned(),
            version: "1.0.0".to_owned(),
            license: (!license.is_empty()).then(|| license.to_owned()),
            source: source.map(str::to_owned),
        };
        problems(&package, &licenses)
    }

    #[test]
    fn expressions_are_evaluated() {
        let registry = Some("registry+somewhere");
        for fine in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "MIT AND Apache-2.0",
            "MPL-2.0",
        ] {
            assert!(found(fine, registry).is_empty(), "{fine}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "no licence", ""] {
            assert_eq!(found(bad, registry).len(), 1, "{bad}");
        }
    }

    #[test]
    fn other_sources_are_told() {
        assert_eq!(found("MIT", Some("git+somewhere")).len(), 1);
        assert!(found("MIT", None).is_empty());
    }
}
