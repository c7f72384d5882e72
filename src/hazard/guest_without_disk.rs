//! A guest runs on without its disk.

use super::remedy::{Advice, At, Remedy, Way, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::inventory::Mode;

/// How long a path may be lost before it counts: a path that fails over to another is back sooner.
const GRACE: Span = Span::mins(2);

pub const DOC: HazardDoc = HazardDoc {
    name: "guest-without-disk",
    severity: Severity::Outage,
    holds: "a domain runs, and for longer than 2m its host has reached none of the paths of a disk that it has open RW, or the guest has given it up",
    doc: "A guest runs and can't write to its disk: all that its host had to that storage is lost, and what the guest writes is held back in the host's memory. `xe` shows such a VM as running and its lock as it should be; the service in it stands still. `since` is when the path was lost, and it is found after 2 minutes. Mend the path: what is held back is written then. If it can't be mended, think before you move or restart the VM, since as long as the host has power what it holds back may still be written: switch the host off first, which loses what is held back. A guest that has given the disk up (setting `guest-gives-up-after`) has it read-only even when the path is back: shut it down and start it anew.",
    example: "{hazard: guest-without-disk, vdi: db-root, host: beta}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::DISKS).and(Reads::PATHS),
        sites: Sites::Vdis(site),
        grace: Some(grace),
        hastened: None,
    },
    sentence: |told| {
        let runs = if told.one { "runs" } else { "run" };
        format!("{} {runs} a guest without its disk {}: no path leads there any more, or the guest has given it up", told.hosts, told.place)
    },
    advice,
};

/// The guests without their disk: the VM, and where it runs.
fn without(world: &World, vdi: VdiId) -> impl Iterator<Item = (MachineId, VmId)> + '_ {
    let openers = world.hw.vdi(vdi).openers.iter().filter(|opener| opener.mode == Mode::Rw);
    let guests = openers.filter_map(|opener| Some((opener.machine, opener.vm?)));
    guests.filter(move |(machine, vm)| {
        world.has_domain(*machine, *vm) && (!world.reaches_vdi(*machine, vdi) || world.hw.has_given_up(*machine, *vm, vdi))
    })
}

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let world = sight.world;
    if world.hw.disks_are_in_reach() {
        return None;
    }
    let hosts: Vec<MachineId> = without(world, vdi).map(|(machine, _)| machine).collect();
    (!hosts.is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts))
}

/// What a guest has given up does not come back with the path.
fn grace(sight: &Sight, place: Place) -> Span {
    let world = sight.world;
    let Place::Vdi(vdi) = place else { return GRACE };
    let given_up = without(world, vdi).any(|(machine, vm)| world.hw.has_given_up(machine, vm, vdi));
    if given_up { Span::ZERO } else { GRACE }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vdi(vdi) = adviser.found.place else { return Advice::default() };
    let names = adviser.names();
    let lost = names.vdis[vdi.at()].sr;
    let sr = names.sr(lost);
    let hosts = adviser.list(&adviser.found.hosts);
    let mend = |at: At| -> Way { adviser.found.hosts.iter().map(|host| Remedy::Do(at, Work::MendPath(*host, lost))).collect() };
    if let (Some(ended), Some(until)) = (adviser.ended(|_| false), adviser.found.until) {
        return Advice::less(format!("mend the path of {hosts} to {sr} sooner: {ended}"), mend(At::Within(adviser.found.since, until)));
    }
    let world = adviser.world;
    if let Some((_, vm)) = without(world, vdi).find(|(machine, vm)| world.hw.has_given_up(*machine, *vm, vdi)) {
        let (name, console) = (names.vm(vm), adviser.master_console());
        let back = without(world, vdi).all(|(machine, _)| world.reaches_vdi(machine, vdi));
        let first = if back { String::new() } else { format!("mend the path of {hosts} to {sr}; then ") };
        let text = format!(
            "{first}start {name} anew: `xe vm-shutdown vm={name} --force`, then `xe vm-start vm={name}` on {console}; until then it has {} read-only",
            names.vdi(vdi)
        );
        let path = if back { Way::new() } else { mend(At::End) };
        let lines = [format!("xe vm-shutdown vm={name} --force"), format!("xe vm-start vm={name}")];
        return Advice::less(text, path.into_iter().chain(lines.map(|line| adviser.typed(line))).collect());
    }
    let off = adviser.found.hosts.iter().map(|host| Remedy::Do(At::End, Work::PowerOff(*host))).collect();
    Advice::less(
        format!(
            "mend the path of {hosts} to {sr}: what is held back is written then; if it can't be mended, power off {hosts} before the VM starts elsewhere"
        ),
        mend(At::End),
    )
    .or(off)
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::stage::*;
    use crate::hazard::watch::Watch;
    use crate::world::inventory::Mode;
    use crate::world::truth::Io;
    use std::sync::Arc;

    fn minutes(n: u64) -> Time {
        Time::ZERO + Span::mins(n)
    }

    #[test]
    fn a_guest_whose_host_reaches_its_storage_no_more() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("guest-without-disk"), []);
        stage.lose_path(GAMMA, NFS1, Io::Hang);
        assert_eq!(stage.holds("guest-without-disk"), [], "db runs on beta");
        stage.lose_path(BETA, NFS1, Io::Error);
        assert_eq!(stage.holds("guest-without-disk"), [at(Vdi(ROOT), &[BETA])]);
        stage.power_off(BETA);
        assert_eq!(stage.holds("guest-without-disk"), [], "without power there is no guest");
    }

    #[test]
    fn it_counts_after_two_minutes_and_from_its_first_instant() {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.pass(60);
        stage.lose_path(BETA, NFS1, Io::Hang);
        stage.watch(&mut watch);
        assert_eq!(named(&watch.finish(minutes(3)), "guest-without-disk"), []);
        let found = named(&watch.finish(minutes(3) + Span(1)), "guest-without-disk");
        assert_eq!(found, [(minutes(1), None, Vdi(ROOT), vec![BETA])]);
        stage.pass(240);
        stage.restore_path(BETA, NFS1);
        stage.watch(&mut watch);
        let found = named(&watch.finish(minutes(60)), "guest-without-disk");
        assert_eq!(found, [(minutes(1), Some(minutes(5)), Vdi(ROOT), vec![BETA])]);
    }

    #[test]
    fn a_reader_misses_nothing_that_it_wrote() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.close_disk(fx, BETA, ROOT, Some(DB));
        stage.open(BETA, ROOT, Mode::Ro);
        stage.lose_path(BETA, NFS1, Io::Error);
        assert_eq!(stage.holds("guest-without-disk"), []);
    }

    /// db waits for a write for 30 s at most, and lost its path a minute ago.
    fn given_up() -> Stage {
        let mut stage = pool(3);
        Arc::make_mut(&mut stage.world.settings).guest_gives_up_after = Some(Span::secs(30));
        stage.lose_path(BETA, NFS1, Io::Error);
        stage.write(BETA, ROOT);
        stage.pass(29);
        let (world, fx) = stage.both();
        world.give_up_disk(fx, ROOT, BETA);
        assert!(!stage.world.hw.has_given_up(BETA, DB, ROOT), "it waits on");
        stage.pass(1);
        let (world, fx) = stage.both();
        world.give_up_disk(fx, ROOT, BETA);
        stage
    }

    #[test]
    fn what_a_guest_has_given_up_does_not_come_back_with_the_path() {
        let mut stage = given_up();
        stage.restore_path(BETA, NFS1);
        assert_eq!(stage.told("late-write"), []);
        assert_eq!(stage.holds("guest-without-disk"), [at(Vdi(ROOT), &[BETA])]);
        // It writes no more, whoever else has the disk open.
        stage.open(GAMMA, ROOT, Mode::Rw);
        stage.write(GAMMA, ROOT);
        stage.write(BETA, ROOT);
        assert_eq!(stage.world.hw.vdi(ROOT).damage, None);
    }

    #[test]
    fn it_moves_with_the_guest_and_ends_with_it() {
        let mut stage = given_up();
        stage.restore_path(BETA, NFS1);
        let (world, fx) = stage.both();
        world.close_disk(fx, BETA, ROOT, Some(DB));
        world.move_domain(fx, DB, BETA, GAMMA);
        world.open_disk(fx, GAMMA, ROOT, Mode::Rw, Some(DB));
        assert_eq!(stage.holds("guest-without-disk"), [at(Vdi(ROOT), &[GAMMA])]);
        stage.power_off(GAMMA);
        stage.start(DB, BETA);
        assert_eq!(stage.holds("guest-without-disk"), []);
    }
}
