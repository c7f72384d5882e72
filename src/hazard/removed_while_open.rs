//! What a host has open is not there any more: it was merged, or removed.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VdiId;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "removed-while-open",
    severity: Severity::Corruption,
    holds: "a host has a VDI open of which the SR's master has merged away or removed a link since",
    doc: "A host reads and writes where its disk was, and an SR's master has merged a link of the disk's chain away since, or destroyed the disk. What is written there is lost. On LVM the place is free, and once it is another disk's that one is overwritten, and this one reads what is not its own; on NFS the requests fail. The collector of garbage protects those alone who hold a lock in the database of its own master or can be asked: a host that is held for dead, was forgotten, or follows another master is neither. A destruction asks nobody but the database. Switch such a host off before the SR's master destroys or scans anything; an old master that still runs is switched off before its VMs start elsewhere.",
    example: "{hazard: removed-while-open, vdi: db-root, host: beta}",
    rule: Rule::Lasting { reads: Reads::DISKS, sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| {
        let have = if told.one { "has" } else { "have" };
        format!("{} {have} {} open where it is not any more: a link of its chain was taken away", told.hosts, told.place)
    },
    advice: |adviser| {
        let of = |vdi: &VdiId| Place::Vdi(*vdi) == adviser.found.place;
        let fits = |event: &Event| matches!(event, Event::DiskMerged { vdi, .. } | Event::DiskRemoved { vdi, .. } | Event::ChainCut { vdi, .. } if of(vdi));
        adviser.off_before_chain_changes(fits)
    },
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let hosts = sight.world.hw.cut_off(vdi);
    (!hosts.is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts))
}

#[cfg(test)]
mod tests {
    use crate::base::ids::VdiId;
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;
    use crate::world::truth::Pick;

    /// db runs on beta; alpha takes a snapshot, of which beta is told, and destroys it again.
    fn snapshot_gone() -> Stage {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        let snapshot = world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]).unwrap();
        world.remove_disk(fx, ALPHA, snapshot);
        stage
    }

    #[test]
    fn a_leaf_that_is_merged_under_who_is_not_told() {
        let mut stage = snapshot_gone();
        assert_eq!(stage.holds("removed-while-open"), [], "nobody had the snapshot open");
        assert_eq!(stage.world.hw.picks(&stage.world.names, NFS1), [Pick::Leaf(ROOT)]);
        let (world, fx) = stage.both();
        world.end_merge(fx, ALPHA, Pick::Leaf(ROOT), &[]);
        assert_eq!(stage.holds("removed-while-open"), [at(Vdi(ROOT), &[BETA])]);
        assert_eq!(stage.world.hw.picks(&stage.world.names, NFS1), [], "one disk is left, and nothing under it");
        stage.open(GAMMA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("removed-while-open"), [at(Vdi(ROOT), &[BETA])], "gamma has opened what is there");
    }

    #[test]
    fn who_is_told_opens_it_anew() {
        let mut stage = snapshot_gone();
        let (world, fx) = stage.both();
        world.end_merge(fx, ALPHA, Pick::Leaf(ROOT), &[BETA]);
        assert_eq!(stage.holds("removed-while-open"), []);
    }

    #[test]
    fn a_disk_that_is_destroyed_under_its_user() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.remove_disk(fx, ALPHA, ROOT);
        assert_eq!(stage.holds("removed-while-open"), [at(Vdi(ROOT), &[BETA])]);
    }

    /// Two snapshots, the older one destroyed: the younger base is merged into the older, and nobody who is not told notices before it is
    /// removed.
    #[test]
    fn an_inner_link_is_missed_when_it_is_removed() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        let old = world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]).unwrap();
        let young = world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]).unwrap();
        assert_eq!((world.hw.depth(ROOT), world.hw.depth(young), world.hw.depth(old)), (3, 3, 2));
        world.remove_disk(fx, ALPHA, old);
        assert_eq!(world.hw.picks(&world.names, NFS1), [Pick::Inner(1)]);
        assert_eq!(world.hw.disks_of(Pick::Inner(1)), [ROOT, young]);
        world.end_merge(fx, ALPHA, Pick::Inner(1), &[]);
        assert_eq!((world.hw.depth(ROOT), world.hw.depth(young)), (2, 2));
        assert_eq!(world.hw.picks(&world.names, NFS1), [Pick::Node(1)], "the base has two leaves: it stays");
        assert_eq!(world.hw.holders(Pick::Node(1)), [BETA]);
        assert_eq!(stage.holds("removed-while-open"), [], "it is still there");
        let (world, fx) = stage.both();
        world.remove_node(fx, ALPHA, 1);
        assert_eq!(stage.holds("removed-while-open"), [at(Vdi(ROOT), &[BETA])]);
        assert_eq!(stage.world.hw.picks(&stage.world.names, NFS1), []);
    }

    /// What is counted by hand: after n snapshots a chain has n + 1 links, and with all of them destroyed and merged one.
    #[test]
    fn all_that_was_taken_can_be_merged_again() {
        let mut tried = 0;
        for count in 1..6 {
            for first in 0..count {
                let mut stage = pool(3);
                let (world, fx) = stage.both();
                let mut made: Vec<VdiId> = (0..count).map(|_| world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]).unwrap()).collect();
                assert_eq!(world.hw.depth(ROOT), count + 1);
                made.rotate_left(first);
                for snapshot in made {
                    world.remove_disk(fx, ALPHA, snapshot);
                    let mut steps = 0;
                    while let Some(pick) = world.hw.picks(&world.names, NFS1).first().copied() {
                        match pick {
                            Pick::Node(node) => world.remove_node(fx, ALPHA, node),
                            pick => world.end_merge(fx, ALPHA, pick, &[BETA]),
                        }
                        steps += 1;
                        assert!(steps < 20, "it comes to an end");
                    }
                }
                assert_eq!(world.hw.depth(ROOT), 1, "{count} snapshots, the {first}. first");
                assert_eq!(stage.holds("removed-while-open"), []);
                tried += 1;
            }
        }
        assert!(tried >= 15);
    }
}
