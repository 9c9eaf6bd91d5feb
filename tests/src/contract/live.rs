//! The whole contract against a server over the network: the real API, or an emulator that stands
//! for it in the gate.

use std::fmt::Write as _;

use super::exchange::{Exchange, read};
use super::questions::{self, Place};
use super::shape::Kind;
use super::table::{self, Outcome, Row};
use super::target::Target;
use super::{published, replay};

/// What a run found.
#[derive(Debug)]
pub struct Report {
    /// What a reader of the run sees.
    pub text: String,
    /// Whether everything that was recorded or published came back.
    pub holds: bool,
}

/// What a run against the real API needs, from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The base URL.
    pub base: String,
    /// The API key.
    pub key: String,
    /// The organization in which projects are created.
    pub org_id: Option<String>,
    /// Where to record.
    pub record: Option<String>,
}

impl Settings {
    /// `None` unless both the key and the explicit wish are there.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if set("NEON_LIVE_TESTS")? != "1" {
            return None;
        }
        let default = || "https://console.neon.tech/api/v2".to_owned();
        Some(Self {
            key: set("NEON_API_KEY")?,
            base: set("NEON_API_HOST").unwrap_or_else(default),
            org_id: set("NEON_ORG_ID"),
            record: set("NEON_RECORD"),
        })
    }
}

/// What a run of [`all`] takes, said before it starts.
pub fn cost(exchanges: &[Exchange]) -> String {
    let created = |e: &&Exchange| e.operation().id == "createProject" && e.status == 201;
    let created = exchanges.iter().filter(created).count();
    let lists = exchanges
        .iter()
        .filter(|e| e.operation().id == "listProjects");
    let projects = created + lists.count() + 2;
    format!(
        "This creates up to {projects} projects one after the other (at most 3 at a time), 4 more \
         branches, 4 more computes of 0.25 CU and 4 API keys, and deletes all of them. Computes run \
         for about {projects} minutes together: {:.1} CU hours at most. About {} requests.",
        f64::from(u32::try_from(projects).unwrap_or(u32::MAX)) * 5.0 * 0.25 / 60.0,
        exchanges.len() * 4 + 120,
    )
}

/// Differences that say that a client of the recorded API would not find what it expects.
fn breaks(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Status | Kind::Missing | Kind::Type | Kind::Order
    )
}

/// Adds the differences that the table in `file` does not know.
fn describe(report: &mut Report, file: &str, outcomes: &[Outcome]) {
    let rows: Vec<Row> = read(file);
    for (outcome, difference) in table::unknown(&rows, outcomes) {
        let (of, operation) = (&outcome.of, outcome.operation);
        writeln!(report.text, "{of} {operation}: {difference}").ok();
        // Whether something is still on its way depends on how fast the server is.
        let on_its_way = difference.at.ends_with(".pending_state");
        report.holds &= on_its_way || !breaks(difference.is);
    }
    let agree = outcomes.iter().filter(|o| o.differences.is_empty()).count();
    let all = outcomes.len();
    writeln!(report.text, "{file}: {agree} of {all} agree without it").ok();
}

/// Replays the recordings and the documentation's exchanges, and asks the open questions. What it
/// created is deleted by [`Target::clean_up`], whatever happens here.
pub async fn all(target: &mut Target, exchanges: &[Exchange]) -> Report {
    let mut report = Report {
        text: String::new(),
        holds: true,
    };
    let outcomes = replay::replay(target, exchanges).await;
    describe(&mut report, "recordings/differences.json", &outcomes);
    let outcomes = published::walk(target).await;
    describe(
        &mut report,
        "contract/published-differences.json",
        &outcomes,
    );
    let place = Place::create(target).await;
    for question in questions::all() {
        let answer = place.ask(target, &question).await;
        let answer = answer.as_deref().unwrap_or("not asked: no organization");
        writeln!(
            report.text,
            "question {}: {answer} (the emulator: {})",
            question.id, question.emulator
        )
        .ok();
    }
    report
}
