//! What the examples draw. `PICTURES=FOLDER` keeps the charts, for somebody to look at.

#[path = "../../examples/chart/mod.rs"]
mod chart;
#[path = "../../examples/tree/mod.rs"]
mod tree;

use neon_api::branches::AnnotatedBranch;
use neon_api::chrono::{DateTime, Days, NaiveDate, Utc};
use unicode_width::UnicodeWidthStr as _;

use super::*;
use chart::{Chart, Usage};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[allow(clippy::cast_possible_truncation, reason = "as large as written here")]
fn whole(value: f64) -> i64 {
    value as i64
}

/// Projects with a consumption that differs by day and by project.
fn chart(projects: u32, days: u32) -> Chart {
    let first = day(2025, 11, 27);
    let last = first + Days::new(u64::from(days.max(1)) - 1);
    let usages = (0..projects).map(|number| {
        let mut usage = Usage::new(format!("quiet-<frost>&-{:08}", 12_345_678 + number));
        for (column, day) in (0..days).zip(first.iter_days()) {
            let wave = (f64::from(column) / 5.0 + f64::from(number)).sin() + 1.2;
            let stored = (f64::from(column) / f64::from(days) + 0.5) * 0.3 / f64::from(number + 2);
            let seconds = wave * 40.0 * 3600.0 / f64::from(number + 1);
            usage.add(day, "compute_unit_seconds", whole(seconds));
            usage.add(day, "root_branch_bytes_month", whole(stored * 0.75e9));
            usage.add(day, "child_branch_bytes_month", whole(stored * 0.25e9));
            usage.add(day, "public_network_transfer_bytes", 1 << 40);
        }
        usage
    });
    Chart::new("org-ocean-art-12345678", first..=last, usages.collect())
}

/// An SVG file of this name, if it is to be kept.
fn draw(name: &str, chart: &Chart) -> String {
    let svg = chart.svg().unwrap();
    if let Some(folder) = std::env::var_os("PICTURES") {
        std::fs::write(PathBuf::from(folder).join(format!("{name}.svg")), &svg).unwrap();
    }
    svg
}

/// The texts of a chart: where each begins or ends, and how wide it is at most.
fn texts(svg: &str) -> Vec<(f64, f64, f64, String)> {
    let attribute = |element: &str, name: &str| {
        let from = element.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        element[from..].split('"').next().unwrap().to_owned()
    };
    let elements = svg.split("<text ").skip(1);
    let texts = elements.map(|element| {
        let (head, rest) = element.split_once('>').unwrap();
        let text = rest.split("</text>").next().unwrap().trim();
        let text = text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let size: f64 = attribute(head, "font-size").parse().unwrap();
        let width = size * 0.6 * text.chars().map(|_| 1.0).sum::<f64>();
        let (x, y): (f64, f64) = (
            attribute(head, "x").parse().unwrap(),
            attribute(head, "y").parse().unwrap(),
        );
        let left = match attribute(head, "text-anchor").as_str() {
            "start" => x,
            "middle" => x - width / 2.0,
            _ => x - width,
        };
        (left, left + width, y, text)
    });
    texts.collect()
}

#[test]
fn charts_are_legible_for_any_period() {
    for (name, projects, days) in [
        ("empty", 0, 30),
        ("one-day", 2, 1),
        ("week", 3, 7),
        ("month", 3, 30),
        ("two-months", 9, 62),
        ("year", 9, 365),
    ] {
        let svg = draw(name, &chart(projects, days));
        let texts = texts(&svg);
        for (number, (left, right, y, text)) in texts.iter().enumerate() {
            assert!(
                *left >= 0.0 && *right <= 1000.0,
                "{name}: {text} is cut: {left} {right}"
            );
            for (other_left, other_right, other_y, other) in &texts[number + 1..] {
                let is_apart =
                    (y - other_y).abs() > 12.0 || right < other_left || other_right < left;
                assert!(is_apart, "{name}: {text} and {other} overlap");
            }
        }
        let has = |part: &str| texts.iter().any(|(.., text)| text.contains(part));
        assert!(
            has("CU-hours") && has("GB-months") && has("27 Nov 2025"),
            "{name}"
        );
        assert_eq!(has("nothing in this period"), projects == 0, "{name}");
        assert_eq!(has("3 others"), projects == 9, "{name}");
        // Bars in both panels, the legend, and the background.
        let colored = projects.min(7) as usize;
        let bars = svg.matches("<rect ").count();
        assert_eq!(bars, colored * (days as usize * 2 + 1) + 1, "{name}");
    }
}

#[test]
fn a_table_adds_up() {
    let table = chart(2, 3).table();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("PROJECT ") && lines[3].starts_with("all "),
        "{table}"
    );
    let amount = |line: &str| {
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    let sum = amount(lines[1]) + amount(lines[2]);
    assert!((sum - amount(lines[3])).abs() < 0.02, "{table}");
    assert!(
        lines
            .windows(2)
            .all(|pair| pair[0].width() == pair[1].width()),
        "{table}"
    );
}

fn branch(id: &str, parent: Option<&str>, name: &str, size: Option<i64>) -> AnnotatedBranch {
    serde_json::from_value(json!({
        "branch": {
            "id": id, "project_id": "late-frost-12345678", "parent_id": parent, "name": name,
            "current_state": "ready", "state_changed_at": "2026-11-01T00:00:00Z",
            "creation_source": "console", "default": parent.is_none(), "protected": false,
            "cpu_used_sec": 0, "compute_time_seconds": 0, "active_time_seconds": 0,
            "written_data_bytes": 0, "data_transfer_bytes": 0, "logical_size": size,
            "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z",
        },
        "annotation": null,
    }))
    .unwrap()
}

fn lines(branches: &[AnnotatedBranch]) -> Vec<String> {
    let now: DateTime<Utc> = "2026-11-03T00:00:00Z".parse().unwrap();
    tree::draw(branches, &[], now)
}

#[test]
fn trees_are_aligned_whatever_the_names_are() {
    let drawn = lines(&[
        branch("br-1", None, "main", Some(31_457_280)),
        branch("br-2", Some("br-1"), "プレビュー/ブランチ", Some(999)),
        branch(
            "br-3",
            Some("br-2"),
            &"long".repeat(60),
            Some(1_250_000_000),
        ),
        branch("br-4", Some("br-1"), "a\u{1b}[31m\nb\u{202e}", None),
        branch("br-5", Some("br-gone"), "orphan", Some(0)),
    ]);
    assert_eq!(drawn.len(), 6, "a line each: {drawn:#?}");
    assert_eq!(
        drawn[1],
        format!("main (default){}31 MB  2 days  -        -", " ".repeat(45))
    );
    assert!(
        drawn[2].starts_with("├─ a\u{fffd}[31m\u{fffd}b\u{fffd} "),
        "{drawn:#?}"
    );
    assert!(
        drawn[3].starts_with("└─ プレビュー/ブランチ "),
        "{drawn:#?}"
    );
    assert!(
        drawn[4].starts_with("   └─ longlong") && drawn[4].contains("… "),
        "{drawn:#?}"
    );
    assert!(drawn[4].contains("1.2 GB"), "{drawn:#?}");
    assert!(drawn[5].starts_with("orphan "), "{drawn:#?}");
    let ends: Vec<_> = drawn[1..]
        .iter()
        .map(|line| line.find("2 days").map(|at| line[..at].width()))
        .collect();
    assert!(
        ends.iter().all(|end| *end == ends[0] && end.is_some()),
        "{drawn:#?}"
    );
}

#[test]
fn trees_may_be_deep_and_circles_end() {
    let id = |number: u32| format!("br-{number}");
    let mut chain = vec![branch("br-0", None, "main", None)];
    chain.extend((1..500).map(|number| branch(&id(number), Some(&id(number - 1)), "b", None)));
    assert_eq!(lines(&chain).len(), 501);
    let circle = [
        branch("br-1", Some("br-2"), "a", None),
        branch("br-2", Some("br-1"), "b", None),
    ];
    assert_eq!(lines(&circle).len(), 3, "{:?}", lines(&circle));
    assert_eq!(lines(&[]).len(), 1);
}

#[tokio::test]
async fn branches_are_drawn_with_their_endpoints() {
    let server = emulator().await;
    let app = app(&server).await;
    let project = client(&server).project(&app);
    let day = Duration::from_secs(24 * 3600 + 60);
    let preview = project.branches().create("preview/pr-42").with_compute();
    let preview = preview.expires_in(3 * day).ready().await.unwrap();
    let replica = project.branch(&preview).endpoints().create_read_only();
    replica.ready().await.unwrap();
    let said = run(&server, "branch_tree", &[app.project.id.as_str()]).await;
    let drawn: Vec<_> = said.lines().collect();
    assert_eq!(drawn[0], format!("app ({})", app.project.id));
    assert!(
        drawn[1].starts_with("BRANCH ") && drawn[1].ends_with(" ENDPOINT"),
        "{said}"
    );
    assert!(
        drawn[2].starts_with("main (default) ") && drawn[2].contains(" read-write, "),
        "{said}"
    );
    assert!(
        drawn[3].starts_with("└─ preview/pr-42 ") && drawn[3].contains("in 3 days"),
        "{said}"
    );
    assert!(
        drawn[4].starts_with("    ") && drawn[4].contains(" read-only, "),
        "{said}"
    );
    assert_eq!(drawn.len(), 5, "{said}");
}

#[tokio::test]
async fn costs_are_a_table_and_a_chart() {
    let server = emulator().await;
    let app = app(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("costs.svg");
    let org = server.emulator().organization_id();
    let said = run(&server, "cost_report", &[org, file.to_str().unwrap()]).await;
    assert!(
        said.lines()
            .any(|line| line.starts_with(app.project.id.as_str())),
        "{said}"
    );
    assert!(said.lines().last().unwrap().starts_with("all "), "{said}");
    let svg = std::fs::read_to_string(file).unwrap();
    assert!(
        svg.starts_with("<svg ") && svg.contains(app.project.id.as_str()),
        "{svg:.200}"
    );
}
