//! One pool has two masters.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::PoolId;

pub const DOC: HazardDoc = HazardDoc {
    name: "two-masters",
    severity: Severity::Danger,
    holds: "two or more running hosts hold themselves for master of one pool",
    doc: "Two hosts hold themselves for the master of one pool, each with a database of its own: its own records, its own locks. What the one knows the other does not, so each may start a VM that the other has running, and no lock stops it. It comes of `pool-emergency-transition-to-master` while the old master lived, or of an old master that comes back as it was. Switch the old master off and install it afresh; do not start VMs before that.",
    example: "{hazard: two-masters, hosts: [alpha, beta]}",
    rule: Rule::Lasting { reads: Reads::ROLES, sites: Sites::Whole(sites), grace: None, hastened: None },
    sentence: |told| format!("{} each hold themselves for the master of one pool", told.hosts),
    advice: |adviser| adviser.two_masters(),
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    for (pool, masters) in sight.standing.masters_by_pool().iter().enumerate() {
        if masters.len() > 1 {
            out.push(Site::new(Place::Pool(PoolId(pool as u16)), masters.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::MAIN_POOL;

    #[test]
    fn a_second_master_of_the_pool() {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        assert_eq!(stage.holds("two-masters"), [at(Pool(MAIN_POOL), &[ALPHA, GAMMA])]);
    }

    #[test]
    fn stopped_or_hung_or_of_another_pool() {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage.stop_xapi(ALPHA);
        assert_eq!(stage.holds("two-masters"), []);
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage.hang(ALPHA);
        assert_eq!(stage.holds("two-masters"), []);
        let mut stage = pool(3);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("two-masters"), []);
    }
}
