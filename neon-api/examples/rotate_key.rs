//! Replaces an API key that a service reads from a file: creates another, switches the file to it,
//! verifies that it works, and revokes the former ones. Can be run again after it was killed anywhere:
//! a key is revoked only when the one in the file was verified after it.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;
mod key_file;

use std::process::ExitCode;

use neon_api::Neon;

use key_file::KeyFile;

const USAGE: &str = "usage: rotate_key NAME FILE

Replaces the API key in FILE, a personal one with the name NAME or NAME- and 8 digits, by a new one
with such a name, and revokes all others. NEON_API_KEY is the API key as long as there is no FILE.
Services that read FILE by the provider of this example go on without a restart.";

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([name, path]: [String; 2]) -> cli::Result {
    let file = KeyFile::new(&path);
    let former = file.read()?;
    let neon = Neon::builder().key_provider(file.clone()).env().build()?;

    let created = neon.api_keys().create(key_file::named(&name)).await?;
    file.write(&created.key)?;
    println!("created {} and switched to it", created.name);

    // The client's provider reads the file: this is sent with the new key.
    let all = match neon.api_keys().list().await {
        Ok(all) => all,
        Err(error) => {
            file.write(&former)?;
            return Err(error.into());
        }
    };
    println!("verified {}", created.name);

    for key in all {
        if key.id != created.id && key_file::is_named(&key.name, &name) {
            neon.api_key(key.id).revoke().await?;
            println!("revoked {}", key.name);
        }
    }
    Ok(())
}
