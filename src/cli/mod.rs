//! Arguments, files, colours, progress, exit codes: the only room that touches the outside.

pub mod args;
mod begin;
mod bug;
mod cases;
mod check;
#[cfg(test)]
mod corpus_tests;
mod diff;
mod exit;
mod explain;
mod export;
mod files;
mod finds;
mod import;
mod interrupt;
mod load;
mod measure;
mod mend;
mod new;
mod order_parts;
mod orders;
mod out;
mod pages;
mod picked;
mod pictures;
mod plain;
mod plan;
mod play;
mod playground;
mod progress;
mod rehearse;
mod reports;
mod risk;
mod run;
mod shared;
pub mod shipped;
mod shrink;
mod suite;
mod sweep;
mod targets;
mod test;
#[cfg(test)]
mod toy_tests;
mod trace;
mod whole;

use args::{Cli, Command};
use clap::Parser;
use exit::Status;
use out::Out;
use std::io::Write as _;

pub use new::TEMPLATE;

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    bug::listen();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results (0), all else is wrong usage (2); a closed pipe is nobody's fault.
            let status = match error.print().and_then(|()| std::io::stdout().flush()) {
                _ if error.use_stderr() => Status::Wrong,
                Err(failed) if failed.kind() != std::io::ErrorKind::BrokenPipe => Status::Unreadable,
                _ => Status::Fine,
            };
            return std::process::ExitCode::from(status.code());
        }
    };
    let out = Out::new(&cli.common);
    let status = bug::guard(out, || Ok(dispatch(out, &cli))).unwrap_or_else(|status| status);
    std::process::ExitCode::from(status.code())
}

fn dispatch(out: Out, cli: &Cli) -> Status {
    let common = &cli.common;
    let Some(command) = &cli.command else { return begin::begin(out) };
    match command {
        Command::New(args) => new::new(out, args),
        Command::Run(args) => run::run(out, common, args),
        Command::Check(args) => check::check(out, common, args),
        Command::Explain(args) => explain::explain(out, common, args),
        Command::Schema => out.result(&crate::report::json::pretty(&crate::scenario::schema::schema())),
        Command::Test(args) => test::test(out, common, args),
        Command::Play(args) => play::play(out, common, args),
        Command::Sweep(args) => sweep::sweep(out, common, args),
        Command::Orders(args) => orders::orders(out, common, args),
        Command::Plan(args) => plan::plan(out, common, args),
        Command::Shrink(args) => shrink::shrink(out, common, args),
        Command::Diff(args) => diff::diff(out, common, args),
        Command::Import(args) => import::import(out, common, args),
        Command::Rehearse(args) => rehearse::rehearse(out, common, args),
        Command::Export(args) => export::export(out, common, args),
        Command::Trace(args) => trace::trace(out, common, args),
        Command::Playground(args) => playground::playground(out, args),
        Command::Risk(args) => risk::risk(out, common, args),
        Command::Completions { shell } => pages::completions(out, *shell),
        Command::Man { page } => pages::man(out, page.as_deref()),
        Command::Help { command } => pages::help(out, command.as_deref()),
    }
}
