//! The partial order for Graphviz.

use super::OrdersReport;
use super::layers::Layers;
use crate::base::inert::clean_line;
use crate::search::orders::Kind;
use std::fmt::Write as _;

/// A digraph: steps are nodes, and an arrow says what must come before what. What is needed is drawn bold, what may be left out
/// dashed, where that was asked.
pub fn render(report: &OrdersReport) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "digraph {} {{", quoted(&report.scenario));
    let _ = writeln!(out, "  graph [rankdir=LR, labelloc=t, fontname=\"sans-serif\", label={}];", quoted(&report.sentence));
    let _ = writeln!(out, "  node [shape=box, style=rounded, fontname=\"sans-serif\"];");
    for (at, step) in report.steps.iter().enumerate() {
        let label = if step.name == step.text { quoted(&step.name) } else { quoted_lines(&step.name, &step.text) };
        let needed = report.rules.iter().any(|rule| rule.kind == Kind::Needed { step: at as u8 });
        let style = match (report.subsets, needed) {
            (true, true) => ", style=\"rounded,bold\"",
            (true, false) => ", style=\"rounded,dashed\"",
            (false, _) => "",
        };
        let _ = writeln!(out, "  s{at} [label={label}{style}];");
    }
    for (from, to) in Layers::new(report).arrows {
        let _ = writeln!(out, "  s{from} -> s{to};");
    }
    out.push_str("}\n");
    out
}

fn escaped(text: &str) -> String {
    clean_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// A text as Graphviz reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Two lines.
fn quoted_lines(first: &str, second: &str) -> String {
    format!("\"{}\\n{}\"", escaped(first), escaped(second))
}
