//! `xe pool-ha-compute-max-host-failures-to-tolerate`, for the VMs that are protected now, and
//! `…-hypothetical-…`, for VMs that are named; `xe pool-ha-compute-vm-failover-plan`, for hosts that are named (xapi_pool.ml,
//! cli_operations.ml).

use super::args::Args;
use super::host_switch::host_of;
use super::objects::{Class, Object};
use super::print;
use super::reach::{Refusal, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::plan::Planner;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe pool-ha-compute-max-host-failures-to-tolerate`.
#[derive(Clone, Debug)]
pub struct ComputeMax {
    args: Args,
}

/// `xe pool-ha-compute-hypothetical-max-host-failures-to-tolerate`.
#[derive(Clone, Debug)]
pub struct ComputeHypothetical {
    args: Args,
}

impl Command for ComputeMax {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-compute-max-host-failures-to-tolerate",
        synopsis: "xe pool-ha-compute-max-host-failures-to-tolerate",
        doc: "Prints how many hosts may fail with a place left for every VM that is protected with `restart` and meant to run. It asks the database alone: memory by its records, the largest VM to the freest host. One protected VM that is tied to a host, by a local SR or an SR that some enabled host has not plugged, makes it 0; with nothing protected it is the number of hosts.",
        example: "xe pool-ha-compute-max-host-failures-to-tolerate",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        ComputeMax { args }
    }
}

impl Command for ComputeHypothetical {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-compute-hypothetical-max-host-failures-to-tolerate",
        synopsis: "xe pool-ha-compute-hypothetical-max-host-failures-to-tolerate vm-uuid=VM-UUID restart-priority=PRIORITY …",
        doc: "Prints how many hosts could fail if these VMs, and no others, were protected. Each `vm-uuid` is followed by its `restart-priority`: `restart`, `best-effort` or nothing.",
        example: "xe pool-ha-compute-hypothetical-max-host-failures-to-tolerate vm-uuid=$db restart-priority=restart",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &["vm-uuid", "restart-priority"]);
    fn new(args: Args) -> Self {
        ComputeHypothetical { args }
    }
}

/// The number, as printed.
fn most(args: &Args, world: &World, by: MachineId, protected: Option<Vec<VmId>>) -> Output {
    let db = world.db(by);
    let live = db.live_set();
    let planner = Planner::new(db, &world.names, &live, world.release);
    let protected = protected.unwrap_or_else(|| planner.protected());
    Output { text: print::lines(&[planner.most_failures(&protected).to_string()], args.minimal), exit: 0, error: None }
}

impl ComputeHypothetical {
    /// The VMs that would be protected.
    fn protected(&self, world: &World, by: MachineId) -> Result<Vec<VmId>, Refusal> {
        let mut vms = Vec::new();
        let mut pending = None;
        for (key, value) in &self.args.pairs {
            match (key.as_str(), pending) {
                ("vm-uuid", Some(_)) => return Err(unpaired("a restart-priority", "vm-uuid")),
                ("vm-uuid", None) => match Class::Vm.by_uuid(world, by, value) {
                    Some(Object::Vm(vm)) => pending = Some(vm),
                    _ => return Err(uuid_invalid("VM", value)),
                },
                ("restart-priority", None) => return Err(unpaired("a vm-uuid", "restart-priority")),
                ("restart-priority", Some(vm)) => {
                    pending = None;
                    match value.as_str() {
                        "restart" => vms.push(vm),
                        "best-effort" | "" => {}
                        other => return Err(ApiError::new("INVALID_VALUE").text("ha_restart_priority").text(other).into()),
                    }
                }
                _ => {}
            }
        }
        if pending.is_some() { Err(unpaired("a restart-priority", "vm-uuid")) } else { Ok(vms) }
    }
}

fn unpaired(missing: &str, key: &str) -> Refusal {
    Refusal::tool(format!("Expected {missing} beside {key}"))
}

impl Operation for ComputeMax {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        Progress::Ended(most(&self.args, world, seat.executor, None))
    }
}

impl Operation for ComputeHypothetical {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.protected(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
        }
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let output = match self.protected(world, seat.executor) {
            Ok(vms) => most(&self.args, world, seat.executor, Some(vms)),
            Err(refusal) => refusal.output(world, seat.executor),
        };
        Progress::Ended(output)
    }
}

/// `xe pool-ha-compute-vm-failover-plan`.
#[derive(Clone, Debug)]
pub struct ComputeFailoverPlan {
    args: Args,
}

impl Command for ComputeFailoverPlan {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-compute-vm-failover-plan",
        synopsis: "xe pool-ha-compute-vm-failover-plan host-uuids=HOST-UUID,HOST-UUID…",
        doc: "Prints where the VMs that run on these hosts would go if they failed: to each VM a host, or the error that stands for none. It asks the database alone, and whether HA protects a VM it does not ask: every VM there is planned for, the largest onto the living host with most free memory. A VM that is tied to a host has HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED only where no memory is found for it; where there is, the plan names a host that could not start it. UUID_INVALID for a host that the database does not have. `xe help` does not show the command.",
        example: "xe pool-ha-compute-vm-failover-plan host-uuids=$beta",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["host-uuids"], &[]);
    fn new(args: Args) -> Self {
        ComputeFailoverPlan { args }
    }
}

impl ComputeFailoverPlan {
    fn failed(&self, world: &World, by: MachineId) -> Result<Vec<HostId>, Refusal> {
        let host = |uuid: &str| Class::Host.by_uuid(world, by, uuid).and_then(host_of).ok_or_else(|| uuid_invalid("host", uuid));
        self.args.required("host-uuids").split(',').map(host).collect()
    }

    /// The table: those without a place first.
    fn text(&self, world: &World, by: MachineId) -> Result<String, Refusal> {
        let named = |object: Object, name: &str| format!("{} ({name})", object.uuid(world, by));
        let (plan, errors): (Vec<_>, Vec<_>) =
            world.failover_plan(by, &self.failed(world, by)?).into_iter().partition(|(_, to)| to.is_ok());
        let mut table = vec![("VM".to_string(), "Destination Host or Error".to_string())];
        for (vm, to) in errors.into_iter().chain(plan) {
            let to = to.map_or_else(str::to_string, |host| named(Object::Host(host), world.names.host(host)));
            table.push((named(Object::Vm(vm), world.names.vm(vm)), to));
        }
        if self.args.minimal {
            return Ok(print::lines(&["VM".to_string()], true));
        }
        Ok(print::record(&table))
    }
}

impl Operation for ComputeFailoverPlan {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.failed(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
        }
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        Progress::Ended(match self.text(world, seat.executor) {
            Ok(text) => Output { text, exit: 0, error: None },
            Err(refusal) => refusal.output(world, seat.executor),
        })
    }
}
