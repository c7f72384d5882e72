//! `xe vm-param-set`: what a VM's record says of HA (xapi_vm.ml; records.ml). Knows the fields that have an effect here.

use super::args::Args;
use super::fields::{NO_FIELDS, boolean, object, plain_field};
use super::objects::{Class, Object};
use super::params::{keep, keeps, kept_plain, outside};
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::plan::Change;
use crate::world::belief::{Protection, VmHa};
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe vm-param-set`.
#[derive(Clone, Debug)]
pub struct VmParamSet {
    args: Args,
}

/// A delay of as many days is longer than any simulation.
const DELAY_MOST: Span = Span::days(3650);

impl Command for VmParamSet {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-param-set",
        synopsis: "xe vm-param-set uuid=VM-UUID ha-restart-priority=restart|best-effort|'' order=NUMBER start-delay=SECONDS name-description=TEXT MAP:KEY=VALUE…",
        doc: "Sets fields of a VM, in the order typed; earlier ones stay when a later one fails. Checks: the VM's UUID (UUID_INVALID), each field (`Unknown field`, `read-only`: the power state is none to be set), its value (INVALID_VALUE). `ha-restart-priority=restart` protects the VM, a running one at once, and is refused with HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN where HA is on, there is a failover plan, and there would be none with this VM in it; a VM whose disks lie on a local SR always breaks it. An empty priority ends the protection. `ha-always-run=true` and `=false` are old words for the priorities `restart` and none. `order` and `start-delay` say when HA starts it after others. `name-description` and the keys of maps are kept and shown again, and nothing hangs on them; other fields are outside the model.",
        example: "xe vm-param-set uuid=$db ha-restart-priority=restart order=1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { rest: Rest::Set(Class::Vm), ..Grammar::keys(&["uuid"], &[]) };
    fn new(args: Args) -> Self {
        VmParamSet { args }
    }
}

/// A priority as it is typed.
fn priority(value: &str) -> Result<Option<Protection>, Refusal> {
    if value.is_empty() {
        return Ok(None);
    }
    match Protection::ALL.iter().find(|(word, _)| *word == value) {
        Some((_, protection)) => Ok(Some(*protection)),
        None => Err(ApiError::new("INVALID_VALUE").text("ha_restart_priority").text(value).into()),
    }
}

/// A number that must not be below 0; `field` as the API has it.
fn number(key: &str, field: &str, value: &str) -> Result<u64, Refusal> {
    let Ok(wanted) = value.parse::<i64>() else {
        return Err(Refusal::tool(format!("Failed to parse parameter '{key}': expecting an integer")));
    };
    u64::try_from(wanted)
        .map_err(|_| ApiError::new("INVALID_VALUE").text(format!("{field} must be non-negative")).text(wanted.to_string()).into())
}

/// What the record says of HA once a field is set; the same where that has no effect in the simulation.
fn change(world: &World, by: MachineId, vm: VmId, key: &str, value: &str) -> Result<VmHa, Refusal> {
    let old = world.db(by).vm_ha(&world.names, vm);
    if !plain_field(Class::Vm, key)? {
        keeps(Class::Vm, key)?;
        return Ok(old);
    }
    let new = match key {
        "ha-restart-priority" => VmHa { priority: priority(value)?, ..old },
        "ha-always-run" => VmHa { priority: boolean(key, value)?.then_some(Protection::Restart), ..old },
        "order" => VmHa { order: Some(number(key, "order", value)?), ..old },
        "start-delay" => {
            let seconds = number(key, "start_delay", value)?;
            VmHa { start_delay: Span::secs(1).times(seconds).min(DELAY_MOST), ..old }
        }
        _ => {
            keeps(Class::Vm, key)?;
            old
        }
    };
    let protects = old.priority != new.priority && new.priority == Some(Protection::Restart);
    if protects && world.breaks_plan(by, &Change { protect: vec![vm], ..Change::default() }) {
        return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
    }
    Ok(new)
}

/// Whether a key is of what is kept and shown again, and has no other effect.
fn is_noted(key: &str) -> bool {
    key.contains(':') || kept_plain(Class::Vm, key)
}

impl VmParamSet {
    /// The VM; `None` for a host's domain 0, which HA never starts.
    fn vm(&self, world: &World, by: MachineId) -> Result<Option<VmId>, Refusal> {
        object(Class::Vm, &self.args, world, by).map(|object| match object {
            Object::Vm(vm) => Some(vm),
            _ => None,
        })
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.args.pairs.iter().filter(|(key, _)| !NO_FIELDS.contains(&key.as_str())).map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The refusal that comes before anything was set, if there is one.
    fn refusal(&self, world: &World, by: MachineId) -> Option<Refusal> {
        let vm = match self.vm(world, by) {
            Ok(vm) => vm,
            Err(refusal) => return Some(refusal),
        };
        for (key, value) in self.fields() {
            let outcome = match vm {
                Some(vm) => change(world, by, vm, key, value).map(|new| new != world.db(by).vm_ha(&world.names, vm) || is_noted(key)),
                None => plain_field(Class::Vm, key).and_then(|_| Err(outside(key))),
            };
            match outcome {
                Ok(true) => return None,
                Ok(false) => {}
                Err(refusal) => return Some(refusal),
            }
        }
        None
    }
}

impl Operation for VmParamSet {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.refusal(world, seat.executor) {
            Some(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
            None => Check::Go(world.settings.command),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let vm = match self.vm(world, by) {
            Ok(vm) => vm,
            Err(refusal) => return Progress::Ended(refusal.output(world, by)),
        };
        for (key, value) in self.fields() {
            let outcome = match vm {
                Some(vm) => change(world, by, vm, key, value).map(|new| {
                    world.set_vm_ha(fx, by, vm, new);
                    if is_noted(key) {
                        keep(world, by, Object::Vm(vm), Class::Vm, key, value);
                    }
                }),
                None => plain_field(Class::Vm, key).and_then(|_| Err(outside(key))),
            };
            if let Err(refusal) = outcome {
                return Progress::Ended(refusal.output(world, by));
            }
        }
        let text = if self.args.minimal { "\n".to_string() } else { String::new() };
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
