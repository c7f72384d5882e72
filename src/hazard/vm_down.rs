//! A VM is down for too long.

use super::remedy::{Advice, Aim, Part, Remedy};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{SrId, VmId};
use crate::base::time::Span;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "vm-down",
    severity: Severity::Outage,
    holds: "a VM that ran has run nowhere for longer than its grace, and nobody shut it down",
    doc: "A VM lost its host and has been down for longer than its `grace` (10 minutes unless the scenario says otherwise). `since` is when it went down. Without HA nobody starts it again but you. Make sure that its host is off, reset its record, release its locks on every SR that it has disks on, and start it elsewhere; a start that is still refused names what was left out.",
    example: "{hazard: vm-down, vm: db}",
    rule: Rule::Lasting { reads: Reads::GUESTS, sites: Sites::Vms(site), grace: Some(grace), hastened: None },
    sentence: |told| format!("{} runs nowhere since {}, and nobody shut it down", told.place, told.found.since),
    advice,
};

fn site(sight: &Sight, vm: VmId) -> Option<Site> {
    let lost = sight.world.hw.lost_vms().get(&vm)?;
    Some(Site { since: Some(*lost), ..Site::new(Place::Vm(vm), Vec::new()) })
}

fn grace(sight: &Sight, place: Place) -> Span {
    match place {
        Place::Vm(vm) => sight.world.names.vms[vm.at()].grace,
        _ => Span::ZERO,
    }
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vm(vm) = adviser.found.place else { return Advice::default() };
    let names = adviser.names();
    let (name, grace) = (names.vm(vm), names.vms[vm.at()].grace);
    if let Some(until) = adviser.found.until {
        if let Some(held) = adviser.held_off(name) {
            return held;
        }
        let started = adviser.author(until, |event| matches!(event, Event::DomainStarted { vm: of, .. } if *of == vm));
        let Some(step) = started else {
            let long = until.since(adviser.found.since);
            if adviser.ha_took_over(until) || adviser.broke().next().is_none() {
                return Advice::nothing(format!("nothing was missed: {name} was started again at {until}, after {long}"));
            }
            return Advice::less(format!("start {name} sooner: it was down for {long}"), adviser.undo_within(adviser.found.since, until));
        };
        let mention = adviser.past.mention(step);
        // What broke it ended by itself.
        if adviser.past.step(step).breaks && adviser.past.began(step) <= adviser.found.since {
            let text = format!("mend sooner what {mention} broke: {name} was down for {}", until.since(adviser.found.since));
            return Advice::less(text, adviser.undo_within(adviser.past.began(step), until));
        }
        let failed = adviser.failed_start(&[vm], &[]).map_or_else(String::new, |start| format!("; {} failed", start.mention()));
        let long = until.since(adviser.found.since);
        let text = format!("come to {mention} sooner: {name} was down for {long}, its grace is {grace}{failed}");
        return Advice::less(text, vec![Remedy::Sooner(step, adviser.found.since)]);
    }
    if let Some(wait) = adviser.waits_for_ha() {
        return match names.vms[vm.at()].protection {
            Some(_) => Advice::less(wait.text, wait.way),
            None => {
                let start = adviser.typed(format!("xe vm-start vm={name}"));
                let text = format!("{}; then `xe vm-start vm={name}`: HA does not protect it", wait.text);
                Advice::less(text, wait.way.into_iter().chain([start]).collect())
            }
        };
    }
    let mut missing = Vec::new();
    let ruler = adviser.world.ruler();
    if adviser.world.db(ruler).vm(vm).is_none() {
        let master = adviser.master_console();
        return Advice::by_hand(format!(
            "restore the database of the pool (`xe pool-restore-database`): that of {master} does not know {name}"
        ));
    }
    if adviser.world.db(ruler).vm(vm).is_some_and(|record| record.power_state.has_domain()) {
        missing.push(adviser.reset(vm, None));
    }
    let mut released: Vec<SrId> = Vec::new();
    for vdi in adviser.disks(vm) {
        let sr = names.vdis[vdi.at()].sr;
        let release = adviser.release(vdi, None);
        if !release.text.is_empty() && !released.contains(&sr) {
            released.push(sr);
            missing.push(release);
        }
        let unmarked = adviser.unmarked(vm, vdi);
        if !unmarked.text.is_empty() {
            missing.push(unmarked);
        }
    }
    if let Some((other, vdi)) = adviser.disk_in_use(vm) {
        if adviser.world.runs_on(other).next().is_some() {
            let (other, vdi) = (names.vm(other), names.vdi(vdi));
            return Advice::by_hand(format!("start {name} when {other} is shut down: it has {vdi} attached, and one of them writes"));
        }
        missing.push(adviser.reset(other, None));
    }
    let start = match adviser.home_for(vm) {
        Some(machine) => {
            let text = format!("`xe vm-start vm={name} on={}` on {}", adviser.machine(machine), adviser.master_console());
            Advice::less(text, vec![adviser.start_on(vm, machine)])
        }
        // What HA protects it starts by itself.
        None if adviser.world.db(ruler).ha.enabled && adviser.world.db(ruler).protects(names, vm) => {
            adviser.no_home(vm, "HA starts it there", false)
        }
        None => adviser.no_home(vm, "start it there", true),
    };
    let aim = start.aim;
    let mut all = adviser.storage_first(vm).and("", adviser.first_a_master());
    missing.push(Part::new(start.text, start.ways.into_iter().next().unwrap_or_default()));
    for (at, part) in missing.into_iter().enumerate() {
        all = all.and(if at == 0 { "" } else { "; then " }, part);
    }
    Advice { text: all.text, aim, ways: if aim == Aim::Less { vec![all.way] } else { Vec::new() } }
}

#[cfg(test)]
mod tests {
    use crate::base::time::{Span, Time};
    use crate::hazard::stage::*;
    use crate::hazard::watch::Watch;
    use crate::world::event::Ending;

    /// beta crashes at 1m; the VM's grace is 10m.
    fn crashed() -> (Stage, Watch) {
        let mut stage = pool(3);
        let mut watch = Watch::new();
        stage.watch(&mut watch);
        stage.pass(60);
        stage.power_off(BETA);
        stage.watch(&mut watch);
        (stage, watch)
    }

    #[test]
    fn only_what_lasts_longer_than_the_grace_is_found() {
        let (_, watch) = crashed();
        let end = Time::ZERO + Span::mins(11);
        assert_eq!(named(&watch.finish(end), "vm-down"), [], "exactly 10m is not longer");
        let found = named(&watch.finish(end + Span(1)), "vm-down");
        assert_eq!(found, [(Time::ZERO + Span::mins(1), None, Vm(DB), vec![])]);
        assert_eq!(watch.next_alarm(), Some(end + Span(1)));
    }

    #[test]
    fn started_within_its_grace_it_was_never_down() {
        let (mut stage, mut watch) = crashed();
        stage.pass(600);
        stage.start(DB, GAMMA);
        stage.watch(&mut watch);
        assert_eq!(named(&watch.finish(stage.world.now + Span::days(1)), "vm-down"), []);
        assert_eq!(watch.next_alarm(), None);
    }

    #[test]
    fn started_too_late_it_was_down_until_then() {
        let (mut stage, mut watch) = crashed();
        stage.pass(601);
        stage.start(DB, GAMMA);
        stage.watch(&mut watch);
        let until = Some(stage.world.now);
        assert_eq!(named(&watch.finish(stage.world.now), "vm-down"), [(Time::ZERO + Span::mins(1), until, Vm(DB), vec![])]);
    }

    #[test]
    fn a_vm_that_somebody_shut_down_is_not_down() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.end_domain(fx, DB, BETA, Ending::Shutdown);
        assert_eq!(stage.holds("vm-down"), []);
    }

    #[test]
    fn one_that_runs_on_elsewhere_is_not_down() {
        let mut stage = pool(3);
        stage.start(DB, GAMMA);
        stage.power_off(BETA);
        assert_eq!(stage.holds("vm-down"), []);
    }
}
