//! Against five makes of a server's limiter.

use crate::models::{self, Make, Quotas, Server, Setting, Trial};
use crate::support::row;
use crate::{Bounds, SEEDS};

/// In how many steps the account's window is moved over its length.
const PHASES: u32 = 200;

/// What a server enforces, and what the client knows.
struct Scale {
    name: &'static str,
    documented: Quotas,
    is_half: bool,
}

impl Scale {
    const ALL: [Self; 4] = [
        Self {
            name: "as documented",
            documented: Quotas::DOCUMENTED,
            is_half: false,
        },
        Self {
            name: "half of what is documented",
            documented: Quotas::DOCUMENTED,
            is_half: true,
        },
        Self {
            name: "ten times the rates, windows of 6 s",
            documented: Quotas::TENFOLD,
            is_half: false,
        },
        Self {
            name: "half of ten times the rates",
            documented: Quotas::TENFOLD,
            is_half: true,
        },
    ];

    fn enforced(&self) -> Quotas {
        if self.is_half {
            self.documented.half()
        } else {
            self.documented
        }
    }

    /// At most 1 % refused, and 2 % over the least time, or 10 % where the clock counts; where less than
    /// is documented is enforced, 5 % and 64 more, and 15 %.
    fn bounds(&self, make: Make, calls: u32) -> Bounds {
        if self.is_half {
            let refused = f64::from(calls) / 20.0 + 64.0;
            return Bounds {
                ratio: 1.15,
                refused,
            };
        }
        let ratio = match make {
            Make::Counter | Make::Fixed => 1.1,
            _ => 1.02,
        };
        Bounds {
            ratio,
            refused: f64::from(calls) / 100.0,
        }
    }

    async fn trial(&self, setting: &Setting, calls: u32) -> Trial {
        let server = Server::new(setting);
        models::run(&server, setting, self.documented, calls as usize, 64).await
    }

    /// Some drawings, of which the first have the clock's window at its worst, near to its beginning.
    async fn trials(&self, make: Make, calls: u32) -> Vec<Trial> {
        let mut all = Vec::new();
        for seed in 0..SEEDS {
            let mut setting = Setting::new(make, self.enforced(), seed);
            if seed % 2 == 0 {
                setting.route = make;
            }
            if seed < 4 {
                setting.phase = u32::try_from(seed).ok().map(|part| f64::from(part) * 0.02);
            }
            all.push(self.trial(&setting, calls).await);
        }
        all
    }
}

/// The worst of the drawings.
pub(crate) async fn run() -> bool {
    let mut all = true;
    for scale in Scale::ALL {
        for make in Make::ALL {
            for calls in [1000, 2000] {
                let trials = scale.trials(make, calls).await;
                println!("{make:?}, {}, {calls} calls, {SEEDS} runs", scale.name);
                let (ratio, refused) = worst(&trials);
                let bounds = scale.bounds(make, calls);
                all &= row("time over the least possible", ratio, "", bounds.ratio);
                all &= row("responses 429", refused, "", bounds.refused);
            }
        }
    }
    all
}

fn worst(trials: &[Trial]) -> (f64, f64) {
    let ratio = trials.iter().map(Trial::ratio).fold(0.0, f64::max);
    let refused = trials.iter().map(refused).fold(0.0, f64::max);
    (ratio, refused)
}

fn refused(trial: &Trial) -> f64 {
    f64::from(u32::try_from(trial.refused).unwrap_or(u32::MAX))
}

/// How often a bound is missed when the account's window begins at any part of its length. Of those
/// that begin while the burst is sent some are missed at ten times the rates.
pub(crate) async fn phases() {
    for scale in Scale::ALL {
        for make in Make::ALL {
            for calls in [1000, 2000] {
                let bounds = scale.bounds(make, calls);
                let mut trials = Vec::new();
                for step in 0..PHASES {
                    let mut setting = Setting::new(make, scale.enforced(), step.into());
                    setting.phase = Some(f64::from(step) / f64::from(PHASES));
                    trials.push(scale.trial(&setting, calls).await);
                }
                let late = |trial: &&Trial| trial.ratio() > bounds.ratio;
                let over = |trial: &&Trial| refused(trial) > bounds.refused;
                let (late, over) = (
                    trials.iter().filter(late).count(),
                    trials.iter().filter(over).count(),
                );
                let (ratio, refused) = worst(&trials);
                println!("{make:?}, {}, {calls} calls, {PHASES} phases", scale.name);
                println!(
                    "  {late} too late, of which the worst {ratio:.3} times the least possible"
                );
                println!("  {over} refused too often, of which the worst {refused} times");
            }
        }
    }
}
