//! The chart as SVG.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts of days and lines, in pixels"
)]

use std::collections::BTreeMap;
use std::error::Error;

use neon_api::chrono::{Datelike as _, NaiveDate, Weekday};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Usage;

const SIZE: (u32, u32) = (1000, 640);
/// What a panel has on its left for numbers, and at its right for the legend.
const LEFT: u32 = 86;
const LEGEND: u32 = 230;
/// No bar is wider, in pixels.
const WIDEST_BAR: f64 = 90.0;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(45, 50, 60);
const GRID: RGBColor = RGBColor(226, 229, 234);
/// Distinguished by people who are color-blind, too (Okabe and Ito); the last one is for the others.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(150, 155, 163),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub(super) fn svg(title: &str, days: &[NaiveDate], series: &[Usage]) -> Outcome<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        root.draw(&text(title, (24, 30), 21, HPos::Left))?;
        let (_, body) = root.split_vertically(48);
        let (body, legend) = body.split_horizontally(SIZE.0 - LEGEND);
        let panels = body.split_evenly((2, 1));
        let values: [Vec<_>; 2] = [
            series.iter().map(|usage| &usage.compute).collect(),
            series.iter().map(|usage| &usage.storage).collect(),
        ];
        let units = ["Compute, CU-hours a day", "Storage, GB-months a day"];
        for ((panel, values), unit) in panels.iter().zip(&values).zip(units) {
            bars(panel, unit, days, values)?;
        }
        names(&legend, series)?;
        root.present()?;
    }
    Ok(svg)
}

fn text(text: &str, at: (i32, i32), height: i32, side: HPos) -> Text<'_, (i32, i32), &str> {
    // The library writes sizes a quarter smaller, for fonts that it measures itself.
    let style = (FONT, height * 31 / 25).into_text_style(&SIZE).color(&INK);
    Text::new(text, at, style.pos(Pos::new(side, VPos::Center)))
}

/// A panel: for each day the values of all projects on top of each other.
fn bars(
    panel: &Area<'_>,
    unit: &str,
    days: &[NaiveDate],
    series: &[&BTreeMap<NaiveDate, f64>],
) -> Outcome {
    let value = |values: &BTreeMap<NaiveDate, f64>, day| values.get(day).copied().unwrap_or(0.0);
    let total = |day| series.iter().map(|values| value(values, day)).sum::<f64>();
    let step = step(days.iter().map(total).fold(0.0, f64::max));
    let most = days.iter().map(total).fold(0.0, f64::max);
    let top = step * (most / step).ceil().max(1.0);
    panel.draw(&text(unit, (24, 16), 15, HPos::Left))?;
    let mut chart = ChartBuilder::on(panel)
        .margin_top(42)
        .margin_bottom(36)
        .margin_left(LEFT)
        .build_cartesian_2d(0.0..days.len().max(1) as f64, 0.0..top)?;

    let lines = (top / step).round() as i32;
    for line in 0..=lines {
        let y = f64::from(line) * step;
        let ends = [(0.0, y), (days.len().max(1) as f64, y)];
        let color = if line == 0 { INK } else { GRID };
        chart.draw_series([PathElement::new(ends, color)])?;
        let at = chart.backend_coord(&(0.0, y));
        let at = panel_coord(panel, at);
        panel.draw(&text(&number(y, step), (at.0 - 8, at.1), 13, HPos::Right))?;
    }
    // Bars that are a few pixels wide have no gaps.
    let room = f64::from(SIZE.0 - LEGEND - LEFT) / days.len().max(1) as f64;
    let gap = match days.len() {
        ..=62 => (0.5 - WIDEST_BAR / room / 2.0).max(0.1),
        _ => 0.0,
    };
    for (column, day) in days.iter().enumerate() {
        let mut bottom = 0.0;
        for (values, color) in series.iter().zip(COLORS) {
            let height = value(values, day);
            if height > 0.0 {
                let left = column as f64;
                let corners = [(left + gap, bottom), (left + 1.0 - gap, bottom + height)];
                chart.draw_series([Rectangle::new(corners, color.filled())])?;
                bottom += height;
            }
        }
    }
    for (column, label) in labels(days) {
        let at = panel_coord(panel, chart.backend_coord(&(column as f64 + 0.5, 0.0)));
        panel.draw(&PathElement::new([at, (at.0, at.1 + 5)], INK))?;
        panel.draw(&text(&label, (at.0, at.1 + 16), 13, HPos::Center))?;
    }
    if most == 0.0 {
        let middle = days.len().max(1) as f64 / 2.0;
        let at = panel_coord(panel, chart.backend_coord(&(middle, top / 2.0)));
        panel.draw(&text("nothing in this period", at, 15, HPos::Center))?;
    }
    Ok(())
}

/// A place of the whole picture, as one of the panel.
fn panel_coord(panel: &Area<'_>, (x, y): (i32, i32)) -> (i32, i32) {
    let (left, top) = panel.get_base_pixel();
    (x - left, y - top)
}

/// The distance of the lines: 1, 2 or 5 of a power of ten, for at most five of them.
fn step(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| most / step <= 5.0)
        .unwrap_or(10.0 * power)
}

/// With as many decimals as the distance of the lines has.
fn number(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    if decimals > 6 {
        return format!("{value:.0e}");
    }
    format!("{value:.decimals$}")
}

/// The columns that have a date below them: each day, each Monday, or the first of some months.
fn labels(days: &[NaiveDate]) -> Vec<(usize, String)> {
    let format = if days.len() > 62 { "%b %Y" } else { "%-d %b" };
    let months = days.len() / 240 + 1;
    let is_labeled = |day: &NaiveDate| match days.len() {
        ..=10 => true,
        11..=62 => day.weekday() == Weekday::Mon,
        _ => day.day() == 1 && (day.month0() as usize).is_multiple_of(months),
    };
    let labeled = days.iter().enumerate().filter(|(_, day)| is_labeled(day));
    labeled
        .map(|(column, day)| (column, day.format(format).to_string()))
        .collect()
}

fn names(area: &Area<'_>, series: &[Usage]) -> Outcome {
    for (line, (usage, color)) in series.iter().zip(COLORS).enumerate() {
        let y = 48 + 24 * line as i32;
        area.draw(&Rectangle::new([(20, y - 6), (32, y + 6)], color.filled()))?;
        let mut name: String = usage.project.chars().take(26).collect();
        if name.len() < usage.project.len() {
            name.push('…');
        }
        area.draw(&text(&name, (40, y), 14, HPos::Left))?;
    }
    Ok(())
}
