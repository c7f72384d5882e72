//! What the program says of its own command line: help, manual pages, completions.

use super::args::Cli;
use super::exit::Status;
use super::load::did_you_mean;
use super::out::Out;
use super::reports;
use super::shipped::{self, Shipped};
use crate::catalog::{self, Kind};
use clap::CommandFactory;
use clap::builder::PossibleValuesParser;

/// A command by its name, or by that of its manual page; the program itself where none is named.
fn command(out: Out, name: Option<&str>) -> Result<clap::Command, Status> {
    let mut program = Cli::command();
    // Names, options that every command takes and usages are put in place.
    program.build();
    let Some(name) = name else { return Ok(program) };
    let bare = name.trim_end_matches("(1)").trim_end_matches(".1");
    let bare = bare.strip_prefix("poolsim-").unwrap_or(bare);
    if bare == "poolsim" {
        return Ok(program);
    }
    let known: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_string()).collect();
    program.find_subcommand(bare).cloned().ok_or_else(|| {
        let help = did_you_mean(&catalog::nearest_of(bare, known.iter().map(String::as_str)), "`poolsim --help` lists the commands");
        out.refuse("usage", &format!("there is no command `{name}`"), &help, Status::Wrong)
    })
}

/// `poolsim help`: what `--help` shows.
pub fn help(out: Out, name: Option<&str>) -> Status {
    match command(out, name) {
        Ok(mut command) => out.result(&command.render_long_help().to_string()),
        Err(status) => status,
    }
}

/// `poolsim man`: the page of the program, or of one of its commands.
pub fn man(out: Out, name: Option<&str>) -> Status {
    let command = match command(out, name) {
        Ok(command) => command,
        Err(status) => return status,
    };
    // A page bears the name under which the others point to it.
    let title = command.get_bin_name().unwrap_or("poolsim").replace(' ', "-");
    let mut text = Vec::new();
    match clap_mangen::Man::new(command).title(title).render(&mut text) {
        Ok(()) => out.result(&String::from_utf8_lossy(&text)),
        Err(error) => out.refuse("unreadable", &format!("the manual page cannot be written: {error}"), &[], Status::Unreadable),
    }
}

/// `poolsim completions`: also for what can be explained, the scenarios that are carried, kinds of reports and filters.
pub fn completions(out: Out, shell: clap_complete::Shell) -> Status {
    let topics = catalog::entries().into_iter().map(|entry| entry.name).chain(Kind::ALL.map(|kind| kind.plural().to_string()));
    let carried = shipped::ALL.iter().map(|shipped: &Shipped| shipped.name().to_string());
    let of_run = reports::RunKind::ALL.iter().map(|(name, _)| *name);
    let kinds = reports::KINDS.iter().map(|(name, _)| *name).chain(of_run).chain(["sarif", "dot"]).map(|kind| format!("{kind}="));
    let named = |kind: Kind, word: &str| {
        let of_kind = catalog::entries().into_iter().filter(move |entry| entry.kind == kind);
        of_kind.map(|entry| format!("{word}:{}", entry.name)).collect::<Vec<_>>()
    };
    let words = ["name:", "tag:", "path:"].map(str::to_string).into_iter();
    let filters = words.chain(named(Kind::Rule, "rule")).chain(named(Kind::Hazard, "hazard"));
    let mut program = Cli::command()
        .mut_arg("reports", |arg| arg.value_parser(values(kinds)))
        .mut_subcommand("explain", |command| command.mut_arg("topic", |arg| arg.value_parser(values(topics))))
        .mut_subcommand("new", |command| command.mut_arg("from", |arg| arg.value_parser(values(carried))))
        .mut_subcommand("test", |command| command.mut_arg("filter", |arg| arg.value_parser(values(filters))));
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "poolsim", &mut text);
    out.result(&String::from_utf8_lossy(&text))
}

/// Words to complete, each once and in order. They live for as long as the program, which has nothing else to do.
fn values(words: impl Iterator<Item = String>) -> PossibleValuesParser {
    let words: std::collections::BTreeSet<String> = words.filter(|word| !word.contains(char::is_whitespace)).collect();
    PossibleValuesParser::new(words.into_iter().map(|word| &*word.leak()))
}
