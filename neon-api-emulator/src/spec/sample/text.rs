//! Strings: by format, by pattern, or by what the property's name says.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::pattern;
use crate::ids;
use crate::rng::Rng;

const ID: &str = "^[a-z0-9-]{1,60}$";
const ID_LIST: &str = "^([a-z0-9-]{1,60}(,[a-z0-9-]{1,60}){0,99})?$";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn string(rng: &mut Rng, schema: &Value, name: &str) -> String {
    let keyword = |key| schema.get(key).and_then(Value::as_str);
    let text = match (keyword("format"), keyword("pattern")) {
        (Some("date-time"), _) => time(rng),
        (Some("uuid"), _) => rng.uuid(),
        (Some("email"), _) => format!("{}@example.com", rng.text(LOWER, 8)),
        (Some("uri"), _) => format!("https://example.com/{}", rng.text(LOWER, 8)),
        (_, Some(pattern)) => patterned(rng, pattern, name),
        _ => named(rng, name),
    };
    fit(text, schema)
}

/// Within a year from a fixed day: what is sampled never depends on the clock.
fn time(rng: &mut Rng) -> String {
    let seconds = 1_757_462_400 + rng.between(0, 31_536_000);
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The patterns of IDs say less than their names.
fn patterned(rng: &mut Rng, pattern: &str, name: &str) -> String {
    match pattern {
        ID | ID_LIST => id(rng, name),
        "^[A-Za-z0-9.-]+$" => format!("{}.example.com", rng.text(LOWER, 6)),
        _ => pattern::matching(rng, pattern).unwrap_or_else(|| rng.text(LOWER, 8)),
    }
}

fn id(rng: &mut Rng, name: &str) -> String {
    if name.contains("branch") || name == "parent_id" {
        ids::branch(rng)
    } else if name.contains("endpoint") && !name.contains("vpc") {
        ids::endpoint(rng)
    } else if name.contains("org") {
        ids::organization(rng)
    } else if name.contains("project") {
        ids::project(rng)
    } else if name.contains("snapshot") {
        format!("snap-{}", ids::project(rng))
    } else {
        format!("id-{}", rng.text(LOWER, 12))
    }
}

fn named(rng: &mut Rng, name: &str) -> String {
    match name {
        "region_id" => "aws-us-east-1".to_owned(),
        "platform_id" => "aws".to_owned(),
        "provisioner" => "k8s-neonvm".to_owned(),
        "proxy_host" => "us-east-1.aws.neon.tech".to_owned(),
        "host" => format!("{}.us-east-1.aws.neon.tech", ids::endpoint(rng)),
        "current_state" | "pending_state" | "state" => "ready".to_owned(),
        "init_source" => "parent-data".to_owned(),
        "timestamp" | "from" | "to" => time(rng),
        "frequency" => "daily".to_owned(),
        "connection_uri" | "uri" => format!(
            "postgresql://app:npg_sample@{}.us-east-1.aws.neon.tech/app?sslmode=require",
            ids::endpoint(rng)
        ),
        "database_name" | "database" => format!("db_{}", rng.text(LOWER, 4)),
        "role_name" | "role" | "owner_name" => format!("role_{}", rng.text(LOWER, 4)),
        "" => format!("text-{}", rng.text(LOWER, 6)),
        _ if name.ends_with("_at") || name.ends_with("_timestamp") => time(rng),
        _ if name.ends_with("url") || name.ends_with("image") => {
            format!("https://example.com/{}", rng.text(LOWER, 8))
        }
        _ if name.ends_with("lsn") => format!("0/{:X}", rng.between(0x0100_0000, 0x0fff_ffff)),
        _ => format!("{}-{}", name.replace('_', "-"), rng.text(LOWER, 6)),
    }
}

/// Within the stated lengths.
fn fit(text: String, schema: &Value) -> String {
    let bound = |key| {
        let bound = schema.get(key).and_then(Value::as_u64)?;
        usize::try_from(bound).ok()
    };
    let length = text.chars().count();
    match (bound("minLength"), bound("maxLength")) {
        (_, Some(high)) if length > high => text.chars().take(high).collect(),
        (Some(low), _) if length < low => {
            let padding = "x".repeat(low - length);
            text + &padding
        }
        _ => text,
    }
}
