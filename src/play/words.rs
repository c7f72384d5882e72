//! What is said at the desk, and what can be typed there.

use crate::base::inert::{clean, clean_line};
use crate::catalog::{self, Kind};
use crate::report::text::layout::{COLUMNS, Page, Tint, count, pad, width, wrap};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::Scenario;
use crate::search::desk::Seen;
use crate::search::hint::Hint;
use crate::search::plan::{self, Enough};

/// What can be typed.
pub const HELP: &str = "\
At the console, as in life:
  xe ...                      any command of the pool; $beta is beta's UUID
  resetvdis.py, list_domains, tap-ctl list, service xapi restart, ...
  ssh HOST, exit              to another console, and back to the first
By hand:
  power-off HOST, power-on HOST, check-off HOST, reinstall HOST
Time:
  wait 5m                     lets it go by
  wait until host beta dead   or alive; wait until vm db running, or halted
  wait until xe answers       or hangs, at this console
  step                        to when something that is seen from here changes
  goto 12m                    to an instant; back takes lines back
The desk's own:
  status                      what the pool believes, seen from this console
  hint                        the next step of a safe way; again: more exactly
  why                         what was refused just now, and what it means
  undo                        takes the last line back
  save FILE                   writes the session as a scenario that `run` replays
  reveal                      what is so, and every hazard up to now
  finish                      to the end of the story, and what came of it
  quit
";

/// The names of a pool.
#[derive(Clone, Debug)]
pub struct Names {
    /// Hosts.
    pub hosts: Vec<String>,
    /// VMs, disks and SRs.
    pub others: Vec<String>,
}

/// The names of a scenario's pool.
pub fn names(scenario: &Scenario) -> Names {
    let names = &scenario.pool.names;
    let others = (names.vm_ids().map(|vm| names.vm(vm).to_owned()))
        .chain(names.vdi_ids().map(|vdi| names.vdi(vdi).to_owned()))
        .chain(names.sr_ids().map(|sr| names.sr(sr).to_owned()));
    Names { hosts: names.machine_ids().map(|machine| names.machine(machine).to_owned()).collect(), others: others.collect() }
}

/// The words that a terminal completes: the desk's own, the commands, the pool's names. Nothing of what is so.
pub fn completions(names: &Names) -> Vec<String> {
    let own =
        ["wait", "until", "step", "goto", "status", "hint", "why", "undo", "save", "reveal", "finish", "help", "quit", "ssh", "exit", "xe"];
    let commands = catalog::entries().into_iter().filter(|entry| entry.kind == Kind::Command).map(|entry| entry.name);
    let mut words: Vec<String> = own.iter().chain(&super::line::ACTS).map(|word| (*word).to_owned()).chain(commands).collect();
    words.extend(names.hosts.iter().chain(&names.others).filter(|name| !name.contains(char::is_whitespace)).map(|name| clean_line(name)));
    words.sort();
    words.dedup();
    words
}

/// Words of the desk's own, apart from what the console shows.
pub fn remark(text: &str, colour: bool) -> String {
    let (dim, off) = if colour { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
    wrap(text, COLUMNS - 2).iter().map(|line| format!("{dim}  {line}{off}\n")).collect()
}

/// The last line of a question that the console waits at, with what was printed before; `None` where it asks nothing.
pub fn question(output: &str) -> Option<&str> {
    let at = output.find(ASKS)?;
    output.ends_with(CLOSED).then(|| &output[..at + ASKS.len()])
}

/// What came after the question.
pub fn after_question(output: &str) -> &str {
    output.find(ASKS).map_or(output, |at| &output[at + ASKS.len()..])
}

/// What `xe` prints before it waits for a yes, and where nobody can give it (cli_operations.ml, user_says_yes).
const ASKS: &str = "Type 'yes' to continue\n";
const CLOSED: &str = "Lost connection to the server.\n";

/// What is seen of something that was done by hand.
pub fn done(act: &str, host: &str) -> String {
    let host = clean_line(host);
    match act {
        "check-off" => format!("{host} is off\n"),
        "power-off" => format!("{host}: switched off\n"),
        "power-on" => format!("{host}: switched on\n"),
        _ => format!("{host}: done\n"),
    }
}

/// What is wrong with a line, with what to write.
pub fn wrong(wrong: &[Diagnostic]) -> String {
    let one = |told: &Diagnostic| if told.help.is_empty() { told.message.clone() } else { format!("{}\n  {}", told.message, told.help) };
    wrong.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What is believed, as a table.
pub fn status(seen: &Seen, host: &str, colour: bool) -> String {
    let mut page = Page::new(colour);
    match seen {
        Seen::Dark => page.line(&format!("the console of {} is dark", clean_line(host))),
        Seen::Silent => page.line(&format!("xe gets no answer on {}", clean_line(host))),
        Seen::Pool(beliefs) => {
            page.line(&format!("what xe says on {}: master {}", clean_line(host), clean_line(&beliefs.master)));
            let tables = [("hosts", &beliefs.hosts), ("VMs", &beliefs.vms), ("locked disks", &beliefs.disks)];
            let column =
                tables.iter().flat_map(|(_, rows)| rows.iter()).map(|(name, _)| width(&clean_line(name))).max().unwrap_or(0).min(30) + 6;
            for (title, rows) in tables.into_iter().filter(|(_, rows)| !rows.is_empty()) {
                page.line(&format!("  {}", page.tint(Tint::Dim, title)));
                for (name, held) in rows {
                    page.hanging(&format!("    {}", pad(&clean_line(name), column - 4)), column, Tint::Plain, &clean_line(held));
                }
            }
        }
    }
    page.into_text()
}

/// A hint, the more exact the higher the level: what kind of step, about what, and the line to type.
pub fn hint(hint: &Hint, level: usize) -> String {
    let text = match hint {
        Hint::Done => {
            "nothing more need be done: as things are the goal is reached in every world that fits what was seen. `finish`".into()
        }
        Hint::None { depth, ended } => {
            let looked = count(*depth, "step");
            match ended {
                None => format!("no safe way to the goal was found from here, of up to {looked}. `undo` goes back"),
                Some(Enough::Stopped) => {
                    format!(
                        "interrupted: no way of up to {looked} is safe and reaches the goal; of longer ones not all were tried. `hint` looks again"
                    )
                }
                Some(Enough::Tries | Enough::Work) => {
                    format!(
                        "no safe way to the goal was found from here: none of up to {looked} is one, and the search was given up before all longer ones were tried. `undo` goes back"
                    )
                }
            }
        }
        Hint::Wait { line } => match level {
            0 => "nothing calls for a recovery yet: let time go by".into(),
            1 => "wait for what the pool itself says".into(),
            _ => format!("type: {line}"),
        },
        Hint::Step(next) => match level {
            0 => kind(next.kind, &next.word).into(),
            1 => format!("{}: {}", next.word, if next.about.is_empty() { "this console".to_owned() } else { next.about.join(", ") }),
            _ => {
                let why = next.why.as_ref().map_or_else(String::new, |why| format!("\nwithout it, as far as is known: {why}"));
                let left = match next.left {
                    0 | 1 => "then it is done".to_owned(),
                    left => format!("{} at the most, this one counted", count(left, "step")),
                };
                format!("type: {}{why}\n{left}", next.lines.join(", then: "))
            }
        },
    };
    clean(&text)
}

/// What kind of step it is, in words that name nothing of this pool.
fn kind(kind: plan::Kind, word: &str) -> &'static str {
    use plan::Kind::{Act, Look, Run, Wait};
    match (kind, word) {
        (Look, _) => "something is not known yet, and what is right hangs on it: look first",
        (Wait, _) => "nothing can be done before something else comes about: wait for it",
        (Act, "power-on") => "a machine is needed that has no power",
        (Act, _) => "hands are needed: make sure of a machine, where it stands",
        (Run, "host-forget" | "host-declare-dead") => "the pool must be told that a host is gone",
        (Run, "vm-reset-powerstate") => "a record says that something runs which does not",
        (Run, "resetvdis.py") => "a disk is still locked for a host that does not have it open any more",
        (Run, "vm-start") => "a VM can be started now",
        (Run, "vm-shutdown") => "a VM is to be shut down",
        (Run, "pool-emergency-transition-to-master") => "the pool needs a master",
        (Run, "pool-recover-slaves" | "pool-emergency-reset-master") => "members must be told who their master is",
        (Run, _) => "it is the turn of a command that changes the pool",
    }
}
