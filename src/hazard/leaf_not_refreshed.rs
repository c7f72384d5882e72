//! A snapshot was taken, and who has the disk open was not told.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VdiId;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "leaf-not-refreshed",
    severity: Severity::Corruption,
    holds: "a host has a VDI open for writing as it was before a snapshot was taken of it, and so writes into its base",
    doc: "A snapshot was taken of a disk while a host had it open, and the host was not told, since no lock in the database of the SR's master named it. It writes on to what is now the base under the disk and its snapshot: the snapshot changes, the disk itself lacks all that is written from now on, and on LVM the base has been shrunk, so that the writes land where another disk may be. The very next write damages. Switch that host off, or shut the VM down there, before anybody takes a snapshot of a disk whose lock is missing; where it has happened, restore the disk from before.",
    example: "{hazard: leaf-not-refreshed, vdi: db-root, host: beta}",
    rule: Rule::Lasting { reads: Reads::DISKS, sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| {
        let (writes, them) = if told.one { ("writes", "it") } else { ("write", "them") };
        format!("{} {writes} into the base of {}: nobody told {them} of the snapshot that was taken", told.hosts, told.place)
    },
    advice: |adviser| {
        let fits = |event: &Event| matches!(event, Event::DiskSnapshotted { vdi, .. } if Place::Vdi(*vdi) == adviser.found.place);
        adviser.off_before_chain_changes(fits)
    },
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let hosts = sight.world.hw.write_into_base(vdi);
    (!hosts.is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;

    #[test]
    fn whoever_is_not_told_writes_into_the_base() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("leaf-not-refreshed"), []);
        let (world, fx) = stage.both();
        world.snapshot_disk(fx, ALPHA, ROOT, &[]);
        assert_eq!(stage.holds("leaf-not-refreshed"), [at(Vdi(ROOT), &[BETA])]);
        stage.power_off(BETA);
        assert_eq!(stage.holds("leaf-not-refreshed"), [], "what it wrote is written; it writes no more");
    }

    #[test]
    fn whoever_is_told_or_opens_it_later_does_not() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.snapshot_disk(fx, ALPHA, ROOT, &[BETA]);
        stage.open(GAMMA, ROOT, Mode::Rw);
        assert_eq!(stage.holds("leaf-not-refreshed"), []);
    }

    #[test]
    fn a_reader_reads_what_was() {
        let mut stage = pool(3);
        stage.power_off(BETA);
        stage.open(GAMMA, ROOT, Mode::Ro);
        let (world, fx) = stage.both();
        world.snapshot_disk(fx, ALPHA, ROOT, &[]);
        assert_eq!(stage.holds("leaf-not-refreshed"), [], "the base is what it has read");
    }
}
