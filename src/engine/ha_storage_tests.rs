//! Storage faults under HA, drawn at random together with faults of the network and of hosts. The statefile may be lost to
//! one host or to all, may fail or hang, and comes back; guests lose their disks. Data may not be harmed even so: whoever is
//! taken for dead has been reset before.
//!
//! What the daemon's rules do not cover is rare: beside [`Gap`] fewer than two seeds in 1,000. In each a further fault strikes, or
//! one ends, while the first is being found or handled: the sides of a split decide up to a round of the statefile apart, and by
//! what each knows at that instant; and who has lost another's slot does not take it back before the handler has ended. Where one
//! fault strikes alone none of it happens. It is so in life: xhad's own code, run over 2,194 storms like these in which nobody
//! boots again, took a host that ran for lost in seven: in two for such a reason, in five by the known fault that the last beat
//! counts (`KnownFaults`), which a daemon here has only where it is asked for.

use super::{Engine, Options};
use crate::base::draw::Stream;
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Time;
use crate::scenario::load;
use crate::world::event::{Ending, Event};
use crate::world::{MAIN_POOL, World};
use std::fmt::Write;

/// The heartbeat SR.
const NFS1: SrId = SrId(0);

const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

/// A pool of 2 to 5 hosts with the statefile on nfs1 and protected guests on both SRs, and 1 to 5 faults that end.
fn storm(seed: u64) -> String {
    let draw = Stream::new(seed, "ha-storage", "");
    let hosts = 2 + draw.below(0, 4) as usize;
    let mut text = format!(
        "seed: {seed}\nuntil: 75m\npool:\n  hosts: [{}]\n  storage: [nfs1, nfs2]\n  ha: {{heartbeat-sr: nfs1}}\n  vms:\n    db: {{running-on: alpha, ha: restart, disks: {{root: {{sr: nfs1}}}}}}\n    web: {{running-on: beta, ha: restart, disks: {{root: {{sr: nfs2}}}}}}\n    mail: {{running-on: {}, ha: best-effort, disks: {{root: {{sr: nfs2}}, data: {{sr: nfs1}}}}}}\n",
        NAMES[..hosts].join(", "),
        NAMES[hosts - 1],
    );
    let mut faults: Vec<(u64, String)> = Vec::new();
    for k in 0..1 + draw.below(1, 5) {
        let at = |n: u64| 10 + k * 16 + n;
        let host = |n: u64| NAMES[draw.below(at(n), hosts as u64) as usize];
        let (a, b) = (host(0), host(1));
        let sr = if draw.below(at(5), 3) < 2 { "nfs1" } else { "nfs2" };
        let io = if draw.below(at(6), 2) == 0 { "error" } else { "hang" };
        let fault = match draw.below(at(2), 12) {
            0 => format!("crash: {a}"),
            1 => format!("hang: {a}"),
            2 => format!("isolate: {a}"),
            3 if a != b => format!("one-way: {{from: {a}, to: {b}}}"),
            3 => format!("isolate: {b}"),
            4 => format!("partition: [[{a}]]"),
            5 => format!("xhad-crash: {a}"),
            6..=8 => format!("storage-loss: {{host: {a}, sr: {sr}, io: {io}}}"),
            _ => format!("sr-outage: {sr}, io: {io}"),
        };
        let start = 300 + draw.below(at(3), 400);
        let lasts = if fault.starts_with("xhad") { String::new() } else { format!(", for: {}s", 20 + draw.below(at(4), 300)) };
        faults.push((start, format!("  - {{at: {start}s, fault: {{{fault}}}{lasts}}}\n")));
    }
    // In a timeline a step waits for the one before it.
    faults.sort();
    text.push_str("timeline:\n");
    for (_, fault) in faults {
        let _ = write!(text, "{fault}");
    }
    text
}

/// A gap in the rule of the daemon (xha, sm.c, fault_handler): the winners' sleep before the liveset shrinks reckons that a host which is neither
/// heard nor seen on the disk fences itself, or has stood still since then. One whose domain 0 hangs, or whose daemon dies, in
/// the seconds between has fed its watchdog until that moment, and is reset 60 s after it: that is later than they reckon.
#[derive(Clone)]
struct Gap {
    /// Whether a host had lost the statefile, and some other could not hear it, when it came to stand still.
    stood_still_cut_off: Vec<bool>,
}

impl Gap {
    fn see(&mut self, world: &World, event: &Event) {
        if let Event::Dom0Hung { machine } | Event::HaDaemonCrashed { machine, .. } = event {
            let unheard = world.machines().any(|peer| peer != *machine && !world.carries(*machine, peer));
            self.stood_still_cut_off[machine.at()] = unheard && world.path_fault(*machine, NFS1).is_some();
        }
    }

    /// Whether a host runs on in the gap: its watchdog is still to strike.
    fn holds(&self, world: &World, machine: MachineId) -> bool {
        let hung = world.stacks[machine.at()].xhad.as_ref().filter(|_| !world.dom0_answers(machine));
        let strikes = hung.map(|xhad| xhad.beaten + xhad.times.beat_watchdog).or(world.hw.machine(machine).unfed);
        self.stood_still_cut_off[machine.at()] && strikes.is_some_and(|at| world.now <= at)
    }
}

/// What may not be so at any instant; `Err` where the gap allows it.
fn wrong(world: &World, gap: &Gap) -> Result<Option<String>, ()> {
    let masters: Vec<MachineId> = world.masters(MAIN_POOL).collect();
    let ruling: Vec<MachineId> = masters.iter().copied().filter(|master| world.ha_holds_lock(*master)).collect();
    if ruling.len() > 1 {
        return Ok(Some(format!("the lock has two holders: {ruling:?}")));
    }
    let in_livesets = masters.iter().filter(|master| world.ha_joined(**master)).count();
    if in_livesets > 1 {
        return Ok(Some(format!("{masters:?} rule, each in a liveset")));
    }
    for master in masters {
        for machine in world.machines() {
            if !world.db(master).live(world.host_on(machine)) && world.runs_guests(machine) {
                if gap.holds(world, machine) {
                    return Err(());
                }
                return Ok(Some(format!("{master:?} holds {machine:?} for dead, and its guests run")));
            }
        }
    }
    let twice = world.names.vm_ids().find(|vm| world.runs_on(*vm).count() > 1);
    Ok(twice.map(|vm| format!("two domains of VM {}", vm.at())))
}

/// What happened over some seeds.
#[derive(Default, Debug)]
struct Counts {
    fenced: usize,
    marked: usize,
    elected: usize,
    shrunk: usize,
    by_rule_two: usize,
    held: usize,
    restarted: usize,
    in_the_gap: usize,
}

fn weather(seeds: std::ops::Range<u64>) -> (Counts, Vec<String>) {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for seed in seeds {
        let text = storm(seed);
        let scenario = load("storm.yaml", &text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).scenario;
        let mut engine = Engine::new(&scenario, scenario.cases()[0], Options { seed, silent: true, ..Options::default() });
        let mut bad: Option<(Time, String)> = None;
        let mut gap = Gap { stood_still_cut_off: vec![false; engine.world.hw.machines().len()] };
        let mut in_the_gap = false;
        let mut alive = vec![true; engine.world.hw.machines().len()];
        while let Some((at, told)) = engine.turn() {
            let told = told.to_vec();
            for event in &told {
                gap.see(&engine.world, event);
                match event {
                    Event::Fenced { .. } => counts.fenced += 1,
                    Event::HostMarkedDead { .. } => counts.marked += 1,
                    Event::HaMasterElected { .. } => counts.elected += 1,
                    Event::HaShrunk { .. } => counts.shrunk += 1,
                    Event::HaStatefileBack { .. } => counts.by_rule_two += 1,
                    Event::WriteHeld { .. } => counts.held += 1,
                    Event::VmRestarted { .. } => counts.restarted += 1,
                    Event::DiskDamaged { .. } | Event::WroteLate { over: Some(_), .. } => {
                        bad.get_or_insert((at, format!("{event:?}")));
                    }
                    Event::PowerLost { machine } => alive[machine.at()] = false,
                    Event::Dom0Up { machine } => alive[machine.at()] = true,
                    // What dies with its machine may be restarted; nothing else of a protected guest ends.
                    Event::DomainEnded { machine, ending, .. } if alive[machine.at()] || *ending != Ending::Power => {
                        bad.get_or_insert((at, format!("{event:?}")));
                    }
                    _ => {}
                }
            }
            match wrong(&engine.world, &gap) {
                // What comes of it is no more to be judged.
                Err(()) if bad.is_none() => in_the_gap = true,
                Ok(Some(what)) if bad.is_none() => bad = Some((at, what)),
                _ => {}
            }
            if in_the_gap {
                break;
            }
        }
        if in_the_gap {
            counts.in_the_gap += 1;
            continue;
        }
        // All is healed for an hour: one liveset of all, one master, and every protected guest runs.
        let world = &engine.world;
        let joined: Vec<MachineId> = world.machines().filter(|machine| world.ha_joined(*machine)).collect();
        let same = joined.windows(2).all(|pair| world.ha_liveset(pair[0]) == world.ha_liveset(pair[1]));
        let masters = world.masters(MAIN_POOL).count();
        if bad.is_none() && !(same && joined.len() == alive.len() && masters == 1) {
            bad = Some((world.now, format!("in the end {joined:?} of {} are in livesets, with {masters} masters", alive.len())));
        }
        // A host that boots while an SR is lost does not plug it, nor later by itself: where no host has, there is no place.
        let plugged = |vm: usize| {
            let db = world.db(world.ruler());
            let sr = world.names.vdis[world.names.vbds[world.names.vms[vm].vbds[0].at()].vdi.at()].sr;
            db.hosts.iter().any(|(host, record)| record.live && record.enabled && db.plugged(*host, sr))
        };
        if bad.is_none()
            && let Some(vm) = (0..2).find(|vm| world.hw.domains_of(VmId(*vm as u16)).is_empty() && plugged(*vm))
        {
            bad = Some((world.now, format!("in the end the protected guest {vm} is down")));
        }
        if let Some((at, what)) = bad {
            failures.push(format!("seed {seed}, at {at}: {what}\n{text}"));
        }
    }
    (counts, failures)
}

#[test]
fn storage_faults_among_others_harm_no_data() {
    let (counts, failures) = weather(0..10_000);
    let (alone, amid): (Vec<&String>, Vec<&String>) = failures.iter().partition(|text| text.matches("fault: {").count() == 1);
    assert!(alone.is_empty(), "{} of 10,000, {counts:?}\n{}", alone.len(), alone[0]);
    assert!(amid.len() <= 15, "{} of 10,000, {counts:?}\n{}\n{}", amid.len(), amid[0], amid[1]);
    // The faults are such that much happens, and the gap is met, but no more often than its few seconds allow.
    let much = [
        (counts.fenced, 8_000),
        (counts.marked, 5_000),
        (counts.elected, 1_400),
        (counts.shrunk, 10_000),
        (counts.by_rule_two, 2_000),
        (counts.held, 7_000),
        (counts.restarted, 7_000),
    ];
    assert!(much.iter().all(|(count, least)| count >= least) && counts.in_the_gap <= 5, "{counts:?}");
}
