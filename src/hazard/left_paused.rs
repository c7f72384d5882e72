//! A disk that is marked as paused, and nobody works on it.

use super::remedy::{Advice, Aim, At, Part, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{HostId, VdiId, VmId};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "left-paused",
    severity: Severity::Outage,
    holds: "the ruling database has a VDI marked as paused, and no operation on it is under way",
    doc: "A disk is marked as paused, and whoever paused it is gone: the SR's master died in the middle of a snapshot. The data is whole, but nobody can open or close the disk: a start waits for two minutes and ends with `VDI <UUID> locked`, and a VM that has it open can't be shut down or moved. Nothing takes the mark away by itself. Make sure that the SR's master of then is off, then run `/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID` with the word `master` (`--master` from g1b on) on the pool master; plugging the PBD of the SR's present master takes it away too.",
    example: "{hazard: left-paused, vdi: db-root}",
    rule: Rule::Lasting { reads: Reads::LOCKS.and(Reads::ROLES), sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| format!("the database has {} as paused, and nobody works on it: it can be neither opened nor closed", told.place),
    advice,
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let world = sight.world;
    let ruler = sight.ruler();
    let paused = world.db(ruler).vdi(vdi).is_some_and(|record| record.paused) && !world.at_work_on(vdi);
    paused.then(|| Site::new(Place::Vdi(vdi), Vec::new()).by(ruler))
}

/// Of whom it can be said that it ruled the SR of a disk: who did, and fell; else a host that has no lock there and uses none of its
/// disks, so that nothing of it is released.
fn said_of(world: &World, vdi: VdiId) -> Option<HostId> {
    let ruler = world.ruler();
    let sr = world.names.vdis[vdi.at()].sr;
    let db = world.db(ruler);
    let idle = |host: HostId| {
        let uses = |vdi: VdiId| world.machine_of(host).is_some_and(|machine| world.has_open(machine, vdi));
        world.vdis_on(sr).into_iter().all(|vdi| !uses(vdi) && db.vdi(vdi).is_none_or(|record| record.lock_of(host).is_none()))
    };
    let fell = |host: HostId| world.fallen_sr_masters.contains(&(sr, host));
    let off = |host: HostId| world.machine_of(host).is_none_or(|machine| !world.powered(machine));
    let known: Vec<HostId> = db.hosts.keys().copied().collect();
    let first = |fits: &dyn Fn(HostId) -> bool| known.iter().copied().find(|host| fits(*host));
    first(&|host| fell(host) && off(host)).or_else(|| first(&|host| fell(host) && idle(host))).or_else(|| first(&idle))
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vdi(vdi) = adviser.found.place else { return Advice::default() };
    let (names, world) = (adviser.names(), adviser.world);
    let users: Vec<VmId> = names.vbds.iter().filter(|vbd| vbd.vdi == vdi).map(|vbd| vbd.vm).collect();
    let failed = adviser.failed_start(&users, &["SR_BACKEND_FAILURE_46"]);
    let line = said_of(world, vdi).map(|host| {
        let machine = names.hosts[host.at()].machine;
        let old = if world.host_on(machine) == host { "" } else { ".old" };
        let (host, sr) = (super::advice::variable(names.machine(machine), old), names.sr(names.vdis[vdi.at()].sr));
        let word = world.settings.storage_manager.master_word();
        format!("/opt/xensource/sm/resetvdis.py {host} {} {word}", super::advice::variable(sr, ""))
    });
    let ended =
        adviser.ended(|event| matches!(event, Event::PausedCleared { vdi: of, .. } | Event::VdiForgotten { vdi: of, .. } if *of == vdi));
    if let Some(ended) = ended {
        return match (failed, line) {
            (Some(start), Some(line)) => {
                let text = format!("run `{line}` before {}: {ended}", start.mention());
                Advice::less(text, vec![Remedy::Do(At::Before(start.step), Work::Type(start.console, line))])
                    .aiming(Aim::Passes(start.step))
            }
            _ => Advice::nothing(format!("nothing was missed: {ended}; until then the disk could be neither opened nor closed")),
        };
    }
    if let Some(wait) = adviser.waits_for_ha() {
        return Advice::by_hand(format!("{}; then see to the mark", wait.text));
    }
    let Some(line) = line else {
        return Advice::by_hand(format!(
            "every host uses a disk on {0}, so the word `{1}` can be said of none: shut the VMs of one down and say it of that, or unplug and plug the PBD of the master of {0}",
            names.sr(names.vdis[vdi.at()].sr),
            world.settings.storage_manager.master_word()
        ));
    };
    let before = failed.map_or_else(String::new, |start| format!(", before {}", start.mention()));
    let text = format!("run `{line}` on {}{before}", adviser.master_console());
    let both = adviser.first_a_master().and("", Part::new(text, vec![adviser.typed(line)]));
    Advice::less(both.text, both.way)
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    #[test]
    fn a_mark_that_nobody_set_in_this_run() {
        let mut draft = draft(3);
        draft.vdis[0].paused = true;
        let mut stage = stage_of(draft);
        assert_eq!(stage.holds("left-paused"), [at(Vdi(ROOT), &[]).by(ALPHA)]);
        let (world, fx) = stage.both();
        world.clear_paused(fx, ALPHA, ROOT);
        assert_eq!(stage.holds("left-paused"), []);
    }

    #[test]
    fn only_the_ruling_database_counts() {
        let mut draft = draft(3);
        draft.vdis[0].paused = true;
        let mut stage = stage_of(draft);
        let (world, fx) = stage.both();
        world.clear_paused(fx, ALPHA, ROOT);
        stage.stop_xapi(ALPHA);
        stage.make_master(GAMMA);
        assert_eq!(stage.holds("left-paused"), [at(Vdi(ROOT), &[]).by(GAMMA)], "gamma's copy still has the mark");
    }
}
