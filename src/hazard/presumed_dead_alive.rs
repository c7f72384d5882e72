//! A host is taken for dead and runs on.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site};

pub const DOC: HazardDoc = HazardDoc {
    name: "presumed-dead-alive",
    severity: Severity::Danger,
    holds: "a host runs guests and reaches a shared SR, and some running master of its pool holds it for dead",
    doc: "A master holds a host for dead that still runs its guests on shared storage. While the record says dead, nobody asks the host: `host-forget` and `vm-reset-powerstate --force` pass as if it were off, and one command more and its disks are free to be opened twice. It comes after 600 s of silence (a dead switch port is enough), and for up to half a minute after every start of a master. Go and look before you type anything: `host-list` says what the master has heard, not what is so.",
    example: "{hazard: presumed-dead-alive, host: beta, by: alpha}",
    rule: Rule::Lasting { reads: Reads::GUESTS.and(Reads::PATHS).and(Reads::HOSTS).and(Reads::ROLES), sites, grace: None },
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    for machine in sight.serving() {
        let host = world.host_on(*machine);
        let buries = |master| world.db(master).host(host).is_some_and(|record| !record.live);
        if let Some(master) = sight.masters_over(*machine).iter().copied().find(|master| buries(*master)) {
            out.push(Site::new(Place::Host(*machine), vec![*machine]).by(master));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    fn marked_dead() -> Stage {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.set_live(fx, ALPHA, host(BETA), false);
        stage
    }

    #[test]
    fn held_for_dead_while_it_runs_a_guest() {
        assert_eq!(marked_dead().holds("presumed-dead-alive"), [at(Host(BETA), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn dead_in_truth_or_forgotten_altogether() {
        let mut stage = marked_dead();
        stage.power_off(BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), []);
        let mut stage = marked_dead();
        stage.forget(ALPHA, BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), [], "that is another hazard");
    }

    #[test]
    fn a_hung_host_still_runs_its_guests() {
        let mut stage = marked_dead();
        stage.hang(BETA);
        assert_eq!(stage.holds("presumed-dead-alive"), [at(Host(BETA), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn a_members_copy_buries_nobody() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.set_live(fx, GAMMA, host(BETA), false);
        assert_eq!(stage.holds("presumed-dead-alive"), []);
    }
}
