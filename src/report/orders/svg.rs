//! The partial order as a picture for a slide: steps in boxes from left to right, an arrow from each to what must come after it.

use super::OrdersReport;
use super::layers::{Item, Layers};
use crate::report::text::layout::{clean_line, cut, wrap};
use crate::search::orders::Kind;
use std::fmt::Write as _;

/// The figures are pixels of a picture that may be shown in any size.
const BOX_WIDE: usize = 250;
const BOX_HIGH: usize = 92;
/// Between two layers, and between two boxes of a layer.
const GAP_WIDE: usize = 70;
const GAP_HIGH: usize = 26;
/// An arrow that passes a layer takes this height there.
const LANE_HIGH: usize = 20;
const MARGIN: usize = 28;
/// So many letters fit in a box of the small print.
const LETTERS: usize = 32;
/// So many lines of it.
const LINES: usize = 3;
/// The height of a line of the title, and of the small print.
const TITLE_HIGH: usize = 26;
const LINE_HIGH: usize = 16;

/// The picture, alone and whole: it asks for nothing from anywhere.
pub fn render(report: &OrdersReport) -> String {
    let laid = Layers::new(report);
    let wide = MARGIN * 2 + laid.layers.len() * BOX_WIDE + laid.layers.len().saturating_sub(1) * GAP_WIDE;
    let wide = wide.max(MARGIN * 2 + 560);
    let title = wrap(&clean_line(&report.sentence), (wide - 2 * MARGIN) / 9);
    let top = MARGIN + title.len() * TITLE_HIGH + 14;
    let heights: Vec<usize> = laid.layers.iter().map(|layer| high(layer)).collect();
    let tallest = heights.iter().max().copied().unwrap_or(0);
    let legend = legend(report);
    let tall = top + tallest + MARGIN + legend.len() * LINE_HIGH + 10;
    // Where each item has its left side, and its middle from top to bottom.
    let mut places: Vec<(Item, usize, usize)> = Vec::new();
    for (at, layer) in laid.layers.iter().enumerate() {
        let x = MARGIN + at * (BOX_WIDE + GAP_WIDE);
        let mut y = top + (tallest - heights[at]) / 2;
        for item in layer {
            let own = item_high(*item);
            places.push((*item, x, y + own / 2));
            y += own + GAP_HIGH;
        }
    }
    let place = |wanted: Item| places.iter().find(|(item, ..)| *item == wanted).map_or((0, 0), |(_, x, y)| (*x, *y));
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {tall}\" width=\"{wide}\" height=\"{tall}\" class=\"orders\" \
         font-family=\"Helvetica, Arial, sans-serif\" role=\"img\">\n<title>{}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0L10 5L0 10z\" fill=\"#37474f\"/></marker></defs>\n<rect width=\"{wide}\" height=\"{tall}\" fill=\"#ffffff\"/>\n",
        escaped(&report.sentence)
    );
    for (at, line) in title.iter().enumerate() {
        let y = MARGIN + at * TITLE_HIGH + 16;
        let _ =
            writeln!(out, "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"19\" font-weight=\"bold\" fill=\"#212121\">{}</text>", escaped(line));
    }
    for (at, (from, to)) in laid.arrows.iter().enumerate() {
        let mut points = vec![(place(Item::Step(*from)).0 + BOX_WIDE, place(Item::Step(*from)).1)];
        for (item, x, y) in &places {
            if *item == Item::Arrow(at) {
                points.extend([(*x, *y), (*x + BOX_WIDE, *y)]);
            }
        }
        points.push(place(Item::Step(*to)));
        let _ =
            writeln!(out, "<path d=\"{}\" fill=\"none\" stroke=\"#37474f\" stroke-width=\"2\" marker-end=\"url(#tip)\"/>", path(&points));
    }
    for (at, step) in report.steps.iter().enumerate() {
        let (x, y) = place(Item::Step(at));
        step_box(&mut out, report, at, (x, y - BOX_HIGH / 2), (&step.name, &step.text));
    }
    for (at, line) in legend.iter().enumerate() {
        let y = top + tallest + MARGIN + at * LINE_HIGH;
        let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"13\" fill=\"#616161\">{}</text>", escaped(line));
    }
    out.push_str("</svg>\n");
    out
}

fn item_high(item: Item) -> usize {
    match item {
        Item::Step(_) => BOX_HIGH,
        Item::Arrow(_) => LANE_HIGH,
    }
}

/// The height of a layer.
fn high(layer: &[Item]) -> usize {
    layer.iter().map(|item| item_high(*item)).sum::<usize>() + layer.len().saturating_sub(1) * GAP_HIGH
}

/// A line through points: level through a layer, and in a soft curve from one to the next.
fn path(points: &[(usize, usize)]) -> String {
    let mut path = format!("M{} {}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let [(x, y), (to_x, to_y)] = [pair[0], pair[1]];
        if y == to_y {
            let _ = write!(path, "L{to_x} {to_y}");
        } else {
            let middle = usize::midpoint(x, to_x);
            let _ = write!(path, "C{middle} {y} {middle} {to_y} {to_x} {to_y}");
        }
    }
    path
}

fn step_box(out: &mut String, report: &OrdersReport, at: usize, (x, y): (usize, usize), (name, text): (&str, &str)) {
    let needed = report.rules.iter().any(|rule| rule.kind == Kind::Needed { step: at as u8 });
    let border = match (report.subsets, needed) {
        (true, true) => "stroke=\"#1b5e20\" stroke-width=\"3\"",
        (true, false) => "stroke=\"#607d8b\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"",
        (false, _) => "stroke=\"#455a64\" stroke-width=\"1.5\"",
    };
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDE}\" height=\"{BOX_HIGH}\" rx=\"10\" fill=\"#eceff1\" {border}/>");
    let mut lines = wrap(&clean_line(text), LETTERS);
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines[LINES - 1].push_str(" …");
    }
    let head = if name == text { String::new() } else { cut(&clean_line(name), 26) };
    let middle = x + BOX_WIDE / 2;
    // The first line's foot: the whole stands in the middle of the box.
    let first = y + (BOX_HIGH - lines.len() * LINE_HIGH) / 2 - if head.is_empty() { 8 } else { 2 };
    if !head.is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{middle}\" y=\"{first}\" font-size=\"17\" font-weight=\"bold\" text-anchor=\"middle\" fill=\"#212121\">{}</text>",
            escaped(&head)
        );
    }
    for (at, line) in lines.iter().enumerate() {
        let y = first + 20 + at * LINE_HIGH;
        let _ = writeln!(
            out,
            "<text x=\"{middle}\" y=\"{y}\" font-size=\"12\" font-family=\"monospace\" text-anchor=\"middle\" fill=\"#37474f\">{}</text>",
            escaped(line)
        );
    }
}

/// What the picture can't show by itself.
fn legend(report: &OrdersReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.rules.is_empty() {
        lines.push("No step must come before another.".to_string());
    } else {
        lines.push("An arrow says what must have ended before what.".to_string());
        let bound = |at: usize| {
            let of = |step: u8| usize::from(step) == at;
            report.rules.iter().any(|rule| matches!(rule.kind, Kind::Before { step, than } if of(step) || of(than)))
        };
        if (0..report.steps.len()).any(|at| !bound(at)) {
            lines.push("A step without an arrow may come at any time.".to_string());
        }
    }
    if report.subsets {
        lines.push("Thick: can't be left out. Dashed: may be.".to_string());
    }
    if !report.rules_exact && report.classes[0] > 0 {
        lines.push(format!("Not all of it: {} of the orders that keep to this are not safe.", report.exceptions_all));
    }
    lines
}

/// A text as XML has it.
fn escaped(text: &str) -> String {
    clean_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
