//! IDs in Neon's forms.

use serde::{Deserialize, Serialize};

use crate::rng::Rng;
use crate::state::Recent;

const ADJECTIVES: [&str; 40] = [
    "ancient", "autumn", "bitter", "bold", "broad", "calm", "cold", "cool", "crimson", "curly",
    "damp", "dark", "dawn", "divine", "dry", "empty", "falling", "fancy", "flat", "fragrant",
    "frosty", "gentle", "green", "hidden", "icy", "late", "little", "lively", "long", "lucky",
    "misty", "muddy", "noisy", "old", "plain", "polished", "proud", "quiet", "rapid", "shiny",
];
const NOUNS: [&str; 40] = [
    "art", "band", "bar", "base", "bird", "block", "boat", "bonus", "bread", "breeze", "brook",
    "bush", "cake", "cell", "cherry", "cloud", "credit", "darkness", "dawn", "dew", "disk",
    "dream", "dust", "feather", "field", "fire", "firefly", "flower", "fog", "forest", "frog",
    "frost", "glade", "glitter", "grass", "hall", "hat", "haze", "heart", "sea",
];
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MIXED: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Generates unique IDs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ids {
    rng: Rng,
    /// The chance that one comes again after so many others is small; where it would do harm, it is
    /// asked whether it is known.
    used: Recent<String, 10_000>,
    numbers: i64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::for_purpose(seed, "ids");
        let numbers = rng.between(2_000_000, 9_000_000);
        Self {
            rng,
            used: Recent::default(),
            numbers,
        }
    }

    fn fresh(&mut self, make: fn(&mut Rng) -> String) -> String {
        loop {
            let id = make(&mut self.rng);
            if self.used.add(id.clone()) {
                return id;
            }
        }
    }

    pub(crate) fn project(&mut self) -> String {
        self.fresh(project)
    }

    pub(crate) fn branch(&mut self) -> String {
        self.fresh(branch)
    }

    pub(crate) fn endpoint(&mut self) -> String {
        self.fresh(endpoint)
    }

    pub(crate) fn snapshot(&mut self) -> String {
        self.fresh(snapshot)
    }

    pub(crate) fn uuid(&mut self) -> String {
        self.fresh(Rng::uuid)
    }

    /// Database and key IDs: growing integers, with gaps like those of a shared sequence.
    pub(crate) fn number(&mut self) -> i64 {
        self.numbers = self.numbers.saturating_add(self.rng.between(1, 40));
        self.numbers
    }

    pub(crate) fn password(&mut self) -> String {
        format!("npg_{}", self.rng.text(MIXED, 12))
    }

    pub(crate) fn api_key(&mut self) -> String {
        format!("napi_{}", self.rng.text(LOWER, 64))
    }

    /// A plausible log sequence number.
    pub(crate) fn lsn(&mut self) -> String {
        format!("0/{:X}", self.rng.between(0x0100_0000, 0x0fff_ffff))
    }
}

fn words(rng: &mut Rng) -> String {
    let adjective = rng.pick(&ADJECTIVES).copied().unwrap_or("late");
    let noun = rng.pick(&NOUNS).copied().unwrap_or("frost");
    format!("{adjective}-{noun}")
}

pub(crate) fn project(rng: &mut Rng) -> String {
    format!("{}-{:08}", words(rng), rng.between(10_000_000, 99_999_999))
}

pub(crate) fn organization(rng: &mut Rng) -> String {
    format!("org-{}", project(rng))
}

pub(crate) fn branch(rng: &mut Rng) -> String {
    format!("br-{}-a{}", words(rng), rng.text(LOWER, 7))
}

pub(crate) fn snapshot(rng: &mut Rng) -> String {
    format!("snap-{}-a{}", words(rng), rng.text(LOWER, 7))
}

pub(crate) fn endpoint(rng: &mut Rng) -> String {
    format!("ep-{}-a{}", words(rng), rng.text(LOWER, 7))
}
