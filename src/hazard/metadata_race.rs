//! Two hosts change the volumes of one LVM SR at the same time.

use super::{HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "metadata-race",
    severity: Severity::Corruption,
    holds: "a host changes the volumes of an LVM SR as its master while another is at work on them as its master",
    doc: "The list of an LVM SR's volumes is one text: whoever changes it reads it all and writes it all back, and only hosts that know one lock wait for one another. The masters of an SR do not: the lock is a file of their own. Where the work of two overlaps, the later writes back a list that lacks what the other made, its undoing takes the other's journal for abandoned, and two volumes are given one place. Volumes vanish, and the next scan forgets their records. It is a moment: `since` and `until` are the same. In life two writes have to fall into one command of LVM; here work that overlaps counts, since it is hundreds of such commands. Stop both at once, save `/etc/lvm/backup`, and let one master alone go on.",
    example: "{hazard: metadata-race, sr: nfs1, hosts: [alpha, beta]}",
    rule: Rule::Moment(told),
    sentence: |told| format!("{} changed the volumes of {} at the same time, each as its master", told.hosts, told.place),
    advice: |adviser| {
        let fits = |event: &Event| matches!(event, Event::VolumesRaced { sr, .. } if Place::Sr(*sr) == adviser.found.place);
        adviser.off_before_chain_changes(fits)
    },
};

fn told(event: &Event, _: &World) -> Option<Site> {
    match *event {
        Event::VolumesRaced { machine, sr, other } => Some(Site::new(Place::Sr(sr), vec![machine, other]).by(machine)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::SrType;
    use std::sync::Arc;

    /// alpha is at work on the chain of a disk, on an SR of this type.
    fn at_work(kind: SrType) -> Stage {
        let mut stage = pool(3);
        Arc::make_mut(&mut stage.world.names).srs[NFS1.at()].kind = kind;
        let (world, fx) = stage.both();
        world.begin_work(fx, ALPHA, ROOT);
        stage
    }

    #[test]
    fn two_hosts_at_work_at_once() {
        let mut stage = at_work(SrType::LvmoIscsi);
        let (world, fx) = stage.both();
        world.begin_work(fx, GAMMA, ROOT);
        assert_eq!(stage.told("metadata-race"), [at(Sr(NFS1), &[ALPHA, GAMMA]).by(GAMMA)]);
    }

    #[test]
    fn one_after_the_other_or_one_alone() {
        let mut stage = at_work(SrType::LvmoIscsi);
        let (world, fx) = stage.both();
        world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]);
        world.end_work(ALPHA, ROOT);
        world.begin_work(fx, GAMMA, ROOT);
        assert_eq!(stage.told("metadata-race"), []);
    }

    #[test]
    fn whoever_lost_power_writes_nothing() {
        let mut stage = at_work(SrType::LvmoIscsi);
        stage.power_off(ALPHA);
        let (world, fx) = stage.both();
        world.begin_work(fx, GAMMA, ROOT);
        assert_eq!(stage.told("metadata-race"), []);
    }

    #[test]
    fn files_have_no_such_list() {
        let mut stage = at_work(SrType::Nfs);
        let (world, fx) = stage.both();
        world.begin_work(fx, GAMMA, ROOT);
        assert_eq!(stage.told("metadata-race"), []);
    }
}
