//! The cases of a file that a command line leaves, and the command line that runs one of them again.

use super::args::{Common, MAX_EVENTS, MAX_WORK};
use super::exit::Status;
use super::load::{File, did_you_mean};
use super::out::Out;
use crate::catalog;
pub use crate::report::again::quoted;
use crate::report::{Bound, Report};
use crate::scenario::model::{Case, Scenario};

/// The cases that `--world` and `--recovery` leave.
pub fn narrowed(out: Out, only_worlds: &[String], only_recoveries: &[String], file: &File) -> Result<Vec<Case>, Status> {
    let scenario: &Scenario = &file.scenario;
    let worlds: Vec<&str> = scenario.worlds.iter().map(|world| world.name.as_str()).collect();
    let recoveries: Vec<&str> = scenario.recoveries.iter().filter_map(|recovery| recovery.name.as_deref()).collect();
    for (option, wanted, there) in [("world", only_worlds, &worlds), ("recovery", only_recoveries, &recoveries)] {
        for name in wanted {
            if !there.contains(&name.as_str()) {
                let near = catalog::nearest_of(name, there.iter().copied());
                let all =
                    if there.is_empty() { format!("it has no `{option}` of any name") } else { format!("it has {}", there.join(", ")) };
                let what = format!("{} has no {option} `{name}`", file.name);
                return Err(out.refuse("usage", &what, &did_you_mean(&near, &all), Status::Wrong));
            }
        }
    }
    let in_list = |wanted: &[String], name: Option<&str>| wanted.is_empty() || name.is_some_and(|name| wanted.iter().any(|w| w == name));
    let keep = |case: &Case| in_list(only_worlds, scenario.world_name(*case)) && in_list(only_recoveries, scenario.recovery_name(*case));
    Ok(scenario.cases().into_iter().filter(keep).collect())
}

/// The command that runs a case again; the file is named without its folder.
pub fn replay(name: &str, report: &Report, common: &Common) -> String {
    let what = (report.world.as_deref(), report.recovery.as_deref(), report.set.as_slice());
    format!("{} {}", replay_with_seed(name, what, report.release, common), report.seed)
}

/// The same up to its `--seed`, for whoever names the seed: world, recovery, and what is set beside the file.
pub fn replay_with_seed(
    name: &str,
    (world, recovery, set): (Option<&str>, Option<&str>, &[(String, String)]),
    release: &str,
    common: &Common,
) -> String {
    let mut words = vec!["poolsim".to_string(), "run".to_string(), if name == "stdin" { "-".into() } else { quoted(name) }];
    for (option, value) in [("--world", world), ("--recovery", recovery)] {
        if let Some(value) = value {
            words.extend([option.to_string(), quoted(value)]);
        }
    }
    for (key, value) in set {
        words.extend(["--set".to_string(), quoted(&format!("{key}={value}"))]);
    }
    if common.release.is_some() {
        words.extend(["--release".to_string(), release.to_string()]);
    }
    if common.max_events != MAX_EVENTS {
        words.extend(["--max-events".to_string(), common.max_events.to_string()]);
    }
    if common.max_work != MAX_WORK {
        words.extend(["--max-work".to_string(), common.max_work.to_string()]);
    }
    words.push("--seed".to_string());
    words.join(" ")
}

/// A line that says of a run that it was ended before its time; empty where it was not.
pub fn ended_early(title: &str, report: &Report, common: &Common) -> String {
    let after = match report.cut_short {
        None => return String::new(),
        Some(Bound::Events) => format!("after {} events", common.max_events),
        Some(Bound::Work) => "at its share of the work that all runs of a file may be".to_string(),
    };
    let option = report.cut_short.map_or("", Bound::option);
    format!("warning: {title} was ended at {} {after} ({option})\n", report.end)
}

#[cfg(test)]
mod tests {
    use super::super::args::{Cli, Command};
    use super::*;
    use crate::report::samples::case;
    use std::path::PathBuf;

    #[test]
    fn a_replay_can_be_pasted() {
        use clap::Parser;
        let report = case("it's dead", "hasty", true);
        for name in ["a.yaml", "with blank.yaml", "-odd.yaml", "it's.yaml"] {
            let mut common = Cli::parse_from(["poolsim", "schema", "--max-events", "7"]).common;
            common.release = Some(crate::world::release::Release::default().name().into());
            let line = replay(name, &report, &common);
            // Read back as the shell would, then as the program would.
            let words = shell_words(&line);
            let cli = Cli::parse_from(words);
            let Some(Command::Run(run)) = cli.command else { panic!("{line}") };
            let expected = if name.starts_with('-') { format!("./{name}") } else { name.to_string() };
            assert_eq!(run.files, [PathBuf::from(expected)], "{line}");
            assert_eq!((run.only.worlds, run.only.recoveries), (vec!["it's dead".to_string()], vec!["hasty".to_string()]));
            assert_eq!((cli.common.seed, cli.common.max_events), (Some(1), 7));
        }
    }

    fn shell_words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted, mut escaped) = (vec![], String::new(), false, false);
        for c in line.chars() {
            match c {
                _ if escaped => {
                    word.push(c);
                    escaped = false;
                }
                '\\' if !quoted => escaped = true,
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                c => word.push(c),
            }
        }
        words.push(word);
        words
    }
}
