//! The scenario that plays an incident again.

use super::words::{span, words};
use super::{Deed, HA_TAKES, Ha, Instant, REFUSED_WITHIN, SECOND, Traced, What};
use crate::base::inert::clean_line;
use crate::base::time::Span;
use crate::scenario::model::Scenario;
use crate::scenario::write as scenario_text;
use crate::scenario::write::quoted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// As many of HA's instants stand in a scenario as comments.
const NOTES_MOST: usize = 200;
/// HA finds the same of a host within this, in whichever log it stands.
const SAME: i64 = 300 * SECOND;
/// HA has told what it found of a host so long after the log has it at the latest, whatever was so: 225 s after a split with a disk that
/// works on both sides, and 20 s until xapi asks; the log has it 81 s after a loss at the earliest.
const HA_WITHIN: i64 = 240 * SECOND;
/// After its last heartbeat a host is held for unheard: T1 of the daemon, where nobody set another.
const UNHEARD_AFTER: i64 = 60 * SECOND;

/// A scenario under way.
pub(super) struct Story<'t> {
    traced: &'t Traced,
    pool: &'t Scenario,
    /// When it is 0.
    zero: i64,
    /// Hosts that were lost, with when they are taken to have been, and what is said of that.
    lost: BTreeMap<String, (i64, String)>,
    steps: Vec<(i64, String, String)>,
    states: Vec<(String, String)>,
    remarks: Vec<String>,
    /// What HA's own lines tell beside that.
    notes: Vec<(i64, String)>,
    /// Hosts that reset themselves: what was so is known of them.
    fenced: BTreeSet<String>,
    /// When HA was last said to hold a host for dead.
    held: BTreeMap<String, i64>,
}

impl<'t> Story<'t> {
    pub(super) fn new(traced: &'t Traced, pool: &'t Scenario) -> Story<'t> {
        let mut remarks = traced.remarks();
        let of_ha = |one: &Instant| matches!(one.what, What::Ha(..) | What::DeadByHa(_));
        if pool.pool.ha.is_none() && traced.instants.iter().any(of_ha) {
            remarks.push("the logs are of a pool with HA, and in the pool of the file it is off: it will not do what they tell".into());
        }
        let (lost, steps, states, notes) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        let (fenced, held) = (BTreeSet::new(), BTreeMap::new());
        Story { traced, pool, zero: 0, lost, steps, states, remarks, notes, fenced, held }
    }

    /// The host that a log's words mean: its name and UUID here.
    fn host(&self, said: &str) -> Option<(String, String)> {
        let names = &self.pool.pool.names;
        if let Some(place) = said.strip_prefix('#') {
            // The daemon's own order: by UUID (lib/config.c).
            let mut hosts: Vec<_> = names.hosts.iter().filter(|host| !names.machines[host.machine.at()].spare).collect();
            hosts.sort_by(|a, b| a.uuid.cmp(&b.uuid));
            let host = hosts.get(place.parse::<usize>().ok()?)?;
            return Some((names.machine(host.machine).to_string(), host.uuid.clone()));
        }
        let word = said.split(" (").next().unwrap_or(said).trim();
        let machine = names.machine_ids().find(|machine| {
            let uuid = names.hosts.iter().find(|host| host.machine == *machine).map(|host| host.uuid.as_str());
            uuid.is_some_and(|uuid| uuid.eq_ignore_ascii_case(word))
                || names.machine(*machine) == word
                || said.ends_with(&format!("({})", names.machine(*machine)))
        })?;
        let uuid = names.hosts.iter().find(|host| host.machine == machine).map(|host| host.uuid.clone())?;
        Some((names.machine(machine).to_string(), uuid))
    }

    fn vm(&self, said: &str) -> Option<(String, String)> {
        let names = &self.pool.pool.names;
        let word = said.split(" (").next().unwrap_or(said).trim();
        let vm = names.vm_ids().find(|vm| {
            let uuid = &names.vms[vm.at()].uuid;
            uuid.eq_ignore_ascii_case(word) || names.vm(*vm) == word || said.ends_with(&format!("({})", names.vm(*vm)))
        })?;
        Some((names.vm(vm).to_string(), names.vms[vm.at()].uuid.clone()))
    }

    /// The host that somebody who releases locks must mean: the last that was forgotten or held for dead.
    fn meant(&self, at: i64) -> Option<(String, String)> {
        let mut before = self.traced.instants.iter().rev().filter(|one| one.at <= at);
        before.find_map(|one| match &one.what {
            What::Host(Deed::Forget | Deed::DeclareDead, host) | What::HeldForDead(Some(host), _) | What::DeadByHa(host) => self.host(host),
            _ => None,
        })
    }

    pub(super) fn text(mut self) -> Result<String, String> {
        if self.traced.instants.is_empty() {
            return Err(format!("none of {} lines tells anything of the pool", self.traced.lines));
        }
        self.losses();
        let first = self.traced.instants.iter().map(|one| one.at).chain(self.lost.values().map(|(at, _)| *at)).min().unwrap_or(0);
        self.zero = first - 60 * SECOND;
        for one in &self.traced.instants {
            self.instant(one);
        }
        Ok(self.written())
    }

    /// Which hosts were lost, and when.
    fn losses(&mut self) {
        let members: Vec<&str> = {
            let names = &self.pool.pool.names;
            names.machine_ids().filter(|machine| !names.machines[machine.at()].spare).map(|machine| names.machine(machine)).collect()
        };
        let forgotten: Vec<String> = self
            .traced
            .instants
            .iter()
            .filter_map(|one| match &one.what {
                What::Host(Deed::Forget | Deed::DeclareDead, host) => self.host(host).map(|(name, _)| name),
                _ => None,
            })
            .collect();
        for one in &self.traced.instants {
            let (name, at, said) = match &one.what {
                What::HeldForDead(host, silence) => {
                    let name = match host {
                        Some(host) => self.host(host).map(|(name, _)| name),
                        // In a pool of two it is the other; else it is the one that was then forgotten, where that was one.
                        None if members.len() == 2 => {
                            let master = self.pool.pool.names.machine(self.pool.pool.master);
                            members.iter().find(|name| **name != master).map(|name| (*name).to_string())
                        }
                        None => {
                            let distinct: BTreeSet<&String> = forgotten.iter().collect();
                            if let (1, Some(name)) = (distinct.len(), distinct.first()) { Some((*name).clone()) } else { None }
                        }
                    };
                    let Some(name) = name else {
                        self.remarks.push(format!("{}: a host is held for dead, and which one is not in the log", self.traced.place(one)));
                        continue;
                    };
                    let silence = silence.unwrap_or(600 * SECOND);
                    (name, one.at - silence, format!("it was last heard of {} before", span(silence)))
                }
                What::DeadByHa(host) => {
                    let Some((name, _)) = self.host(host) else { continue };
                    (name, one.at - HA_TAKES.1, format!("HA takes {} to {}", span(HA_TAKES.0), span(HA_TAKES.1)))
                }
                What::Ha(Ha::Out, host) => {
                    let Some((name, _)) = self.host(host) else { continue };
                    let unheard = self.traced.instants.iter().rev().find(|before| {
                        before.at <= one.at
                            && one.at - before.at <= SAME
                            && matches!(&before.what, What::Ha(Ha::Unheard, other) if self.host(other).is_some_and(|(other, _)| other == name))
                    });
                    match unheard {
                        Some(before) => {
                            let place = self.traced.place(before);
                            let said = format!("its heartbeat had not been heard for {} ({place})", span(UNHEARD_AFTER));
                            (name, before.at - UNHEARD_AFTER, said)
                        }
                        None => (name, one.at - HA_TAKES.1, format!("HA takes {} to {}", span(HA_TAKES.0), span(HA_TAKES.1))),
                    }
                }
                What::Ha(Ha::Fences | Ha::Watchdog, host) => {
                    let Some((name, _)) = self.host(host) else { continue };
                    self.fenced.insert(name.clone());
                    let taken = "some 60 s after it was cut off".to_string();
                    let place = self.traced.place(one);
                    let said = format!("{name} reset itself at {} ({place}), {taken}", self.traced.clock(one.at));
                    self.lost.entry(name).or_insert((one.at - UNHEARD_AFTER, said));
                    continue;
                }
                _ => continue,
            };
            let place = self.traced.place(one);
            let said = format!("{name} was held for dead at {} ({place}); {said}", self.traced.clock(one.at));
            self.lost.entry(name).or_insert((at, said));
        }
        for one in &self.traced.instants {
            if let What::Host(Deed::Forget | Deed::DeclareDead, host) = &one.what
                && let Some((name, _)) = self.host(host)
            {
                let said = format!(
                    "when {name} was lost is not in the log: it was before {} ({})",
                    self.traced.clock(one.at),
                    self.traced.place(one)
                );
                self.lost.entry(name).or_insert((one.at - 660 * SECOND, said));
            }
        }
    }

    /// An instant of the scenario, in whole seconds.
    fn at(&self, at: i64) -> Span {
        span(at - self.zero)
    }

    fn step(&mut self, one: &Instant, line: String, note: &str) {
        let place = self.traced.place(one);
        let note = if note.is_empty() { place } else { format!("{place}: {note}") };
        self.steps.push((one.at, line, note));
    }

    fn unknown(&mut self, one: &Instant) {
        let (what, place) = (words(&one.what), self.traced.place(one));
        self.remarks.push(format!("{place}: the pool does not have what it names: {what}"));
    }

    fn instant(&mut self, one: &Instant) {
        match &one.what {
            What::HeldForDead(host, _) => {
                let named = host.as_ref().and_then(|host| self.host(host)).map(|(name, _)| name);
                // Where the line names none it was worked out above.
                let name = named.or_else(|| {
                    self.lost.iter().find(|(_, (_, said))| said.contains(&self.traced.place(one))).map(|(name, _)| name.clone())
                });
                if let Some(name) = name {
                    self.held(one, &name);
                }
            }
            What::DeadByHa(host) => match self.host(host) {
                Some((name, _)) => self.held(one, &name),
                None => self.unknown(one),
            },
            What::Ha(ha, host) => match self.host(host) {
                Some((name, _)) => {
                    match ha {
                        Ha::Out => self.held(one, &name),
                        Ha::Fences if self.pool.pool.ha.is_some() => {
                            let by = self.at(one.at + HA_WITHIN);
                            let state = format!("{{by: {by}, host: {}, fenced: true}}", quoted(&name));
                            self.states.push((state, self.traced.place(one)));
                        }
                        _ => {}
                    }
                    self.note(one, format!("{name} {}", ha.words()));
                }
                None => self.note(one, words(&one.what)),
            },
            What::NotStarted(_) | What::Failed(_) => self.note(one, words(&one.what)),
            What::Host(deed, host) => match self.host(host) {
                Some((name, uuid)) => {
                    let line = match deed {
                        Deed::Forget => format!("xe host-forget uuid={uuid} --force"),
                        Deed::DeclareDead => format!("xe host-declare-dead uuid={uuid} --force"),
                        Deed::Eject => format!("xe pool-eject host-uuid={uuid} --force"),
                        Deed::Disable => format!("xe host-disable uuid={uuid}"),
                        _ => format!("xe host-enable uuid={uuid}"),
                    };
                    self.step(one, line, &name);
                }
                None => self.unknown(one),
            },
            What::NewMaster(host) => match self.host(host) {
                Some((name, uuid)) => self.step(one, format!("xe pool-designate-new-master host-uuid={uuid}"), &name),
                None => self.unknown(one),
            },
            What::Start(vm, on, by_ha) => self.start(one, vm, on.as_deref(), *by_ha),
            What::Vm(deed, vm) => match self.vm(vm) {
                Some((name, uuid)) => {
                    let line = match deed {
                        Deed::ResetPower => format!("xe vm-reset-powerstate uuid={uuid} --force"),
                        Deed::HardShutdown => format!("xe vm-shutdown uuid={uuid} --force"),
                        _ => format!("xe vm-shutdown uuid={uuid}"),
                    };
                    self.step(one, line, &name);
                }
                None => self.unknown(one),
            },
            What::Typed(line) => {
                // Keys of xe's own that a console does not type.
                let words: Vec<&str> = line.split(' ').filter(|word| !word.ends_with('=')).collect();
                let force = words.contains(&"force=true");
                let words: Vec<&str> = words.into_iter().filter(|word| *word != "force=true").collect();
                self.step(one, format!("{}{}", words.join(" "), if force { " --force" } else { "" }), "as xapi wrote it down");
            }
            What::Reset(sr, master) => {
                let names = &self.pool.pool.names;
                let known = names.srs.iter().any(|one| one.uuid.eq_ignore_ascii_case(sr));
                match self.meant(one.at).filter(|_| known) {
                    Some((name, uuid)) => {
                        let line = format!("/opt/xensource/sm/resetvdis.py {uuid} {sr}{}", if *master { " master" } else { "" });
                        self.step(one, line, &format!("the line does not name the host; {name} is the last that was given up"));
                    }
                    None => self.unknown(one),
                }
            }
            What::Refused(vdi) => self.refused(one, vdi),
        }
    }

    fn note(&mut self, one: &Instant, said: String) {
        self.notes.push((one.at, format!("{said} ({})", self.traced.place(one))));
    }

    fn held(&mut self, one: &Instant, name: &str) {
        let of_ha = matches!(one.what, What::DeadByHa(_) | What::Ha(..));
        // Several daemons, and xapi, tell the same.
        if of_ha && self.held.insert(name.to_string(), one.at).is_some_and(|before| one.at - before < SAME) {
            return;
        }
        // The simulator looks every 30 s, as xapi does, and its own heartbeats come at their own times.
        let by = self.at(one.at + if of_ha { HA_WITHIN } else { 90 * SECOND });
        self.states.push((format!("{{by: {by}, host: {}, live: false}}", quoted(name)), self.traced.place(one)));
    }

    fn start(&mut self, one: &Instant, vm: &str, on: Option<&str>, by_ha: bool) {
        let (Some((name, uuid)), host) = (self.vm(vm), on.and_then(|on| self.host(on))) else { return self.unknown(one) };
        if by_ha {
            if let Some((host, _)) = host {
                let by = self.at(one.at + HA_WITHIN);
                self.states.push((format!("{{by: {by}, vm: {}, resident-on: {}}}", quoted(&name), quoted(&host)), self.traced.place(one)));
            }
            return;
        }
        let on = host.map_or_else(String::new, |(host, _)| format!(" on='{}'", host.replace('\'', r"'\''")));
        // xapi writes one line for the start and one for where it forwards it to.
        let line = format!("xe vm-start uuid={uuid}{on}");
        let again = self
            .steps
            .last()
            .is_some_and(|(at, last, _)| one.at - at < 5 * SECOND && last.starts_with(&format!("xe vm-start uuid={uuid}")));
        if !again {
            self.step(one, line, &name);
        }
    }

    /// The start that was refused, if there is one that it can be; more than one can't be told apart.
    fn refused(&mut self, one: &Instant, vdi: &str) {
        let names = &self.pool.pool.names;
        let owner = names.vdis.iter().position(|one| one.uuid.eq_ignore_ascii_case(vdi));
        let vms: Vec<&str> = owner.map_or_else(Vec::new, |vdi| {
            names.vbds.iter().filter(|vbd| vbd.vdi.at() == vdi).map(|vbd| names.vms[vbd.vm.at()].uuid.as_str()).collect()
        });
        let (at, place) = (one.at, self.traced.place(one));
        let of = |line: &str| vms.iter().any(|uuid| line.starts_with(&format!("xe vm-start uuid={uuid}")));
        match self.steps.iter_mut().rev().find(|(begun, line, _)| at - *begun <= REFUSED_WITHIN && of(line)) {
            Some((_, _, note)) if !note.contains("refused") => note.push_str(&format!("; refused ({place})")),
            Some(_) => {}
            None => self.unknown(one),
        }
    }

    fn written(&self) -> String {
        let pool = self.pool;
        let mut out = format!("# Made by `poolsim trace` from {}.\n", self.traced.files.join(", "));
        let _ = writeln!(
            out,
            "# 0 is {} of the log; {} of {} lines tell of the pool.",
            self.traced.clock(self.zero),
            self.traced.instants.len(),
            self.traced.lines
        );
        out.push_str("# The pool is that of the file that was named, as it stood there.\n");
        for remark in &self.remarks {
            let _ = writeln!(out, "#   {}", clean_line(remark));
        }
        let title = format!("What the logs of {} tell", self.traced.clock(self.traced.instants[0].at));
        out.push_str(&scenario_text::beginning(&title, Some(pool.release), &pool.pool, &pool.settings, &[]));
        if !self.notes.is_empty() {
            out.push_str("# What HA's own lines tell:\n");
            for (at, note) in self.notes.iter().take(NOTES_MOST) {
                let _ = writeln!(out, "#   {}  {}", self.at(*at), clean_line(note));
            }
            if let Some(more) = self.notes.len().checked_sub(NOTES_MOST).filter(|more| *more > 0) {
                let _ = writeln!(out, "#   and {more} more");
            }
        }
        if !self.lost.is_empty() {
            out.push_str("worlds:\n");
            for said in self.lost.values().map(|(_, said)| said) {
                let _ = writeln!(out, "  # {}.", clean_line(said));
            }
            for name in &self.fenced {
                let _ = writeln!(
                    out,
                    "  # {} reset itself, so it was up until then: it was cut off, or its daemon was stuck.",
                    clean_line(name)
                );
            }
            let known = self.lost.keys().all(|name| self.fenced.contains(name));
            if !known {
                out.push_str("  # What was so is not in the log: dead, cut off or hung?\n");
            }
            for (world, fault) in [("dead", "crash"), ("isolated", "isolate"), ("hung", "hang")] {
                if known && world != "isolated" {
                    continue;
                }
                let _ = writeln!(out, "  {world}:");
                let mut lost: Vec<(&String, i64)> = self.lost.iter().map(|(name, (at, _))| (name, *at)).collect();
                lost.sort_by_key(|(name, at)| (*at, (*name).clone()));
                for (name, at) in lost {
                    let fault = if self.fenced.contains(name) { "isolate" } else { fault };
                    let _ = writeln!(out, "    - {{at: {}, fault: {{{fault}: {}}}}}", self.at(at), quoted(name));
                }
            }
        }
        if !self.steps.is_empty() {
            let names = &pool.pool.names;
            let master = names.machine(pool.pool.master);
            let console = names.machine_ids().map(|machine| names.machine(machine)).find(|name| !self.lost.contains_key(*name));
            let console = if self.lost.contains_key(master) { console.unwrap_or(master) } else { master };
            let _ = writeln!(out, "recovery:\n  # On whose console it was typed is not in the log.\n  host: {}\n  steps:", quoted(console));
            for (at, line, note) in &self.steps {
                let expect = if note.contains("; refused (") { ", expect: {status: error}" } else { "" };
                let _ = writeln!(out, "    - {{at: {}, run: {}{expect}}}   # {}", self.at(*at), quoted(line), clean_line(note));
            }
        }
        if !self.states.is_empty() {
            out.push_str("expect:\n  states:\n");
            for (state, place) in &self.states {
                let _ = writeln!(out, "    - {state}   # {}", clean_line(place));
            }
        }
        out
    }
}
