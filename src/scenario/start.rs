//! The state at 0: what the file says, and from it what it does not say, one after the other. What is said is not
//! derived again; what can't be so is told of.

use super::diagnostic::Place;
use super::model::{HostStart, Role, VdiStart, VmStart};
use super::read::{Reader, shorten};
use super::said::{Draft, Running, host_of};
use crate::base::ids::{HostId, MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::inventory::{Inventory, Mode};
use std::collections::{BTreeMap, BTreeSet};

/// Derives what is not said.
pub(super) fn derive(
    reader: &mut Reader<'_>,
    draft: &Draft,
    master: MachineId,
    default_sr: Option<SrId>,
) -> (Vec<HostStart>, Vec<VmStart>, Vec<VdiStart>) {
    let hosts = hosts(reader, draft, master);
    let vms = vms(reader, draft, &hosts, default_sr);
    let vdis = vdis(reader, draft, &hosts, &vms);
    (hosts, vms, vdis)
}

fn hosts(reader: &mut Reader<'_>, draft: &Draft, master: MachineId) -> Vec<HostStart> {
    let mut hosts = Vec::with_capacity(draft.hosts.len());
    for (said, machine) in draft.hosts.iter().zip(draft.names.machine_ids()) {
        let powered = said.powered.unwrap_or(true);
        let known = said.known.unwrap_or(!said.spare);
        // A spare machine is the master of its own pool of one.
        let role = said.role.unwrap_or(if said.spare || machine == master { Role::Master } else { Role::Member });
        if machine == master && !known {
            reader.error(
                said.place,
                "contradiction",
                "the master of the start is forgotten by its own database",
                "say another `master:`, or take `known: false` out",
            );
        }
        if let Some((true, place)) = said.live
            && !known
        {
            reader.error(
                place,
                "contradiction",
                "a forgotten host is not held for alive: the database has no record of it",
                "take `live:` or `known: false` out",
            );
        }
        hosts.push(HostStart {
            powered,
            known,
            live: said.live.map_or(known && powered, |(live, _)| live),
            enabled: said.enabled.unwrap_or(true),
            role,
            copy_age: said.copy_age.unwrap_or(Span::ZERO),
        });
    }
    hosts
}

fn vms(reader: &mut Reader<'_>, draft: &Draft, hosts: &[HostStart], default_sr: Option<SrId>) -> Vec<VmStart> {
    let mut vms = Vec::with_capacity(draft.vms.len());
    for (said, vm) in draft.vms.iter().zip(draft.names.vm_ids()) {
        // The record, from what is said of it, else from `running-on`.
        let recorded = match (&said.resident_on, &said.running) {
            (Some((host, place)), _) => host.map(|host| (host, *place)),
            (None, Running::Host(host, place)) => Some((*host, *place)),
            (None, _) => None,
        };
        let power_state = match said.power_state {
            Some((state, _)) => state,
            None if recorded.is_some() => PowerState::Running,
            None => PowerState::Halted,
        };
        let resident = match power_state {
            PowerState::Running | PowerState::Paused => recorded,
            PowerState::Halted | PowerState::Suspended => {
                if let (Some((Some(_), place)), Some(_)) = (&said.resident_on, said.power_state) {
                    reader.error(
                        *place,
                        "contradiction",
                        format!("a {} VM is resident nowhere", power_state.name()),
                        "take `resident-on:` out, or say `power-state: running`",
                    );
                }
                None
            }
        };
        if let (PowerState::Suspended, None) = (power_state, default_sr) {
            let place = said.power_state.map_or(said.place, |(_, place)| place);
            reader.error(
                place,
                "contradiction",
                "the memory of a suspended VM lies on the pool's default SR, and there is none",
                "say which it is: `default-sr: SR`",
            );
        }
        if power_state.has_domain() && resident.is_none() {
            let place = said.power_state.map_or(said.place, |(_, place)| place);
            reader.error(
                place,
                "contradiction",
                format!("the database has this VM {}, and nothing says on which host", power_state.name()),
                "add `resident-on: HOST`, or say `running-on: HOST` without a list",
            );
        }
        if let Some((host, place)) = resident {
            own_pool(reader, draft, host, place);
            own_disks(reader, draft, vm, host, place);
        }
        // The domain, on the host of the record if that has power, unless domains are said.
        let running_on = match &said.running {
            Running::Domains(domains) => {
                let mut seen = BTreeSet::new();
                for (machine, place) in domains {
                    if !seen.insert(*machine) {
                        reader.error(*place, "duplicate-name", "this host stands twice here", "name each host once");
                    }
                    if !hosts[machine.at()].powered {
                        no_power(reader, draft, *machine, *place, "a domain runs");
                    }
                    own_disks(reader, draft, vm, *machine, *place);
                }
                domains.iter().map(|(machine, _)| *machine).collect()
            }
            Running::Host(machine, place) => {
                own_disks(reader, draft, vm, *machine, *place);
                if hosts[machine.at()].powered { vec![*machine] } else { Vec::new() }
            }
            Running::Unsaid => resident.map(|(host, _)| host).filter(|host| hosts[host.at()].powered).into_iter().collect(),
        };
        vms.push(VmStart { power_state, resident_on: resident.map(|(host, _)| host_of(host)), running_on });
    }
    vms
}

/// What follows for a VDI from where VMs run.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Used {
    /// Who has it open, and for which VM.
    pub open_on: Vec<(MachineId, Mode, Option<VmId>)>,
    /// The locks of the records, by host.
    pub locks: Vec<(HostId, Mode)>,
}

/// What follows for each VDI from where VMs run: in truth it is open there, and the record's host has its lock.
pub(super) fn opened_and_locked(names: &Inventory, vms: &[VmStart]) -> Vec<Used> {
    let mut used: Vec<Used> = vec![Used::default(); names.vdis.len()];
    let mut locks: Vec<BTreeMap<HostId, Mode>> = vec![BTreeMap::new(); names.vdis.len()];
    for (start, vm) in vms.iter().zip(names.vm_ids()) {
        for vbd in &names.vms[vm.at()].vbds {
            let name = &names.vbds[vbd.at()];
            let Some(used) = used.get_mut(name.vdi.at()) else { continue };
            used.open_on.extend(start.running_on.iter().map(|machine| (*machine, name.mode, Some(vm))));
            if let Some(host) = start.resident_on {
                let held = locks[name.vdi.at()].entry(host).or_insert(name.mode);
                *held = (*held).max(name.mode);
            }
        }
    }
    for (used, locks) in used.iter_mut().zip(locks) {
        used.locks = locks.into_iter().collect();
    }
    used
}

fn vdis(reader: &mut Reader<'_>, draft: &Draft, hosts: &[HostStart], vms: &[VmStart]) -> Vec<VdiStart> {
    let names = &draft.names;
    let mut vdis = Vec::with_capacity(names.vdis.len());
    for ((said, vdi), used) in draft.vdis.iter().zip(&names.vdis).zip(opened_and_locked(names, vms)) {
        let open_on = match &said.open_on {
            None => used.open_on,
            Some(said) => {
                let owners: BTreeMap<MachineId, VmId> =
                    used.open_on.iter().rev().filter_map(|(machine, _, vm)| Some((*machine, (*vm)?))).collect();
                for (machine, _, place) in said {
                    if !hosts[machine.at()].powered {
                        no_power(reader, draft, *machine, *place, "a disk is open");
                    }
                    own_sr(reader, draft, vdi.sr, *machine, *place);
                }
                said.iter().map(|(machine, mode, _)| (*machine, *mode, owners.get(machine).copied())).collect()
            }
        };
        let locks = match &said.locks {
            Some(said) => said.iter().map(|(machine, mode, _)| (host_of(*machine), *mode)).collect(),
            None => used.locks,
        };
        vdis.push(VdiStart { locks, paused: said.paused, activating: said.activating, relinking: said.relinking, open_on });
    }
    vdis
}

fn no_power(reader: &mut Reader<'_>, draft: &Draft, machine: MachineId, place: Place, what: &str) {
    let name = shorten(draft.names.machine(machine));
    reader.error(place, "contradiction", format!("{what} on `{name}`, which has no power"), "take it out, or take `powered: false` out");
}

/// A record of the pool names hosts of the pool.
fn own_pool(reader: &mut Reader<'_>, draft: &Draft, machine: MachineId, place: Place) {
    if draft.hosts[machine.at()].spare {
        let name = shorten(draft.names.machine(machine));
        reader.error(
            place,
            "contradiction",
            format!("`{name}` is a spare host, in no pool: no record names it"),
            "name a host of the pool",
        );
    }
}

/// A VM runs only where its disks can be reached.
fn own_disks(reader: &mut Reader<'_>, draft: &Draft, vm: VmId, machine: MachineId, place: Place) {
    for vbd in &draft.names.vms[vm.at()].vbds {
        let vdi = draft.names.vbds[vbd.at()].vdi;
        if let (Some(name), Some(said)) = (draft.names.vdis.get(vdi.at()), draft.vdis.get(vdi.at())) {
            // The mark stands at the disk's `sr:` where it is the VM's own, else where the VM is said to run.
            own_sr(reader, draft, name.sr, machine, if name.vm == vm { said.place } else { place });
        }
    }
}

fn own_sr(reader: &mut Reader<'_>, draft: &Draft, sr: SrId, machine: MachineId, place: Place) {
    let name = &draft.names.srs[sr.at()];
    if let Some(owner) = name.machine.filter(|owner| *owner != machine) {
        let (sr, owner) = (shorten(&name.name), shorten(draft.names.machine(owner)));
        let machine = shorten(draft.names.machine(machine));
        reader.error(
            place,
            "foreign-sr",
            format!("this disk lies on `{sr}`, the local SR of `{owner}`, and is used on `{machine}`"),
            format!("put it on a shared SR or on one of `{machine}`, or run the VM on `{owner}`"),
        );
    }
}
