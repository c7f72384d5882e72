//! Which commands there are in a release: built ones, and real ones that are not simulated. A command came with a release of
//! the code, and may have gone with one.

use super::args::STANDARD_KEYS;
use super::objects::Class;
use super::words::{self, known_in_6};
use super::{COMMANDS, CommandDoc, GRAMMARS, Grammar, Rest, batch};
use crate::world::release::{Release, Version};

/// A command that is real in some releases alone, and not simulated.
pub(super) struct Unbuilt {
    /// Its name behind `xe`.
    pub name: &'static str,
    /// With which release of the code it came.
    pub since: Version,
    /// What serves instead where it does not exist.
    pub instead: &'static str,
}

/// Commands that are real in some releases alone, and not simulated: refused by name where they exist, unknown elsewhere.
const OF_OTHER_RELEASES: &[Unbuilt] = &[];

impl CommandDoc {
    /// Whether a release has the command.
    pub fn exists_in(&self, release: Release) -> bool {
        let code = release.row().code;
        self.since.is_none_or(|since| since <= code) && self.until.is_none_or(|until| code <= until)
    }
}

/// The commands of `xe` that a release has and that are built.
pub(super) fn built(release: Release) -> impl Iterator<Item = (&'static CommandDoc, Grammar)> {
    let known = move |(doc, _): &(&'static CommandDoc, _)| doc.synopsis.starts_with("xe ") && doc.exists_in(release);
    COMMANDS.iter().zip(GRAMMARS).filter(known).map(move |(doc, grammar)| (doc, grammar(release)))
}

/// Those that it has and that are not built.
pub(super) fn unbuilt(release: Release) -> impl Iterator<Item = &'static str> {
    let others = OF_OTHER_RELEASES.iter().filter(move |command| command.since <= release.row().code);
    let all = words::OWN.iter().chain(words::MADE).copied().chain(others.map(|command| command.name));
    all.filter(move |name| !built(release).any(|(doc, _)| doc.name == *name))
}

/// Whether a release has a command, and it is not built.
pub(super) fn is_unbuilt(name: &str, release: Release) -> bool {
    let of_others = OF_OTHER_RELEASES.iter().any(|command| command.name == name && command.since <= release.row().code);
    (of_others || known_in_6(name)) && !built(release).any(|(doc, _)| doc.name == name)
}

/// What to do about a command that a release does not have and that others have; `None` where none has it.
pub(super) fn elsewhere(name: &str, release: Release) -> Option<String> {
    if let Some(command) = OF_OTHER_RELEASES.iter().find(|command| command.name == name && command.since > release.row().code) {
        return Some(format!("it came with {}; in this release {}", command.since, command.instead));
    }
    let doc = COMMANDS.iter().find(|doc| doc.name == name && !doc.exists_in(release))?;
    match (doc.since, doc.until) {
        (Some(since), _) if since > release.row().code => Some(format!("it came with {since}")),
        (_, Some(until)) => Some(format!("{until} was the last release that had it")),
        _ => None,
    }
}

/// Those of `xe` that are built, whatever the release.
fn of_any() -> impl Iterator<Item = (&'static CommandDoc, impl Iterator<Item = Grammar>)> {
    let all = COMMANDS.iter().zip(GRAMMARS).filter(|(doc, _)| doc.synopsis.starts_with("xe "));
    all.map(|(doc, grammar)| (doc, Release::all().map(grammar)))
}

/// Whether `xe` has a command of this name in any release, built here or not.
pub fn is_command(name: &str) -> bool {
    of_any().any(|(doc, _)| doc.name == name) || known_in_6(name) || OF_OTHER_RELEASES.iter().any(|command| command.name == name)
}

/// Whether a command of `xe` reads a key in any release; of one that is not built, whether any other command does.
pub fn reads(command: &str, key: &str) -> bool {
    let built = of_any().any(|(doc, _)| doc.name == command);
    let of = |grammar: &Grammar| {
        let named = |keys: &[&str]| keys.iter().any(|known| *known == key || known.ends_with(':') && key.starts_with(known));
        let by_rest = match grammar.rest {
            Rest::Ignored | Rest::Entries => false,
            Rest::Vms => key == "vm" || batch::filterable(Class::Vm, key),
            Rest::Hosts => key == "host" || batch::filterable(Class::Host, key),
            Rest::List(class) | Rest::Set(class) => batch::filterable(class, key),
        };
        named(grammar.required) || named(grammar.optional) || by_rest
    };
    STANDARD_KEYS.contains(&key)
        || of_any().filter(|(doc, _)| !built || doc.name == command).any(|(_, mut grammars)| grammars.any(|grammar| of(&grammar)))
}

/// Whether a command of `xe` does all that it does without a key.
pub fn stands_alone(command: &str) -> bool {
    let alone = |grammar: Grammar| grammar.required.is_empty() && !matches!(grammar.rest, Rest::Vms | Rest::Hosts);
    of_any().any(|(doc, mut grammars)| doc.name == command && grammars.any(alone))
}
