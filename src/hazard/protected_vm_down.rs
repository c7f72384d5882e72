//! A protected VM is down for longer than HA takes to bring one back.

use super::remedy::Advice;
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VmId;
use crate::base::time::Span;
use crate::world::event::Event;
use crate::world::memory::daemon::MONITOR;

pub const DOC: HazardDoc = HazardDoc {
    name: "protected-vm-down",
    severity: Severity::Outage,
    holds: "HA is on, and a protected VM that ran has run nowhere for longer than HA takes at most to restart it",
    doc: "A VM with the priority `restart` lost its host and was not brought back in the time that the worst case of one fault takes: detection, the views that do not agree, the longest wait before the liveset shrinks, the election of a master and its start, and the start of the VM. For a timeout of 60 s that is about five minutes. HA tries again every two minutes and needs a cause to fail: no host with memory or with the VM's SR, a lock that nobody releases, a master that waits for hosts to enable themselves, restarts that are held off, or no liveset at all. Look at `ha-overcommitted` and at what a start by hand answers.",
    example: "{hazard: protected-vm-down, vm: db}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::RECORDS).and(Reads::ROLES).and(Reads::HA),
        sites: Sites::Vms(site),
        grace: Some(grace),
        hastened: None,
    },
    sentence: |told| format!("{} runs nowhere since {}, and HA has not brought it back", told.place, told.found.since),
    advice,
};

fn site(sight: &Sight, vm: VmId) -> Option<Site> {
    let world = sight.world;
    let lost = world.hw.lost_vms().get(&vm)?;
    let ruler = sight.ruler();
    let db = world.db(ruler);
    let protected = db.ha.enabled && db.protects(&world.names, vm);
    protected.then(|| Site { since: Some(*lost), ..Site::new(Place::Vm(vm), Vec::new()).by(ruler) })
}

/// The longest that one fault keeps a protected VM down, by the release's own figures (docs/model/ha.md §8).
pub fn grace(sight: &Sight, _: Place) -> Span {
    let world = sight.world;
    let Some(config) = world.stacks[sight.ruler().at()].ha.config.as_ref() else { return Span::ZERO };
    let times = world.release.ha_times(config.timeout);
    let patience = times.silence.max(times.standstill);
    // Silence, then views that never agree, then the extended sleep before the liveset shrinks.
    let sleep = times.beat_watchdog.max(times.disk_watchdog) + times.beat.max(times.round);
    let shrunk = patience + patience + sleep + times.beat.max(times.round);
    // A member notices that its master is gone, becomes master, waits for the others to enable themselves, and passes.
    shrunk + MONITOR.times(3) + world.settings.role_change + world.settings.xapi_start + world.settings.vm_start
}

/// HA did not bring a protected VM back in time.
fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vm(vm) = adviser.found.place else { return Advice::default() };
    let name = adviser.names().vm(vm);
    let failed = adviser.past.events.iter().rev().find_map(|entry| match entry.event {
        Event::VmRestartFailed { vm: of, code, .. } if *of == vm && entry.at >= adviser.found.since => Some(*code),
        _ => None,
    });
    let db = adviser.world.db(adviser.world.ruler());
    if let Some(held) = adviser.held_off(name) {
        return held;
    }
    if let Some(code) = failed {
        let why = format!("HA's own start of {name} met {code}");
        return match code {
            _ if adviser.found.until.is_some() => Advice::by_hand(format!("see sooner to what kept {name} down: {why}")),
            "NO_HOSTS_AVAILABLE" => {
                let home = adviser.no_home(vm, "HA starts it within two minutes", false);
                let first = adviser.storage_first(vm);
                let text = format!("{}{}: {why}", first.text, home.text);
                let ways = home.ways.into_iter().map(|way| first.way.iter().cloned().chain(way).collect()).collect();
                Advice { text, aim: home.aim, ways }
            }
            _ => Advice::by_hand(format!("see to what {why}: HA tries again every two minutes")),
        };
    }
    if db.ha.restarts_held_until.is_some_and(|until| until > adviser.world.now) {
        let text = format!("run `xe pool-ha-prevent-restarts-for seconds=0` on {}: restarts are held off", adviser.master_console());
        return Advice::less(text, vec![adviser.typed("xe pool-ha-prevent-restarts-for seconds=0")]);
    }
    match adviser.found.until {
        Some(until) => {
            let started = adviser.author(until, |event| matches!(event, Event::DomainStarted { vm: of, .. } if *of == vm));
            if let Some(step) = started.filter(|step| adviser.past.step(*step).typed) {
                return adviser.sooner(step, name, until);
            }
            if adviser.broke().next().is_none() {
                let long = until.since(adviser.found.since);
                return Advice::nothing(format!("nothing was missed: {name} was started again at {until}, after {long}"));
            }
            let text = format!("mend sooner what {} broke: {name} was down for {}", adviser.what_broke(), until.since(adviser.found.since));
            Advice::less(text, adviser.undo_within(adviser.found.since, until))
        }
        None => match adviser.waits_for_ha() {
            Some(wait) => Advice::less(wait.text, wait.way),
            None => Advice::less(
                format!("bring back a liveset with a master: there was nobody to restart {name}"),
                adviser.bring_back(adviser.world.ruler()),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::sight::Sight;
    use crate::hazard::stage::*;
    use crate::hazard::standing::Standing;
    use crate::hazard::watch::Watch;
    use crate::world::belief::Protection;
    use std::sync::Arc;

    /// HA is on, db has this priority and is meant to run, and beta crashes at 1m.
    fn crashed(protection: Option<Protection>) -> (Stage, Watch) {
        let mut stage = pool(3);
        Arc::make_mut(&mut stage.world.names).vms[DB.at()].protection = protection;
        for stack in stage.world.stacks.iter_mut() {
            Arc::make_mut(&mut stack.db).always_run = vec![protection.is_some(), false].into();
        }
        stage.world.ha_at_start(ALPHA, NFS1, Span::secs(60));
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(60);
        stage.power_off(BETA);
        stage.watch(&mut watch);
        (stage, watch)
    }

    #[test]
    fn it_is_found_when_the_worst_case_of_one_fault_has_passed() {
        let (stage, watch) = crashed(Some(Protection::Restart));
        let standing = Standing::of(&stage.world);
        let grace = super::grace(&Sight::new(&stage.world, &standing), Vm(DB));
        // The liveset shrinks after 225 s at the latest; then come an election, a start of xapi and a start of the VM.
        assert!(grace > Span::secs(225) && grace < Span::secs(400), "{grace}");
        let end = Time::ZERO + Span::mins(1) + grace;
        assert_eq!(named(&watch.finish(end), "protected-vm-down"), []);
        let found = named(&watch.finish(end + Span(1)), "protected-vm-down");
        assert_eq!(found, [(Time::ZERO + Span::mins(1), None, Vm(DB), vec![])]);
    }

    #[test]
    fn others_are_merely_down() {
        for protection in [None, Some(Protection::BestEffort)] {
            let (_, watch) = crashed(protection);
            assert_eq!(named(&watch.finish(Time::ZERO + Span::days(1)), "protected-vm-down"), []);
        }
    }

    #[test]
    fn one_that_the_operator_wants_down_is_let_be() {
        let (mut stage, _) = crashed(Some(Protection::Restart));
        assert_eq!(stage.holds("protected-vm-down").len(), 1);
        let (world, fx) = stage.both();
        world.set_always_run(fx, ALPHA, DB, false);
        assert_eq!(stage.holds("protected-vm-down"), []);
    }

    #[test]
    fn without_ha_nothing_is_protected() {
        let (mut stage, _) = crashed(Some(Protection::Restart));
        let (world, fx) = stage.both();
        world.set_ha_off(fx, ALPHA);
        assert_eq!(stage.holds("protected-vm-down"), []);
    }
}
