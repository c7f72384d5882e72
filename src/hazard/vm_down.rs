//! A VM is down for too long.

use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::{SrId, VmId};
use crate::base::time::Span;
use crate::world::belief::PowerState;
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

fn advice(adviser: &Adviser<'_>) -> String {
    let Place::Vm(vm) = adviser.found.place else { return String::new() };
    let names = adviser.names();
    let (name, grace) = (names.vm(vm), names.vms[vm.at()].grace);
    if let Some(until) = adviser.found.until {
        let started = adviser.author(until, |event| matches!(event, Event::DomainStarted { vm: of, .. } if *of == vm));
        let Some(step) = started else { return format!("start {name} sooner: it was down for {}", until.since(adviser.found.since)) };
        let mention = adviser.past.mention(step);
        let failed = adviser.failed_start(&[vm]).map_or_else(String::new, |start| format!("; {} failed", start.mention()));
        return format!("come to {mention} sooner: {name} was down for {}, its grace is {grace}{failed}", until.since(adviser.found.since));
    }
    if let Some(wait) = adviser.waits_for_ha() {
        return match names.vms[vm.at()].protection {
            Some(_) => wait.into(),
            None => format!("{wait}; then `xe vm-start vm={name}`: HA does not protect it"),
        };
    }
    let mut missing = Vec::new();
    let ruler = adviser.world.ruler();
    if adviser.world.db(ruler).vm(vm).is_some_and(|record| record.power_state == PowerState::Running) {
        missing.push(adviser.reset(vm, None));
    }
    let mut released: Vec<SrId> = Vec::new();
    for vdi in adviser.disks(vm) {
        let sr = names.vdis[vdi.at()].sr;
        let release = adviser.release(vdi, None);
        if !release.is_empty() && !released.contains(&sr) {
            released.push(sr);
            missing.push(release);
        }
    }
    let start = match adviser.home_for(vm) {
        Some(machine) => format!("`xe vm-start vm={name} on={}` on {}", adviser.machine(machine), adviser.master_console()),
        None => adviser.no_home(vm, "start it there"),
    };
    missing.push(start);
    format!("{}{}", adviser.first_a_master(), missing.join("; then "))
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
