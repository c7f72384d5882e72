//! Two hosts write to one disk.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites, Telling};
use crate::base::ids::{MachineId, VdiId};
use crate::world::World;
use crate::world::inventory::Mode;
use crate::world::truth::Damage;

pub const DOC: HazardDoc = HazardDoc {
    name: "double-writer",
    severity: Severity::Corruption,
    holds: "two or more hosts have one VDI open for writing and reach it, and one of them has written to it since",
    doc: "Two hosts write to one virtual disk, and neither knows of the other's writes: its guest goes on from what it has in its memory. The very next write of the other damages the file system; `damage` names the first write that did. Nothing on the storage prevents this, the only guard is the lock in the pool database, and that was released or stood in another database. Switch one of the two hosts off at once, keep the copy that you trust, and check the file system before the VM starts again.",
    example: "{hazard: double-writer, vdi: db-root, hosts: [beta, gamma]}",
    rule: Rule::Lasting { reads: Reads::DISKS.and(Reads::PATHS), sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence,
    advice: |adviser| adviser.two_users(),
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let hosts = writers(sight.world, vdi);
    (!hosts.is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts))
}

/// The hosts that write to a VDI beside one another, if there are: those that have it open for writing, reach it, and
/// have had it open when the last of them wrote. (Whoever opened it later joins with the next write.)
pub fn writers(world: &World, vdi: VdiId) -> Vec<MachineId> {
    let openers = &world.hw.vdi(vdi).openers;
    if openers.len() < 2 {
        return Vec::new();
    }
    let writing = || openers.iter().filter(|o| o.mode == Mode::Rw && world.reaches_vdi(o.machine, vdi));
    let Some(last_write) = writing().filter_map(|o| o.wrote).max() else { return Vec::new() };
    let together = || writing().filter(|o| o.opened <= last_write).map(|o| o.machine);
    let Some(first) = together().next() else { return Vec::new() };
    if together().all(|machine| machine == first) { Vec::new() } else { together().collect() }
}

fn sentence(told: &Telling<'_>) -> String {
    let both = format!("{} write to {} at once", told.hosts, told.place);
    match told.found.damage {
        Some(Damage { at, by, over }) => {
            let (by, over) = (told.names.machine(by), told.names.machine(over));
            format!("{both}; {by} damaged it at {at} by writing over what {over} wrote")
        }
        None => both,
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;
    use crate::world::truth::Io;

    /// db runs on beta; gamma opens its disk too.
    fn both_open(mode: Mode) -> Stage {
        let mut stage = pool(3);
        stage.pass(60);
        stage.open(GAMMA, ROOT, mode);
        stage
    }

    #[test]
    fn it_holds_from_the_first_write_on() {
        let mut stage = both_open(Mode::Rw);
        assert_eq!(stage.holds("double-writer"), []);
        stage.pass(1);
        stage.write(BETA, ROOT);
        assert_eq!(stage.holds("double-writer"), [at(Vdi(ROOT), &[BETA, GAMMA])]);
        assert_eq!(stage.holds("double-attach"), []);
    }

    #[test]
    fn a_reader_is_no_writer() {
        let mut stage = both_open(Mode::Ro);
        stage.pass(1);
        stage.write(BETA, ROOT);
        assert_eq!(stage.holds("double-writer"), []);
    }

    #[test]
    fn a_write_before_the_other_opened_is_not_since() {
        let mut stage = both_open(Mode::Ro);
        stage.pass(1);
        stage.write(BETA, ROOT);
        stage.pass(1);
        stage.open(ALPHA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("double-writer"), []);
        stage.pass(1);
        stage.write(ALPHA, ROOT);
        assert_eq!(stage.holds("double-writer"), [at(Vdi(ROOT), &[ALPHA, BETA])], "gamma only reads");
    }

    #[test]
    fn whoever_does_not_reach_it_does_not_write() {
        let mut stage = both_open(Mode::Rw);
        stage.pass(1);
        stage.write(GAMMA, ROOT);
        stage.lose_path(BETA, NFS1, Io::Error);
        assert_eq!(stage.holds("double-writer"), []);
        stage.restore_path(BETA, NFS1);
        assert_eq!(stage.holds("double-writer"), [at(Vdi(ROOT), &[BETA, GAMMA])]);
    }

    #[test]
    fn a_third_joins_when_it_has_been_there_for_a_write() {
        let mut stage = both_open(Mode::Rw);
        stage.pass(1);
        stage.write(BETA, ROOT);
        stage.pass(1);
        stage.open(ALPHA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("double-writer"), [at(Vdi(ROOT), &[BETA, GAMMA])]);
        stage.pass(1);
        stage.write(GAMMA, ROOT);
        assert_eq!(stage.holds("double-writer"), [at(Vdi(ROOT), &[ALPHA, BETA, GAMMA])]);
    }

    #[test]
    fn two_guests_of_one_host_are_one_host() {
        let mut stage = pool(3);
        stage.open(BETA, ROOT, Mode::Rw);
        stage.write(BETA, ROOT);
        assert_eq!(stage.holds("double-writer"), []);
    }
}
