//! HA has reset the last host of its pool.

use super::remedy::{Advice, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::MachineId;
use crate::base::time::Time;
use crate::world::MAIN_POOL;

pub const DOC: HazardDoc = HazardDoc {
    name: "whole-pool-fenced",
    severity: Severity::Outage,
    holds: "HA has reset a host, and no host of its pool is up: each is off, or has neither joined a liveset nor left HA since it was reset or booted",
    doc: "HA has fenced the last host that was up: every guest of the pool is down, and no data is harmed. It happens where no host could prove that it may live: the statefile was lost while one host was missing, or the network and the statefile at once. The hosts boot and try to join; as long as the cause lasts they fence or wait again, for ever. Mend the heartbeat SR and the network; if that can't be done, `xe host-emergency-ha-disable --force` on every host, and only when all of them are known to run nothing.",
    example: "{hazard: whole-pool-fenced}",
    rule: Rule::Lasting { reads: Reads::ALL, sites: Sites::Whole(sites), grace: None, hastened: None },
    sentence: |told| format!("HA has reset {}, and no other host of the pool is up", told.hosts),
    advice,
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    let machines = world.hw.machines();
    if !machines.iter().any(|machine| machine.fenced) {
        return;
    }
    let members: Vec<MachineId> = world
        .db(sight.ruler())
        .hosts
        .keys()
        .filter_map(|host| world.machine_of(*host))
        .filter(|m| world.pool_of(*m) == MAIN_POOL)
        .collect();
    let fenced: Vec<MachineId> = members.iter().copied().filter(|m| machines[m.at()].fenced).collect();
    // Up is who was not reset and is in a liveset or has guests (a hung domain 0 too), and who has started without HA. A
    // host that boots and waits for the statefile serves nobody.
    let left = |m: &MachineId| world.xapi_runs(*m) && !world.stacks[m.at()].ha.armed;
    let stayed = |m: &MachineId| !machines[m.at()].fenced && (world.ha_joined(*m) || world.runs_guests(*m));
    let up = |m: &MachineId| world.powered(*m) && (stayed(m) || left(m));
    if !fenced.is_empty() && !members.iter().any(up) {
        out.push(Site::new(Place::Pool(MAIN_POOL), fenced));
    }
}

/// Everybody fenced: what kept them from proving that they may live.
fn advice(adviser: &Adviser<'_>) -> Advice {
    let undo = adviser.what_broke();
    let broken = adviser.broke().map(|step| adviser.past.began(step)).min().unwrap_or(Time::ZERO);
    match adviser.found.until {
        Some(until) if adviser.broke().next().is_none() => {
            Advice::nothing(format!("nothing was missed: whom its watchdog resets boots by itself, and at {until} one was up again"))
        }
        Some(until) => Advice::less(
            format!("mend sooner what {undo} broke; before work on the heartbeat SR or the network run `xe pool-ha-disable`"),
            adviser.undo_within(broken, until),
        ),
        None => Advice::less(
            format!(
                "mend what {undo} broke; if that can't be done, see that every host is up and runs no guest, then `xe host-emergency-ha-disable --force` on each"
            ),
            adviser.broke().map(|step| Remedy::Do(At::End, Work::Undo(step))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::Place;
    use crate::hazard::stage::*;
    use crate::world::MAIN_POOL;
    use crate::world::memory::xhad::FenceCause;

    fn fence(stage: &mut Stage, machine: crate::base::ids::MachineId) {
        let (world, fx) = stage.both();
        world.fence(fx, machine, FenceCause::Lost);
    }

    #[test]
    fn the_last_one_makes_it() {
        let mut stage = pool(2);
        fence(&mut stage, BETA);
        assert_eq!(stage.holds("whole-pool-fenced"), [], "alpha is up");
        fence(&mut stage, ALPHA);
        assert_eq!(stage.holds("whole-pool-fenced"), [at(Place::Pool(MAIN_POOL), &[ALPHA, BETA])]);
    }

    #[test]
    fn a_host_that_is_off_does_not_count_and_one_that_hangs_does() {
        let mut stage = pool(3);
        stage.power_off(ALPHA);
        fence(&mut stage, BETA);
        assert_eq!(stage.holds("whole-pool-fenced"), [], "gamma is up");
        stage.power_off(GAMMA);
        assert_eq!(stage.holds("whole-pool-fenced"), [at(Place::Pool(MAIN_POOL), &[BETA])]);
        let mut stage = pool(2);
        stage.world.ha_at_start(ALPHA, NFS1, crate::base::time::Span::secs(60));
        stage.hang(ALPHA);
        fence(&mut stage, BETA);
        assert_eq!(stage.holds("whole-pool-fenced"), []);
    }

    /// A member that was off and boots finds no liveset: the pool is as down as before.
    #[test]
    fn a_host_that_boots_and_waits_does_not_end_it() {
        let mut stage = pool(2);
        stage.world.ha_at_start(ALPHA, NFS1, crate::base::time::Span::secs(60));
        stage.power_off(BETA);
        fence(&mut stage, ALPHA);
        assert_eq!(stage.holds("whole-pool-fenced").len(), 1);
        stage.boot(BETA);
        assert_eq!(stage.holds("whole-pool-fenced").len(), 1, "beta has power, and is in no liveset");
    }

    #[test]
    fn it_ends_when_one_has_started_without_ha() {
        let mut stage = pool(2);
        stage.world.ha_at_start(ALPHA, NFS1, crate::base::time::Span::secs(60));
        fence(&mut stage, BETA);
        fence(&mut stage, ALPHA);
        assert_eq!(stage.holds("whole-pool-fenced").len(), 1);
        stage.boot(ALPHA);
        stage.make_master(ALPHA);
        assert_eq!(stage.holds("whole-pool-fenced").len(), 1, "it is armed, and waits for a liveset");
        let (world, fx) = stage.both();
        world.ha_disarm(ALPHA, fx);
        assert_eq!(stage.holds("whole-pool-fenced"), []);
    }

    #[test]
    fn hosts_that_merely_lost_power_were_not_fenced() {
        let mut stage = pool(2);
        stage.power_off(ALPHA);
        stage.power_off(BETA);
        assert_eq!(stage.holds("whole-pool-fenced"), []);
    }
}
