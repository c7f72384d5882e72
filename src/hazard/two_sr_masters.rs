//! One shared SR has two masters.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;

pub const DOC: HazardDoc = HazardDoc {
    name: "two-sr-masters",
    severity: Severity::Danger,
    holds: "two or more hosts hold themselves for master of one shared SR that they reach, PBD plugged",
    doc: "Two hosts hold themselves for the master of one shared SR: a pool's master is the master of every shared SR that it has plugged, and nothing on the storage says otherwise. Both may coalesce, resize and delete disks there at once, which destroys disks that no VM was even started from. It comes of two masters of one pool, and of pools that share storage since a host was forgotten and went on alone. Switch one of them off, or cut it from the storage, at once.",
    example: "{hazard: two-sr-masters, sr: nfs1, hosts: [alpha, beta]}",
    rule: Rule::Lasting {
        reads: Reads::ROLES.and(Reads::PATHS).and(Reads::STORAGE),
        sites: Sites::Whole(sites),
        grace: None,
        hastened: None,
    },
    sentence: |told| format!("{} each hold themselves for the master of {}", told.hosts, told.place),
    advice: |adviser| adviser.two_masters(),
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    let masters: Vec<MachineId> = sight.standing.masters().collect();
    if masters.len() < 2 {
        return;
    }
    for sr in world.names.sr_ids().filter(|sr| world.names.srs[sr.at()].kind.shared()) {
        let rules = |m: &MachineId| world.db(*m).plugged(world.host_on(*m), sr) && world.reaches(*m, sr);
        let hosts: Vec<_> = masters.iter().copied().filter(rules).collect();
        if hosts.len() > 1 {
            out.push(Site::new(Place::Sr(sr), hosts));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::truth::Io;

    fn split() -> Stage {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage
    }

    #[test]
    fn two_masters_with_the_sr_plugged() {
        assert_eq!(split().holds("two-sr-masters"), [at(Sr(NFS1), &[ALPHA, GAMMA])]);
    }

    #[test]
    fn masters_of_two_pools_that_share_it() {
        let mut stage = pool(3);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("two-sr-masters"), [], "a new pool has no PBD");
        stage.plug(GAMMA, GAMMA, NFS1, true);
        assert_eq!(stage.holds("two-sr-masters"), [at(Sr(NFS1), &[ALPHA, GAMMA])]);
    }

    #[test]
    fn unplugged_or_out_of_reach() {
        let mut stage = split();
        stage.plug(GAMMA, GAMMA, NFS1, false);
        assert_eq!(stage.holds("two-sr-masters"), []);
        let mut stage = split();
        stage.lose_path(ALPHA, NFS1, Io::Error);
        assert_eq!(stage.holds("two-sr-masters"), []);
    }
}
