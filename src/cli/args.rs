//! The command line: commands and options. Says what may be typed and does nothing.

use super::picked::Partition;
use crate::base::time::{Span, Time};
use crate::hazard::Severity;
use crate::search::explore::FAULTS_MOST;
use crate::search::filter::Filter;
use crate::search::plan::TRIES;
use crate::world::release::Release;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsStr;
use std::path::PathBuf;

/// Where a run ends at the latest, in events, unless `--max-events` says otherwise.
pub const MAX_EVENTS: u64 = 50_000_000;

/// How much work a file may be, unless `--max-work` says otherwise.
pub const MAX_WORK: u64 = crate::engine::WORK_MOST;

const BEGIN: &str = "\
Try first:
  poolsim new --list                            the stories that come with the program
  poolsim new --from NAME > story.yaml          one of them, to read and change
  poolsim run story.yaml                        what happens, and what is in danger
  poolsim explain double-writer                 what a word of the report means

Exit status: 0 as expected; 1 not as expected, or corruption where nothing is
expected; 2 wrong usage or file; 3 a file could not be read or written;
4 no scenario found; 70 a bug of poolsim; 130 interrupted.";

/// A simulator of XenServer pool failures: what is so, what the pool believes, and where the gap destroys data.
#[derive(Parser, Debug)]
#[command(name = "poolsim", version, about, after_help = BEGIN, max_term_width = 80, disable_help_subcommand = true)]
pub struct Cli {
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    #[command(subcommand)]
    pub command: Option<Command>,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Seed of every draw; without it the scenario's own
    #[arg(long, value_name = "N", global = true)]
    pub seed: Option<u64>,
    /// Release that the pool runs; without it the scenario's own
    #[arg(long, value_name = "NAME", global = true, value_parser = ReleaseName)]
    pub release: Option<String>,
    /// What standard output gets
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub format: Format,
    /// Write a report to a file too (may be repeated); run: text, json, ndjson, html, svg, mermaid, perfetto, md; test: junit, tap, github, json, md, html; check: text, json, ndjson, sarif, github; orders, diff, sweep, plan, risk, play: html and others
    #[arg(long = "report", value_name = "KIND=FILE", global = true)]
    pub reports: Vec<String>,
    /// When to use colours; NO_COLOR is heeded
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true, value_name = "WHEN")]
    pub color: Colour,
    /// Only the verdict, the table of cases and the hazards
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every event, nothing folded; hash and digest of the run
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Threads that run cases side by side; without it one for each processor
    #[arg(short, long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Events after which a run is ended
    #[arg(long, value_name = "N", default_value_t = MAX_EVENTS, global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_events: u64,
    /// Work after which a file's runs are ended, all its cases together; the default is a minute or two on one core
    #[arg(long, value_name = "N", default_value_t = MAX_WORK, global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_work: u64,
}

/// A release's name. Any word is taken, since what is wrong with it is told in poolsim's own words; help and shells offer the
/// names that there are.
#[derive(Clone, Debug)]
struct ReleaseName;

impl TypedValueParser for ReleaseName {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Release::all().map(|release| PossibleValue::new(release.name()))))
    }
}

/// What standard output gets.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A report for people
    Text,
    /// All cases as one JSON array
    Json,
    /// The trace, one event a line
    Ndjson,
    /// SARIF 2.1.0, of `check` and `rehearse`
    Sarif,
    /// GitHub's workflow commands, of `check` and `rehearse`
    Github,
    /// Markdown, of `orders`
    Md,
    /// A graph for Graphviz, of `orders`
    Dot,
    /// A picture, of `orders`
    Svg,
    /// A page, of `risk`
    Html,
    /// The database, of `export`
    Xml,
}

impl Format {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Md => "md",
            Format::Dot => "dot",
            Format::Svg => "svg",
            Format::Html => "html",
            Format::Xml => "xml",
        }
    }
}

/// When colours are used.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Always,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Never,
}

/// The bound of `--fail-on`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum FailOn {
    Danger,
    Outage,
    Notice,
}

impl FailOn {
    /// The mildest finding that fails.
    pub fn severity(self) -> Severity {
        match self {
            FailOn::Danger => Severity::Danger,
            FailOn::Outage => Severity::Outage,
            FailOn::Notice => Severity::Notice,
        }
    }
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Print a commented scenario, or one of those that come with the program
    New(New),
    /// Run every case of a scenario: the matrix, the story of the worst, the hazards
    Run(Run),
    /// Say what is wrong with scenario files; runs nothing
    Check(Check),
    /// Run every scenario below a path against what it expects
    Test(Test),
    /// Explain a hazard, rule, command, fault, setting, release, error or diagnostic
    Explain(Explain),
    /// A console of the pool: type the recovery yourself, and see what an operator sees
    Play(Play),
    /// Many seeds: how often each hazard occurs, with intervals
    Sweep(Sweep),
    /// Every order of the recovery's steps in every world: which are safe, and why
    Orders(Orders),
    /// The shortest recovery that is safe in every world
    Plan(Plan),
    /// The smallest scenario that still shows a hazard
    Shrink(Shrink),
    /// Two runs side by side: where they part, what only one has, how they end
    Diff(Diff),
    /// A runbook, tried in every world: what fails, what does harm, what is missing
    Rehearse(Rehearse),
    /// A pool's database, or what `xe` lists of it, as a scenario
    Import(Import),
    /// A scenario's pool as the XML that `xe pool-dump-database` writes
    Export(Export),
    /// The logs of an incident as its instants, or as a scenario that plays it again
    Trace(Trace),
    /// What goes down, and what has nowhere to run, if a host or an SR is lost tonight
    Risk(Risk),
    /// Write a page that runs poolsim itself, in a browser and without a server
    Playground(Playground),
    /// Print the JSON Schema of scenario files, for editors
    Schema,
    /// Print a shell's completions
    #[command(hide = true)]
    Completions {
        #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print a manual page
    #[command(hide = true)]
    Man {
        /// The command that it is about; without it, the program
        #[arg(value_name = "COMMAND")]
        page: Option<String>,
    },
    /// Print the help of a command
    #[command(hide = true)]
    Help {
        /// The command; without it, the program
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

/// `poolsim new`.
#[derive(Args, Clone, Debug)]
pub struct New {
    /// Write it here instead of standard output; an existing file is not overwritten
    pub file: Option<PathBuf>,
    /// One of the scenarios that come with the program
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    pub from: Option<String>,
    /// List them
    #[arg(long, conflicts_with = "file")]
    pub list: bool,
}

/// Which cases of a file a command is about, and what is set beside it.
#[derive(Args, Clone, Debug)]
pub struct Only {
    /// Only this world (may be repeated)
    #[arg(long = "world", value_name = "NAME")]
    pub worlds: Vec<String>,
    /// Only this recovery (may be repeated)
    #[arg(long = "recovery", value_name = "NAME")]
    pub recoveries: Vec<String>,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// `poolsim run`.
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// Scenario files; `-` is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    pub only: Only,
    /// Show the pool at this instant too, such as 15m (may be repeated)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub at: Vec<Time>,
    /// Where a scenario expects nothing: exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// Go through what changes nothing event by event: much slower, and the same report
    #[arg(long)]
    pub every_heartbeat: bool,
    /// Play from this instant on, such as 15m, or from the first `hazard`: what the recovery has done by then is done
    #[arg(long, value_name = "WHEN", value_parser = play_from, conflicts_with_all = ["at", "fail_on"])]
    pub play_from: Option<PlayFrom>,
}

/// Where a desk is opened in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlayFrom {
    /// At an instant.
    At(Time),
    /// At the first hazard.
    Hazard,
}

fn play_from(text: &str) -> Result<PlayFrom, String> {
    if text == "hazard" { Ok(PlayFrom::Hazard) } else { instant(text).map(PlayFrom::At) }
}

fn instant(text: &str) -> Result<Time, String> {
    Span::parse(text).map(|span| Time(span.0))
}

/// `poolsim check`.
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// Scenario files, or folders whose .yaml and .yml files are looked for
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Mend in the files what has only one mend: misspelt keys and names, units of durations and sizes
    #[arg(long)]
    pub fix: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long, conflicts_with = "fix")]
    pub diff: bool,
}

/// `poolsim diff`.
#[derive(Args, Clone, Debug)]
pub struct Diff {
    /// A scenario file
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// Another one; without it, two runs of the first
    #[arg(value_name = "B")]
    pub b: Option<PathBuf>,
    /// What the left run is: seed=N, world=NAME, recovery=NAME (may be repeated)
    #[arg(long, value_name = "KEY=VALUE")]
    pub left: Vec<String>,
    /// What the right run is
    #[arg(long, value_name = "KEY=VALUE")]
    pub right: Vec<String>,
    /// Only this world, on both sides
    #[arg(long, value_name = "NAME")]
    pub world: Option<String>,
    /// Only this recovery, on both sides
    #[arg(long, value_name = "NAME")]
    pub recovery: Option<String>,
    /// One scenario through all releases: the first beside each other one
    #[arg(long, conflicts_with_all = ["b", "left", "right", "release"])]
    pub release_matrix: bool,
}

/// `poolsim orders`.
#[derive(Args, Clone, Debug)]
pub struct Orders {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which recovery, where the file has several
    #[arg(long, value_name = "NAME")]
    pub recovery: Option<String>,
    /// Also every choice of steps that are left out
    #[arg(long)]
    pub subsets: bool,
    /// Tell every order with its class
    #[arg(long)]
    pub all: bool,
    /// Ask how orders come out in which one step was, or was not, preceded by another: 'forget not-preceded-by off' (may be repeated)
    #[arg(long, value_name = "QUESTION")]
    pub ask: Vec<String>,
    /// Also try the safe order with each host that is away coming back at each second of it
    #[arg(long)]
    pub timing: bool,
    /// Write each rule's counterexample there, as a scenario that `run` reproduces
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Run a share of the orders, and print what `--merge` reads: 3/8, hash:3/8, auto, auto/8
    #[arg(long, value_name = "M/N", conflicts_with_all = ["all", "ask", "timing", "save", "merge"])]
    pub partition: Option<String>,
    /// Run none, and tell what parts of this file's orders have come to
    #[arg(long, value_name = "PART", num_args = 1..)]
    pub merge: Vec<PathBuf>,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

const PLAY: &str = "\
What is typed is what would be typed in life: `xe ...`, `resetvdis.py ...`,
`list_domains`, acts such as `check-off beta`, `wait 5m`. `help` lists it all.
Of several worlds one is drawn by the seed, and not told before the end. From a
terminal without --seed a fresh seed is drawn.";

/// `poolsim play`.
#[derive(Args, Clone, Debug)]
#[command(after_help = PLAY)]
pub struct Play {
    /// A scenario file, or the name of a drill; without it the drills are listed
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Keep what was learned, in a file in the user's state directory
    #[arg(long)]
    pub progress: bool,
    /// Play this world, instead of one that is drawn
    #[arg(long, value_name = "NAME")]
    pub world: Option<String>,
    /// Tell hazards as they arise
    #[arg(long)]
    pub open: bool,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// `poolsim plan`.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The recovery whose beginning, pace and console are kept; without it the first
    #[arg(long, value_name = "NAME")]
    pub recovery: Option<String>,
    /// The most steps on any way
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=20))]
    pub depth: u8,
    /// Steps that are tried at most
    #[arg(long, value_name = "N", default_value_t = TRIES, value_parser = clap::value_parser!(u64).range(1..))]
    pub tries: u64,
    /// A plan without this: an act, a look or a command by its name, such as power-off (may be repeated)
    #[arg(long, value_name = "MOVE")]
    pub without: Vec<String>,
    /// Write the plan there, as a scenario that `run` judges safe
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

const REHEARSE: &str = "\
A runbook is a shell script, Markdown, a wiki's HTML, a pasted session or a mail.
Nothing of it is executed: each command becomes a step of the scenario's recovery,
which begins, and is typed where, as the scenario's own says.

Exit status: 0 if nothing fails or does harm in any world, else 1.";

/// `poolsim rehearse`.
#[derive(Args, Clone, Debug)]
#[command(after_help = REHEARSE)]
pub struct Rehearse {
    /// The runbook; `-` is standard input
    #[arg(value_name = "RUNBOOK")]
    pub runbook: PathBuf,
    /// Put the missing lines in, and say in which worlds it is safe then; to a file, or to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub fix: Option<PathBuf>,
    /// The scenario with the pool, what happened to it, and the worlds
    #[arg(long, value_name = "FILE")]
    pub pool: PathBuf,
    /// What a placeholder <NAME>, or a variable that is never set, stands for (may be repeated)
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Only this world (may be repeated)
    #[arg(long = "world", value_name = "NAME")]
    pub worlds: Vec<String>,
    /// Begin as this recovery of the scenario does, where it has several
    #[arg(long, value_name = "NAME")]
    pub recovery: Option<String>,
    /// Write what the runbook types as a scenario that `run` judges
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

const SHRINK: &str = "\
Without --hazard it is the gravest that the file shows. What is printed goes on
from there if it is shrunk again.";

/// `poolsim shrink`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SHRINK)]
pub struct Shrink {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The hazard that it must still show
    #[arg(long, value_name = "HAZARD")]
    pub hazard: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    pub only: Only,
    /// Write it here instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// End after so long, with the smallest that was found by then
    #[arg(long, value_name = "TIME", value_parser = Span::parse, default_value = "30s")]
    pub within: Span,
}

/// `poolsim import`.
#[derive(Args, Clone, Debug)]
pub struct Import {
    /// A dump of a pool's database; `-` is standard input
    #[arg(value_name = "DUMP", required_unless_present = "xe")]
    pub dump: Option<PathBuf>,
    /// Instead of a dump: what `xe host-list params=all`, vm-list, sr-list,
    /// vdi-list, vbd-list, pbd-list, pool-list printed, in one file or several
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "dump")]
    pub xe: Vec<PathBuf>,
    /// Replace every name, address and UUID
    #[arg(long)]
    pub anonymous: bool,
    /// Write nothing: say how the pool differs from that of a scenario file; status 1 if it does
    #[arg(long, value_name = "FILE", conflicts_with_all = ["anonymous", "output"])]
    pub check: Option<PathBuf>,
    /// Write it here instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `poolsim playground`.
#[derive(Args, Clone, Debug)]
pub struct Playground {
    /// The folder that gets the page
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The library as a WebAssembly module, packed by gzip; without it the one that the program carries
    #[arg(long, value_name = "FILE")]
    pub module: Option<PathBuf>,
}

/// `poolsim export`.
#[derive(Args, Clone, Debug)]
pub struct Export {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The database at this instant of the first case instead of the start
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub at: Option<Time>,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Write it here instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `poolsim trace`.
#[derive(Args, Clone, Debug)]
pub struct Trace {
    /// Logs: xensource.log of the master, SMlog; `-` is standard input
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// Make a scenario in the pool of this one; without it the instants are printed
    #[arg(long, value_name = "FILE")]
    pub pool: Option<PathBuf>,
    /// Write it here instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const RISK: &str = "\
Only the pool of the file counts, as it stands at 0; each loss has a run of its own.

A condition of --fail-on is `METRIC > N` (also >=, <, <=, =), for the worst host;
sr.METRIC, pair.METRIC and link.METRIC are for those. Metrics:
  vm-nowhere  VMs that no host can run      vm-down  VMs that go down or can't write
  vm-left     VMs that nobody restarts      fenced   hosts that HA resets
  no-plan     1 where something is to be done and no safe plan is known

Exit status: 0, or 1 if a condition of --fail-on holds.";

/// `poolsim risk`.
#[derive(Args, Clone, Debug)]
#[command(after_help = RISK)]
pub struct Risk {
    /// A scenario file, of which the pool counts; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Cut each link, too: a host's management, its path to each shared SR
    #[arg(long)]
    pub links: bool,
    /// Pairs of hosts that are run at most: those with the least memory left [default: all of up to 12 hosts, else 32]
    #[arg(long, value_name = "N")]
    pub pairs: Option<usize>,
    /// Fail if this holds, such as 'vm-nowhere > 0' (may be repeated)
    #[arg(long, value_name = "CONDITION")]
    pub fail_on: Vec<String>,
    /// Steps that each search for a plan tries at most
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub tries: u64,
    /// Set this instead of what the file says: a setting, or `release` (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Write it here instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const FILTER: &str = "\
Filters: name:PATTERN, world:PATTERN, recovery:PATTERN, rule:M5,
hazard:double-writer, tag:PATTERN, path:PATTERN, or a text alone, looked for in
the case's name; and, or, not, brackets; `*` stands for any characters; a case
as it is printed wants quotes. `-E 'rule:M5 and not tag:slow'`";

/// `poolsim test`.
#[derive(Args, Clone, Debug)]
#[command(after_help = FILTER)]
pub struct Test {
    /// Scenario files, or folders whose .yaml and .yml files are looked for
    #[arg(value_name = "PATH", required_unless_present = "rerun")]
    pub paths: Vec<PathBuf>,
    /// Only the cases that this takes
    #[arg(short = 'E', long, value_name = "FILTER", value_parser = Filter::parse)]
    pub filter: Option<Filter>,
    /// End at the first case that fails
    #[arg(long)]
    pub fail_fast: bool,
    /// A warning beside a case makes it fail
    #[arg(long)]
    pub strict: bool,
    /// Only this share of the cases, such as hash:3/8; a case is always in the same one
    #[arg(long, value_name = "hash:M/N", value_parser = Partition::parse)]
    pub partition: Option<Partition>,
    /// Only the cases that failed in this report of `test --format json`, with their seeds
    #[arg(long, value_name = "FAILED.json", conflicts_with_all = ["seeds", "seed", "bless"])]
    pub rerun: Option<PathBuf>,
    /// Tell in the JUnit report how long each case took on the real clock
    #[arg(long)]
    pub real_time: bool,
    /// List the cases; run nothing
    #[arg(long, conflicts_with_all = ["bless", "twice", "seeds", "fail_fast"])]
    pub list: bool,
    /// Run each case with every seed from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed")]
    pub seeds: Option<Seeds>,
    /// Run each case twice: both runs must agree in every event
    #[arg(long)]
    pub twice: bool,
    /// Write the golden trace of each scenario beside it
    #[arg(long, conflicts_with_all = ["seed", "seeds", "release", "max_events", "max_work"])]
    pub bless: bool,
    /// Write the smallest scenario of each unexpected corruption beside the first report
    #[arg(long, requires = "reports", conflicts_with_all = ["bless", "list", "coverage", "mutants"])]
    pub shrink: bool,
    /// Tell what the suite shows and what it never does, instead of testing
    #[arg(long, conflicts_with_all = ["bless", "twice", "seeds", "fail_fast", "list", "mutants"])]
    pub coverage: bool,
    /// With --coverage: exit with 1 where less than this share is shown, in percent
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min: Option<u8>,
    /// Take one guard of the model away at a time: which of them would the suite miss?
    #[arg(long, conflicts_with_all = ["bless", "twice", "seeds", "fail_fast", "list"])]
    pub mutants: bool,
}

/// Seeds, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Seeds {
    pub first: u64,
    pub last: u64,
}

/// A case is run with so many seeds at most.
const SEEDS_MAX: u64 = 1_000_000;

fn seeds(text: &str) -> Result<Seeds, String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let ends = text.split_once("..").and_then(|(a, b)| Some((number(a)?, number(b)?)));
    let Some((first, last)) = ends else {
        return Err("write two whole numbers, like `1..100`".into());
    };
    if last < first {
        return Err(format!("it runs backwards: did you mean `{last}..{first}`?"));
    }
    if last - first >= SEEDS_MAX {
        return Err(format!("that is more than {SEEDS_MAX} seeds"));
    }
    Ok(Seeds { first, last })
}

const SWEEP: &str = "\
A run with seed N is what `poolsim run FILE --seed N` shows. `--format ndjson`
prints a line for each run; Ctrl-C shows what was done so far.
  poolsim sweep FILE --seeds 0..9999 --precision 1%
  poolsim sweep FILE --vary settings.host-dead-after=120s..900s/8
  poolsim sweep FILE --compare recovery=careful recovery=hasty
  poolsim sweep FILE --partition 3/8 > part-3
  poolsim sweep --merge part-1 part-2 ... part-8
  poolsim sweep FILE --explore --faults 2 --within 30m";

/// `poolsim sweep`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SWEEP)]
pub struct Sweep {
    /// A scenario file; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "merge")]
    pub file: Option<PathBuf>,
    /// The seeds from A to B, both included; 0..1000 without it
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed")]
    pub seeds: Option<Seeds>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    pub only: Only,
    /// End a case as soon as every interval is at most so wide, such as 1%
    #[arg(long, value_name = "WIDTH", value_parser = precision)]
    pub precision: Option<u32>,
    /// Try a setting with N values from A to B; twice for a table of two
    #[arg(long, value_name = "settings.KEY=A..B/N")]
    pub vary: Vec<String>,
    /// Two sides with the same seeds, and how they differ: world=, recovery=, release=, settings.KEY=
    #[arg(long, value_names = ["LEFT", "RIGHT"], num_args = 2, conflicts_with_all = ["vary", "precision"])]
    pub compare: Option<Vec<String>>,
    /// Run a share of the seeds, and print what `--merge` reads: 3/8, hash:3/8, auto, auto/8
    #[arg(long, value_name = "N/M", conflicts_with = "precision")]
    pub partition: Option<String>,
    /// Keep every run in this file as it ends, and go on with what it has
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Look for faults by itself: what is shown with them in the case, and not without
    #[arg(long, conflicts_with_all = ["seeds", "precision", "vary", "compare", "resume", "partition", "merge"])]
    pub explore: bool,
    /// With --explore: the most faults at once
    #[arg(long, value_name = "K", requires = "explore", value_parser = clap::value_parser!(u8).range(1..=FAULTS_MOST as i64))]
    pub faults: Option<u8>,
    /// With --explore: no fault strikes later than this
    #[arg(long, value_name = "SPAN", requires = "explore", value_parser = Span::parse)]
    pub within: Option<Span>,
    /// With --explore: how many combinations are tried in each case at most
    #[arg(long, value_name = "N", requires = "explore", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub budget: Option<u64>,
    /// With --explore: how many findings of a case are shrunk and told at most
    #[arg(long, value_name = "N", requires = "explore", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max: Option<u16>,
    /// Keep what shows a corruption or a danger in this folder: whole and shrunk, with its seed; `poolsim test DIR` replays it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["partition", "merge"])]
    pub finds: Option<PathBuf>,
    /// Put the parts of one sweep together
    #[arg(long, value_name = "SHARD", num_args = 1.., conflicts_with_all = ["file", "seeds", "worlds", "recoveries", "set", "precision", "vary", "compare", "partition", "resume", "seed", "release", "max_events"])]
    pub merge: Vec<PathBuf>,
}

/// A width in percent, as millionths.
fn precision(text: &str) -> Result<u32, String> {
    match percent(text) {
        None => Err("write a width in percent, like `1%` or `0.25%`".into()),
        Some(0) => Err("no interval is that narrow: write more than 0%".into()),
        Some(millionths) => Ok(millionths),
    }
}

/// A share from 0% to 100%, as millionths.
pub fn percent(text: &str) -> Option<u32> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let (whole, part) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !part.is_none_or(digits) {
        return None;
    }
    let millionths = format!("{whole}{:0<4}", part.unwrap_or_default()).parse::<u32>().ok()?;
    (millionths <= 1_000_000).then_some(millionths)
}

/// `poolsim explain`.
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// What to explain, or a kind of it, such as `hazards`; without it, the kinds; with -v, everything there is
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn widths_are_read_in_percent() {
        for (text, millionths) in [("1%", 10_000), ("0.25%", 2_500), ("100%", 1_000_000), ("0.0001%", 1), ("2.50 %", 25_000)] {
            assert_eq!(precision(text), Ok(millionths), "{text}");
        }
        for text in ["1", "%", "0%", "101%", "-1%", "1.%2", "1e2%", "0.00001%", ".5%"] {
            assert!(precision(text).is_err(), "{text}");
        }
    }

    /// These, and nothing else.
    #[test]
    fn help_shows_these_commands() {
        let shown: Vec<String> = Cli::command().get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_string()).collect();
        let expected = [
            "new",
            "run",
            "check",
            "test",
            "explain",
            "play",
            "sweep",
            "orders",
            "plan",
            "shrink",
            "diff",
            "rehearse",
            "import",
            "export",
            "trace",
            "risk",
            "playground",
            "schema",
        ];
        assert_eq!(shown, expected);
    }
}
