//! `xe host-evacuate`: moves the VMs of a host to the others, and `xe host-get-vms-which-prevent-evacuation`, which says what would keep
//! it from that (xapi_host.ml, evacuate; message_forwarding.ml; cli_operations.ml).

use super::args::Args;
use super::batch::{Deed, Outcome, PATIENCE, select};
use super::host_switch::{host_of, spared};
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::vm_migrate::Migrate;
use super::vm_place::in_progress;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Rest, Seat, Target, print};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::belief::evacuation::Leaves;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::release::Release;
use std::collections::VecDeque;

/// How it selects its host where it takes selectors: one host, whatever is said.
#[derive(Clone, Debug, Default)]
struct One;

impl Deed for One {
    const DOC: CommandDoc = HostEvacuate::DOC;
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];
    const SINGLE: bool = true;

    fn check(&mut self, _args: &Args, _world: &World, _seat: Seat, _target: Object) -> Result<Span, Refusal> {
        Ok(Span::ZERO)
    }
    fn commit(&mut self, _args: &Args, _world: &mut World, _fx: &mut Effects, _seat: Seat, _target: Object) -> Outcome {
        Outcome::Done
    }
}

/// `xe host-evacuate`.
#[derive(Clone, Debug)]
pub struct HostEvacuate {
    args: Args,
    host: Option<HostId>,
    /// The VMs that have still to move, and where to; the first is being moved.
    left: VecDeque<(VmId, HostId)>,
    /// How far the move of the first has come.
    migration: Migrate,
    /// Since when the first is busy with another's work.
    waiting: Option<Time>,
}

impl Command for HostEvacuate {
    const DOC: CommandDoc = CommandDoc {
        name: "host-evacuate",
        synopsis: "xe host-evacuate uuid=HOST-UUID | host=HOST | FIELD=VALUE…",
        doc: "Moves every VM of a host to other hosts, one after the other, each as `vm-migrate --live` would. It does not disable the host: `xe host-disable` first, or the next start may choose it again. Releases differ in how the host is named. Checks, all before anything moves: under HA HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN if the plan can't do without the host; then a plan by the database alone, which packs the largest VM onto the enabled host with most free memory. It is refused for the first VM that can't move: NO_HOSTS_AVAILABLE if no other host is enabled; VM_REQUIRES_SR, HOST_NOT_LIVE or what else **any** of the enabled hosts has against the VM, so that one host which is dead and still enabled stops it all; HOST_NOT_ENOUGH_FREE_MEMORY, with the VM instead of two sizes. While HA is on, VMs that it does not protect can't move: protect them, or shut them down. Where a move fails later, the VMs that have moved stay where they are, and the others where they were. Ask `xe host-get-vms-which-prevent-evacuation` before.",
        example: "xe host-evacuate uuid=$beta",
        stages: Migrate::DOC.stages,
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    fn grammar(release: Release) -> Grammar {
        if release.evacuation.evacuate_takes_selectors { Grammar { rest: Rest::Hosts, ..Grammar::keys(&[], &[]) } } else { Self::GRAMMAR }
    }
    fn new(args: Args) -> Self {
        HostEvacuate { args, host: None, left: VecDeque::new(), migration: Migrate::default(), waiting: None }
    }
}

/// The plan of an evacuation, with what only the master's memory knows: where the release minds operations that are under way, a
/// VM that is being worked on does not move.
fn plan(world: &World, by: MachineId, host: HostId) -> Vec<(VmId, Leaves)> {
    let minds = world.release.evacuation.evacuate_minds_operations;
    let busy = |vm| world.stacks[by.at()].busy.contains(&vm);
    let fate = |(vm, leaves): (VmId, Leaves)| match leaves {
        Leaves::For(_) if minds && busy(vm) => (vm, Leaves::Not(vec![in_progress(vm)])),
        leaves => (vm, leaves),
    };
    world.evacuation_plan(by, host).into_iter().map(fate).collect()
}

impl HostEvacuate {
    fn chosen(&self, world: &World, by: MachineId) -> Result<HostId, Refusal> {
        if world.release.evacuation.evacuate_takes_selectors {
            let hosts = select::<One>(&self.args, world, by)?;
            return hosts.first().and_then(|host| host_of(*host)).ok_or_else(|| Refusal::tool("No matching hosts found"));
        }
        named(&self.args, world, by)
    }

    /// Everything that has to hold before anything moves: who moves where.
    fn planned(&self, world: &World, seat: Seat, host: HostId) -> Result<VecDeque<(VmId, HostId)>, Refusal> {
        spared(world, seat, Object::Host(host))?;
        let mut left = VecDeque::new();
        for (vm, leaves) in plan(world, seat.executor, host) {
            match leaves {
                Leaves::For(target) => left.push_back((vm, target)),
                Leaves::Not(errors) => return Err(errors.into_iter().next().unwrap_or_else(|| ApiError::new("INTERNAL_ERROR")).into()),
            }
        }
        Ok(left)
    }

    /// Begins the next move, or waits until it may, or ends.
    fn next(&mut self, world: &World, seat: Seat) -> Progress {
        while let Some((vm, target)) = self.left.front().copied() {
            match self.migration.begin(world, seat, Object::Vm(vm), target) {
                Ok(span) => {
                    self.waiting = None;
                    return Progress::Again(span);
                }
                Err(refusal) if refusal.is_busy() && world.now.since(self.waiting.unwrap_or(world.now)) < PATIENCE => {
                    let first = self.waiting.is_none();
                    self.waiting.get_or_insert(world.now);
                    return if first { Progress::Waits(PATIENCE) } else { Progress::Hangs };
                }
                Err(refusal) if refusal.is_of("VM_BAD_POWER_STATE") && world.release.evacuation.evacuate_passes_over_stopped => {
                    self.moved();
                }
                Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
            }
        }
        Progress::Ended(self.end(world, seat))
    }

    /// The first of those that are left is done with.
    fn moved(&mut self) {
        self.left.pop_front();
        (self.migration, self.waiting) = (Migrate::default(), None);
    }

    /// At its end nobody may be left: one may have been started there meanwhile.
    fn end(&self, world: &World, seat: Seat) -> Output {
        let left = self.host.map_or(0, |host| world.db(seat.executor).residents(host).count());
        if left == 0 {
            let text = if self.args.minimal { "\n".to_string() } else { String::new() };
            return Output { text, exit: 0, error: None };
        }
        print::refusal(world, seat.executor, ApiError::new("INTERNAL_ERROR").text(format!("evacuate: {left} VMs are still resident")))
    }
}

impl Operation for HostEvacuate {
    fn target(&self, world: &World) -> Target {
        let word = self.args.get("host").or_else(|| self.args.get("uuid"));
        word.and_then(|word| world.names.machine_by_word(word)).into()
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let planned = self.chosen(world, seat.executor).and_then(|host| Ok((host, self.planned(world, seat, host)?)));
        match planned {
            Ok((host, left)) => (self.host, self.left) = (Some(host), left),
            Err(refusal) => return Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
        }
        // What stops the first move is found out as it begins, when the plan is made and the command is under way.
        Check::Go(world.settings.command)
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let Some((vm, _)) = self.left.front().copied() else { return Progress::Ended(self.end(world, seat)) };
        if !self.migration.under_way() {
            return self.next(world, seat);
        }
        match self.migration.go_on(world, fx, seat, Object::Vm(vm)) {
            Outcome::Again(span) => Progress::Again(span),
            Outcome::Hangs => Progress::Hangs,
            Outcome::Failed(refusal) => Progress::Ended(refusal.output(world, seat.executor)),
            Outcome::Done | Outcome::Says(_) => {
                self.moved();
                self.next(world, seat)
            }
        }
    }

    fn claim(&self) -> Option<VmId> {
        self.left.front().filter(|_| self.migration.under_way()).map(|(vm, _)| *vm)
    }

    /// That of the move under way.
    fn stage(&self) -> Option<&'static str> {
        self.migration.stage()
    }

    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat) {
        self.migration.abandoned(world, fx);
    }
}

/// The host of `uuid=`.
fn named(args: &Args, world: &World, by: MachineId) -> Result<HostId, Refusal> {
    let uuid = args.required("uuid");
    Class::Host.by_uuid(world, by, uuid).and_then(host_of).ok_or_else(|| uuid_invalid("host", uuid))
}

/// `xe host-get-vms-which-prevent-evacuation`.
#[derive(Clone, Debug)]
pub struct PreventEvacuation {
    args: Args,
}

impl Command for PreventEvacuation {
    const DOC: CommandDoc = CommandDoc {
        name: "host-get-vms-which-prevent-evacuation",
        synopsis: "xe host-get-vms-which-prevent-evacuation uuid=HOST-UUID",
        doc: "Prints a record for each VM that would keep `xe host-evacuate` from its work, with the reason: an error's code and its parameters, joined by commas. It prints nothing where nothing is in the way, and changes nothing. UUID_INVALID if the database of the master has no such host. It asks the database alone; that the host can be done without under HA it does not look at.",
        example: "xe host-get-vms-which-prevent-evacuation uuid=$beta",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    fn new(args: Args) -> Self {
        PreventEvacuation { args }
    }
}

/// An error as one text: its code and its parameters as the API has them, references unread.
fn raw(world: &World, error: &ApiError) -> String {
    let mut text = error.code.to_string();
    for param in &error.params {
        text.push(',');
        text.push_str(&print::param(world, None, param));
    }
    text
}

impl PreventEvacuation {
    fn text(&self, world: &World, by: MachineId) -> Result<String, Refusal> {
        let host = named(&self.args, world, by)?;
        let mut text = String::new();
        let mut uuids = Vec::new();
        for (vm, leaves) in plan(world, by, host) {
            let Leaves::Not(errors) = leaves else { continue };
            // The table is read from its end (Hashtbl.fold).
            for error in errors.iter().rev() {
                let vm = Object::Vm(vm);
                let field = |name| Class::Vm.field(name).map(|field| (field.label(), vm.value(world, by, field).show()));
                let mut lines: Vec<_> = ["uuid", "name-label"].into_iter().filter_map(field).collect();
                lines.push(("reason ( RO)".into(), raw(world, error)));
                uuids.push(vm.uuid(world, by));
                text.push_str(&print::record(&lines));
            }
        }
        Ok(if self.args.minimal { print::lines(&uuids, true) } else { text })
    }
}

impl Operation for PreventEvacuation {
    fn target(&self, world: &World) -> Target {
        world.names.machine_by_uuid(self.args.required("uuid")).into()
    }
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match named(&self.args, world, seat.executor) {
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
