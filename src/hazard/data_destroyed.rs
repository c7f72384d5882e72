//! A disk went with the machine's own storage.

use super::remedy::Advice;
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "data-destroyed",
    severity: Severity::Corruption,
    holds: "a machine's local SR was made anew, by an eject or a reinstallation, and a VDI of a VM that nobody had deleted lay on it",
    doc: "A virtual disk is gone for good with the local storage that it lay on: `pool-eject` reinitialises the local SRs of the host that leaves, and a fresh installation those of its machine. Nothing in the way looks for data: an eject takes the records of the disks along, and the VM starts without them; an installation leaves them, and the VM starts no more. It is a moment: `since` and `until` are the same. Look what lies on a host's own SRs (`xe vdi-list sr-uuid=…`) before it is ejected or installed afresh, read the list that `pool-eject` shows where no `--force` skips its question, and copy elsewhere what is still needed; afterwards only a backup helps.",
    example: "{hazard: data-destroyed, vdi: db-root, host: beta}",
    rule: Rule::Moment(told),
    sentence: |told| format!("{} lay on the local storage of {}, which was made anew, and is gone", told.place, told.hosts),
    advice,
};

/// There is no way yet to delete a VM: whatever lay there was somebody's.
fn told(event: &Event, _: &World) -> Option<Site> {
    match *event {
        Event::DiskWiped { vdi, machine } => Some(Site::new(Place::Vdi(vdi), vec![machine])),
        _ => None,
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vdi(vdi) = adviser.found.place else { return Advice::default() };
    let (names, machine) = (adviser.names(), adviser.list(&adviser.found.hosts));
    let (disk, sr) = (names.vdi(vdi), names.sr(names.vdis[vdi.at()].sr));
    let copy = format!("copy {disk} to an SR that is not in {machine} (`xe vdi-copy`)");
    let wiped = |event: &Event| matches!(event, Event::DiskWiped { vdi: of, .. } if *of == vdi);
    let Some(step) = adviser.author(adviser.found.since, wiped) else {
        return Advice::by_hand(format!("{copy} before its storage is made anew"));
    };
    let mention = adviser.past.mention(step);
    if adviser.past.step(step).typed {
        return Advice::by_hand(format!(
            "{copy} before {mention}: {sr} is {machine}'s own; the question that `--force` skips lists such disks"
        ));
    }
    Advice::by_hand(format!(
        "{copy}, or save it from the machine's own disks, before {mention}: {sr} is {machine}'s own, and an installation asks nobody"
    ))
}

#[cfg(test)]
mod tests {
    use crate::base::ids::MachineId;
    use crate::hazard::stage::*;
    use crate::world::event::Event;
    use std::sync::Arc;

    /// db's disk lies on alpha's own SR.
    fn local() -> Stage {
        let mut stage = pool(3);
        Arc::make_mut(&mut stage.world.names).vdis[ROOT.at()].sr = LOCAL;
        stage
    }

    /// A machine begins anew.
    fn begin_afresh(stage: &mut Stage, machine: MachineId) {
        let db = stage.world.pool_of_one(machine, None);
        let (world, fx) = stage.both();
        world.begin_afresh(fx, machine, db, |host, pool| Event::Installed { machine, host, pool });
    }

    #[test]
    fn a_disk_goes_with_its_machine_s_storage_and_once() {
        let mut stage = local();
        begin_afresh(&mut stage, ALPHA);
        assert_eq!(stage.told("data-destroyed"), [at(Vdi(ROOT), &[ALPHA])]);
        begin_afresh(&mut stage, ALPHA);
        assert_eq!(stage.told("data-destroyed").len(), 1, "the second time nothing lies there any more");
    }

    #[test]
    fn what_lies_elsewhere_stays() {
        let mut stage = local();
        begin_afresh(&mut stage, BETA);
        assert_eq!(stage.told("data-destroyed"), [], "the disk lies in alpha");
        let mut stage = pool(3);
        begin_afresh(&mut stage, ALPHA);
        assert_eq!(stage.told("data-destroyed"), [], "the disk lies on shared storage");
    }
}
