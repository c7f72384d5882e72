//! Where the VMs of a host go when it is evacuated, and what keeps each of them there (xapi_host.ml,
//! compute_evacuation_plan_no_wlb; xapi_ha_vm_failover.ml, compute_evacuation_plan). Pure: a plan is made of a database alone, so that
//! it can be wrong as the database can.

use crate::base::ids::{HostId, MachineId, VmId};
use crate::world::World;
use crate::world::belief::plan::{Packing, Planner, UNLIMITED};
use crate::world::errors::{ApiError, Param};
use std::collections::BTreeMap;

/// What an evacuation makes of one VM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leaves {
    /// It moves to this host.
    For(HostId),
    /// It can't: the errors, the one that an evacuation answers with first. There is one at least.
    Not(Vec<ApiError>),
}

impl World {
    /// The hosts that a database has but this one, in the order of their UUIDs, which settles ties.
    fn others(&self, by: MachineId, but: &[HostId], takes: impl Fn(HostId) -> bool) -> Vec<HostId> {
        let mut hosts: Vec<HostId> = self.db(by).hosts.keys().copied().filter(|host| !but.contains(host) && takes(*host)).collect();
        hosts.sort_by_key(|host| &self.names.hosts[host.at()].uuid);
        hosts
    }

    /// Packs VMs onto hosts by memory alone: the largest to the host with most room. What finds none is left out.
    fn packed(&self, by: MachineId, hosts: &[HostId], vms: &[VmId]) -> BTreeMap<VmId, HostId> {
        let free = |host: HostId| self.memory_free(by, host).map_or(UNLIMITED, i128::from);
        let packing = Packing {
            hosts: hosts.iter().map(|host| (*host, free(*host))).collect(),
            vms: vms.iter().map(|vm| (*vm, i128::from(self.names.vms[vm.at()].takes()))).collect(),
            release: self.release,
            ..Packing::default()
        };
        packing.pack(vms)
    }

    /// Where the VMs that are resident on a host would go, in the file's order. Looked at are the other hosts that are enabled,
    /// dead or alive: a VM moves only if **every** one of them could take it, whatever its memory, and then goes where most memory is
    /// free. While HA is on only VMs that it protects move at all: what comes of an evacuation has to look like what comes of a
    /// failure.
    pub fn evacuation_plan(&self, by: MachineId, host: HostId) -> Vec<(VmId, Leaves)> {
        let db = self.db(by);
        let answers = self.release.evacuation;
        let residents: Vec<VmId> = db.residents(host).collect();
        let of = |code: &'static str, vm: VmId| ApiError::new(code).with(Param::Vm(vm));
        let targets = self.others(by, &[host], |other| db.host(other).is_some_and(|record| record.enabled));
        if targets.is_empty() {
            return residents.into_iter().map(|vm| (vm, Leaves::Not(vec![of("NO_HOSTS_AVAILABLE", vm)]))).collect();
        }
        let movable = |vm: VmId| !db.ha.enabled || db.protects(&self.names, vm);
        let reason = |vm: VmId| targets.iter().find_map(|target| self.can_take_but_for_memory(by, vm, *target).err());
        let candidates: Vec<VmId> = residents.iter().copied().filter(|vm| movable(*vm) && reason(*vm).is_none()).collect();
        let plan = self.packed(by, &targets, &candidates);
        let fate = |vm: VmId| {
            if !movable(vm) {
                let named = answers.evacuate_names_unprotected;
                return Leaves::Not(vec![of(if named { "HOST_EVACUATE_VM_NOT_HA_PROTECTED" } else { "HOST_NOT_ENOUGH_FREE_MEMORY" }, vm)]);
            }
            let no_memory = of("HOST_NOT_ENOUGH_FREE_MEMORY", vm);
            match (reason(vm), plan.get(&vm)) {
                (None, Some(target)) => Leaves::For(*target),
                (None, None) => Leaves::Not(vec![no_memory]),
                // What was added to the table last is met first.
                (Some(reason), _) if answers.evacuate_hides_reasons => Leaves::Not(vec![no_memory, reason]),
                (Some(reason), _) => Leaves::Not(vec![reason]),
            }
        };
        residents.into_iter().map(|vm| (vm, fate(vm))).collect()
    }

    /// Where the VMs of hosts would go if these failed, in the file's order (xapi_pool.ml, ha_compute_vm_failover_plan): to hosts that the
    /// database holds for alive, by memory alone. A VM that finds no place has the error that says why, and one that is tied to a
    /// host may be in the plan all the same.
    pub fn failover_plan(&self, by: MachineId, failed: &[HostId]) -> Vec<(VmId, Result<HostId, &'static str>)> {
        let db = self.db(by);
        let live = db.live_set();
        let vms: Vec<VmId> = failed.iter().flat_map(|host| db.residents(*host)).collect();
        let plan = self.packed(by, &self.others(by, failed, |host| db.host(host).is_some_and(|record| record.live)), &vms);
        let planner = Planner::new(db, &self.names, &live, self.release);
        let error = |vm| if planner.agile(vm) { "HOST_NOT_ENOUGH_FREE_MEMORY" } else { "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED" };
        vms.into_iter().map(|vm| (vm, plan.get(&vm).copied().ok_or_else(|| error(vm)))).collect()
    }
}
