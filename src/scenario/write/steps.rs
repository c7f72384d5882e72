//! Steps as they are written: when, what, and what must come of it.

use super::super::draft::power_word;
use super::super::model::TIMEOUT;
use super::super::model::{Begin, Condition, ConditionPart, Deed, IO_NAMES, Recovery, SpanRange, Step, StepExpect, When};
use super::super::plain::{self, Map};
use super::super::steps::{STATUSES, WITHIN};
use super::super::tree::Node;
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::fault::{Act, Fault};
use crate::world::event::Status;
use crate::world::inventory::Inventory;
use crate::world::truth::Io;

/// What steps are written against.
pub struct Around<'s> {
    /// The names of the pool.
    pub names: &'s Inventory,
    /// Whose console it is where a step does not say.
    pub host: MachineId,
}

impl Around<'_> {
    fn hosts(&self, hosts: &[MachineId]) -> Node {
        plain::one_or_more(hosts.iter().map(|host| self.names.machine(*host)))
    }
    fn srs(&self, srs: &[SrId]) -> Node {
        plain::one_or_more(srs.iter().map(|sr| self.names.sr(*sr)))
    }
    fn vms(&self, vms: &[VmId]) -> Node {
        plain::one_or_more(vms.iter().map(|vm| self.names.vm(*vm)))
    }

    /// A list of steps.
    pub fn steps(&self, steps: &[Step]) -> Node {
        plain::list(steps.iter().map(|step| self.step(step)))
    }

    /// A recovery without what is expected of it.
    pub fn recovery(&self, recovery: &Recovery) -> Map {
        let mut map = Map::default();
        match &recovery.begin {
            _ if !recovery.says_begin => {}
            // No text says this, and none was read as this.
            Begin::AfterTimeline => {}
            Begin::At(at) => map.say("at", plain::spans(*at)),
            Begin::WaitFor { condition, within } => self.wait(&mut map, condition, *within),
        }
        map.may("pace", (recovery.pace != Span::ZERO).then(|| plain::span(recovery.pace)));
        map.may("host", (recovery.host != self.host).then(|| plain::text(self.names.machine(recovery.host))));
        map.say("steps", Around { names: self.names, host: recovery.host }.steps(&recovery.steps));
        map
    }

    /// What breaks at random, by the name of the fault; `None` where nothing does.
    pub fn chaos(&self, steps: &[Step]) -> Option<Node> {
        let mut all = Map::default();
        for of_kind in steps.chunk_by(|one, other| kind(one) == kind(other)) {
            let mut hit = Vec::new();
            let (mut srs_hit, mut vms_hit) = (Vec::new(), Vec::new());
            let mut map = Map::default();
            let (Some(first), Some((mean, back))) = (of_kind.first().and_then(struck), of_kind.first().and_then(rate)) else { continue };
            for fault in of_kind.iter().filter_map(struck) {
                match fault {
                    Fault::OneWay { from: hosts, .. }
                    | Fault::Crash(hosts)
                    | Fault::Hang(hosts)
                    | Fault::Isolate(hosts)
                    | Fault::ToolstackStop(hosts)
                    | Fault::StorageLoss { hosts, .. }
                    | Fault::DegradeNetwork { hosts, .. } => hit.extend(hosts),
                    Fault::SrOutage { srs, .. } => srs_hit.extend(srs),
                    Fault::VmHang(vms) => vms_hit.extend(vms),
                    _ => {}
                }
            }
            let io_of = |io: Io| (io != Io::Error).then(|| plain::text(io_word(io)));
            match first {
                Fault::Partition(groups) => map.say("groups", self.partition(groups)),
                Fault::VmHang(_) => map.say("vms", self.vms(&vms_hit)),
                Fault::OneWay { to, .. } => {
                    map.say("from", self.hosts(&hit));
                    map.say("to", self.hosts(to));
                }
                Fault::SrOutage { io, .. } => {
                    map.say("sr", self.srs(&srs_hit));
                    map.may("io", io_of(*io));
                }
                Fault::StorageLoss { srs, io, .. } => {
                    map.say("hosts", self.hosts(&hit));
                    map.say("sr", self.srs(srs));
                    map.may("io", io_of(*io));
                }
                Fault::DegradeNetwork { latency, loss, .. } => {
                    map.say("hosts", self.hosts(&hit));
                    map.may("latency", latency.map(plain::spans));
                    map.may("loss", (*loss > 0 || latency.is_none()).then(|| plain::text(plain::percent(*loss))));
                }
                _ => map.say("hosts", self.hosts(&hit)),
            }
            map.say("every", plain::span(mean));
            map.say("back-after", plain::spans(back));
            all.say(first.name(), map.node());
        }
        (!all.is_empty()).then(|| all.node())
    }

    fn step(&self, step: &Step) -> Node {
        let mut map = Map::default();
        map.may("id", step.id.as_ref().map(plain::text));
        match &step.when {
            When::Next => {}
            When::At(at) => map.say("at", plain::spans(*at)),
            When::AfterPrevious(after) => map.say("after", plain::spans(*after)),
            When::AfterStep { id, plus } => map.say("after", plain::text(after_step(id, *plus))),
            When::WaitFor { condition, within } => self.wait(&mut map, condition, *within),
        }
        map.may("if", step.guard.as_ref().map(|guard| self.condition(guard)));
        map.may("host", (step.host != self.host).then(|| plain::text(self.names.machine(step.host))));
        match &step.deed {
            // What breaks at random stands in `chaos`, not among steps.
            Deed::Fault { fault, lasts, every, times, mean: _ } => {
                map.say("fault", self.fault(fault));
                map.may("for", lasts.map(plain::spans));
                map.may("every", every.map(plain::spans));
                map.may("times", every.is_some().then(|| plain::number((*times).into())));
            }
            Deed::Run(script) => map.say("run", plain::text(&script.text)),
            Deed::Act(act) => map.say("act", self.act(act)),
            Deed::Note(words) => map.say("note", plain::text(words)),
        }
        map.may("stdin", step.stdin.as_ref().map(plain::text));
        map.may("capture", step.capture.as_ref().map(plain::text));
        map.may("timeout", (step.timeout != TIMEOUT).then(|| plain::span(step.timeout)));
        if let Some(expect) = &step.expect {
            map.say(if expect.must { "must" } else { "expect" }, outcome(expect));
        }
        map.node()
    }

    fn wait(&self, map: &mut Map, condition: &Condition, within: Span) {
        map.say("wait-for", self.condition(condition));
        map.may("within", (within != WITHIN).then(|| plain::span(within)));
    }

    fn condition(&self, condition: &Condition) -> Node {
        let mut map = Map::default();
        for (at, part) in condition.parts.iter().enumerate() {
            // All parts ask about the same.
            if at == 0 {
                match part {
                    ConditionPart::Live(hosts, _) | ConditionPart::Enabled(hosts, _) | ConditionPart::Known(hosts, _) => {
                        map.say("host", self.hosts(hosts));
                    }
                    ConditionPart::PowerState(vms, _) | ConditionPart::ResidentOn(vms, _) => map.say("vm", self.vms(vms)),
                    ConditionPart::StepStatus(id, _) | ConditionPart::StepCode(id, _) | ConditionPart::StepPrints(id, ..) => {
                        map.say("step", plain::text(id))
                    }
                    ConditionPart::XeAnswers(_) => {}
                }
            }
            match part {
                ConditionPart::Live(_, value) => map.say("live", plain::truth(*value)),
                ConditionPart::Enabled(_, value) => map.say("enabled", plain::truth(*value)),
                ConditionPart::Known(_, value) => map.say("known", plain::truth(*value)),
                ConditionPart::PowerState(_, state) => map.say("power-state", plain::text(power_word(*state))),
                ConditionPart::ResidentOn(_, host) => {
                    map.say("resident-on", host.map_or_else(plain::null, |host| plain::text(self.names.machine(host))));
                }
                ConditionPart::XeAnswers(answers) => map.say("xe", plain::text(if *answers { "answers" } else { "hangs" })),
                ConditionPart::StepStatus(_, status) => map.say("status", plain::text(status_word(*status))),
                ConditionPart::StepCode(_, code) => map.say("code", plain::text(code)),
                ConditionPart::StepPrints(_, text, wanted) => map.say(if *wanted { "prints" } else { "prints-not" }, plain::text(text)),
            }
        }
        map.node()
    }

    fn fault(&self, fault: &Fault) -> Node {
        let io_of = |io: Io| (io != Io::Error).then(|| plain::text(io_word(io)));
        let one = |name: &str, node: Node| plain::named(vec![(name.to_string(), node)]);
        match fault {
            Fault::Crash(hosts) => one("crash", self.hosts(hosts)),
            Fault::Boot(hosts) => one("boot", self.hosts(hosts)),
            Fault::Hang(hosts) => one("hang", self.hosts(hosts)),
            Fault::Unhang(hosts) => one("unhang", self.hosts(hosts)),
            Fault::Isolate(hosts) => one("isolate", self.hosts(hosts)),
            Fault::ToolstackStop(hosts) => one("toolstack-stop", self.hosts(hosts)),
            Fault::ToolstackStart(hosts) => one("toolstack-start", self.hosts(hosts)),
            Fault::XhadCrash(hosts) => one("xhad-crash", self.hosts(hosts)),
            Fault::VmCrash(vms) => one("vm-crash", self.vms(vms)),
            Fault::VmHang(vms) => one("vm-hang", self.vms(vms)),
            Fault::VmUnhang(vms) => one("vm-unhang", self.vms(vms)),
            Fault::HealNetwork(None) => plain::text("heal-network"),
            Fault::HealNetwork(Some(hosts)) => one("heal-network", self.hosts(hosts)),
            Fault::Partition(groups) => one("partition", self.partition(groups)),
            Fault::OneWay { from, to } => {
                let mut map = Map::default();
                map.say("from", self.hosts(from));
                map.say("to", self.hosts(to));
                one("one-way", map.node())
            }
            Fault::StorageLoss { hosts, srs, io } => {
                let mut map = Map::default();
                map.say("host", self.hosts(hosts));
                map.say("sr", self.srs(srs));
                map.may("io", io_of(*io));
                one("storage-loss", map.node())
            }
            Fault::StorageReturn { hosts, srs } => {
                let mut map = Map::default();
                map.say("host", self.hosts(hosts));
                map.say("sr", self.srs(srs));
                one("storage-return", map.node())
            }
            Fault::SrOutage { srs, io } => {
                let mut map = Map::default();
                map.say("sr-outage", self.srs(srs));
                map.may("io", io_of(*io));
                map.node()
            }
            Fault::SrReturn { srs } => one("sr-return", self.srs(srs)),
            Fault::ClockJump { hosts, by, back } => {
                let mut map = Map::default();
                map.say("host", self.hosts(hosts));
                map.say("by", plain::text(format!("{}{by}", if *back { "-" } else { "" })));
                one("clock-jump", map.node())
            }
            Fault::DegradeNetwork { hosts, latency, loss } => {
                let mut map = Map::default();
                map.say("hosts", self.hosts(hosts));
                map.may("latency", latency.map(plain::spans));
                map.may("loss", (*loss > 0 || latency.is_none()).then(|| plain::text(plain::percent(*loss))));
                one("degrade-network", map.node())
            }
        }
    }

    /// The groups but the last, which is of all who are not named.
    fn partition(&self, groups: &[u16]) -> Node {
        let last = groups.iter().copied().max().unwrap_or_default();
        let members = |group: u16| self.names.machine_ids().filter(move |machine| groups.get(machine.at()) == Some(&group));
        plain::list((0..last.max(1)).map(|group| plain::texts(members(group).map(|machine| self.names.machine(machine)))))
    }

    fn act(&self, act: &Act) -> Node {
        let whom = match act {
            Act::PowerOff(hosts) | Act::PowerOn(hosts) | Act::Reinstall(hosts) | Act::CheckOff(hosts) | Act::ReAddress(hosts) => {
                self.hosts(hosts)
            }
            Act::GuestShutdown(vms) | Act::GuestReboot(vms) => self.vms(vms),
        };
        plain::named(vec![(act.name().to_string(), whom)])
    }
}

/// `STEP`, or `STEP+20s`. An id that begins with a digit could be taken for a mistyped duration.
fn after_step(id: &str, plus: (Span, Span)) -> String {
    let plain = plus == (Span::ZERO, Span::ZERO) && !id.starts_with(|c: char| c.is_ascii_digit());
    match plus {
        _ if plain => id.to_string(),
        (least, most) if least == most => format!("{id}+{least}"),
        (least, most) => format!("{id}+{least}..{most}"),
    }
}

fn outcome(expect: &StepExpect) -> Node {
    if let StepExpect { status: Some(status), code: None, prints: None, exit: None, .. } = expect {
        return plain::text(status_word(*status));
    }
    let mut map = Map::default();
    map.may("status", expect.status.map(|status| plain::text(status_word(status))));
    map.may("code", expect.code.as_ref().map(plain::text));
    map.may("prints", expect.prints.as_ref().map(plain::text));
    map.may("exit", expect.exit.map(|exit| plain::number(u64::try_from(exit).unwrap_or_default())));
    map.node()
}

fn status_word(status: Status) -> &'static str {
    STATUSES.iter().find(|(_, one)| *one == status).map_or("", |(word, _)| word)
}

fn io_word(io: Io) -> &'static str {
    IO_NAMES.iter().find(|(_, one)| *one == io).map_or("", |(word, _)| word)
}

/// The fault of a step that strikes at random.
fn struck(step: &Step) -> Option<&Fault> {
    match &step.deed {
        Deed::Fault { fault, mean: Some(_), .. } => Some(fault),
        _ => None,
    }
}

/// How often it strikes, and how long it then lasts.
fn rate(step: &Step) -> Option<(Span, SpanRange)> {
    match &step.deed {
        Deed::Fault { lasts: Some(lasts), mean: Some(mean), .. } => Some((*mean, *lasts)),
        _ => None,
    }
}

fn kind(step: &Step) -> Option<&'static str> {
    struck(step).map(Fault::name)
}
