//! Stages: what a long command goes through, by name, so that a scenario can break something in the middle of it. Each is there
//! because the sources have a line between it and the next: what is left behind when somebody dies depends on which side of it.
//!
//! A stage is an instant in which a command stands still for those who wait for it, and for nobody else: where no step waits for a
//! stage, the command goes through it as if it were not there.

use super::COMMANDS;
use crate::world::effects::Effects;

/// A stage of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage {
    /// As `after: STEP.STAGE` has it.
    pub name: &'static str,
    /// What is so when it begins, and by which line of the sources.
    pub doc: &'static str,
}

/// How far a command has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Staged(Option<&'static str>);

impl Staged {
    /// The stage that it is in.
    pub fn now(self) -> Option<&'static str> {
        self.0
    }

    /// It comes to a stage, if it is not there yet. Whether it stands still there now, for those who wait for it.
    pub fn comes_to(&mut self, stage: &'static str, fx: &Effects) -> bool {
        self.0.replace(stage) != Some(stage) && fx.stops.contains(&stage)
    }

    /// It comes to its first stage, when its checks have passed: nothing has been done by then, so it need not stand still.
    pub fn begins(&mut self, stage: &'static str) {
        self.0 = Some(stage);
    }
}

/// The commands that have stages.
pub fn commands() -> Vec<&'static str> {
    COMMANDS.iter().filter(|doc| !doc.stages.is_empty()).map(|doc| doc.name).collect()
}

/// The stage of this name, of whichever command.
pub fn named(name: &str) -> Option<&'static str> {
    COMMANDS.iter().flat_map(|doc| doc.stages).find(|stage| stage.name == name).map(|stage| stage.name)
}

/// The commands with stages that stand in what is typed, each once.
pub fn typed_in(text: &str) -> Vec<(&'static str, &'static [Stage])> {
    let words = || text.split(|c: char| c.is_whitespace() || ";|&()\"'`".contains(c));
    COMMANDS.iter().filter(|doc| !doc.stages.is_empty() && words().any(|word| word == doc.name)).map(|doc| (doc.name, doc.stages)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_still_once_at_each_stage_that_is_waited_for() {
        let fx = Effects { stops: vec!["there"], ..Effects::default() };
        let mut staged = Staged::default();
        assert!(!staged.comes_to("here", &fx));
        assert!(staged.comes_to("there", &fx));
        assert!(!staged.comes_to("there", &fx), "it has stood still for it");
        assert_eq!(staged.now(), Some("there"));
    }

    #[test]
    fn every_stage_has_a_name_of_its_own_within_its_command_and_a_sentence() {
        for doc in COMMANDS {
            for (at, stage) in doc.stages.iter().enumerate() {
                assert!(doc.stages[..at].iter().all(|other| other.name != stage.name), "{} {}", doc.name, stage.name);
                assert!(stage.doc.ends_with('.') && !stage.name.contains(['.', '+', ' ']), "{} {}", doc.name, stage.name);
                assert_eq!(named(stage.name), Some(stage.name));
            }
        }
        assert_eq!(named("no-such-stage"), None);
    }

    #[test]
    fn commands_are_found_in_what_is_typed() {
        let found = |text: &str| typed_in(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(found("xe vm-migrate vm=db host=beta --live"), ["vm-migrate"]);
        assert_eq!(found("for v in a b; do xe vm-start vm=$v; done"), ["vm-start"]);
        assert_eq!(found("xe vm-list name-label=vm-start-me"), [""; 0]);
    }
}
