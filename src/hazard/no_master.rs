//! A host waits for a master that does not come.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site};
use crate::base::time::Span;
use crate::world::World;

pub const DOC: HazardDoc = HazardDoc {
    name: "no-master",
    severity: Severity::Outage,
    holds: "a host's running xapi has reached no running host that holds itself its master, for longer than `master-grace`",
    doc: "A host's toolstack has been without a master for longer than the setting `master-grace`. Its guests run on, but nothing can be started, stopped or moved there, and `xe` hangs, or answers with the error of emergency mode. Without HA nobody becomes master by itself. Repair the master or its network: when it is back all is normal again. If it is truly dead, switch it off, then `xe pool-emergency-transition-to-master` on a member and `xe pool-recover-slaves` there.",
    example: "{hazard: no-master, host: beta}",
    rule: Rule::Lasting { reads: Reads::ROLES.and(Reads::LINKS), sites, grace: Some(grace) },
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    for machine in world.machines().filter(|m| world.xapi_runs(*m)) {
        // The machine that it points to may be master of another pool by now: that is not its master.
        let its_own = |master| world.pool_of(master) == world.pool_of(machine);
        if !world.reached_master(machine).is_some_and(its_own) {
            out.push(Site::new(Place::Host(machine), vec![machine]));
        }
    }
}

fn grace(world: &World, _: Place) -> Span {
    world.settings.master_grace
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::stage::*;
    use crate::hazard::watch::Watch;

    #[test]
    fn members_of_a_dead_master() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("no-master"), []);
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA]), at(Host(GAMMA), &[GAMMA])]);
    }

    #[test]
    fn a_member_that_is_cut_off_and_the_master_that_is_not_alone() {
        let mut stage = pool(3);
        stage.isolate(BETA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA])]);
        let mut stage = pool(3);
        stage.isolate(ALPHA);
        assert_eq!(stage.holds("no-master").len(), 2, "alpha is its own master");
    }

    #[test]
    fn no_toolstack_no_wait() {
        let mut stage = pool(3);
        stage.stop_xapi(BETA);
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(GAMMA), &[GAMMA])]);
    }

    #[test]
    fn a_master_installed_afresh_is_no_master_of_the_old_pool() {
        let mut stage = pool(2);
        stage.found_pool(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA])]);
    }

    #[test]
    fn it_is_found_after_its_grace_and_ends_when_the_master_is_back() {
        let mut stage = pool(2);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(300);
        stage.isolate(ALPHA);
        stage.watch(&mut watch);
        let since = stage.world.now;
        stage.pass(600);
        assert_eq!(named(&watch.finish(stage.world.now), "no-master"), []);
        stage.pass(60);
        let (world, fx) = stage.both();
        world.hw.reconnect(fx, ALPHA);
        stage.watch(&mut watch);
        let found = named(&watch.finish(Time::ZERO + Span::days(1)), "no-master");
        assert_eq!(found, [(since, Some(stage.world.now), Host(BETA), vec![BETA])]);
    }
}
