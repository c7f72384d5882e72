//! Two hosts have one disk open, and may write to it any moment.

use super::double_writer::writers;
use super::sight::{Reads, Sight, openers};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VdiId;
use crate::world::inventory::Mode;

pub const DOC: HazardDoc = HazardDoc {
    name: "double-attach",
    severity: Severity::Danger,
    holds: "two or more hosts have one VDI open, one at least for writing, and it is not a double-writer",
    doc: "Two hosts have one virtual disk open, and one of them at least may write to it. Nobody has written yet since both have it, or one of them does not reach it now: one ordinary write, or a path that returns, and it is damage. A live migration is no such case, it hands the disk over. Stop the VM on one of the two hosts, or switch that host off, before it writes.",
    example: "{hazard: double-attach, vdi: db-root, hosts: [beta, gamma]}",
    rule: Rule::Lasting { reads: Reads::DISKS.and(Reads::PATHS), sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| format!("{} have {} open, and not all only to read", told.hosts, told.place),
    advice: |adviser| adviser.two_users(),
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let world = sight.world;
    let open = &world.hw.vdi(vdi).openers;
    if open.len() < 2 || open.iter().all(|o| o.mode == Mode::Ro) {
        return None;
    }
    let hosts = openers(world, vdi);
    (hosts.len() > 1 && writers(world, vdi).is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;
    use crate::world::truth::Io;

    #[test]
    fn it_holds_until_one_writes() {
        let mut stage = pool(3);
        stage.pass(60);
        stage.open(GAMMA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("double-attach"), [at(Vdi(ROOT), &[BETA, GAMMA])]);
        stage.pass(1);
        stage.write(GAMMA, ROOT);
        assert_eq!(stage.holds("double-attach"), [], "a double-writer now");
    }

    #[test]
    fn a_reader_beside_a_writer_is_in_danger_for_good() {
        let mut stage = pool(3);
        stage.open(GAMMA, ROOT, Mode::Ro);
        stage.pass(1);
        stage.write(BETA, ROOT);
        assert_eq!(stage.holds("double-attach"), [at(Vdi(ROOT), &[BETA, GAMMA])]);
    }

    #[test]
    fn a_double_writer_that_loses_its_path_is_one_again() {
        let mut stage = pool(3);
        stage.open(GAMMA, ROOT, Mode::Rw);
        stage.pass(1);
        stage.write(BETA, ROOT);
        stage.lose_path(BETA, NFS1, Io::Hang);
        assert_eq!(stage.holds("double-attach"), [at(Vdi(ROOT), &[BETA, GAMMA])], "reaching it is not asked");
    }

    #[test]
    fn two_readers_are_no_danger() {
        let mut stage = pool(3);
        stage.power_off(BETA);
        stage.open(ALPHA, ROOT, Mode::Ro);
        stage.open(GAMMA, ROOT, Mode::Ro);
        assert_eq!(stage.holds("double-attach"), []);
    }

    #[test]
    fn one_host_with_two_guests_is_one_host() {
        let mut stage = pool(3);
        stage.open(BETA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("double-attach"), []);
    }
}
