//! `check-deps`: licences and sources of all dependencies, by the rules of `deny.toml`, and the Rust
//! version that each of them needs.
//!
//! The same rules as cargo-deny's, for machines where that is not installed: it takes longer to
//! build than the whole workspace. The versions stand in for a build with the oldest toolchain,
//! which not every machine can have.

mod rust_version;

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, LicenseReq};

use self::rust_version::RustVersion;
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
    rust_version: Option<String>,
    /// Absent for packages of this workspace.
    source: Option<String>,
}

/// Runs the command.
pub fn run() -> Result {
    let root = files::workspace();
    let rules = read_rules(&root.join("deny.toml"))?;
    let mut outcome = Outcome::Clean;
    let packages = packages(&root)?;
    let ours = ours(&packages)?;
    for package in packages {
        let mut problems = problems(&package, &rules.licenses);
        problems.extend(too_new(&package, ours));
        for problem in problems {
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

/// The version that this workspace states.
fn ours(packages: &[Package]) -> std::result::Result<RustVersion, Vec<Failure>> {
    let members = packages.iter().filter(|package| package.source.is_none());
    let stated = members.filter_map(|member| member.rust_version.as_deref()?.parse().ok());
    // Each may be used alone, so that the oldest counts.
    stated.min().ok_or_else(|| {
        let what = "no package of this workspace has a valid rust-version";
        vec![Failure::new("cargo metadata", what.to_owned())]
    })
}

/// What a package needs that the workspace's version is not.
fn too_new(package: &Package, ours: RustVersion) -> Option<String> {
    let Some(stated) = &package.rust_version else {
        return package
            .source
            .is_none()
            .then(|| "is missing a rust-version".to_owned());
    };
    match stated.parse::<RustVersion>() {
        Err(error) => Some(error),
        Ok(needed) if needed > ours => Some(format!("needs Rust {needed}, newer than {ours}")),
        Ok(_) => None,
    }
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
            Err(error) => problems.push(format!("states an invalid licence: {error}")),
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
            rust_version: None,
            source: source.map(str::to_owned),
        };
        problems(&package, &licenses)
    }

    fn needing(rust_version: Option<&str>, source: Option<&str>) -> Package {
        Package {
            name: "some".to_owned(),
            version: "1.0.0".to_owned(),
            license: None,
            rust_version: rust_version.map(str::to_owned),
            source: source.map(str::to_owned),
        }
    }

    #[test]
    fn newer_rust_is_not_allowed() {
        let registry = Some("registry+somewhere");
        let ours: RustVersion = "1.88".parse().unwrap();
        for fine in [None, Some("1.9"), Some("1.88"), Some("1.88.0"), Some("1")] {
            assert_eq!(too_new(&needing(fine, registry), ours), None, "{fine:?}");
        }
        for bad in ["1.88.1", "1.89", "1.100", "2.0", "new"] {
            let problem = too_new(&needing(Some(bad), registry), ours).unwrap();
            assert!(problem.contains(bad), "{problem}");
        }
        assert!(too_new(&needing(None, None), ours).is_some());
    }

    #[test]
    fn the_oldest_member_counts() {
        let packages = [
            needing(Some("1.80"), Some("registry+somewhere")),
            needing(Some("1.90"), None),
            needing(Some("1.88"), None),
        ];
        assert_eq!(ours(&packages).unwrap(), "1.88".parse().unwrap());
        assert!(ours(&packages[..1]).is_err());
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
