//! The pool can't keep what it promises.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site};

pub const DOC: HazardDoc = HazardDoc {
    name: "overcommitted",
    severity: Severity::Notice,
    holds: "HA is on, and the ruling database has the pool as overcommitted",
    doc: "There is no failover plan for as many failures as the pool is to tolerate: not every protected VM would find a place, or one of them is tied to a host. Nothing is broken yet, but operations that make it worse are not refused any more, and after a failure VMs are started in their order until memory is full. Add memory or hosts, bring back those that are down, protect fewer VMs, put their disks on shared SRs that are plugged everywhere, or ask for fewer failures to tolerate.",
    example: "{hazard: overcommitted}",
    rule: Rule::Lasting { reads: Reads::HA.and(Reads::ROLES), sites, grace: None },
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let ruler = sight.ruler();
    let db = sight.world.db(ruler);
    if db.ha.enabled && db.ha.overcommitted {
        out.push(Site::new(Place::Pool(db.pool), Vec::new()).by(ruler));
    }
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
