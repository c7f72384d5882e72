//! Warnings about scenarios that load and test nothing: expectations that can't fail or can't hold, faults and acts that
//! can't change anything. Says only what is sure without a run.

use super::model::{Deed, Expect, Pool, Step, When};
use super::read::{Fields, Reader};
use super::scene::Scene;
use super::steps::ReadStep;
use super::waits::ReadSteps;
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::{Span, Time};
use crate::fault::{Act, Fault};
use crate::hazard::Severity;
use std::collections::BTreeSet;

/// The codes of what is said over all steps together, and so only of a file without mistakes.
pub const OF_THE_WHOLE: [&str; 3] = ["cannot-fail", "cannot-hold", "changes-nothing"];

const EVERYTHING: Option<Severity> = Some(Severity::Corruption);

/// Looks at an `expect`.
pub fn expect(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>, expect: &Expect) {
    let mut cannot_fail = |key: &str, message: String, help: &str| {
        reader.warning(fields.key_place(key), "cannot-fail", message, help);
    };
    let nothing_else = expect.hazards.is_empty()
        && expect.never.is_empty()
        && expect.states.is_empty()
        && expect.downtime.is_empty()
        && expect.events_at_most.is_none()
        && expect.effects.is_empty()
        && expect.left.is_none_or(|(_, left)| left == EVERYTHING);
    let all_worlds = !expect.worst_by_world.is_empty()
        && scene.worlds.iter().all(|world| expect.worst_by_world.get(world).is_some_and(|(_, worst)| *worst == EVERYTHING));
    if nothing_else && (expect.worst.is_some_and(|(_, worst)| worst == EVERYTHING) || all_worlds) {
        let help = "say what must come of it: `hazards:`, `never:`, `states:`, or a smaller `worst:`";
        cannot_fail("worst", "`worst: corruption` allows everything, and nothing else is expected".into(), help);
    }
    match (expect.left, expect.worst) {
        (Some((_, EVERYTHING)), _) => {
            cannot_fail("left", "`left: corruption` allows everything".into(), "say `left: none`, or take it out");
        }
        (Some((_, left)), Some((_, worst))) if left > worst => {
            cannot_fail("left", "`left` allows more than `worst`, so it fails only where that does".into(), "say less, or take it out");
        }
        _ => {}
    }
    if let Some(item) = expect.hazards.iter().find(|item| item.share == Some((0, 1_000_000))) {
        let message = format!("{} in `0%..100%` of the seeds is any share at all", item.hazard.doc().name);
        cannot_fail("hazards", message, "name the share that is right");
    }
    if let Some((_, _, most)) = expect.downtime.iter().find(|(_, _, most)| scene.until.is_some_and(|until| Time::ZERO + *most >= until)) {
        cannot_fail("downtime", format!("no VM can be down for longer than {most}: the run is over then"), "say less, or a later `until:`");
    }
    let both = |item: &&super::model::HazardExpect| {
        item.share.is_none() && item.scope == Default::default() && expect.never.iter().any(|(_, never)| *never == item.hazard)
    };
    if let Some(item) = expect.hazards.iter().find(both) {
        let message = format!("{} must occur, and must never occur", item.hazard.doc().name);
        reader.warning(fields.key_place("never"), "cannot-hold", message, "take one of the two out");
    }
}

/// What the steps of a file bring about, wherever they stand and whenever they come.
#[derive(Default)]
struct Brought {
    /// Machines that lose power, hang or are installed afresh; those that get it back.
    down: BTreeSet<MachineId>,
    up: BTreeSet<MachineId>,
    hung: BTreeSet<MachineId>,
    hung_guests: BTreeSet<VmId>,
    cut: BTreeSet<MachineId>,
    parted: bool,
    stopped: BTreeSet<MachineId>,
    lost_paths: BTreeSet<(MachineId, SrId)>,
    lost_srs: BTreeSet<SrId>,
    /// Something is typed that stops or starts machines, or xapi.
    typed_power: bool,
    typed_xapi: bool,
    /// HA is enabled.
    typed_ha: bool,
}

impl Brought {
    fn add(&mut self, step: &Step) {
        match &step.deed {
            Deed::Run(script) => {
                let text = script.text.to_lowercase();
                self.typed_power |= ["shutdown", "reboot", "power", "halt", "init ", "-ha-"].iter().any(|word| text.contains(word));
                self.typed_ha |= text.contains("pool-ha-enable");
                self.typed_xapi |= ["xapi", "toolstack"].iter().any(|word| text.contains(word));
            }
            Deed::Act(Act::PowerOff(hosts)) => self.down.extend(hosts),
            Deed::Act(Act::Reinstall(hosts)) => {
                self.down.extend(hosts);
                self.up.extend(hosts);
            }
            Deed::Act(Act::PowerOn(hosts)) => self.up.extend(hosts),
            Deed::Act(Act::CheckOff(_) | Act::ReAddress(_) | Act::GuestShutdown(_) | Act::GuestReboot(_)) | Deed::Note(_) => {}
            Deed::Fault { fault, lasts, .. } => {
                self.fault(fault);
                // What ends by itself brings about its opposite too.
                match fault {
                    Fault::Crash(hosts) if lasts.is_some() => self.up.extend(hosts),
                    _ => {}
                }
            }
        }
    }

    fn fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Crash(hosts) => self.down.extend(hosts),
            Fault::Boot(hosts) => {
                self.up.extend(hosts);
            }
            Fault::Hang(hosts) => self.hung.extend(hosts),
            Fault::VmHang(vms) => self.hung_guests.extend(vms),
            Fault::Isolate(hosts) | Fault::DegradeNetwork { hosts, .. } => self.cut.extend(hosts),
            Fault::OneWay { from, to } => self.cut.extend(from.iter().chain(to)),
            Fault::Partition(_) => self.parted = true,
            Fault::StorageLoss { hosts, srs, .. } => {
                self.lost_paths.extend(hosts.iter().flat_map(|host| srs.iter().map(move |sr| (*host, *sr))));
            }
            Fault::SrOutage { srs, .. } => self.lost_srs.extend(srs),
            Fault::ToolstackStop(hosts) => self.stopped.extend(hosts),
            Fault::Unhang(_)
            | Fault::HealNetwork(_)
            | Fault::StorageReturn { .. }
            | Fault::SrReturn { .. }
            | Fault::ToolstackStart(_)
            | Fault::ClockJump { .. }
            | Fault::VmCrash(_)
            | Fault::VmUnhang(_)
            | Fault::XhadCrash(_) => {}
        }
    }

    /// Why a deed can't change anything; `None` where it may.
    fn idle(&self, deed: &Deed, pool: &Pool) -> Option<&'static str> {
        // HA takes hosts down by itself, and boots do not always bring them back.
        let ha = pool.ha.is_some();
        let powered = |host: &MachineId| pool.hosts.get(usize::from(host.0)).is_none_or(|start| start.powered);
        let never_down = |host: &MachineId| !ha && powered(host) && !self.typed_power && !self.down.contains(host);
        let never_up = |host: &MachineId| !powered(host) && !self.typed_power && !self.up.contains(host);
        let never_hung = |host: &MachineId| !self.hung.contains(host);
        let lost_path = |host: &MachineId, sr: &SrId| self.lost_paths.contains(&(*host, *sr)) || self.lost_srs.contains(sr);
        let idle = match deed {
            Deed::Fault { fault: Fault::Boot(hosts), .. } => hosts.iter().all(|host| never_down(host) && never_hung(host)),
            Deed::Act(Act::PowerOn(hosts)) => hosts.iter().all(never_down),
            Deed::Fault { fault: Fault::Crash(hosts), .. } | Deed::Act(Act::PowerOff(hosts)) => hosts.iter().all(never_up),
            Deed::Fault { fault: Fault::Unhang(hosts), .. } => hosts.iter().all(never_hung),
            Deed::Fault { fault: Fault::VmUnhang(vms), .. } => vms.iter().all(|vm| !self.hung_guests.contains(vm)),
            Deed::Fault { fault: Fault::HealNetwork(None), .. } => self.cut.is_empty() && !self.parted,
            Deed::Fault { fault: Fault::HealNetwork(Some(hosts)), .. } => !self.parted && hosts.iter().all(|host| !self.cut.contains(host)),
            Deed::Fault { fault: Fault::StorageReturn { hosts, srs }, .. } => {
                hosts.iter().all(|host| srs.iter().all(|sr| !lost_path(host, sr)))
            }
            Deed::Fault { fault: Fault::SrReturn { srs }, .. } => {
                srs.iter().all(|sr| !self.lost_srs.contains(sr) && !self.lost_paths.iter().any(|(_, lost)| lost == sr))
            }
            Deed::Fault { fault: Fault::ToolstackStart(hosts), .. } => {
                !self.typed_xapi && hosts.iter().all(|host| !self.stopped.contains(host))
            }
            Deed::Fault { fault: Fault::XhadCrash(_), .. } => !ha && !self.typed_ha,
            _ => false,
        };
        idle.then_some(match deed {
            Deed::Fault { fault: Fault::Boot(_), .. } => "this host never stops: nothing crashes, hangs or switches it off",
            Deed::Act(Act::PowerOn(_)) => "this host has power all along: nothing takes it away",
            Deed::Fault { fault: Fault::Crash(_), .. } | Deed::Act(_) => "this host has no power, and nothing gives it any",
            Deed::Fault { fault: Fault::Unhang(_), .. } => "this host never hangs",
            Deed::Fault { fault: Fault::VmUnhang(_), .. } => "this guest never hangs",
            Deed::Fault { fault: Fault::HealNetwork(_), .. } => "nothing cuts or degrades these links",
            Deed::Fault { fault: Fault::StorageReturn { .. }, .. } => "this path is never lost",
            Deed::Fault { fault: Fault::SrReturn { .. }, .. } => "this SR is never lost",
            Deed::Fault { fault: Fault::XhadCrash(_), .. } => "HA is off and nothing enables it, so no daemon of it runs",
            _ => "this toolstack is never stopped",
        })
    }
}

/// Looks at the steps of a file, those of all worlds and recoveries together.
/// `chaos` is what breaks at random.
pub fn steps(reader: &mut Reader<'_>, pool: &Pool, chaos: &[Step], read: &ReadSteps<'_>) {
    let named = read.worlds.iter().chain(read.operators).map(|(_, steps)| &steps[..]);
    let sequences = std::iter::once(read.timeline).chain(named).chain(read.recoveries.iter().map(|recovery| &recovery.steps[..]));
    let sequences: Vec<&[ReadStep]> = sequences.collect();
    sequences.iter().for_each(|steps| in_turn(reader, steps));
    let all: Vec<&ReadStep> = sequences.into_iter().flatten().collect();
    let mut brought = Brought::default();
    all.iter().map(|read| &read.step).chain(chaos).for_each(|step| brought.add(step));
    for read in all {
        if let Some(why) = brought.idle(&read.step.deed, pool) {
            let help = "name the host that is meant, or the fault that comes before";
            reader.warning(read.place, "changes-nothing", format!("this step can't change anything: {why}"), help);
        }
        if let Some(expect) = &read.step.expect
            && expect.prints.as_deref() == Some("")
            && (expect.status, &expect.code, expect.exit) == (None, &None, None)
        {
            reader.warning(read.place, "cannot-fail", "`prints: \"\"` holds of whatever is printed", "say a part of what must be printed");
        }
    }
}

/// Steps of one sequence come in turn: one whose time has passed when the one before it begins comes late.
fn in_turn(reader: &mut Reader<'_>, steps: &[ReadStep]) {
    let mut earliest = Span::ZERO;
    for read in steps {
        match read.step.when {
            When::At((_, last)) if last < earliest => {
                let message = format!("this step is to begin at {last}, and the one before it does not begin before {earliest}");
                reader.warning(read.when, "goes-back", message, "steps of one list come in turn: put this one first");
            }
            When::At((first, _)) => earliest = earliest.max(first),
            When::AfterPrevious((first, _)) => earliest = earliest + first,
            When::Next | When::AfterStep { .. } | When::WaitFor { .. } => {}
        }
    }
}
