//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{self, Outcome};
use crate::files::{self, Folder, PENDING};
use crate::source;

#[derive(Debug, Parser)]
#[command(name = "xtask", about = "Developer tool of this workspace")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of all commands.
#[derive(Debug, Args)]
pub struct Common {
    /// Folder of the vendored files, for tests
    #[arg(long, global = true, hide = true, value_name = "DIR")]
    openapi_dir: Option<PathBuf>,
    /// Seconds that a download may take, for tests
    #[arg(long, global = true, hide = true, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Accept the document of any API, for tests
    #[arg(long, global = true, hide = true)]
    any_api: bool,
}

impl Common {
    /// Where the vendored files are.
    pub fn folder(&self) -> Folder {
        Folder::new(self.openapi_dir.clone())
    }

    /// Whether the document of another API is refused.
    pub fn is_of_this_api(&self) -> bool {
        !self.any_api
    }

    /// Whether the vendored files are those of this workspace.
    pub fn is_workspace(&self) -> bool {
        self.openapi_dir.is_none()
    }

    /// The list of operations that wait for a method.
    pub fn pending(&self) -> PathBuf {
        match &self.openapi_dir {
            Some(folder) => folder.join(PENDING),
            None => files::workspace().join("neon-api").join(PENDING),
        }
    }

    /// The longest that a download may take.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(source::TIMEOUT)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Updates the vendored API spec: reads, validates, reduces to facts, shows what changed, and
    /// writes it
    RegenSpec {
        /// URL or file of the spec
        #[arg(long, value_name = "URL|FILE", default_value = source::UPSTREAM)]
        from: String,
    },
    /// Takes a new API spec: runs regen-spec, adds placeholders for documentation, updates the list
    /// of operations without a method and the list of the public surface, builds, and prints the
    /// remaining manual steps
    TakeSpec(TakeSpec),
    /// Reports how a spec differs from the vendored one
    CheckSpec(CheckSpec),
    /// Checks that the vendored spec is what regen-spec would write
    CheckVendored,
    /// Checks that our documentation covers the vendored spec and nothing else, and that no text
    /// contains wording that was corrected before
    CheckDocs,
    /// Checks the licenses and sources of all dependencies against deny.toml, and that none needs a
    /// newer Rust version than this workspace
    CheckDeps,
    /// Lists the operations by tag, with the methods of the ergonomic crate that call them
    Coverage,
    /// Checks that every operation has a method that tests call, and that documentation says what
    /// methods call and what users must know before
    CheckCoverage {
        /// Also fail when an operation waits for its method, as a release does
        #[arg(long)]
        release: bool,
    },
    /// Checks that the modules of the ergonomic crate do not use each other in a circle, that its files
    /// are short, and that its builders have setters
    CheckStructure,
    /// Compares the public surface of the published crates with the committed lists
    Surface {
        /// Rewrite the lists
        #[arg(long)]
        bless: bool,
    },
}

/// Options of `take-spec`.
#[derive(Debug, Args)]
pub struct TakeSpec {
    /// URL or file of the spec
    #[arg(long, value_name = "URL|FILE", default_value = source::UPSTREAM)]
    pub from: String,
    /// The older spec to compare with; by default the committed one
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// Skip the build at the end
    #[arg(long)]
    pub no_build: bool,
}

/// Options of `check-spec`.
#[derive(Debug, Args)]
pub struct CheckSpec {
    /// The older spec; by default the vendored one
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// URL or file of the newer spec
    #[arg(long, value_name = "URL|FILE", default_value = source::UPSTREAM)]
    pub from: String,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Which changes make the command fail
    #[arg(long, value_enum, default_value_t = FailOn::Any)]
    pub fail_on: FailOn,
}

/// Formats of the report.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// For terminals
    Text,
    /// For programs
    Json,
    /// For an issue
    Markdown,
}

/// The threshold of `check-spec`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FailOn {
    /// Any change
    Any,
    /// Changes that break callers
    Breaking,
    /// None
    Never,
}

/// Runs the tool. Exit codes: 0 success, 1 findings, 2 failure.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome = match &cli.command {
        Command::RegenSpec { from } => commands::regen_spec::run(&cli.common, from),
        Command::TakeSpec(options) => commands::take_spec::run(&cli.common, options),
        Command::CheckSpec(options) => commands::check_spec::run(&cli.common, options),
        Command::CheckVendored => commands::check_vendored::run(&cli.common),
        Command::CheckDeps => commands::check_deps::run(),
        Command::CheckDocs => commands::check_docs::run(&cli.common),
        Command::Coverage => commands::coverage::run(&cli.common),
        Command::CheckCoverage { release } => commands::check_coverage::run(&cli.common, *release),
        Command::CheckStructure => commands::check_structure::run(),
        Command::Surface { bless } => commands::surface::run(*bless),
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(failures) => {
            for failure in failures {
                commands::complain(&format!("error: {failure}"));
            }
            ExitCode::from(2)
        }
    }
}

/// What is wrong with the arguments, or the help. An address among them may contain a token.
fn usage(error: &clap::Error) -> ExitCode {
    let mut text = error.to_string();
    for argument in std::env::args().skip(1) {
        let value = argument
            .split_once('=')
            .filter(|_| argument.starts_with('-'));
        let value = value.map_or(argument.as_str(), |(_, value)| value);
        if value.contains(['?', '@', '#']) || value.contains("//") {
            text = text.replace(value, "<URL>");
        }
    }
    if error.use_stderr() {
        commands::complain(text.trim_end());
    } else {
        commands::print(&text);
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
