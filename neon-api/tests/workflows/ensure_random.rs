//! Two processes under random faults.

use neon_api::projects::ProjectHandle;
use neon_api::{Error, Neon};
use neon_api_emulator::{Emulator, Fault};

use crate::{client, done};

/// Every fourth request meets one of these.
fn inject(emulator: &Emulator) {
    let faults = emulator.faults();
    for fault in [
        Fault::reset(),
        Fault::reset().after_effect(),
        Fault::truncate(7),
        Fault::proxy_page(502).after_effect(),
        Fault::status(429),
        Fault::status(423),
    ] {
        faults.inject(fault.probability(0.05).always());
    }
}

/// Ensures all, again after an outcome that is unknown, as a user would.
async fn all(project: &ProjectHandle) -> Result<(), Error> {
    loop {
        let outcome = async {
            let branch = project
                .branches()
                .ensure("x")
                .with_compute()
                .ready()
                .await?;
            let branch = project.branch(&branch);
            branch.roles().ensure("reporter").ready().await?;
            let database = branch.databases().ensure("app", "reporter");
            database.apply_differences(true).ready().await?;
            Ok::<_, Error>(())
        };
        match outcome.await {
            Err(error) if error.outcome_unknown() => {}
            outcome => return outcome,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_under_random_faults_end_with_one_of_each() {
    for seed in 0..40 {
        let emulator = Emulator::builder().seed(seed).build();
        let app = emulator.seed(|seed| seed.project("app")).unwrap();
        let processes = [client(&emulator), client(&emulator)];
        let [one, two] = processes.map(|neon| neon.project(&app.project.id));
        inject(&emulator);
        let (first, second) = tokio::join!(all(&one), all(&two));
        first.unwrap_or_else(|error| panic!("{seed}: {error}"));
        second.unwrap_or_else(|error| panic!("{seed}: {error}"));
        emulator.faults().clear();
        let state = emulator.state();
        let branches = state.branches(one.id());
        assert_eq!(branches.len(), 2, "{seed}");
        let branch = state.branch_named(one.id(), "x").unwrap();
        let endpoints = state.endpoints(one.id());
        assert_eq!(
            endpoints
                .iter()
                .filter(|e| e.branch_id == branch.id)
                .count(),
            1,
            "{seed}"
        );
        let roles = state.roles(one.id(), &branch.id);
        assert_eq!(
            roles.iter().filter(|r| r.name == "reporter").count(),
            1,
            "{seed}"
        );
        let databases = state.databases(one.id(), &branch.id);
        assert_eq!(
            databases.iter().filter(|d| d.name == "app").count(),
            1,
            "{seed}"
        );
    }
}

async fn project(neon: &Neon) -> Result<String, Error> {
    loop {
        match neon.projects().ensure("app").ready().await {
            Ok(project) => return Ok(project.id.to_string()),
            Err(error) => match Error::from(error) {
                error if error.outcome_unknown() => {}
                error => return Err(error),
            },
        }
    }
}

/// Creations whose responses were lost may leave a second project: then all know of it, and nothing is
/// deleted that its process has not created.
#[tokio::test(start_paused = true)]
async fn projects_under_random_faults_are_one_or_reported() {
    let mut agreed = 0;
    for seed in 0..40 {
        let emulator = Emulator::builder().seed(seed).build();
        let (one, two) = (client(&emulator), client(&emulator));
        inject(&emulator);
        let (first, second) = tokio::join!(project(&one), project(&two));
        emulator.faults().clear();
        let left = emulator.state().projects().len();
        match (first, second) {
            (Ok(first), Ok(second)) => {
                assert_eq!(first, second, "{seed}");
                assert_eq!(left, 1, "{seed}");
                agreed += 1;
            }
            (first, second) => {
                for error in [first, second].into_iter().filter_map(Result::err) {
                    assert!(matches!(error, Error::Ambiguous { .. }), "{seed}: {error}");
                }
                assert!(left > 1, "{seed}");
            }
        }
        assert!(done(&emulator, "deleteProject") <= 2, "{seed}");
    }
    assert!(agreed >= 30, "{agreed}");
}
