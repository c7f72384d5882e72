//! A finding as one sentence about the gap between what is so and what is believed.

use crate::hazard::Place;
use crate::hazard::watch::Found;
use crate::world::World;

fn list(names: &[&str]) -> String {
    match names {
        [] => "nobody".into(),
        [one] => (*one).into(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The finding in words.
pub fn sentence(world: &World, found: &Found) -> String {
    let names = &world.names;
    let host_names: Vec<&str> = found.hosts.iter().map(|m| names.machine(*m)).collect();
    let hosts = list(&host_names);
    let by = found.by.map_or("the master", |by| names.machine(by));
    let one = host_names.len() == 1;
    let place = match found.place {
        Place::Vdi(vdi) => names.vdi(vdi),
        Place::Vm(vm) => names.vm(vm),
        Place::Sr(sr) => names.sr(sr),
        Place::Host(machine) => names.machine(machine),
        Place::Pool(_) => "the pool",
    };
    let (has, is) = if one { ("has", "is") } else { ("have", "are") };
    match found.hazard.doc().name {
        "double-writer" => match found.damage {
            Some(damage) => format!(
                "{hosts} write to {place} at once; {} damaged it at {} by writing over what {} wrote",
                names.machine(damage.by),
                damage.at,
                names.machine(damage.over)
            ),
            None => format!("{hosts} write to {place} at once"),
        },
        "late-write" => format!("{by} wrote to {place} what it had held back, and another host had opened it for writing meanwhile"),
        "double-attach" => format!("{hosts} have {place} open, and not all only to read"),
        "unprotected-disk" => format!("{hosts} {has} {place} open, and the database of {by} has no lock that says so"),
        "forgotten-host-alive" => format!("{by} has forgotten {place}, which still runs guests and reaches shared storage"),
        "presumed-dead-alive" => format!("{by} holds {place} for dead, and it still runs guests and reaches shared storage"),
        "vm-runs-twice" => format!("{place} runs twice: on {hosts}"),
        "vm-runs-unseen" => format!("{place} runs on {hosts}, and {by} has it as halted or elsewhere"),
        "two-masters" => format!("{hosts} each hold themselves for the master of one pool"),
        "two-sr-masters" => format!("{hosts} each hold themselves for the master of {place}"),
        "stale-database" => format!("{place} rules with a copy that was older than its former master's database"),
        "reused-without-reinstall" => format!("{place} serves without the fresh installation that it needs"),
        "stale-lock" => format!(
            "the database has a lock of {hosts} on {place}, which {hosts} {} open",
            if one { "does not have" } else { "do not have" }
        ),
        "ghost-record" => match host_names.is_empty() {
            true => format!("the database has {place} as running, and it runs nowhere"),
            false => format!("the database has {place} as running on {hosts}, and it runs nowhere"),
        },
        "vm-down" => format!("{place} runs nowhere since {}, and nobody shut it down", found.since),
        "no-master" => format!("{place} has reached no master since {}", found.since),
        "bad-default-sr" => format!("the default SR is {place}, which no running host of the pool reaches"),
        "needless-master-word" => {
            format!(
                "`resetvdis.py … master` was said of {hosts}, which {} not the master of {place} when it stopped",
                if one { "was" } else { "were" }
            )
        }
        "restart-beside-running" if one => format!("HA restarts {place}, which still runs on a host that it took for fenced ({hosts})"),
        "restart-beside-running" => format!("HA has restarted {place} beside a host that it took for fenced: it runs on {hosts}"),
        "whole-pool-fenced" => format!("HA has reset {hosts}, and no other host of the pool is up"),
        "protected-vm-down" => format!("{place} runs nowhere since {}, and HA has not brought it back", found.since),
        "ha-silently-off" => format!("{by} started without HA and switched it off for {place}"),
        "overcommitted" => format!("{place} has no failover plan for the failures that it is to tolerate"),
        other => format!("{other}: {hosts} {is} concerned"),
    }
}
