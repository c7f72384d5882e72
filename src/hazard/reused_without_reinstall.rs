//! A machine that must not serve again serves again.

use super::remedy::{Advice, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;
use crate::world::World;

pub const DOC: HazardDoc = HazardDoc {
    name: "reused-without-reinstall",
    severity: Severity::Danger,
    holds: "a machine that its pool has forgotten, or whose mastership another has taken by `pool-emergency-transition-to-master`, has booted as it was, or never stopped, and now holds itself master, is accepted by one, or runs a domain started since",
    doc: "A machine serves again, or still, with the disk that it had before its pool forgot it or replaced it as master. It remembers another pool: its own database, its own locks, its own idea of who is master, all on the same shared storage. The manual allows such a machine back only after a fresh installation, and then `pool-join`. Switch it off, or take it from the storage, and install it afresh.",
    example: "{hazard: reused-without-reinstall, host: beta}",
    rule: Rule::Lasting {
        reads: Reads::ROLES.and(Reads::HOSTS).and(Reads::GUESTS),
        sites: Sites::Machines(site),
        grace: None,
        hastened: None,
    },
    sentence: |told| format!("{} serves without the fresh installation that it needs", told.place),
    advice,
};

fn site(sight: &Sight, machine: MachineId) -> Option<Site> {
    let world = sight.world;
    let forsaken = world.stacks[machine.at()].forsaken?;
    let site = Site::new(Place::Host(machine), vec![machine]);
    if let Some(master) = accepted_by(world, machine) {
        return Some(site.by(master));
    }
    let domains = world.hw.guests(machine).flat_map(|vm| world.hw.domains_of(vm)).filter(|domain| domain.machine == machine);
    let started_since = || domains.map(|domain| domain.started).max() > Some(forsaken.since);
    (world.is_master(machine) || started_since()).then_some(site)
}

/// The running master that has let a machine in and still knows it.
fn accepted_by(world: &World, machine: MachineId) -> Option<MachineId> {
    let (master, epoch) = world.stacks[machine.at()].joined?;
    let known = || world.db(master).host(world.host_on(machine)).is_some();
    (world.xapi_runs(machine) && world.is_master(master) && world.stacks[master.at()].epoch == epoch && known()).then_some(master)
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Host(machine) = adviser.found.place else { return Advice::default() };
    if let Some(back) = adviser.came_back() {
        return adviser.afresh_instead(back);
    }
    let name = adviser.machine(machine);
    if let Some(step) = adviser.causes.iter().find(|step| adviser.past.brings_back(**step, machine)) {
        return adviser.afresh_instead((machine, *step));
    }
    let promotion = adviser.promotion();
    let intruder = promotion.and_then(|c| adviser.forgotten_before(c.console, c.began).map(|forget| (c.console, forget)));
    if let Some((console, forget)) = intruder.filter(|(console, _)| *console != machine) {
        return adviser.off_before(&[console], forget);
    }
    match adviser.forgotten_before(machine, adviser.found.since).or(promotion) {
        Some(command) => {
            let off = adviser.off_before(&[machine], command);
            let text = format!("{}, and install it afresh (`reinstall: {name}`) before it serves again", off.text);
            off.in_words(text)
        }
        None => {
            let both = [Work::PowerOff(machine), Work::Reinstall(machine)].map(|work| Remedy::Do(At::End, work));
            Advice::less(format!("power off {name} and install it afresh (`reinstall: {name}`) before it serves again"), both.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::memory::Forsaken;

    #[test]
    fn forgotten_and_now_its_own_master() {
        let mut stage = pool(3);
        stage.forget(ALPHA, BETA);
        assert_eq!(stage.holds("reused-without-reinstall"), [], "it runs on what it ran before");
        stage.make_master(BETA);
        assert_eq!(stage.holds("reused-without-reinstall"), [at(Host(BETA), &[BETA])]);
        stage.power_off(BETA);
        assert_eq!(stage.holds("reused-without-reinstall"), []);
    }

    #[test]
    fn forgotten_and_runs_a_domain_started_since() {
        let mut stage = pool(3);
        stage.forget(ALPHA, BETA);
        stage.pass(1);
        stage.start(WEB, BETA);
        assert_eq!(stage.holds("reused-without-reinstall"), [at(Host(BETA), &[BETA])]);
    }

    #[test]
    fn a_replaced_master_that_never_stopped_or_yields() {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage.world.stacks[ALPHA.at()].forsaken = Some(Forsaken { since: stage.world.now, forgotten: false });
        assert_eq!(stage.holds("reused-without-reinstall"), [at(Host(ALPHA), &[ALPHA])]);
        stage.make_member(ALPHA, GAMMA);
        assert_eq!(stage.holds("reused-without-reinstall"), [at(Host(ALPHA), &[ALPHA]).by(GAMMA)], "accepted as it was");
    }

    #[test]
    fn turned_away_for_ever() {
        let mut stage = pool(3);
        stage.forget(ALPHA, GAMMA);
        stage.make_member(GAMMA, ALPHA);
        assert_eq!(stage.holds("reused-without-reinstall"), [], "alpha does not know it");
    }

    #[test]
    fn installed_afresh_it_is_another_host() {
        let mut stage = pool(3);
        stage.forget(ALPHA, GAMMA);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("reused-without-reinstall"), []);
    }
}
