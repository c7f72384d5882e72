//! The failover plan of HA: where protected VMs go when hosts fail, and how many hosts may fail (xapi_ha_vm_failover.ml,
//! binpack.ml). Pure: a plan is made of a database alone, so that it can be wrong as the database can.
//!
//! Packing is as xapi packs: the largest VM to the host with most free memory. That is not optimal: xapi may find no plan
//! where there is one.

use crate::base::ids::{HostId, MachineId, SrId, VmId};
use crate::world::World;
use crate::world::belief::Database;
use crate::world::belief::Protection;
use crate::world::inventory::Inventory;
use crate::world::release::Release;
use std::collections::{BTreeMap, BTreeSet};

/// Above this many host records failures are never tried one by one.
const EXHAUSTIVE_HOSTS: usize = 32;
/// Nor where there are this many ways, in order, in which hosts can fail.
const EXHAUSTIVE_WAYS: u64 = 3500;
/// The free memory of a host without a limit, in bytes: more than all VMs of any file.
pub const UNLIMITED: i128 = 1 << 100;

/// A configuration to be packed: live hosts with their free memory, VMs with their size, and where the VMs are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Packing {
    /// Hosts that may take VMs, in an order that settles ties, with what is free on them; below 0 where more is promised.
    pub hosts: Vec<(HostId, i128)>,
    /// The size of each VM that can be moved.
    pub vms: BTreeMap<VmId, i128>,
    /// Where they run now; a VM that is down stands nowhere.
    pub placement: BTreeMap<VmId, HostId>,
    /// How many host records the pool has, dead ones too.
    pub total_hosts: usize,
    /// How many hosts may fail.
    pub failures: usize,
    /// Whose planner it is.
    pub release: Release,
}

impl Packing {
    /// Packs VMs onto the hosts: the largest first, each to the host with most free memory. What does not fit is left out.
    pub fn pack(&self, vms: &[VmId]) -> BTreeMap<VmId, HostId> {
        let mut things: Vec<(VmId, i128)> = vms.iter().filter_map(|vm| Some((*vm, *self.vms.get(vm)?))).collect();
        things.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        let mut bins = self.hosts.clone();
        bins.sort_by_key(|(_, free)| std::cmp::Reverse(*free));
        let mut plan = BTreeMap::new();
        for (vm, size) in things {
            let Some((host, free)) = bins.first().copied() else { break };
            if free < size {
                continue;
            }
            bins.remove(0);
            let left = free - size;
            // A host that is now as free as another comes before it (binpack.ml, insert).
            let at = bins.partition_point(|(_, other)| *other > left);
            bins.insert(at, (host, left));
            plan.insert(vm, host);
        }
        plan
    }

    /// The configuration once a plan was followed.
    #[must_use]
    pub fn after(&self, plan: &BTreeMap<VmId, HostId>) -> Packing {
        let mut after = self.clone();
        for (vm, host) in plan {
            let size = self.vms.get(vm).copied().unwrap_or(0);
            if let Some((_, free)) = after.hosts.iter_mut().find(|(at, _)| at == host) {
                *free -= size;
            }
            after.placement.insert(*vm, *host);
        }
        after
    }

    /// The configuration after a host has failed and its VMs were restarted; `None` if not all of them fit elsewhere.
    fn without(&self, dead: HostId) -> Option<Packing> {
        let mut left = self.clone();
        left.hosts.retain(|(host, _)| *host != dead);
        left.failures = self.failures.saturating_sub(1);
        let failed: Vec<VmId> = self.placement.iter().filter(|(_, host)| **host == dead).map(|(vm, _)| *vm).collect();
        let plan = left.pack(&failed);
        (plan.len() == failed.len()).then(|| left.after(&plan))
    }

    /// Whether `failures` hosts may fail, whichever, in any order, and every VM still finds a place.
    pub fn always_possible(&self) -> bool {
        let hosts = self.hosts.len();
        if hosts < self.failures || hosts == self.failures && !self.vms.is_empty() {
            return false;
        }
        match (self.exhaustive(), self.release.ha.plans_by_counting_places) {
            (true, _) => self.survives(self.failures),
            (false, true) => self.approximately(),
            (false, false) => self.pessimistically(),
        }
    }

    /// Whether the ways to fail are few enough to try them all.
    fn exhaustive(&self) -> bool {
        // n! / (n - r)! ways: r hosts out of n, in any order.
        let ways = (0..self.failures as u64).try_fold(1u64, |ways, k| ways.checked_mul((self.total_hosts as u64).saturating_sub(k)));
        self.total_hosts <= EXHAUSTIVE_HOSTS && ways.is_some_and(|ways| ways < EXHAUSTIVE_WAYS)
    }

    fn survives(&self, failures: usize) -> bool {
        failures == 0
            || self.vms.is_empty()
            || self.hosts.iter().all(|(host, _)| self.without(*host).is_some_and(|left| left.survives(failures - 1)))
    }

    /// As xapi did before 2018: every host runs as many VMs as the fullest, each as large as the largest. The host with most
    /// room fails, its VMs go to the others, and now every host runs as many as the fullest of these; and so on. The more
    /// hosts may fail, the more VMs are moved that there are not.
    fn pessimistically(&self) -> bool {
        let largest = self.vms.values().copied().max().unwrap_or(0);
        if largest == 0 {
            return true;
        }
        let mut counts: BTreeMap<HostId, i128> = self.hosts.iter().map(|(host, _)| (*host, 0)).collect();
        for host in self.placement.values() {
            if let Some(count) = counts.get_mut(host) {
                *count += 1;
            }
        }
        let mut fullest = counts.values().copied().max().unwrap_or(0);
        let mut room: Vec<i128> = self.hosts.iter().map(|(_, free)| *free).collect();
        for _ in 0..self.failures {
            let Some(first) = room.iter().copied().max().and_then(|most| room.iter().position(|free| *free == most)) else { return false };
            room.remove(first);
            match spread(&mut room, largest, fullest) {
                Some(most) => fullest += most,
                None => return false,
            }
        }
        true
    }

    /// On the safe side: every VM as large as the largest, as many fall as ever can, and the largest hosts fail.
    fn approximately(&self) -> bool {
        let largest = self.vms.values().copied().max().unwrap_or(0);
        if largest == 0 {
            return true;
        }
        let mut room: Vec<i128> = self.hosts.iter().map(|(_, free)| (free / largest).max(0)).collect();
        room.sort_unstable_by(|a, b| b.cmp(a));
        let mut counts: Vec<i128> =
            self.hosts.iter().map(|(host, _)| self.placement.values().filter(|at| *at == host).count() as i128).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts.iter().take(self.failures).sum::<i128>() <= room.iter().skip(self.failures).sum::<i128>()
    }
}

/// Packs so many VMs of one size as [`Packing::pack`] would, one by one to the host with most room: the most that one host
/// gets, or `None` if they do not all fit. Where hosts take them in turns, many turns are taken at once.
fn spread(room: &mut [i128], size: i128, count: i128) -> Option<i128> {
    if room.iter().map(|free| (free / size).max(0)).sum::<i128>() < count {
        return None;
    }
    let mut order: Vec<usize> = (0..room.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(room[*at]));
    let mut got = vec![0; room.len()];
    let mut left = count;
    while left > 0 {
        let most = room[order[0]];
        // Hosts that are within one VM of the freest take one each before it takes its next, and stay freer than all others
        // for so many turns. Each turn turns those that are equally free round: an even number leaves the order as it is.
        let active = order.partition_point(|at| room[*at] > most - size);
        let least = room[order[active - 1]];
        let until_next = order.get(active).map_or(i128::MAX, |next| (least - room[*next]) / size);
        let turns = until_next.min(least / size).min(left / active as i128).max(0) & !1;
        if turns > 0 {
            for at in &order[..active] {
                room[*at] -= turns * size;
                got[*at] += turns;
            }
            left -= turns * active as i128;
        } else {
            let at = order.remove(0);
            room[at] -= size;
            got[at] += 1;
            left -= 1;
            let place = order.partition_point(|other| room[*other] > room[at]);
            order.insert(place, at);
        }
    }
    Some(got.into_iter().max().unwrap_or(0))
}

/// What is asked about beside what is so: an operation that is about to be done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// Hosts that are to be disabled.
    pub disable: Vec<HostId>,
    /// VMs that would run on a host.
    pub arriving: Vec<(HostId, VmId)>,
    /// VMs that would be protected.
    pub protect: Vec<VmId>,
    /// Another number of failures.
    pub failures: Option<u32>,
}

/// Whether a plan exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plan {
    /// Every protected VM finds a place.
    Exists,
    /// It would, but for VMs that are tied to one host.
    ExceptTied,
    /// None was found.
    None,
}

/// What the master does about protected VMs that are down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Restart {
    /// Which VM goes where.
    pub starts: BTreeMap<VmId, HostId>,
    /// Whether all that are down are in it. If not, the plan is thrown away, and all are started wherever they fit.
    pub complete: bool,
    /// Whether protected VMs exist that are tied to one host.
    tied: bool,
    /// The configuration once the starts are done.
    after: Packing,
}

/// A database with the hosts that may be planned on.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    db: &'a Database,
    names: &'a Inventory,
    live: &'a BTreeSet<HostId>,
    release: Release,
}

impl<'a> Planner<'a> {
    /// `live`: the hosts of the liveset, or those that the database holds for alive.
    pub fn new(db: &'a Database, names: &'a Inventory, live: &'a BTreeSet<HostId>, release: Release) -> Planner<'a> {
        Planner { db, names, live, release }
    }

    /// The protected VMs: priority `restart`, and meant to run.
    pub fn protected(&self) -> Vec<VmId> {
        self.names.vm_ids().filter(|vm| self.db.protects(self.names, *vm)).collect()
    }

    /// The SRs of a VM's disks.
    fn srs(&self, vm: VmId) -> impl Iterator<Item = SrId> + 'a {
        let names = self.names;
        self.db.vbds_of(names, vm).map(|vbd| names.vdis[names.vbds[vbd.at()].vdi.at()].sr)
    }

    /// Whether a VM could run on any host that takes VMs: all its disks lie on shared SRs that every enabled host, alive or
    /// not, has plugged (helpers.ml, is_sr_properly_shared).
    pub fn agile(&self, vm: VmId) -> bool {
        let everywhere = |sr| self.db.hosts.iter().all(|(host, record)| !record.enabled || self.db.plugged(*host, sr));
        self.srs(vm).all(|sr| self.db.shares(sr) && everywhere(sr))
    }

    /// The hosts, by UUID.
    fn hosts(&self) -> Vec<HostId> {
        let mut hosts: Vec<HostId> = self.db.hosts.keys().copied().collect();
        hosts.sort_by_key(|host| &self.names.hosts[host.at()].uuid);
        hosts
    }

    fn usable(&self, host: HostId) -> bool {
        self.live.contains(&host) && self.db.host(host).is_some_and(|record| record.live && record.enabled)
    }

    fn size(&self, vm: VmId) -> i128 {
        i128::from(self.names.vms[vm.at()].takes())
    }

    /// The host that a VM which is not agile is tied to: the first by UUID that is up and has its disks.
    fn tied_to(&self, vm: VmId) -> Option<HostId> {
        let up = |host: &HostId| self.db.host(*host).is_some_and(|record| record.live && record.enabled);
        self.hosts().into_iter().find(|host| up(host) && self.srs(vm).all(|sr| self.db.plugged(*host, sr)))
    }

    /// The plan for protected VMs that are down, and what the pool is like once it was followed (compute_restart_plan).
    pub fn restart(&self, protected: &[VmId], change: &Change, failures: u32) -> Restart {
        let failures = change.failures.unwrap_or(failures) as usize;
        let mut vms: Vec<VmId> = protected.iter().chain(&change.protect).copied().collect::<BTreeSet<_>>().into_iter().collect();
        vms.sort_by_key(|vm| &self.names.vms[vm.at()].uuid);
        let all = self.hosts();
        let live: Vec<HostId> = all.iter().copied().filter(|host| self.usable(*host) && !change.disable.contains(host)).collect();
        let at = |vm: VmId| {
            if let Some((host, _)) = change.arriving.iter().find(|(_, arriving)| *arriving == vm) {
                return Some(*host);
            }
            self.db.vm(vm).and_then(|record| record.resident_on)
        };
        let accounted: BTreeMap<VmId, HostId> =
            vms.iter().filter_map(|vm| Some((*vm, at(*vm).filter(|host| live.contains(host))?))).collect();

        let mut used: BTreeMap<HostId, i128> = BTreeMap::new();
        for vm in self.names.vm_ids() {
            if let Some(host) = self.db.vm(vm).and_then(|record| record.resident_on) {
                *used.entry(host).or_default() += self.size(vm);
            }
        }
        let arriving = |host| -> i128 { change.arriving.iter().filter(|(at, _)| *at == host).map(|(_, vm)| self.size(*vm)).sum() };
        let free = |host: HostId| match self.names.machines[self.names.hosts[host.at()].machine.at()].memory {
            None => UNLIMITED,
            Some(memory) => {
                let free = (i128::from(memory) - used.get(&host).copied().unwrap_or(0)).max(0);
                free - arriving(host)
            }
        };
        let mut hosts: Vec<(HostId, i128)> = live.iter().map(|host| (*host, free(*host))).collect();

        let (agile, tied): (Vec<VmId>, Vec<VmId>) = vms.iter().partition(|vm| self.agile(**vm));
        let mut starts = BTreeMap::new();
        for vm in tied.iter().filter(|vm| !accounted.contains_key(vm)) {
            if let Some(home) = self.tied_to(*vm) {
                starts.insert(*vm, home);
                if let Some((_, free)) = hosts.iter_mut().find(|(host, _)| *host == home) {
                    *free -= self.size(*vm);
                }
            }
        }
        let packing = Packing {
            hosts,
            vms: agile.iter().map(|vm| (*vm, self.size(*vm))).collect(),
            placement: agile.iter().filter_map(|vm| Some((*vm, *accounted.get(vm)?))).collect(),
            total_hosts: all.len(),
            failures,
            release: self.release,
        };
        let down: Vec<VmId> = agile.iter().copied().filter(|vm| !accounted.contains_key(vm)).collect();
        let plan = packing.pack(&down);
        // A VM that is down and tied counts as left out, wherever it could go (vms_not_restarted).
        let complete = failures <= all.len() && vms.iter().all(|vm| accounted.contains_key(vm) || plan.contains_key(vm));
        let after = packing.after(&plan);
        starts.extend(plan);
        Restart { starts, complete, tied: !tied.is_empty(), after }
    }

    /// Whether a plan exists for a number of failures (plan_for_n_failures).
    pub fn plan_for(&self, protected: &[VmId], change: &Change, failures: u32) -> Plan {
        let restart = self.restart(protected, change, failures);
        match (restart.complete && restart.after.always_possible(), restart.tied) {
            (false, _) => Plan::None,
            (true, true) => Plan::ExceptTied,
            (true, false) => Plan::Exists,
        }
    }

    /// How many hosts may fail, by bisection as xapi does it: 0 is never checked, and dead hosts count in the upper end.
    pub fn most_failures(&self, protected: &[VmId]) -> u32 {
        let (mut low, mut high) = (0, self.db.hosts.len() as u32);
        let fits = |n| self.plan_for(protected, &Change::default(), n) == Plan::Exists;
        while high - low >= 2 {
            let middle = (low + high) / 2;
            if fits(middle) { low = middle } else { high = middle }
        }
        if fits(high) { high } else { low }
    }

    /// Whether a change takes away a plan that exists now (assert_configuration_change_preserves_ha_plan).
    pub fn breaks(&self, change: &Change) -> bool {
        let ha = &self.db.ha;
        if !ha.enabled || ha.allow_overcommit {
            return false;
        }
        let protected = self.protected();
        self.plan_for(&protected, &Change::default(), ha.plan_exists_for) == Plan::Exists
            && self.plan_for(&protected, change, ha.plan_exists_for) != Plan::Exists
    }

    /// What the pool's record should say: plan-exists-for and overcommitted (update_pool_status).
    pub fn status(&self) -> (u32, bool) {
        let wanted = self.db.ha.failures_to_tolerate;
        let protected = self.protected();
        match self.plan_for(&protected, &Change::default(), wanted) {
            Plan::Exists => (wanted, false),
            _ => (wanted.min(self.most_failures(&protected)), true),
        }
    }
}

impl Database {
    /// Whether HA keeps a VM running: priority `restart`, and the operator wants it to run.
    pub fn protects(&self, names: &Inventory, vm: VmId) -> bool {
        self.vm_ha(names, vm).priority == Some(Protection::Restart)
            && self.always_run.get(vm.at()).copied().unwrap_or(false)
            && self.vm(vm).is_some()
    }

    /// The hosts that are held for alive and take VMs.
    pub fn live_set(&self) -> BTreeSet<HostId> {
        self.hosts.iter().filter(|(_, record)| record.live && record.enabled).map(|(host, _)| *host).collect()
    }
}

impl World {
    /// Whether an operation would take away the failover plan of the pool, by the database of a machine.
    pub fn breaks_plan(&self, by: MachineId, change: &Change) -> bool {
        let db = self.db(by);
        self.guarded(crate::world::guards::Guard::Plan)
            && db.ha.enabled
            && Planner::new(db, &self.names, &db.live_set(), self.release).breaks(change)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
