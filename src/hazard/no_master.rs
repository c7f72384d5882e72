//! A host waits for a master that does not come.

use super::hindsight::{Health, Kind};
use super::remedy::{Advice, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::memory::PoolConf;

pub const DOC: HazardDoc = HazardDoc {
    name: "no-master",
    severity: Severity::Outage,
    holds: "a host's running xapi has reached no running host that holds itself its master, for longer than `master-grace`",
    doc: "A host's toolstack has been without a master for longer than the setting `master-grace`. Its guests run on, but nothing can be started, stopped or moved there, and `xe` hangs, or answers with the error of emergency mode. Without HA nobody becomes master by itself. Repair the master or its network: when it is back all is normal again. If it is truly dead, switch it off, then `xe pool-emergency-transition-to-master` on a member and `xe pool-recover-slaves` there.",
    example: "{hazard: no-master, host: beta}",
    rule: Rule::Lasting { reads: Reads::ROLES.and(Reads::LINKS), sites: Sites::Machines(site), grace: Some(grace), hastened: None },
    sentence: |told| format!("{} has reached no master since {}", told.place, told.found.since),
    advice,
};

fn site(sight: &Sight, machine: MachineId) -> Option<Site> {
    let world = sight.world;
    // The machine that it points to may be master of another pool by now: that is not its master.
    let its_own = |master| world.pool_of(master) == world.pool_of(machine);
    let alone = world.xapi_runs(machine) && !world.reached_master(machine).is_some_and(its_own);
    alone.then(|| Site::new(Place::Host(machine), vec![machine]))
}

fn grace(sight: &Sight, _: Place) -> Span {
    sight.world.settings.master_grace
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Host(machine) = adviser.found.place else { return Advice::default() };
    let name = adviser.machine(machine);
    if let Some(until) = adviser.found.until {
        let before = adviser.past.at(until).iter().find_map(|entry| entry.step);
        // What broke it ended by itself: nobody could have come to that sooner.
        if let Some(step) = before.filter(|step| adviser.past.step(*step).breaks && adviser.past.began(*step) <= adviser.found.since) {
            let (mention, long) = (adviser.past.mention(step), until.since(adviser.found.since));
            let text = format!("mend sooner what {mention} broke: {name} was without a master for {long}");
            return Advice::less(text, vec![Remedy::Do(At::Within(adviser.found.since, until), Work::Undo(step))]);
        }
        return match before {
            Some(step) => {
                let (mention, long) = (adviser.past.mention(step), until.since(adviser.found.since));
                let text = format!("come to {mention} sooner: {name} was without a master for {long}");
                Advice::less(text, vec![Remedy::Sooner(step, adviser.found.since)])
            }
            None => {
                let long = until.since(adviser.found.since);
                if adviser.broke().next().is_some() {
                    let text = format!("bring the master back sooner: {name} was without one for {long}");
                    return Advice::less(text, adviser.undo_within(adviser.found.since, until));
                }
                match adviser.causes.last() {
                    Some(step) => {
                        let text = format!("leave out {}: {name} was without a master for {long}", adviser.past.mention(*step));
                        Advice::less(text, vec![Remedy::LeaveOut(*step)])
                    }
                    None => Advice::nothing(format!("nothing was missed: {name} had a master again at {until}, after {long}")),
                }
            }
        };
    }
    if let Some(master) = adviser.world.masters(adviser.world.pool_of(machine)).next() {
        let (linked, ruler, master) = (adviser.world.linked(master, machine), master, adviser.machine(master));
        let ha = &adviser.world.stacks[machine.at()].ha;
        // Armed it needs the statefile too.
        let sr = ha.config.as_ref().filter(|_| ha.armed).map(|config| config.sr).filter(|sr| !adviser.world.reaches(machine, *sr));
        let path = sr.map(|sr| Remedy::Do(At::End, Work::MendPath(machine, sr)));
        let and_path = sr.map_or_else(String::new, |sr| format!(", and the path of {name} to {}", adviser.names().sr(sr)));
        if !linked {
            let network = Remedy::Do(At::End, Work::MendNetwork(vec![ruler, machine]));
            return Advice::less(
                format!("mend the network between {master} and {name}{and_path}: {master} is the master, and {name} does not reach it"),
                [network].into_iter().chain(path).collect(),
            );
        }
        if let Some(sr) = sr {
            let sr = adviser.names().sr(sr);
            let text = format!("mend the path of {name} to {sr}: without the statefile it comes into no liveset");
            return Advice::less(text, path.into_iter().collect());
        }
        let promotion = adviser.past.commands.iter().rev().find(|c| matches!(c.kind, Kind::Transition | Kind::Restore));
        let after = promotion.map_or_else(String::new, |c| format!(" after {}", c.mention()));
        let recover = Remedy::Do(At::End, Work::Type(ruler, "xe pool-recover-slaves".into()));
        return Advice::less(
            format!("run `xe pool-recover-slaves` on {master}{after}: {name} still waits for another master"),
            vec![recover],
        );
    }
    let ha = &adviser.world.stacks[machine.at()].ha;
    if ha.armed {
        let sr = ha.config.as_ref().map(|config| Remedy::Do(At::End, Work::MendSr(config.sr)));
        let network = Remedy::Do(At::End, Work::MendNetwork(vec![machine]));
        let text = format!("mend the network and the heartbeat SR for {name}: it finds its master in a liveset, and is in none");
        return Advice::less(text, [network].into_iter().chain(sr).collect());
    }
    let old = match adviser.world.stacks[machine.at()].conf {
        PoolConf::Slave(master) => master,
        _ => adviser.world.first_master,
    };
    let end = adviser.world.now;
    let mend = match adviser.past.health(old, end) {
        Health::Off => format!("boot {}", adviser.machine(old)),
        Health::Hung => format!("power {} off and boot it again", adviser.machine(old)),
        Health::CutOff => format!("mend the network of {}", adviser.machine(old)),
        _ => format!("run `service xapi start` on {}", adviser.machine(old)),
    };
    let next = adviser.successor().unwrap_or(machine);
    // It is up, and holds another for its master, or none.
    let up = adviser.past.health(old, end) == Health::Well && adviser.world.xapi_runs(old);
    if up || adviser.world.stacks[old.at()].conf != PoolConf::Master {
        let promote = adviser.promote(next);
        return Advice::less(format!("{}: no host that is up is the master", promote.text), promote.way);
    }
    let way = adviser.bring_back(old);
    let off = Remedy::Do(At::End, Work::PowerOff(old));
    let promote = adviser.promote(next).way.into_iter().filter(|remedy| *remedy != off).collect::<Vec<_>>();
    let off = [off];
    let (old, name) = (adviser.machine(old), adviser.machine(next));
    let text = format!(
        "{mend}; if it can't be repaired, see that {old} is off, then `xe pool-emergency-transition-to-master` on {name} and `xe pool-recover-slaves` there"
    );
    Advice::less(text, way).or(off.into_iter().chain(promote).collect())
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::stage::*;
    use crate::hazard::watch::Watch;

    #[test]
    fn members_of_a_dead_master() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("no-master"), []);
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA]), at(Host(GAMMA), &[GAMMA])]);
    }

    #[test]
    fn a_member_that_is_cut_off_and_the_master_that_is_not_alone() {
        let mut stage = pool(3);
        stage.isolate(BETA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA])]);
        let mut stage = pool(3);
        stage.isolate(ALPHA);
        assert_eq!(stage.holds("no-master").len(), 2, "alpha is its own master");
    }

    #[test]
    fn no_toolstack_no_wait() {
        let mut stage = pool(3);
        stage.stop_xapi(BETA);
        stage.power_off(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(GAMMA), &[GAMMA])]);
    }

    #[test]
    fn a_master_installed_afresh_is_no_master_of_the_old_pool() {
        let mut stage = pool(2);
        stage.found_pool(ALPHA);
        assert_eq!(stage.holds("no-master"), [at(Host(BETA), &[BETA])]);
    }

    #[test]
    fn it_is_found_after_its_grace_and_ends_when_the_master_is_back() {
        let mut stage = pool(2);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(300);
        stage.isolate(ALPHA);
        stage.watch(&mut watch);
        let since = stage.world.now;
        stage.pass(600);
        assert_eq!(named(&watch.finish(stage.world.now), "no-master"), []);
        stage.pass(60);
        let (world, fx) = stage.both();
        world.hw.reconnect(fx, ALPHA);
        stage.watch(&mut watch);
        let found = named(&watch.finish(Time::ZERO + Span::days(1)), "no-master");
        assert_eq!(found, [(since, Some(stage.world.now), Host(BETA), vec![BETA])]);
    }
}
