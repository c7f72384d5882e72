//! What is worth keeping of a run that shows something: the whole scenario that shows it, and the smallest.

use super::shrink::{Shrunk, Target, shrink, whole};
use crate::hazard::{Place, Severity};
use crate::run::Run;
use crate::scenario::model::{Case, HazardExpect, Scenario};
use crate::world::World;
use std::ops::ControlFlow;

/// So many scenarios are tried at most for each find.
const TRIES: u64 = 1_500;

/// A find.
#[derive(Clone, Debug)]
pub struct Find {
    /// The case as a scenario of its own, with its seed, and what it is expected to show.
    pub whole: String,
    /// The smallest scenario that shows it.
    pub small: Shrunk,
}

/// What a case shows with a seed, to be kept. `None` where it does not show it. `stopped` is asked again and again whether to end:
/// then the smallest so far is it.
pub fn find(scenario: &Scenario, case: Case, (target, seed): (&Target, u64), stopped: &dyn Fn() -> bool) -> Option<Find> {
    let about = format!("{} with seed {seed} shows {}.", scenario.name, target.words());
    let mut go_on = |tried: u64| if tried >= TRIES || stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let small = shrink(scenario, case, (target, seed), &format!("The smallest of what {about}"), &mut go_on)?;
    Some(Find { whole: whole(scenario, case, (target, seed), &about)?, small })
}

/// Each corruption of a run that its scenario does not expect, once.
pub fn unexpected(scenario: &Scenario, case: Case, run: &Run) -> Vec<Target> {
    let world = &run.engine.world;
    let scenario = scenario.of(case);
    let own = case.recovery.and_then(|at| scenario.recoveries[at].expect.as_ref());
    let items: Vec<&HazardExpect> = scenario.expect.iter().chain(own).flat_map(|expect| &expect.hazards).collect();
    let applies = |item: &HazardExpect| {
        let is = |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|wanted| is == Some(wanted));
        is(&item.scope.world, scenario.world_name(case)) && is(&item.scope.recovery, scenario.recovery_name(case))
    };
    let mut targets = Vec::new();
    for found in run.found.iter().filter(|found| found.hazard.severity() == Severity::Corruption) {
        let target = Target::of(found, &world.names);
        let expected = items.iter().any(|item| item.hazard == found.hazard && applies(item) && is_at(item, found.place, world));
        if !expected && !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// Whether a place is one that an item speaks of.
fn is_at(item: &HazardExpect, place: Place, world: &World) -> bool {
    match place {
        Place::Vdi(vdi) => {
            let of = &world.names.vdis[vdi.at()];
            item.vdi.is_none_or(|wanted| wanted == vdi)
                && item.vm.is_none_or(|wanted| wanted == of.vm)
                && item.sr.is_none_or(|wanted| wanted == of.sr)
        }
        Place::Vm(vm) => item.vm.is_none_or(|wanted| wanted == vm),
        Place::Sr(sr) => item.sr.is_none_or(|wanted| wanted == sr),
        Place::Host(_) | Place::Pool(_) => true,
    }
}

/// A find's name as that of a file: what it shows and where, and a part of the digest of its smallest scenario, so that the same find
/// has the same name whenever it is found.
pub fn name(target: &Target, small: &str) -> String {
    use std::hash::Hasher as _;
    let mut digest = crate::base::digest::Digest::default();
    digest.write(small.as_bytes());
    let place = target.place.as_ref().map_or_else(|| "pool".to_owned(), |(_, name)| plain(name));
    format!("{}-{place}-{}", target.hazard.doc().name, &digest.hex()[..8])
}

/// A text as a part of a file's name on any system.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().take(60) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => plain.push(c.to_ascii_lowercase()),
            _ if !plain.ends_with('-') && !plain.is_empty() => plain.push('-'),
            _ => {}
        }
    }
    let plain = plain.trim_end_matches('-');
    if plain.is_empty() { "it".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_file_is_one_anywhere() {
        for (text, name) in [("db-root", "db-root"), ("../../etc", "etc"), ("日本", "it"), ("a\u{1b}[31m\nb", "a-31m-b"), ("..", "it")] {
            assert_eq!(plain(text), name, "{text:?}");
        }
        assert!(plain(&"x".repeat(500)).len() <= 60);
    }
}
