//! A master rules with an old book.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site};

pub const DOC: HazardDoc = HazardDoc {
    name: "stale-database",
    severity: Severity::Danger,
    holds: "a running master was promoted on a copy that, at that instant, differed from its former master's database in which hosts exist, VMs' power-state or resident-on, VBDs, locks, PBDs or the default SR",
    doc: "A member was made master on a copy of the database that was older than the last changes of the old master, and those are lost: VMs started since are halted in its book, VMs stopped since are running, locks taken since are not there. A member's copy is as old as its last turn, 300 s times the number of members. Compare the book with the hosts (`list_domains` on each) before you start or reset anything. While the old master answers, `xe pool-sync-database` there first makes the copies equal.",
    example: "{hazard: stale-database, host: gamma}",
    rule: Rule::Lasting { reads: Reads::ROLES, sites, grace: None },
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    for master in sight.masters_by_pool().iter().flatten().copied() {
        if world.stacks[master.at()].promotion.is_some_and(|promotion| promotion.stale) {
            out.push(Site::new(Place::Host(master), vec![master]).by(master));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::base::time::Time;
    use crate::hazard::stage::*;
    use crate::world::memory::Promotion;

    fn promoted(stale: bool) -> Stage {
        let mut stage = pool(3);
        stage.power_off(ALPHA);
        stage.make_master(GAMMA);
        stage.world.stacks[GAMMA.at()].promotion = Some(Promotion { at: Time::ZERO, over: Some(ALPHA), stale });
        stage
    }

    #[test]
    fn only_a_stale_copy_counts_and_only_while_it_rules() {
        assert_eq!(promoted(true).holds("stale-database"), [at(Host(GAMMA), &[GAMMA]).by(GAMMA)]);
        assert_eq!(promoted(false).holds("stale-database"), []);
        let mut stage = promoted(true);
        stage.stop_xapi(GAMMA);
        assert_eq!(stage.holds("stale-database"), []);
    }
}
