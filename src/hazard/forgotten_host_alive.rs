//! A host is forgotten and runs on.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;

pub const DOC: HazardDoc = HazardDoc {
    name: "forgotten-host-alive",
    severity: Severity::Danger,
    holds: "a host runs guests and reaches a shared SR, and some running master of its pool has forgotten it",
    doc: "The pool has forgotten a host that still runs its guests on shared storage. The records of its VMs say halted, so anybody may start them a second time; and nobody in the pool sees this host any more. It comes of `host-forget` for a host that was cut off, hung, or had its toolstack stopped: silence is not death. Switch the host off by hand, and install it afresh before it serves again.",
    example: "{hazard: forgotten-host-alive, host: beta}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::PATHS).and(Reads::HOSTS).and(Reads::ROLES),
        sites: Sites::Machines(site),
        grace: None,
        hastened: None,
    },
    sentence: |told| format!("{} has forgotten {}, which still runs guests and reaches shared storage", told.by, told.place),
    advice: |adviser| adviser.believed_gone(),
};

fn site(sight: &Sight, machine: MachineId) -> Option<Site> {
    if !sight.serves(machine) {
        return None;
    }
    let host = sight.world.host_on(machine);
    let forgot = |master: &MachineId| sight.world.db(*master).host(host).is_none();
    let master = sight.masters_over(machine).iter().copied().find(forgot)?;
    Some(Site::new(Place::Host(machine), vec![machine]).by(master))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::truth::Io;

    fn forgotten() -> Stage {
        let mut stage = pool(3);
        stage.forget(ALPHA, BETA);
        stage
    }

    #[test]
    fn forgotten_while_it_runs_a_guest() {
        assert_eq!(forgotten().holds("forgotten-host-alive"), [at(Host(BETA), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn off_or_without_guests_or_without_shared_storage() {
        let mut stage = forgotten();
        let (world, fx) = stage.both();
        world.lose_sr(fx, NFS1, Io::Error);
        assert_eq!(stage.holds("forgotten-host-alive"), [], "its own local SR is not shared");
        let mut stage = forgotten();
        stage.power_off(BETA);
        assert_eq!(stage.holds("forgotten-host-alive"), []);
        let mut stage = pool(3);
        stage.forget(ALPHA, GAMMA);
        assert_eq!(stage.holds("forgotten-host-alive"), [], "gamma runs nothing");
    }

    #[test]
    fn only_a_running_master_of_its_own_pool_can_have_forgotten_it() {
        let mut stage = forgotten();
        stage.stop_xapi(ALPHA);
        assert_eq!(stage.holds("forgotten-host-alive"), []);
        let mut stage = pool(3);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("forgotten-host-alive"), [], "gamma's new pool never knew beta");
    }
}
