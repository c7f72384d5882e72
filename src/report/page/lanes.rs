//! Lanes: what is so of a host or a disk, what the ruling database has, and where the two part, from frame to frame.

use crate::base::inert::clean_line;
use crate::report::text::state::{self, Row};
use crate::report::{EndState, HostState, VdiState};

/// A host or a disk, over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What the ruling database has.
    pub belief: Vec<Piece>,
    /// What is so.
    pub truth: Vec<Piece>,
    /// What runs there; none for a disk.
    pub runs: Vec<Piece>,
    /// Where belief and truth part: the words say how.
    pub gap: Vec<Piece>,
}

/// A stretch of a lane in which it is all the same.
#[derive(Clone, PartialEq, Debug)]
pub struct Piece {
    /// The frame that it begins at.
    pub from: usize,
    /// The frame that it ends before.
    pub to: usize,
    /// The class that it is painted by.
    pub class: &'static str,
    /// In words.
    pub words: String,
}

impl Lane {
    /// Whether nothing ever changes on it, and belief and truth never part.
    pub fn quiet(&self) -> bool {
        self.gap.is_empty() && self.belief.len() < 2 && self.truth.len() < 2 && self.runs.len() < 2
    }
}

/// The lanes as they are made.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    hosts: Vec<Lane>,
    disks: Vec<Lane>,
}

impl Lanes {
    /// The pool at the next frame.
    pub fn look(&mut self, frame: usize, state: &EndState) {
        let [(_, hosts), _, (_, disks)] = state::rows(state);
        let of_hosts = state.host_order.iter().filter_map(|name| state.hosts.get(name));
        for (at, (row, host)) in hosts.iter().zip(of_hosts).enumerate() {
            let lane = lane(&mut self.hosts, at, row);
            add(&mut lane.belief, frame, host_belief(host), row.belief.clone());
            let words = row.truth.split(", runs ").next().unwrap_or_default().to_string();
            add(&mut lane.truth, frame, host_truth(host), words);
            let runs: Vec<String> = host.running.iter().map(|vm| clean_line(vm)).collect();
            add(&mut lane.runs, frame, if runs.is_empty() { "idle" } else { "runs" }, runs.join(" "));
        }
        let of_disks = state.vdi_order.iter().filter_map(|name| state.vdis.get(name));
        for (at, (row, disk)) in disks.iter().zip(of_disks).enumerate() {
            let lane = lane(&mut self.disks, at, row);
            add(&mut lane.belief, frame, disk_belief(disk), row.belief.clone());
            add(&mut lane.truth, frame, disk_truth(disk), row.truth.clone());
        }
        for (lanes, rows) in [(&mut self.hosts, &hosts), (&mut self.disks, &disks)] {
            for (lane, row) in lanes.iter_mut().zip(rows.iter()).filter(|(_, row)| row.differs) {
                add(&mut lane.gap, frame, "gap", format!("believed: {}; in truth: {}", row.belief, row.truth));
            }
        }
    }

    /// Hosts and disks.
    pub fn done(self) -> (Vec<Lane>, Vec<Lane>) {
        (self.hosts, self.disks)
    }
}

fn lane<'a>(lanes: &'a mut Vec<Lane>, at: usize, row: &Row) -> &'a mut Lane {
    if at == lanes.len() {
        let (belief, truth, runs, gap) = Default::default();
        lanes.push(Lane { name: row.name.clone(), belief, truth, runs, gap });
    }
    &mut lanes[at]
}

/// At a frame it is so: the last piece goes on, or another begins.
fn add(pieces: &mut Vec<Piece>, frame: usize, class: &'static str, words: String) {
    match pieces.last_mut() {
        Some(last) if last.to == frame && last.class == class && last.words == words => last.to = frame + 1,
        _ => pieces.push(Piece { from: frame, to: frame + 1, class, words }),
    }
}

fn host_belief(host: &HostState) -> &'static str {
    match (host.known, host.live) {
        (false, _) => "unknown",
        (true, Some(false)) => "dead",
        (true, _) => "alive",
    }
}

fn host_truth(host: &HostState) -> &'static str {
    match host {
        HostState { powered: false, .. } => "off",
        HostState { hung: true, .. } => "hung",
        HostState { isolated: true, .. } => "cut",
        HostState { xapi_runs: false, .. } => "stopped",
        HostState { role: "master", .. } => "master",
        HostState { role: "member", .. } => "member",
        _ => "emergency",
    }
}

fn disk_belief(disk: &VdiState) -> &'static str {
    match &disk.locks {
        None => "unknown",
        Some(locks) if locks.is_empty() => "free",
        Some(_) => "locked",
    }
}

fn disk_truth(disk: &VdiState) -> &'static str {
    match disk {
        VdiState { damaged: true, .. } => "damaged",
        VdiState { open_on, .. } if open_on.len() > 1 => "twice",
        VdiState { open_on, .. } if open_on.is_empty() => "free",
        _ => "open",
    }
}
