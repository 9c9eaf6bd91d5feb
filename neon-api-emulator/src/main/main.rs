//! The emulator as a program.

mod lock;
mod postgres;
mod signals;

use std::future::pending;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use neon_api_emulator::{
    Builder, Emulator, RateLimit, RateLimitModel, RequestRecord, RunningEmulator, StateError,
};
use neon_api_raw::error::Masked;

/// Stateful local emulator of the Neon platform API.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Options {
    /// The port to listen on; 0 selects a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Accept only this API key and keys created through the API, instead of any
    #[arg(long)]
    api_key: Option<String>,
    /// Rate limits: real, off, or requests per minute
    #[arg(long, default_value = "off", value_parser = rate_limit)]
    rate_limit: RateLimit,
    /// How requests are counted
    #[arg(long, value_enum, default_value_t = Model::Bucket)]
    rate_limit_model: Model,
    /// How requests are counted for limits of routes and groups of routes, if it differs from the
    /// account's
    #[arg(long, value_enum, value_name = "RATE_LIMIT_MODEL")]
    route_limit_model: Option<Model>,
    /// Send Retry-After with 429, in whole seconds
    #[arg(long)]
    retry_after: bool,
    /// How long operations take: 100ms..1s, or one duration
    #[arg(long, default_value = "100ms..300ms", value_parser = latency)]
    operation_latency: RangeInclusive<Duration>,
    /// The seed of IDs and latencies
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Add an organization with this ID to the default one; may be repeated
    #[arg(long, value_name = "ID", value_parser = organization)]
    organization: Vec<String>,
    /// Serve requests for this host name as well as for localhost and addresses; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Let web pages of this origin send requests (CORS); may be repeated
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Show everything on a page for browsers on this machine, at the root of the server
    #[arg(long)]
    ui: bool,
    /// Load the state from this file, if it exists, and save every change to it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    postgres: postgres::PostgresOptions,
    /// Save every change to the file of --state before it is acknowledged
    #[arg(long)]
    durable: bool,
    /// How many finished operations a project keeps
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    keep_operations: usize,
    /// Reject listing and creating projects without an organization, as for users of several
    #[arg(long)]
    org_id_required: bool,
    /// Print every request to standard error
    #[arg(short, long)]
    verbose: bool,
}

/// The names of the models.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Model {
    /// A token bucket
    Bucket,
    /// A token bucket that is refilled once a second
    Refill,
    /// A sliding-window log of requests
    SlidingLog,
    /// A sliding window estimated from two counters
    SlidingCounter,
    /// Windows aligned to the clock
    Fixed,
}

impl From<Model> for RateLimitModel {
    fn from(model: Model) -> Self {
        match model {
            Model::Bucket => Self::TokenBucket,
            Model::Refill => Self::SecondRefill,
            Model::SlidingLog => Self::SlidingLog,
            Model::SlidingCounter => Self::SlidingCounter,
            Model::Fixed => Self::FixedWindow,
        }
    }
}

/// The exit code if the program cannot start.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return refuse_or_help(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(options)),
        Err(error) => fail(&format!("cannot start: {error}")),
    }
}

async fn run(options: Options) -> ExitCode {
    let address = SocketAddr::new(options.host, options.port);
    if options.ui && !options.host.is_loopback() {
        let host = options.host;
        return fail(&format!(
            "--ui shows everything without a key, and {host} may be reachable from other hosts: use a loopback address"
        ));
    }
    let mut builder = Emulator::builder()
        .rate_limit(options.rate_limit)
        .rate_limit_model(options.rate_limit_model.into())
        .retry_after(options.retry_after)
        .operation_latency(options.operation_latency)
        .seed(options.seed)
        .keep_operations(options.keep_operations)
        .org_id_required(options.org_id_required)
        .ui(options.ui)
        // The parser has no such option.
        .request_log(0);
    if let Some(model) = options.route_limit_model {
        builder = builder.route_limit_model(model.into());
    }
    for id in options.organization {
        builder = builder.organization(id.clone(), id);
    }
    for name in options.allow_host {
        builder = builder.allow_host(name);
    }
    for origin in options.allow_origin {
        builder = builder.allow_origin(origin);
    }
    if let Some(key) = options.api_key {
        builder = builder.api_key(key);
    }
    if options.verbose {
        builder = builder.on_request(print);
    }
    let state = options.state.as_deref();
    let mut _lock = None;
    let started = if options.postgres.is_wanted() {
        options.postgres.start(builder, state, address).await
    } else {
        match state.map(lock::take).transpose() {
            Ok(taken) => _lock = taken,
            Err(message) => return fail(&message),
        }
        match state {
            Some(path) if options.durable => builder = builder.durable(path),
            None if options.durable => return fail("--durable needs --state FILE"),
            _ => {}
        }
        start(builder, state, address).await
    };
    let server = match started {
        Ok(server) => server,
        Err(message) => return fail(&message),
    };
    let emulator = server.emulator().clone();
    let stopped = match signals::Stop::new() {
        Ok(stopped) => stopped,
        Err(error) => return fail(&format!("cannot wait for signals: {error}")),
    };
    if !options.host.is_loopback() {
        warn(&format!(
            "listening on {address}, which may be reachable from other hosts: anyone who can reach it can read and change everything"
        ));
    }
    // The parent process may be gone or never read its output: keep serving.
    let mut out = io::stdout();
    writeln!(out, "listening on {}", server.base_url()).ok();
    if let Some(url) = server.ui_url() {
        writeln!(out, "ui on {url}").ok();
    }
    postgres::announce(&server, &mut out);
    out.flush().ok();
    tokio::select! {
        () = stopped.wait() => {}
        () = keep_saved(&emulator, options.state.as_deref().filter(|_| !options.durable)) => {}
    }
    server.shutdown().await;
    match options.state.map(|path| (emulator.save(&path), path)) {
        Some((Err(error), path)) => fail(&cannot_save(&path, &error)),
        _ => ExitCode::SUCCESS,
    }
}

async fn start(
    builder: Builder,
    state: Option<&Path>,
    address: SocketAddr,
) -> Result<RunningEmulator, String> {
    let server = load(builder, state)?.serve(address).await;
    server.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Loads the state from the file, and checks that the file is writable.
fn load(builder: Builder, path: Option<&Path>) -> Result<Emulator, String> {
    let Some(path) = path else {
        return Ok(builder.build());
    };
    let loaded = builder.load(path);
    let emulator =
        loaded.map_err(|e| format!("cannot load the state in {}: {e}", path.display()))?;
    emulator.save(path).map_err(|e| cannot_save(path, &e))?;
    Ok(emulator)
}

/// Runs until it is dropped. A full disk may be temporary.
async fn keep_saved(emulator: &Emulator, path: Option<&Path>) {
    let Some(path) = path else {
        return pending().await;
    };
    loop {
        let error = emulator.save_on_change(path).await;
        warn(&cannot_save(path, &error));
    }
}

fn cannot_save(path: &Path, error: &StateError) -> String {
    format!("cannot save the state to {}: {error}", path.display())
}

fn print(request: &RequestRecord) {
    let operation = request.operation_id.as_deref().unwrap_or("unknown route");
    let (status, method, path) = (request.status, &request.method, Masked(&request.path));
    let fault = request.fault.map(|fault| format!(" [{fault}]"));
    let fault = fault.unwrap_or_default();
    writeln!(
        io::stderr(),
        "{status} {method} {path} ({operation}){fault}"
    )
    .ok();
}

fn warn(message: &str) {
    writeln!(io::stderr(), "warning: {message}").ok();
}

/// Help and version are not errors; invalid options are reported in one line.
fn refuse_or_help(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        write!(io::stdout(), "{error}").ok();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    fail(first.strip_prefix("error: ").unwrap_or(first))
}

fn fail(message: &str) -> ExitCode {
    writeln!(io::stderr(), "error: {message}").ok();
    ExitCode::from(UNUSABLE)
}

fn rate_limit(text: &str) -> Result<RateLimit, String> {
    match text {
        "off" => Ok(RateLimit::Off),
        "real" => Ok(RateLimit::Real),
        number => match number.parse() {
            Ok(0) | Err(_) => {
                Err("must be real, off, or a number of requests per minute".to_owned())
            }
            Ok(rate) => Ok(RateLimit::PerMinute(rate)),
        },
    }
}

/// An ID that is valid in paths.
fn organization(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 60 || !text.chars().all(fits) {
        return Err("must be up to 60 lowercase letters, digits and hyphens".to_owned());
    }
    Ok(text.to_owned())
}

fn latency(text: &str) -> Result<RangeInclusive<Duration>, String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let (low, high) = (duration(low)?, duration(high)?);
    if low > high {
        return Err("the lower bound exceeds the upper bound".to_owned());
    }
    Ok(low..=high)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as 100ms or 1s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1000),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = number.checked_mul(unit).ok_or_else(wrong)?;
    Ok(Duration::from_millis(millis))
}
