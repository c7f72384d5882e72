//! What is so at 0, as a pool says it.

use crate::base::chunks::Chunks;
use crate::base::ids::{HostId, VdiId, VmId};
use crate::base::time::Time;
use crate::world::belief::PowerState;
use crate::world::build::{HostStart, Pool, VdiStart};
use crate::world::inventory::{Inventory, Mode};
use crate::world::truth::chains::Chains;
use crate::world::truth::hardware::Pairs;
use crate::world::truth::{Domain, Hardware, ImageTruth, Machine, Opener, Power, VdiTruth};
use std::collections::{BTreeMap, BTreeSet};

impl Hardware {
    /// The physical half of a pool at 0: nothing has failed yet but what has no power.
    pub(in crate::world) fn at_start(pool: &Pool) -> Hardware {
        let domains = pool.vms.iter().zip(pool.names.vm_ids()).map(|(start, vm)| {
            let domain = |machine: &_| Domain {
                vm,
                machine: *machine,
                started: Time::ZERO,
                hung: false,
                paused: start.power_state == PowerState::Paused,
            };
            start.running_on.iter().map(domain).collect()
        });
        // On record as running, and running nowhere: it ran, and is down.
        let lost = pool.vms.iter().zip(pool.names.vm_ids());
        let lost = lost.filter(|(start, _)| start.power_state.has_domain() && start.running_on.is_empty());
        let opened = pool.vdis.iter().zip(pool.names.vdi_ids());
        let running = pool.vms.iter().zip(pool.names.vm_ids());
        let vdis: Chunks<VdiTruth> = pool.vdis.iter().map(vdi).collect();
        let images = pool.vms.iter().zip(pool.names.vm_ids()).zip(0u32..);
        let images = images.filter_map(|((start, vm), number)| {
            let image = ImageTruth { sr: start.image_on(pool)?, disks: written_by(&pool.names, vm) };
            Some(((vm, number), image))
        });
        Hardware {
            images: images.collect(),
            images_made: pool.vms.len() as u32,
            machines: pool.hosts.iter().zip(0..).map(|(start, at)| machine(start, HostId(at))).collect(),
            isolated: vec![false; pool.hosts.len()],
            partition: None,
            degraded: BTreeMap::new(),
            lost_paths: BTreeMap::new(),
            lost_srs: BTreeMap::new(),
            domains: domains.collect(),
            open_on: Pairs::new(opened.flat_map(|(start, vdi)| start.open_on.iter().map(move |(machine, _, _)| (*machine, vdi)))),
            shared: vdis.iter().zip(pool.names.vdi_ids()).filter(|(truth, _)| truth.is_shared()).map(|(_, vdi)| vdi).collect(),
            runs_on: Pairs::new(running.flat_map(|(start, vm)| start.running_on.iter().map(move |machine| (*machine, vm)))),
            vdis,
            lost_vms: lost.map(|(_, vm)| (vm, Time::ZERO)).collect(),
            given_up: BTreeSet::new(),
            dead: BTreeMap::new(),
            one_way: BTreeSet::new(),
            statefiles: BTreeMap::new(),
            wiped: BTreeSet::new(),
            chains: Chains::default(),
        }
    }
}

/// The disks that a VM writes to, none of them given to anybody since.
fn written_by(names: &Inventory, vm: VmId) -> BTreeMap<VdiId, bool> {
    let vbds = names.vms[vm.at()].vbds.iter().map(|vbd| &names.vbds[vbd.at()]);
    vbds.filter(|vbd| vbd.mode == Mode::Rw).map(|vbd| (vbd.vdi, false)).collect()
}

fn machine(start: &HostStart, host: HostId) -> Machine {
    let power = if start.powered { Power::On } else { Power::Off };
    Machine { power, hung: false, host, up_at: Time::ZERO, boot: 0, installing: false, fenced: false, unfed: None }
}

fn vdi(start: &VdiStart) -> VdiTruth {
    let openers = start.open_on.iter().map(|(machine, mode, vm)| Opener::new(*machine, *vm, *mode, Time::ZERO, 0));
    let mut truth = VdiTruth { openers: openers.collect(), ..VdiTruth::default() };
    for (machine, _, _) in start.open_on.iter().filter(|(_, mode, _)| *mode == Mode::Rw) {
        truth.opens_rw(*machine, Time::ZERO);
    }
    truth
}
