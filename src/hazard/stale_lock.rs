//! A lock of a host that does not use the disk.

use super::remedy::{Advice, Aim, At, Remedy, Work};
use super::sight::{Reads, Sight, openers};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{VdiId, VmId};
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "stale-lock",
    severity: Severity::Outage,
    holds: "a lock in the ruling database names a host that does not have the VDI open",
    doc: "A disk is locked for a host that does not have it open any more: the host died, and nobody released its locks. The data is whole, but the VM starts nowhere else: `VDI <UUID> already attached RW`. Make sure that the host is off, then run `/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID` on the pool master once for each SR, with the word `master` if the host was the SR's master. A host that boots again releases its own.",
    example: "{hazard: stale-lock, vdi: db-root, host: beta}",
    rule: Rule::Lasting { reads: Reads::DISKS.and(Reads::LOCKS).and(Reads::ROLES), sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| {
        let does = if told.one { "does" } else { "do" };
        format!("the database has a lock of {0} on {1}, which {0} {does} not have open", told.hosts, told.place)
    },
    advice,
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let world = sight.world;
    let ruler = sight.ruler();
    let record = world.db(ruler).vdi(vdi).filter(|record| !record.locks.is_empty())?;
    let open = openers(world, vdi);
    let holds = |host| world.machine_of(host).is_some_and(|machine| open.binary_search(&machine).is_ok());
    let stale = record.locks.iter().map(|(host, _)| *host).filter(|host| !holds(*host));
    let hosts: Vec<_> = stale.map(|host| world.names.hosts[host.at()].machine).collect();
    (!hosts.is_empty()).then(|| Site::new(Place::Vdi(vdi), hosts).by(ruler))
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vdi(vdi) = adviser.found.place else { return Advice::default() };
    let names = adviser.names();
    let users: Vec<VmId> = names.vbds.iter().filter(|vbd| vbd.vdi == vdi).map(|vbd| vbd.vm).collect();
    let failed = adviser.failed_start(&users, &["SR_BACKEND_FAILURE_46"]);
    let ended = adviser.ended(|event| matches!(event, Event::LockRemoved { vdi: of, .. } if *of == vdi));
    if let Some(ended) = ended {
        return match failed {
            Some(start) => {
                let text = format!("release the locks of {} before {}: {ended}", adviser.list(&adviser.found.hosts), start.mention());
                let lines = adviser.found.hosts.iter().map(|host| adviser.release_line(*host, vdi, start.began));
                let typed = lines.map(|line| Remedy::Do(At::Before(start.step), Work::Type(start.console, line)));
                Advice::less(text, typed.collect()).aiming(Aim::Passes(start.step))
            }
            None => Advice::nothing(format!("nothing was missed: {ended}; until then the disk could be opened by nobody else")),
        };
    }
    match adviser.waits_for_ha() {
        Some(wait) => Advice::less(wait.text, wait.way),
        None => {
            let both = adviser.first_a_master().and("", adviser.release(vdi, failed));
            Advice::less(both.text, both.way)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    #[test]
    fn the_lock_of_a_dead_host() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("stale-lock"), []);
        stage.power_off(BETA);
        assert_eq!(stage.holds("stale-lock"), [at(Vdi(ROOT), &[BETA]).by(ALPHA)]);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.holds("stale-lock"), []);
    }

    #[test]
    fn the_lock_of_an_installation_that_is_gone() {
        let mut stage = pool(3);
        stage.found_pool(BETA);
        assert_eq!(stage.holds("stale-lock"), [at(Vdi(ROOT), &[BETA]).by(ALPHA)], "the machine has the disk open, the new host has not");
    }

    #[test]
    fn only_the_ruling_database_counts() {
        let mut stage = pool(3);
        stage.power_off(BETA);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.holds("stale-lock"), [], "gamma's copy still has the lock");
        stage.stop_xapi(ALPHA);
        stage.make_master(GAMMA);
        assert_eq!(stage.holds("stale-lock"), [at(Vdi(ROOT), &[BETA]).by(GAMMA)]);
    }
}
