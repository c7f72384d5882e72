//! The tables of settings that are varied as one picture: a heat map for each case and hazard. No script, no request to
//! anywhere, no word of a file that is not escaped.

use super::Swept;
use super::grid::{Grid, grids};
use super::text::percent;
use crate::base::inert::clean_line;
use crate::base::interval::Interval;
use crate::report::text::layout::width;
use std::fmt::Write as _;

const CELL: (usize, usize) = (96, 44);
const LETTER: usize = 8;

/// The picture.
pub fn render(swept: &Swept) -> String {
    let grids = grids(swept);
    // The setting down the side stands above its values.
    let down = if let [down, _] = &swept.head.axes[..] { width(down) } else { 0 };
    let side = |grid: &Grid| 24 + LETTER * grid.rows.iter().map(|row| width(row)).max().unwrap_or(0).max(down);
    let wide = grids.iter().map(|grid| side(grid) + CELL.0 * grid.columns.len()).max().unwrap_or(0).max(420) + 24;
    let tall = 64 + grids.iter().map(|grid| 92 + CELL.1 * grid.rows.len()).sum::<usize>() + if grids.is_empty() { 32 } else { 0 };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{tall}\" viewBox=\"0 0 {wide} {tall}\" role=\"img\" class=\"heat\" font-family=\"sans-serif\" font-size=\"13\">\n"
    );
    let title = format!("{}: how often each hazard comes, by {}", swept.head.scenario, swept.head.axes.join(" and "));
    let _ = writeln!(out, "<title>{}</title>", escaped(&title));
    let _ = writeln!(out, "<rect width=\"{wide}\" height=\"{tall}\" fill=\"#ffffff\"/>");
    text(&mut out, (12, 26), "start", "font-size=\"16\" font-weight=\"bold\"", &swept.head.scenario);
    let head = &swept.head;
    text(
        &mut out,
        (12, 46),
        "start",
        "fill=\"#555555\"",
        &format!("poolsim {}, release {}, seeds {}..{}", head.poolsim, head.release, head.seeds.0, head.seeds.1),
    );
    if grids.is_empty() {
        text(&mut out, (12, 76), "start", "", "no hazard in any run");
    }
    let mut top = 64;
    for grid in &grids {
        draw(&mut out, top, side(grid), grid, &head.axes);
        top += 92 + CELL.1 * grid.rows.len();
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, top: usize, side: usize, grid: &Grid, axes: &[String]) {
    let name = if grid.case.is_empty() { grid.hazard.to_string() } else { format!("{} ({})", grid.hazard, grid.case) };
    text(out, (12, top + 22), "start", "font-weight=\"bold\"", &name);
    let across = axes.last().map_or("", String::as_str);
    text(out, (side, top + 42), "start", "fill=\"#555555\"", across);
    if let [down, _] = axes {
        text(out, (12, top + 62), "start", "fill=\"#555555\"", down);
    }
    for (at, value) in grid.columns.iter().enumerate() {
        text(out, (side + CELL.0 * at + CELL.0 / 2, top + 62), "middle", "", value);
    }
    for (row, (value, cells)) in grid.rows.iter().zip(&grid.cells).enumerate() {
        let y = top + 70 + CELL.1 * row;
        text(out, (side - 8, y + CELL.1 / 2 + 5), "end", "", value);
        for (column, cell) in cells.iter().enumerate() {
            draw_cell(out, (side + CELL.0 * column, y), *cell);
        }
    }
}

fn draw_cell(out: &mut String, (x, y): (usize, usize), cell: Option<Interval>) {
    let (wide, tall) = (CELL.0 - 2, CELL.1 - 2);
    let fill = cell.map_or_else(|| "#eeeeee".to_string(), |share| colour(share.estimate));
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{tall}\" fill=\"{fill}\"/>");
    let ink = if cell.is_some_and(|share| share.estimate > 550_000) { "fill=\"#ffffff\"" } else { "fill=\"#000000\"" };
    let middle = x + wide / 2;
    match cell {
        None => text(out, (middle, y + 26), "middle", ink, "not run"),
        Some(share) => {
            text(out, (middle, y + 19), "middle", ink, &format!("{} %", percent(share.estimate)));
            let ends = format!("{} .. {}", percent(share.lower), percent(share.upper));
            text(out, (middle, y + 34), "middle", &format!("{ink} font-size=\"10\""), &ends);
        }
    }
}

/// From white over to a dark red: lightness falls evenly, so that it reads without colours too.
fn colour(millionths: i32) -> String {
    let share = millionths.clamp(0, 1_000_000) as u32;
    let between = |from: u32, to: u32| from - (from - to) * share / 1_000_000;
    format!("#{:02x}{:02x}{:02x}", between(255, 150), between(250, 20), between(240, 30))
}

fn text(out: &mut String, (x, y): (usize, usize), anchor: &str, more: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" {more}>{}</text>", escaped(words));
}

fn escaped(words: &str) -> String {
    clean_line(words).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
