//! Steps in words: the text of a fault or act as a scenario writes it, and whose doing it is.

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::share::percent;
use crate::fault::{Act, Fault};
use crate::scenario::model::{Condition, ConditionPart, Deed, Step};
use crate::world::inventory::Inventory;
use crate::world::truth::Io;

/// A list of names as a scenario writes it: one alone, several in brackets.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if let [one] = names.as_slice() { (*one).to_owned() } else { format!("[{}]", names.join(", ")) }
}

fn hosts(of: &[MachineId], names: &Inventory) -> String {
    list(of.iter().map(|m| names.machine(*m)))
}

fn srs(of: &[SrId], names: &Inventory) -> String {
    list(of.iter().map(|sr| names.sr(*sr)))
}

fn vms(of: &[VmId], names: &Inventory) -> String {
    list(of.iter().map(|vm| names.vm(*vm)))
}

fn io(io: Io) -> &'static str {
    match io {
        Io::Error => "",
        Io::Hang => ", io: hang",
    }
}

/// A condition as a scenario writes it: `host: beta, live: false`.
pub fn condition(condition: &Condition, names: &Inventory) -> String {
    let of_vms = |of: &[VmId]| vms(of, names);
    let part = |part: &ConditionPart| match part {
        ConditionPart::Live(of, is) => format!("host: {}, live: {is}", hosts(of, names)),
        ConditionPart::Enabled(of, is) => format!("host: {}, enabled: {is}", hosts(of, names)),
        ConditionPart::Known(of, is) => format!("host: {}, known: {is}", hosts(of, names)),
        ConditionPart::PowerState(of, is) => format!("vm: {}, power-state: {}", of_vms(of), is.name()),
        ConditionPart::ResidentOn(of, is) => {
            format!("vm: {}, resident-on: {}", of_vms(of), is.map_or("null", |machine| names.machine(machine)))
        }
        ConditionPart::XeAnswers(true) => "xe: answers".into(),
        ConditionPart::XeAnswers(false) => "xe: hangs".into(),
        ConditionPart::StepStatus(id, status) => format!("step: {id}, status: {}", status.name()),
        ConditionPart::StepCode(id, code) => format!("step: {id}, code: {code}"),
        ConditionPart::StepPrints(id, text, true) => format!("step: {id}, prints: {text}"),
        ConditionPart::StepPrints(id, text, false) => format!("step: {id}, prints-not: {text}"),
    };
    condition.parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// A deed on one line (a `run` of several lines keeps them).
pub fn text(deed: &Deed, names: &Inventory) -> String {
    match deed {
        Deed::Run(script) => script.text.trim_end().to_owned(),
        Deed::Note(words) => words.clone(),
        Deed::Act(act) => match act {
            Act::PowerOff(of) => format!("power-off: {}", hosts(of, names)),
            Act::PowerOn(of) => format!("power-on: {}", hosts(of, names)),
            Act::Reinstall(of) => format!("reinstall: {}", hosts(of, names)),
            Act::CheckOff(of) => format!("check-off: {}", hosts(of, names)),
            Act::ReAddress(of) => format!("re-address: {}", hosts(of, names)),
            Act::GuestShutdown(of) => format!("guest-shutdown: {}", vms(of, names)),
            Act::GuestReboot(of) => format!("guest-reboot: {}", vms(of, names)),
        },
        Deed::Fault { fault, lasts, every, times, mean } => {
            let mut text = self::fault(fault, names);
            let range = |(least, most): (crate::base::time::Span, crate::base::time::Span)| {
                if least == most { least.to_string() } else { format!("{least}..{most}") }
            };
            if let (Some(mean), Some(lasts)) = (mean, lasts) {
                return format!("chaos: {{{text}, every: {mean}, back-after: {}}}", range(*lasts));
            }
            if let Some(lasts) = lasts {
                text.push_str(&format!(", for: {}", range(*lasts)));
            }
            if let Some(every) = every {
                text.push_str(&format!(", every: {}, times: {times}", range(*every)));
            }
            text
        }
    }
}

/// A fault as a scenario writes it.
pub fn fault(fault: &Fault, names: &Inventory) -> String {
    match fault {
        Fault::Crash(of) => format!("crash: {}", hosts(of, names)),
        Fault::Boot(of) => format!("boot: {}", hosts(of, names)),
        Fault::Hang(of) => format!("hang: {}", hosts(of, names)),
        Fault::Unhang(of) => format!("unhang: {}", hosts(of, names)),
        Fault::Isolate(of) => format!("isolate: {}", hosts(of, names)),
        Fault::HealNetwork(None) => "heal-network".into(),
        Fault::HealNetwork(Some(of)) => format!("heal-network: {}", hosts(of, names)),
        Fault::Partition(groups) => {
            let mut sides: Vec<u16> = groups.clone();
            sides.sort_unstable();
            sides.dedup();
            let side = |side: &u16| {
                let members: Vec<&str> =
                    groups.iter().zip(names.machine_ids()).filter(|(group, _)| *group == side).map(|(_, m)| names.machine(m)).collect();
                format!("[{}]", members.join(", "))
            };
            format!("partition: [{}]", sides.iter().map(side).collect::<Vec<_>>().join(", "))
        }
        Fault::OneWay { from, to } => format!("one-way: {{from: {}, to: {}}}", hosts(from, names), hosts(to, names)),
        Fault::StorageLoss { hosts: of, srs: from, io: how } => {
            format!("storage-loss: {{host: {}, sr: {}{}}}", hosts(of, names), srs(from, names), io(*how))
        }
        Fault::StorageReturn { hosts: of, srs: from } => {
            format!("storage-return: {{host: {}, sr: {}}}", hosts(of, names), srs(from, names))
        }
        Fault::SrOutage { srs: from, io: how } => format!("sr-outage: {}{}", srs(from, names), io(*how)),
        Fault::SrReturn { srs: from } => format!("sr-return: {}", srs(from, names)),
        Fault::VmCrash(of) => format!("vm-crash: {}", vms(of, names)),
        Fault::VmHang(of) => format!("vm-hang: {}", vms(of, names)),
        Fault::VmUnhang(of) => format!("vm-unhang: {}", vms(of, names)),
        Fault::ToolstackStop(of) => format!("toolstack-stop: {}", hosts(of, names)),
        Fault::ToolstackStart(of) => format!("toolstack-start: {}", hosts(of, names)),
        Fault::XhadCrash(of) => format!("xhad-crash: {}", hosts(of, names)),
        Fault::ClockJump { hosts: of, by, back } => {
            format!("clock-jump: {{host: {}, by: {}{by}}}", hosts(of, names), if *back { "-" } else { "" })
        }
        Fault::DegradeNetwork { hosts: of, latency, loss } => {
            let latency = latency.map_or_else(String::new, |(least, most)| format!(", latency: {least}..{most}"));
            format!("degrade-network: {{hosts: {}{latency}, loss: {}%}}", hosts(of, names), percent(*loss))
        }
    }
}

/// Whose doing a step is: the console's host, `fault`, `hands`, `note`.
pub fn actor(step: &Step, names: &Inventory) -> String {
    match &step.deed {
        Deed::Run(_) => names.machine(step.host).to_owned(),
        Deed::Fault { .. } => "fault".into(),
        Deed::Act(_) => "hands".into(),
        Deed::Note(_) => "note".into(),
    }
}

/// The kind of a step, as reports name it.
pub fn kind(deed: &Deed) -> &'static str {
    match deed {
        Deed::Run(_) => "run",
        Deed::Fault { .. } => "fault",
        Deed::Act(_) => "act",
        Deed::Note(_) => "note",
    }
}
