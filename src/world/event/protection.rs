//! What a pool database says of HA: whether it is on, whom it protects, the failover plan, restarts. How an entry is read
//! stands in `table.rs`.

macro_rules! protection {
    ($($before:tt)*) => { gather! { $($before)*
        HaSwitchedOn { by: MachineId, sr: SrId } => {
            number: 75, name: "ha-switched-on", half: Belief, of: Machine(*by), changes: ALL, about: Ha(*by), matters: true,
            what: ("has HA on, with the statefile on {sr}"),
            parts: { "sr": sr },
        }
        HaDisabled { by: MachineId } => {
            number: 76, name: "ha-disabled", half: Belief, of: Machine(*by), changes: ALL, about: Ha(*by), matters: true,
            what: ("has HA off"),
            parts: {},
        }
        VmHaSet { by: MachineId, vm: VmId, priority: Option<Protection>, order: Option<u64>, start_delay: Span } => {
            number: 88, name: "vm-ha-set", half: Belief, of: Machine(*by), changes: RECORDS | HA, about: Vm(*vm), matters: true,
            what: {
                let priority = priority.map_or_else(|| "no restart priority".into(), |it| format!("the restart priority {}", it.name()));
                let order = order.map_or_else(String::new, |order| format!(", order {order}"));
                let delay = if *start_delay > Span::ZERO { format!(", start delay {start_delay}") } else { String::new() };
                format!("has {vm} with {priority}{order}{delay}")
            },
            parts: {
                "vm": vm,
                "priority": priority.map_or("", Protection::name),
                "order": order,
                "start-delay": start_delay.0 / 1_000_000,
            },
        }
        VmProtected { by: MachineId, vm: VmId } => {
            number: 77, name: "vm-protected", half: Belief, of: Machine(*by), changes: RECORDS, about: Nothing, matters: false,
            what: ("has {vm} as one that HA keeps running"),
            parts: { "vm": vm },
        }
        VmReleased { by: MachineId, vm: VmId } => {
            number: 78, name: "vm-released", half: Belief, of: Machine(*by), changes: RECORDS, about: Nothing, matters: false,
            what: ("has {vm} as one that HA lets be"),
            parts: { "vm": vm },
        }

        ToleranceSet { by: MachineId, failures: u32, allow_overcommit: bool } => {
            number: 79, name: "tolerance-set", half: Belief, of: Machine(*by), changes: HA, about: Ha(*by), matters: true,
            what: {
                let broken = if *allow_overcommit { ", and lets operations break the plan" } else { "" };
                format!("is to tolerate {}{broken}", count(*failures, "failure"))
            },
            parts: { "failures": failures, "allow-overcommit": allow_overcommit },
        }
        PlanRecorded { by: MachineId, exists_for: u32, overcommitted: bool } => {
            number: 80, name: "plan-recorded", half: Belief, of: Machine(*by), changes: HA, about: Ha(*by), matters: true,
            what: {
                let too_much = if *overcommitted { ": the pool is overcommitted" } else { "" };
                format!("has a failover plan for {}{too_much}", count(*exists_for, "failure"))
            },
            parts: { "plan-exists-for": exists_for, "overcommitted": overcommitted },
        }

        RestartsHeld { by: MachineId, span: Span } => {
            number: 81, name: "restarts-held", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: { if *span == Span::ZERO { "restarts VMs again".to_owned() } else { format!("restarts no VM for {span}") } },
            parts: { "seconds": span.0 / 1_000_000 },
        }
        VmRestarting { by: MachineId, vm: VmId, host: HostId, protection: Protection } => {
            number: 82, name: "vm-restarting", half: Belief, of: Machine(*by), changes: HA, about: Nothing, matters: false,
            what: ("is about to restart {vm} on {host}"),
            parts: { "vm": vm, "host": host, "best-effort": *protection == Protection::BestEffort },
        }
        VmRestarted { by: MachineId, vm: VmId, host: HostId, down: Option<Span> } => {
            number: 83, name: "vm-restarted", half: Belief, of: Machine(*by), changes: HA, about: Nothing, matters: true,
            what: {
                let after = down.map_or_else(String::new, |down| format!(" after {}", seconds(down)));
                format!("HA has restarted {vm} on {host}{after}")
            },
            parts: { "vm": vm, "host": host, "down": down },
        }
        VmRestartFailed { by: MachineId, vm: VmId, code: &'static str } => {
            number: 84, name: "vm-restart-failed", half: Belief, of: Machine(*by), changes: HA, about: Nothing, matters: true,
            what: ("HA could not restart {vm}: {code}"),
            parts: { "vm": vm, "code": code },
        }
    } };
}
