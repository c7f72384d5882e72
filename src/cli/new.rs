//! `poolsim new`: a commented scenario, or one of those that come with the program.

use super::args::New;
use super::begin;
use super::exit::Status;
use super::load::did_you_mean;
use super::out::Out;
use super::shipped::{self, Shipped};
use super::whole::Whole;
use crate::base::inert::clean_line;
use crate::catalog;
use crate::report::text::layout::{Page, Tint, width};
use std::io::IsTerminal as _;

/// The scenario that `poolsim new` prints: one of each, with words beside it.
pub const TEMPLATE: &str = include_str!("template.yaml");

/// Prints or writes a scenario, or lists those that are carried.
pub fn new(out: Out, args: &New) -> Status {
    if args.list {
        return out.result(&list(out));
    }
    let text = match args.from.as_deref().map(find) {
        None => TEMPLATE,
        Some(Ok(shipped)) => shipped.text,
        Some(Err(near)) => {
            let name = args.from.as_deref().unwrap_or_default();
            let help = did_you_mean(&near, "`poolsim new --list` lists them");
            return out.refuse("usage", &format!("no scenario `{name}` comes with the program"), &help, Status::Wrong);
        }
    };
    let text = with_schema(text);
    match &args.file {
        None => {
            let status = out.result(&text);
            // Where it goes into a file or a pipe nobody reads what stands beside it.
            if args.from.is_none() && std::io::stdout().is_terminal() && std::io::stderr().is_terminal() {
                begin::begin_beside(out);
            }
            status
        }
        Some(file) => {
            let status = out.new_file(file, &text);
            if status == Status::Fine {
                let schema = file.with_file_name(SCHEMA);
                // An editor that finds no schema only says so: the scenario is what was asked for.
                let beside =
                    !schema.exists() && Whole::put(&schema, &crate::report::json::pretty(&crate::scenario::schema::schema())).is_ok();
                let shown = clean_line(&file.display().to_string());
                let and = if beside { format!(", and beside it {SCHEMA} for editors") } else { String::new() };
                out.say(&format!("{shown} is written{and}; `poolsim run {shown}` runs it\n"));
                if std::io::stderr().is_terminal() {
                    out.say("\n");
                    begin::begin_beside(out);
                }
            }
            status
        }
    }
}

/// The name under which a scenario's first line looks for the schema.
const SCHEMA: &str = "scenario.schema.json";

/// A scenario with a first line that editors find the schema by, beside the file: where the carried ones have it there is
/// none elsewhere.
fn with_schema(text: &str) -> String {
    const LINE: &str = "# yaml-language-server: $schema=";
    let rest = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(LINE) => rest,
        _ => text,
    };
    format!("{LINE}{SCHEMA}\n# (for editors; `poolsim schema > {SCHEMA}` writes it)\n{rest}")
}

/// By its name, or by its path with or without the ending.
fn find(wanted: &str) -> Result<&'static Shipped, Vec<String>> {
    let bare = wanted.trim_end_matches(".yaml").trim_end_matches(".yml");
    let bare = bare.strip_prefix("scenarios/").unwrap_or(bare);
    let is = |shipped: &&Shipped| shipped.name() == bare || shipped.path.trim_end_matches(".yaml").trim_end_matches(".yml") == bare;
    shipped::ALL.iter().find(is).ok_or_else(|| catalog::nearest_of(bare, shipped::ALL.iter().map(Shipped::name)))
}

fn list(out: Out) -> String {
    let mut page = Page::new(out.colour);
    let names = shipped::ALL.iter().map(|shipped| width(shipped.name())).max().unwrap_or(0).min(34) + 2;
    let mut chapter = None;
    for shipped in shipped::ALL {
        if chapter != Some(shipped.chapter()) {
            if chapter.is_some() {
                page.gap();
            }
            chapter = Some(shipped.chapter());
            page.heading(shipped.chapter(), "");
        }
        let lead = format!("  {}", page.tint(Tint::Bold, shipped.name()));
        if width(shipped.name()) + 2 > names {
            page.line(&lead);
            page.hanging("", 2 + names, Tint::Plain, &shipped.title());
        } else {
            page.hanging(&lead, 2 + names, Tint::Plain, &shipped.title());
        }
    }
    page.into_text()
}
