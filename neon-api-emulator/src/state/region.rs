//! Where projects can live.

use serde_json::{Value, json};

/// Region ID, name, latitude, longitude; the first is the default.
const REGIONS: [(&str, &str, &str, &str); 10] = [
    (
        "aws-us-east-1",
        "AWS US East 1 (N. Virginia)",
        "38.13",
        "-78.45",
    ),
    ("aws-us-east-2", "AWS US East 2 (Ohio)", "39.96", "-83"),
    (
        "aws-us-west-2",
        "AWS US West 2 (Oregon)",
        "46.15",
        "-123.88",
    ),
    (
        "aws-eu-central-1",
        "AWS Europe Central 1 (Frankfurt)",
        "50",
        "8",
    ),
    (
        "aws-eu-west-2",
        "AWS Europe West 2 (London)",
        "51.51",
        "-0.13",
    ),
    (
        "aws-ap-southeast-1",
        "AWS Asia Pacific 1 (Singapore)",
        "1.37",
        "103.8",
    ),
    (
        "aws-ap-southeast-2",
        "AWS Asia Pacific 2 (Sydney)",
        "-33.86",
        "151.2",
    ),
    (
        "aws-sa-east-1",
        "AWS South America East 1 (São Paulo)",
        "-23.55",
        "-46.63",
    ),
    (
        "azure-eastus2",
        "Azure East US 2 (Virginia)",
        "36.66",
        "-78.39",
    ),
    (
        "azure-westus3",
        "Azure West US 3 (Arizona)",
        "33.45",
        "-112.07",
    ),
];

pub(crate) const DEFAULT: &str = "aws-us-east-1";

pub(crate) fn exists(id: &str) -> bool {
    REGIONS.iter().any(|(region, ..)| *region == id)
}

pub(crate) fn json() -> Value {
    let one = |&(id, name, lat, long): &(&str, &str, &str, &str)| {
        json!({
            "region_id": id,
            "name": name,
            "default": id == DEFAULT,
            "geo_lat": lat,
            "geo_long": long,
        })
    };
    REGIONS.iter().map(one).collect()
}

/// `aws` of `aws-us-east-1`.
pub(crate) fn platform(id: &str) -> &str {
    id.split_once('-').map_or("aws", |(platform, _)| platform)
}

/// The domain under which a region's endpoints are reached.
pub(crate) fn proxy_host(id: &str) -> String {
    match id.split_once('-') {
        Some(("aws", region)) => format!("c-2.{region}.aws.neon.tech"),
        Some((platform, region)) => format!("{region}.{platform}.neon.tech"),
        None => format!("{id}.aws.neon.tech"),
    }
}
