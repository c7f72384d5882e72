//! A run, read for whoever looks back upon it: its steps, the commands that were typed, and what happened. The questions that
//! are asked of it stand with the hazards that ask them (`hazard::hindsight`).

use super::follow::undoing;
use crate::base::ids::MachineId;
use crate::command::{Ran, Target};
use crate::engine::StepRecord;
use crate::fault::{Act, Fault};
use crate::hazard::hindsight::{Beginning, Command, Hands, Happened, Hindsight, Kind, Step};
use crate::run::Run;
use crate::scenario::model::{self, Deed, Scenario};
use crate::world::World;
use crate::world::event::StepIx;

/// Looks back upon a run.
pub fn hindsight<'a>(scenario: &Scenario, run: &'a Run) -> Hindsight<'a> {
    let engine = &run.engine;
    let steps = run.program.steps.iter().zip(&engine.records).map(|((_, step), record)| as_it_went(step, record, &engine.world));
    let events = engine.trace.entries.iter();
    let events = events.map(|entry| Happened { at: entry.at, event: &entry.event, step: entry.cause.step, due: entry.cause.due });
    Hindsight::new(&engine.world, &beginning(scenario), steps.collect(), commands(run), events.collect())
}

fn beginning(scenario: &Scenario) -> Beginning {
    let pool = &scenario.pool;
    Beginning {
        powered: pool.hosts.iter().map(|host| host.powered).collect(),
        open_on: pool.vdis.iter().map(|vdi| vdi.open_on.iter().map(|(machine, ..)| *machine).collect()).collect(),
        running_on: pool.vms.iter().map(|vm| vm.running_on.clone()).collect(),
    }
}

fn as_it_went(step: &model::Step, record: &StepRecord, world: &World) -> Step {
    let (line, typed) = (step.line, matches!(step.deed, Deed::Run(_)));
    let mention = match &step.deed {
        Deed::Run(script) => match script.single() {
            Some(only) => format!("line {line} (`{}`)", only.text.trim()),
            None => format!("line {line}"),
        },
        _ => format!("line {line}"),
    };
    let hands = match &step.deed {
        Deed::Act(act) => hands(act),
        _ => None,
    };
    Step {
        line,
        mention,
        typed,
        began: record.began,
        status: record.status,
        hands,
        breaks: undoing(&step.deed).is_some(),
        brings_back: brings_back(&step.deed, world),
    }
}

fn hands(act: &Act) -> Option<(Hands, Vec<MachineId>)> {
    Some(match act {
        Act::PowerOff(of) => (Hands::PowerOff, of.clone()),
        Act::PowerOn(of) => (Hands::PowerOn, of.clone()),
        Act::Reinstall(of) => (Hands::Reinstall, of.clone()),
        Act::CheckOff(of) => (Hands::CheckOff, of.clone()),
        Act::ReAddress(_) | Act::GuestShutdown(_) | Act::GuestReboot(_) => return None,
    })
}

/// The machines that a deed gives back to the pool: their power or their links.
fn brings_back(deed: &Deed, world: &World) -> Vec<MachineId> {
    match deed {
        Deed::Act(Act::PowerOn(of)) | Deed::Fault { fault: Fault::Boot(of) | Fault::ToolstackStart(of) | Fault::Unhang(of), .. } => {
            of.clone()
        }
        Deed::Fault { fault: Fault::HealNetwork(of), .. } => of.clone().unwrap_or_else(|| world.machines().collect()),
        // A crash that ends by itself boots the machine.
        Deed::Fault { fault: Fault::Crash(of), lasts: Some(_), .. } => of.clone(),
        _ => Vec::new(),
    }
}

/// The commands that were run, as they were typed.
fn commands(run: &Run) -> Vec<Command> {
    let mut commands = Vec::new();
    for (at, (_, step)) in run.program.steps.iter().enumerate() {
        let (Deed::Run(script), record) = (&step.deed, &run.engine.records[at]) else { continue };
        let Some(began) = record.began else { continue };
        // A shell's script types what it works out; lines one after the other are typed as they stand.
        commands.extend(record.ran.iter().enumerate().map(|(nth, ran)| Command {
            step: StepIx(at as u16),
            line: step.line,
            text: script.lines.get(nth).filter(|_| !script.scripted).map_or(ran.text.as_str(), |line| line.text.trim()).to_owned(),
            kind: kind(ran),
            console: step.host,
            began,
            status: record.status,
            code: record.code.clone(),
        }));
    }
    commands.sort_by_key(|command| (command.began, run.engine.records[usize::from(command.step.0)].order));
    commands
}

/// What a command is to advice.
fn kind(ran: &Ran) -> Kind {
    let (host, vm) = match ran.target {
        Target::Host(machine) => (Some(machine), None),
        Target::Vm(vm) => (None, Some(vm)),
        _ => (None, None),
    };
    match (ran.command, ran.target) {
        (Some("resetvdis.py"), Target::Locks { host, sr, master }) => Kind::Release { host, sr, master },
        (Some("host-forget"), _) => Kind::Forget(host),
        (Some("host-declare-dead"), _) => Kind::DeclareDead(host),
        (Some("vm-reset-powerstate"), _) => Kind::Reset(vm),
        (Some("pool-emergency-transition-to-master"), _) => Kind::Transition,
        (Some("pool-recover-slaves"), _) => Kind::Recover,
        (Some("pool-restore-database"), _) => Kind::Restore,
        (Some("vm-start"), _) => Kind::Start(vm),
        (Some("host-emergency-ha-disable"), _) => Kind::LeaveHa,
        (Some("pool-ha-prevent-restarts-for"), _) => Kind::HoldRestarts,
        _ => Kind::Other,
    }
}
