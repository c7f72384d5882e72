//! What happens to a XenServer pool when hosts fail, and what the operator's commands then save or destroy: a simulator on a
//! virtual clock, the same on any machine for the same scenario and seed.
//!
//! # The one idea
//!
//! A pool failure hurts where **what is so** and **what is believed** part ways: a host is forgotten and still writes, a lock
//! names a machine that is long gone, two hosts both think they are master. The simulated world has two halves that never
//! mix, [`world::truth`] and [`world::belief`], with what each machine's daemons remember between them ([`world::memory`]);
//! and every [`hazard`] is a sentence about the gap.
//!
//! # Example
//!
//! A switch port dies, the operator takes a host for dead that is not, and starts its VM a second time:
//!
//! ```
//! let story = r#"
//! pool: {hosts: [alpha, beta, gamma], storage: [nfs1], vms: {db: {running-on: beta}}}
//! timeline:
//!   - {at: 5m, fault: {isolate: beta}}
//! recovery:
//!   wait-for: {host: beta, live: false}
//!   steps:
//!     - {run: "xe host-forget uuid=$beta --force"}
//!     - {run: "/opt/xensource/sm/resetvdis.py $beta $nfs1"}
//!     - {run: "xe vm-start vm=db on=gamma"}
//! "#;
//! let reports = poolsim::run_text("story.yaml", story)?;
//! let worst = reports[0].hazards.iter().find(|finding| finding.hazard == "double-writer").expect("two hosts write");
//! assert_eq!(worst.hosts, ["beta", "gamma"]);
//! println!("{}: {}", worst.since, worst.sentence);
//! # Ok::<(), Vec<poolsim::scenario::diagnostic::Diagnostic>>(())
//! ```
//!
//! # The way through the house
//!
//! | from | through | to |
//! |---|---|---|
//! | a file's text | [`scenario::load`] | a valid [`Scenario`](scenario::model::Scenario), or every mistake with its place |
//! | hosts, SRs, VMs that a program knows | [`PoolDraft::build`](scenario::draft::PoolDraft::build) | the same pool as from a file, or every mistake |
//! | a scenario | [`scenario::write::yaml`] | a file's text that loads to the same scenario |
//! | a scenario's case | [`run::Session`] | a run under way: stepped, cloned, and a [`Run`](run::Run) at its end |
//! | a scenario's case | [`search::study::study`] | a [`Study`](search::study::Study): the run, judged, with causes and advice |
//! | a study | [`report::build()`] | a [`Report`](report::Report): plain data |
//! | a report | [`report::text`], [`report::json`], [`report::ndjson`] | what people and machines read |
//! | a name | [`catalog`] | its doc: commands, faults, hazards, rules, keys, settings |
//! | many runs | [`search`] | which guard would be missed, what caused a finding, a suite's outcome |
//!
//! # Features
//!
//! `program` (on by default) is the command line: without it the library needs no terminal, no clock and no files. `threads`
//! (part of `program`) runs many cases side by side; without it they run one after the other and come to the same.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod base;
pub mod catalog;
#[cfg(feature = "program")]
pub mod cli;
pub mod command;
pub mod daemon;
#[cfg(feature = "program")]
pub mod dump;
pub mod engine;
pub mod fault;
pub mod hazard;
pub mod judge;
pub mod play;
pub mod report;
pub mod run;
pub mod scenario;
pub mod search;
pub mod world;

/// The whole way in one step: every case of a scenario's text, run, judged and reported, in the file's order. `file` is what
/// diagnostics call the text, and its stem names the scenario.
///
/// # Errors
/// Every mistake of the text, at least one.
pub fn run_text(file: &str, text: &str) -> Result<Vec<report::Report>, Vec<scenario::diagnostic::Diagnostic>> {
    let scenario = scenario::load(file, text)?.scenario;
    let options = search::study::Options::default();
    Ok(scenario.cases().into_iter().map(|case| report::of(&scenario, case, &options)).collect())
}
