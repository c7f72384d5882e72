//! HA starts a VM again that still runs on a host which was taken for fenced.

use super::advice::RESTARTED;
use super::hindsight::{Command, Kind};
use super::remedy::{Advice, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites, Telling};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Time;

pub const DOC: HazardDoc = HazardDoc {
    name: "restart-beside-running",
    severity: Severity::Danger,
    holds: "HA restarts, or has restarted, a VM that still runs on a host outside the liveset",
    doc: "A master takes every host that left the liveset for fenced: it releases its locks and starts its VMs elsewhere, and no lock stands in the way. This host was not fenced: it left HA by `host-emergency-ha-disable`, or its watchdog did not strike. Its guests still run and write, so that the restarted VM is the second writer of the same disks. Never disable HA on a single host of a living pool; use `pool-ha-disable`. If it was done, shut the VM down on the host that left, or cut that host's power, before anything else.",
    example: "{hazard: restart-beside-running, vm: db}",
    rule: Rule::Lasting { reads: Reads::ALL, sites: Sites::Whole(sites), grace: None, hastened: None },
    sentence,
    advice,
};

fn sites(sight: &Sight, out: &mut Vec<Site>) {
    let world = sight.world;
    for master in sight.standing.masters().filter(|m| world.ha_on(*m) && world.ha_joined(*m)) {
        let restarting = |vm: VmId| world.stacks[master.at()].restarts.queue.iter().any(|restart| restart.vm == vm);
        for vm in world.names.vm_ids() {
            // The machine must still be that host: the liveset is told by hosts.
            let outside = |m: &MachineId| world.pool_of(*m) == world.pool_of(master) && !world.ha_in_liveset(master, world.host_on(*m));
            let (left, inside): (Vec<MachineId>, Vec<MachineId>) = world.runs_on(vm).partition(outside);
            if !left.is_empty() && (restarting(vm) || !inside.is_empty()) {
                let hosts = left.into_iter().chain(inside).collect();
                out.push(Site::new(Place::Vm(vm), hosts).by(master));
            }
        }
    }
}

fn sentence(told: &Telling<'_>) -> String {
    let (vm, hosts) = (told.place, &told.hosts);
    match told.one {
        true => format!("HA restarts {vm}, which still runs on a host that it took for fenced ({hosts})"),
        false => format!("HA has restarted {vm} beside a host that it took for fenced: it runs on {hosts}"),
    }
}

/// A host left HA while the others went on.
fn advice(adviser: &Adviser<'_>) -> Advice {
    let left = |command: &&Command| {
        command.kind == Kind::LeaveHa && command.began <= adviser.found.since && adviser.found.hosts.contains(&command.console)
    };
    if let Some(command) = adviser.past.commands.iter().rev().find(left) {
        return adviser.stay_in_ha(command, RESTARTED);
    }
    let hosts: Vec<MachineId> = adviser.found.hosts.iter().copied().filter(|m| Some(*m) != adviser.found.by).take(1).collect();
    let off = |host: &MachineId| Remedy::Do(At::Within(Time::ZERO, adviser.found.since), Work::PowerOff(*host));
    let text = format!("power off {} before HA restarts its VMs: it was taken for fenced, and was not", adviser.list(&hosts));
    Advice::never(text, hosts.iter().map(off).collect())
}

#[cfg(test)]
mod tests {
    use crate::base::time::Span;
    use crate::hazard::stage::*;
    use crate::world::belief::Protection;
    use crate::world::memory::Restart;
    use crate::world::truth::Slots;

    /// beta, where db runs, has left HA, and the others have taken it out of the liveset.
    fn left() -> Stage {
        let mut stage = pool(3);
        stage.world.ha_at_start(ALPHA, NFS1, Span::secs(60));
        let (world, fx) = stage.both();
        world.ha_stop_daemon(BETA, fx);
        world.ha_disarm(BETA, fx);
        for machine in [ALPHA, GAMMA] {
            if let Some(xhad) = world.stacks[machine.at()].xhad.as_deref_mut() {
                xhad.says.liveset = Slots::NONE.with(0).with(2);
            }
        }
        stage
    }

    #[test]
    fn it_begins_with_the_restart_and_lasts_while_both_run() {
        let mut stage = left();
        assert_eq!(stage.holds("restart-beside-running"), [], "nobody restarts it yet");
        let restart = Restart { vm: DB, planned: None, protection: Protection::Restart, host: Some(host(GAMMA)) };
        stage.world.stacks[ALPHA.at()].restarts.queue.push_back(restart);
        assert_eq!(stage.holds("restart-beside-running"), [at(Vm(DB), &[BETA]).by(ALPHA)]);
        stage.world.stacks[ALPHA.at()].restarts.queue.clear();
        stage.start(DB, GAMMA);
        assert_eq!(stage.holds("restart-beside-running"), [at(Vm(DB), &[BETA, GAMMA]).by(ALPHA)]);
        stage.power_off(BETA);
        assert_eq!(stage.holds("restart-beside-running"), []);
    }

    #[test]
    fn a_fenced_host_runs_nothing() {
        let mut stage = left();
        stage.power_off(BETA);
        stage.start(DB, GAMMA);
        assert_eq!(stage.holds("restart-beside-running"), []);
    }

    #[test]
    fn without_ha_a_second_start_is_not_ha_s() {
        let mut stage = pool(3);
        stage.start(DB, GAMMA);
        assert_eq!(stage.holds("restart-beside-running"), []);
    }
}
