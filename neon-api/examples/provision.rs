//! Provisions 2,000 tenants in the emulator at ten times the API's rates, with bars, and fails if that
//! takes more than a twentieth longer than the rate allows.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use indicatif::style::TemplateError;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use neon_api::fleet::{Event, Status};
use neon_api::{AccountLimiter, Neon, Rates};
use neon_api_emulator::{Emulator, RateLimit};

const TENANTS: u32 = 2_000;
const PER_MINUTE: u32 = 7_000;
const BURST: u32 = 400;

/// What is shown.
struct Bars {
    projects: ProgressBar,
    requests: ProgressBar,
    queue: ProgressBar,
}

impl Bars {
    fn new() -> Result<Self, TemplateError> {
        let all = MultiProgress::new();
        let bar = |form: &str| {
            let style = ProgressStyle::with_template(form)?;
            Ok(all.add(ProgressBar::new(TENANTS.into()).with_style(style)))
        };
        Ok(Self {
            projects: bar("projects {wide_bar} {pos:>5} of {len} {msg}")?,
            requests: bar("requests {pos:>5}")?,
            queue: bar("queue    {pos:>5}")?,
        })
    }

    fn show(&self, status: Status) {
        self.projects.set_position(status.settled() as u64);
        if let Some(eta) = status.eta {
            self.projects
                .set_message(format!("ETA {} s", eta.as_secs()));
        }
        self.requests.set_position(status.requests);
        self.queue.set_position(status.queued);
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let emulator = Emulator::builder()
        .rate_limit(RateLimit::PerMinute(PER_MINUTE))
        .rate_limit_burst(BURST)
        .build();
    let rates = Rates::default().per_minute(PER_MINUTE).burst(BURST);
    let limiter = AccountLimiter::new(rates.route_per_second(BURST));
    let builder = Neon::builder().api_key("napi_emulated").limiter(limiter);
    let neon = builder.transport(emulator.transport()).build()?;

    let tenants = (0..TENANTS).map(|number| {
        let tenant = neon.projects().create(format!("tenant-{number}"));
        tenant
            .region("aws-us-east-1")
            .autoscaling(0.25..=2.0)
            .database_name("app")
    });
    let mut run = neon.fleet().provision(tenants).concurrency(400).events();
    let bars = Bars::new()?;
    while let Some(event) = run.next().await {
        match event {
            Event::Status(status) => bars.show(status),
            Event::Failed { item, failure } => eprintln!("{item}: {failure}"),
            _ => bars.show(run.status()),
        }
    }
    let report = run.finish().await?;
    let status = report.status();
    report.check()?;

    let requests = f64::from(u32::try_from(status.requests)?);
    let least = (requests - f64::from(BURST)) * 60.0 / f64::from(PER_MINUTE);
    let took = status.elapsed.as_secs_f64();
    let ratio = took / least;
    println!(
        "{TENANTS} tenants by {requests} requests: {:.2} each\n\
         (requests - burst) / rate: {least:.2} s, took {took:.2} s: {ratio:.3} times that",
        requests / f64::from(TENANTS),
    );
    Ok(if ratio <= 1.05 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
