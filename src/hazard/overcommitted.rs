//! The pool can't keep what it promises.

use super::hindsight::Health;
use super::remedy::{Advice, Way};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{MachineId, VmId};
use crate::world::belief::plan::Planner;

pub const DOC: HazardDoc = HazardDoc {
    name: "overcommitted",
    severity: Severity::Notice,
    holds: "HA is on, and the ruling database has the pool as overcommitted",
    doc: "There is no failover plan for as many failures as the pool is to tolerate: not every protected VM would find a place, or one of them is tied to a host. Nothing is broken yet, but operations that make it worse are not refused any more, and after a failure VMs are started in their order until memory is full. Add memory or hosts, bring back those that are down, protect fewer VMs, put their disks on shared SRs that every enabled host has plugged, or ask for fewer failures to tolerate.",
    example: "{hazard: overcommitted}",
    rule: Rule::Lasting { reads: Reads::HA.and(Reads::ROLES), sites: Sites::Whole(sites), grace: None, hastened: None },
    sentence: |told| format!("{} has no failover plan for the failures that it is to tolerate", told.place),
    advice,
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let ruler = sight.ruler();
    let db = sight.world.db(ruler);
    if db.ha.enabled && db.ha.overcommitted {
        out.push(Site::new(Place::Pool(db.pool), Vec::new()).by(ruler));
    }
}

/// The pool promises more than it can keep.
fn advice(adviser: &Adviser<'_>) -> Advice {
    let db = adviser.world.db(adviser.world.ruler());
    // Who was lost only later is not what was missing.
    let was_up = |machine: &MachineId| adviser.past.health(*machine, adviser.found.since) != Health::Off;
    let dead = db.hosts.iter().filter(|(_, record)| !record.live).filter_map(|(host, _)| adviser.world.machine_of(*host));
    let down: Vec<MachineId> = dead.filter(|machine| !was_up(machine)).collect();
    let tied: Vec<&str> = tied(adviser).into_iter().map(|vm| adviser.names().vm(vm)).take(3).collect();
    let console = adviser.master_console();
    let line = format!("xe pool-param-set uuid=$pool ha-host-failures-to-tolerate={}", db.ha.plan_exists_for);
    let fewer = format!("`{line}` on {console}");
    let ask_for_less: Way = adviser.first_a_master().way.into_iter().chain([adviser.typed(line)]).collect();
    match (adviser.found.until, down.is_empty()) {
        (Some(until), _) => Advice::nothing(format!("nothing was missed: there was a plan again at {until}")),
        (None, _) if !tied.is_empty() => Advice::by_hand(format!(
            "put the disks of {} on a shared SR that all enabled hosts have plugged, or protect it no more: tied to one host, it has no failover",
            tied.join(", ")
        )),
        (None, false) => {
            let back = down.iter().flat_map(|machine| adviser.bring_back(*machine)).collect();
            Advice::less(format!("bring back {}, or ask for less: {fewer}", adviser.list(&down)), back).or(ask_for_less)
        }
        (None, true) if db.ha.plan_exists_for < db.ha.failures_to_tolerate => {
            Advice::less(format!("add memory or hosts, protect fewer VMs, or ask for less: {fewer}"), ask_for_less)
        }
        (None, true) => Advice::by_hand(
            "put the disks of every protected VM on a shared SR that all enabled hosts have plugged, or make room for those that are down",
        ),
    }
}

/// The protected VMs that can run on one host alone.
fn tied(adviser: &Adviser<'_>) -> Vec<VmId> {
    let db = adviser.world.db(adviser.world.ruler());
    let live = db.live_set();
    let names = adviser.names();
    let planner = Planner::new(db, names, &live, adviser.world.release);
    planner.protected().into_iter().filter(|vm| !planner.agile(*vm)).collect()
}

#[cfg(test)]
mod tests {
    use crate::base::time::Span;
    use crate::hazard::Place;
    use crate::hazard::stage::*;
    use crate::world::MAIN_POOL;

    #[test]
    fn it_is_what_the_ruling_database_says() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.set_plan(fx, ALPHA, 0, true);
        assert_eq!(stage.holds("overcommitted"), [], "HA is off");
        stage.world.ha_at_start(ALPHA, NFS1, Span::secs(60));
        assert_eq!(stage.holds("overcommitted"), [at(Place::Pool(MAIN_POOL), &[]).by(ALPHA)]);
        let (world, fx) = stage.both();
        world.set_plan(fx, ALPHA, 1, false);
        world.set_plan(fx, BETA, 0, true);
        assert_eq!(stage.holds("overcommitted"), [], "what a member's copy says is nothing");
    }
}
