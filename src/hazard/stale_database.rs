//! A master rules with an old book.

use super::hindsight::{Command, Health, Kind};
use super::remedy::{Advice, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;
use crate::base::time::Time;

pub const DOC: HazardDoc = HazardDoc {
    name: "stale-database",
    severity: Severity::Danger,
    holds: "a running master was promoted on a copy that, at that instant, differed from its former master's database in which hosts exist, VMs' power-state or resident-on, VBDs, locks, PBDs or the default SR",
    doc: "A member was made master on a copy of the database that was older than the last changes of the old master, and those are lost: VMs started since are halted in its book, VMs stopped since are running, locks taken since are not there. A member's copy is as old as its last turn, 300 s times the number of members. Compare the book with the hosts (`list_domains` on each) before you start or reset anything. While the old master answers, `xe pool-sync-database` there first makes the copies equal.",
    example: "{hazard: stale-database, host: gamma}",
    rule: Rule::Lasting { reads: Reads::ROLES, sites: Sites::Whole(sites), grace: None, hastened: None },
    sentence: |told| format!("{} rules with a copy that was older than its former master's database", told.place),
    advice,
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    for master in sight.standing.masters() {
        if world.stacks[master.at()].promotion.is_some_and(|promotion| promotion.stale) {
            out.push(Site::new(Place::Host(master), vec![master]).by(master));
        }
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    if let Some(back) = adviser.came_back() {
        return adviser.afresh_instead(back);
    }
    let Some(transition) = adviser.commands().find(|c| c.kind == Kind::Transition) else {
        let name = adviser.found.by.map_or("the new master", |by| adviser.machine(by));
        let text = format!("compare `xe vm-list` on {name} with `list_domains` on every host before anything is started");
        return Advice::no_worse(text, adviser.look_everywhere(At::Within(adviser.found.since, adviser.found.since)));
    };
    if let Some(forget) = adviser.forgotten_before(transition.console, transition.began) {
        return adviser.off_before(&[transition.console], forget);
    }
    let own = adviser.past.last_copied(transition.console, transition.began);
    let newer = |m: &MachineId| {
        *m != transition.console
            && Some(*m) != adviser.former_master(transition.console)
            && adviser.past.health(*m, transition.began) == Health::Well
            && adviser.past.last_copied(*m, transition.began) > own
    };
    if let Some(better) = adviser.world.machines().find(newer) {
        let line = transition.text.clone();
        let there = Remedy::Retype { step: transition.step, instead: line.clone(), line, console: Some(better) };
        let (better, console) = (adviser.machine(better), adviser.machine(transition.console));
        let text = format!("promote {better} rather than {console} in {}: its copy of the database was newer", transition.mention());
        return Advice::never(text, vec![there]);
    }
    // A copy can only be had where both are in touch.
    let well = |m: MachineId| adviser.past.health(m, transition.began) == Health::Well;
    let old = adviser.former_master(transition.console).filter(|old| well(*old) && well(transition.console));
    if let Some(old) = old {
        let sync = Remedy::Do(At::Before(transition.step), Work::Type(old, "xe pool-sync-database".into()));
        let old = adviser.machine(old);
        return Advice::never(format!("run `xe pool-sync-database` on {old} before {}: {old} was up", transition.mention()), vec![sync]);
    }
    let next = adviser.past.first(transition.began, Time::NEVER, |c| {
        matches!(c.kind, Kind::Start(_) | Kind::Reset(_) | Kind::DeclareDead(_) | Kind::Release { .. })
    });
    let before = next.map_or_else(|| "anything is started or reset".to_owned(), Command::mention);
    let text = format!("compare `xe vm-list` with `list_domains` on every host before {before}: {}", adviser.age_of_book(transition));
    let mut way = adviser.look_everywhere(next.map_or(At::After(transition.step), |next| At::Before(next.step)));
    way.extend(next.map(|next| Remedy::LeaveOut(next.step)));
    Advice::no_worse(text, way)
}

#[cfg(test)]
mod tests {
    use crate::base::time::Time;
    use crate::hazard::stage::*;
    use crate::world::memory::Promotion;

    fn promoted(stale: bool) -> Stage {
        let mut stage = pool(3);
        stage.power_off(ALPHA);
        stage.make_master(GAMMA);
        stage.world.stacks[GAMMA.at()].promotion = Some(Promotion { at: Time::ZERO, over: Some(ALPHA), stale });
        stage
    }

    #[test]
    fn only_a_stale_copy_counts_and_only_while_it_rules() {
        assert_eq!(promoted(true).holds("stale-database"), [at(Host(GAMMA), &[GAMMA]).by(GAMMA)]);
        assert_eq!(promoted(false).holds("stale-database"), []);
        let mut stage = promoted(true);
        stage.stop_xapi(GAMMA);
        assert_eq!(stage.holds("stale-database"), []);
    }
}
