//! The default SR is one that nobody reaches.

use super::advice::variable;
use super::hindsight::Kind;
use super::remedy::{Advice, At, Part, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::SrId;
use crate::world::event::Event;
use crate::world::truth::Power;

pub const DOC: HazardDoc = HazardDoc {
    name: "bad-default-sr",
    severity: Severity::Notice,
    holds: "the default SR is set, some known host runs, and none that does reaches it",
    doc: "The pool's default SR is one that no running host of the pool reaches, for instance a local SR of a master that is gone. Nothing is lost, but what is made without naming an SR fails, and suspended VMs and crash dumps have nowhere to go. After a promotion look at it (`xe pool-list params=default-SR`) and set another: `xe pool-param-set uuid=… default-SR=…`.",
    example: "{hazard: bad-default-sr, sr: nfs1}",
    rule: Rule::Lasting {
        reads: Reads::STORAGE.and(Reads::PATHS).and(Reads::HOSTS).and(Reads::ROLES),
        sites: Sites::Whole(sites),
        grace: None,
        hastened: None,
    },
    sentence: |told| format!("the default SR is {}, which no running host of the pool reaches", told.place),
    advice,
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    let ruler = sight.ruler();
    let db = world.db(ruler);
    let Some(sr) = db.default_sr else { return };
    // A machine that is still booting does not run yet; one whose domain 0 hangs does, its guests use the SR.
    let known = db.hosts.keys().filter_map(|host| world.machine_of(*host));
    let mut running = known.filter(|machine| world.hw.machine(*machine).power == Power::On).peekable();
    // Where nobody runs it is not the storage that is missing.
    if running.peek().is_some() && !running.any(|machine| world.path_fault(machine, sr).is_none()) {
        out.push(Site::new(Place::Sr(sr), Vec::new()).by(ruler));
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Sr(sr) = adviser.found.place else { return Advice::default() };
    if let Some(ended) = adviser.ended(|event| matches!(event, Event::DefaultSrSet { .. })) {
        return Advice::nothing(format!("nothing is left to do: {ended}"));
    }
    let names = adviser.names();
    let db = adviser.world.db(adviser.world.ruler());
    let reached = |other: &SrId| {
        *other != sr
            && names.srs[other.at()].kind.shared()
            && db
                .hosts
                .keys()
                .filter_map(|host| adviser.world.machine_of(*host))
                .any(|m| adviser.world.dom0_answers(m) && adviser.world.reaches(m, *other))
    };
    let promotion = adviser.past.commands.iter().rev().find(|c| matches!(c.kind, Kind::Transition | Kind::Restore));
    let after = promotion.map_or_else(String::new, |c| format!(", after {}", c.mention()));
    let (console, name) = (adviser.master_console(), names.sr(sr));
    let mend = || vec![Remedy::Do(At::End, Work::MendSr(sr))];
    match names.sr_ids().find(reached) {
        Some(other) => {
            let other = variable(names.sr(other), "");
            let line = format!("xe pool-param-set uuid=$pool default-SR={other}");
            let text = format!("run `{line}` on {console}{after}: no running host reaches {name}");
            if let Some(wait) = adviser.waits_for_ha() {
                return Advice::less(wait.text, wait.way);
            }
            let all = adviser.first_a_master().and("", Part::new(text, vec![adviser.typed(line)]));
            Advice::less(all.text, all.way)
        }
        None if names.srs[sr.at()].kind.shared() => {
            Advice::less(format!("bring back {name}: no running host reaches it, nor any other shared SR"), mend())
        }
        None => {
            let text = format!("bring back {name}, or the host that it is in: no running host reaches it, nor any other shared SR");
            let owner = names.srs[sr.at()].machine.map(|owner| adviser.bring_back(owner)).unwrap_or_default();
            Advice::less(text, mend().into_iter().chain(owner).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::truth::Io;

    #[test]
    fn a_local_default_sr_of_a_dead_host() {
        let mut stage = pool(3);
        stage.default_sr(ALPHA, Some(LOCAL));
        assert_eq!(stage.holds("bad-default-sr"), [], "alpha reaches its own");
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("bad-default-sr"), [at(Sr(LOCAL), &[]).by(ALPHA)], "alpha's book ruled last");
        stage.default_sr(GAMMA, Some(LOCAL));
        stage.make_master(GAMMA);
        assert_eq!(stage.holds("bad-default-sr"), [at(Sr(LOCAL), &[]).by(GAMMA)]);
        stage.default_sr(GAMMA, Some(NFS1));
        assert_eq!(stage.holds("bad-default-sr"), []);
    }

    #[test]
    fn where_nobody_runs_the_storage_is_not_what_is_missing() {
        let mut stage = pool(2);
        stage.power_off(BETA);
        stage.lose_path(ALPHA, NFS1, Io::Error);
        assert_eq!(stage.holds("bad-default-sr"), [at(Sr(NFS1), &[]).by(ALPHA)]);
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("bad-default-sr"), []);
    }

    #[test]
    fn none_set_or_one_host_that_reaches_it() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.lose_sr(fx, NFS1, Io::Error);
        assert_eq!(stage.holds("bad-default-sr"), [at(Sr(NFS1), &[]).by(ALPHA)]);
        stage.default_sr(ALPHA, None);
        assert_eq!(stage.holds("bad-default-sr"), []);
        let mut stage = pool(3);
        stage.lose_path(ALPHA, NFS1, Io::Error);
        stage.lose_path(BETA, NFS1, Io::Hang);
        assert_eq!(stage.holds("bad-default-sr"), [], "gamma reaches it");
        stage.forget(ALPHA, GAMMA);
        assert_eq!(stage.holds("bad-default-sr"), [at(Sr(NFS1), &[]).by(ALPHA)], "and is known no more");
    }
}
