//! What is a mistake in a line before it is typed, so that a terminal can show it: the reader of files is asked, as it would be
//! by a file with that line. It knows the pool's names and no more, so it tells nothing of what is so.

use super::line::{self, Line};
use crate::scenario::diagnostic::Gravity;
use crate::scenario::model::Scenario;
use crate::scenario::{self, write};
use std::ops::Range;

/// A longer line is not looked at.
const BYTES_MOST: usize = 2_000;

/// The line's surroundings in a file.
#[derive(Clone, Debug)]
pub struct Mistakes {
    head: String,
    hosts: Vec<String>,
}

impl Mistakes {
    /// Those of a pool.
    pub fn new(scenario: &Scenario) -> Mistakes {
        let mut still = Scenario::still("line", scenario.pool.clone());
        (still.release, still.settings) = (scenario.release, scenario.settings.clone());
        let names = &scenario.pool.names;
        let head = format!("{}recovery:\n  steps:\n    - run: |\n        ", write::yaml(&still));
        Mistakes { head, hosts: names.machine_ids().map(|machine| names.machine(machine).to_owned()).collect() }
    }

    /// The parts of a line that are wrong, in bytes, in order, none within another.
    pub fn of(&self, typed: &str) -> Vec<Range<usize>> {
        let start = typed.len() - typed.trim_start().len();
        let text = typed.trim();
        if text.is_empty() || text.len() > BYTES_MOST || text.chars().any(char::is_control) {
            return Vec::new();
        }
        let whole = start..start + text.len();
        match line::parse(text) {
            Err(_) => vec![whole],
            Ok(Some(Line::Run(_))) => self.of_command(text).into_iter().map(|of| of.start + start..of.end + start).collect(),
            Ok(Some(Line::Act(_, host) | Line::Ssh(host))) if !self.hosts.contains(&host) => {
                let at = text.rfind(&host).unwrap_or(0);
                let named = start + at..start + at + host.len();
                Vec::from([named])
            }
            Ok(_) => Vec::new(),
        }
    }

    fn of_command(&self, text: &str) -> Vec<Range<usize>> {
        let Err(told) = scenario::load("line.yaml", &format!("{}{text}\n", self.head)) else { return Vec::new() };
        let within = |at: usize| at.saturating_sub(self.head.len()).min(text.len());
        let mut all: Vec<Range<usize>> = told
            .iter()
            .filter(|told| told.gravity == Gravity::Error && told.span.end > self.head.len())
            .map(|told| within(told.span.start)..within(told.span.end))
            .filter(|of| !of.is_empty() && text.is_char_boundary(of.start) && text.is_char_boundary(of.end))
            .collect();
        all.sort_by_key(|of| (of.start, of.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for of in all {
            match apart.last_mut() {
                Some(last) if of.start < last.end => last.end = last.end.max(of.end),
                _ => apart.push(of),
            }
        }
        apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong in a line, as its own words.
    fn wrong(line: &str) -> Vec<String> {
        let text = "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\n";
        let scenario = scenario::load("x.yaml", text).unwrap().scenario;
        Mistakes::new(&scenario).of(line).into_iter().map(|of| line[of].to_owned()).collect()
    }

    #[test]
    fn what_is_wrong_is_found_where_it_stands() {
        let names = |line: &str, word: &str| {
            let wrong = wrong(line);
            wrong.len() == 1 && wrong[0].contains(word) && wrong[0].len() <= word.len() + 4
        };
        assert!(names("  xe vm-start vm=db on=$bta", "bta"), "{:?}", wrong("  xe vm-start vm=db on=$bta"));
        assert!(names("xe vm-strat vm=db", "vm-strat"), "{:?}", wrong("xe vm-strat vm=db"));
        assert_eq!(wrong("ssh gamma"), ["gamma"]);
        assert_eq!(wrong("power-off bet"), ["bet"]);
        assert_eq!(wrong(" wait 5"), ["wait 5"]);
    }

    #[test]
    fn what_is_right_is_left_alone() {
        for line in [
            "",
            "# x",
            "xe vm-start vm=db on=alpha",
            "xe host-forget uuid=$beta --force",
            "status",
            "wait until xe answers",
            "check-off beta",
            "tap-ctl list",
        ] {
            assert!(wrong(line).is_empty(), "{line}: {:?}", wrong(line));
        }
    }

    #[test]
    fn no_line_is_too_odd() {
        for line in ["é $é 'x", "xe \u{1b}[31m", "xe '", "|", "- a: b", "xe vm-list params=\u{2028}", "$", "${"] {
            let _ = wrong(line);
        }
    }
}
