//! The word `master` where it does not belong.

use super::{HazardDoc, Place, Rule, Severity, Site};
use crate::world::World;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "needless-master-word",
    severity: Severity::Notice,
    holds: "`resetvdis.py … master` for a host that was not the SR's master",
    doc: "Somebody ran `resetvdis.py` with the word `master` for a host that was not the SR's master when it failed. It works, but the word also clears the mark `paused` on every disk of the SR, whoever set it, and so ends the protection of a snapshot or a coalesce under way. It is a moment: `since` and `until` are the same. Give the word only for a pool master that died, or for a host with local storage.",
    example: "{hazard: needless-master-word, sr: nfs1, host: beta}",
    rule: Rule::Moment(told),
};

fn told(event: &Event, world: &World) -> Option<Site> {
    match *event {
        Event::NeedlessMasterWord { by, sr, host } => Some(Site::new(Place::Sr(sr), vec![world.names.hosts[host.at()].machine]).by(by)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::event::Event;

    #[test]
    fn it_is_about_the_sr_and_the_host_named() {
        let mut stage = pool(3);
        stage.tell(Event::NeedlessMasterWord { by: ALPHA, sr: NFS1, host: host(BETA) });
        assert_eq!(stage.told("needless-master-word"), [at(Sr(NFS1), &[BETA]).by(ALPHA)]);
        let mut stage = pool(3);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.told("needless-master-word"), []);
    }
}
