//! Runs the generator over the vendored spec and writes the client's sources into `OUT_DIR`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

// The library has more items than the build script uses.
#[allow(dead_code, unreachable_pub)]
#[path = "codegen/lib.rs"]
mod codegen;

fn main() -> Result<(), Box<dyn Error>> {
    let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=codegen");

    let spec = read(&manifest_dir, "openapi/v2.json")?;
    let operation_docs = read(&manifest_dir, "openapi/docs.operations.json")?;
    let schema_docs = read(&manifest_dir, "openapi/docs.schemas.json")?;
    codegen::check_written_by_hand(&spec)?;
    let output = codegen::generate(
        codegen::Input {
            spec: &spec,
            operation_docs: &operation_docs,
            schema_docs: &schema_docs,
        },
        codegen::Options {
            schemars: is_enabled("SCHEMARS"),
            httpmock: is_enabled("HTTPMOCK"),
            dynamic: is_enabled("DYNAMIC"),
        },
    )?;
    fs::write(out_dir.join("client.rs"), output.client)?;
    fs::write(out_dir.join("extras.rs"), output.extras)?;
    fs::write(out_dir.join("httpmock.rs"), output.httpmock)?;
    fs::write(out_dir.join("dynamic.rs"), output.dynamic)?;
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let path = folder.join(name);
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()).into())
}

fn is_enabled(feature: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{feature}")).is_some()
}
