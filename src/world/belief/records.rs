//! Changes of what is believed, each told as an event: the only way in which databases change while the clock runs. A
//! change that changes nothing tells nothing and counts no generation.

use crate::base::ids::{HostId, MachineId, SrId, VbdId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::notes::{Noted, Value};
use crate::world::belief::plan::Planner;
use crate::world::belief::{Database, Image, PowerOn, PowerState, VmRecord};
use crate::world::belief::{Protection, VmHa};
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::Mode;
use std::sync::Arc;

impl World {
    /// A machine's copy of the database.
    pub fn db(&self, machine: MachineId) -> &Database {
        &self.stacks[machine.at()].db
    }
    /// A machine's copy of the database, to change it: counts a generation.
    pub fn db_mut(&mut self, machine: MachineId) -> &mut Database {
        let now = self.now;
        let stack = &mut self.stacks[machine.at()];
        stack.copy_as_of = now;
        let db = Arc::make_mut(&mut stack.db);
        db.generation += 1;
        db
    }

    /// Sets `host_metrics.live`.
    pub fn set_live(&mut self, fx: &mut Effects, by: MachineId, host: HostId, live: bool) {
        if self.db(by).host(host).is_some_and(|record| record.live != live) {
            if let Some(record) = self.db_mut(by).hosts.get_mut(&host) {
                record.live = live;
            }
            fx.tell(if live { Event::HostMarkedAlive { by, host } } else { Event::HostMarkedDead { by, host } });
        }
    }

    /// Sets `host.enabled`.
    pub fn set_enabled(&mut self, fx: &mut Effects, by: MachineId, host: HostId, enabled: bool) {
        if self.db(by).host(host).is_some_and(|record| record.enabled != enabled) {
            if let Some(record) = self.db_mut(by).hosts.get_mut(&host) {
                record.enabled = enabled;
            }
            fx.tell(if enabled { Event::HostEnabled { by, host } } else { Event::HostDisabled { by, host } });
        }
    }

    /// Sets a field that nothing hangs on.
    pub fn note(&mut self, by: MachineId, of: Noted, field: &str, value: Value) {
        if self.db(by).notes.get(of, field) != Some(&value) {
            self.db_mut(by).notes.set(of, field, value);
        }
    }

    /// Sets `host.power_on_mode`.
    pub fn set_power_on_mode(&mut self, by: MachineId, host: HostId, mode: PowerOn) {
        if self.db(by).host(host).is_some_and(|record| record.power_on != mode)
            && let Some(record) = self.db_mut(by).hosts.get_mut(&host)
        {
            record.power_on = mode;
        }
    }

    /// Sets a VM's power state and residence, and with them whether its VBDs are attached.
    pub fn set_vm(&mut self, fx: &mut Effects, by: MachineId, vm: VmId, power_state: PowerState, resident_on: Option<HostId>) {
        let image = self.db(by).vm(vm).and_then(|old| old.image);
        let record = VmRecord { power_state, resident_on, image };
        let had_disks = self.db(by).vm(vm).is_some_and(|old| old.power_state.keeps_disks());
        if self.db(by).vm(vm).is_some_and(|old| *old != record) {
            self.db_mut(by).vms[vm.at()] = Some(record);
            fx.tell(Event::VmRecorded { by, vm, power_state, resident_on });
        }
        let attached = power_state.keeps_disks();
        // A VM that only changes hosts, or is suspended or resumed, keeps unplugged what was unplugged.
        if attached && had_disks {
            return;
        }
        let vbds: Vec<VbdId> = self.db(by).vbds_of(&self.names, vm).collect();
        if vbds.iter().any(|vbd| self.db(by).attached(*vbd) != attached) && self.db(by).vm(vm).is_some() {
            for vbd in vbds {
                self.write_attached(by, vbd, attached);
            }
            fx.tell(Event::VbdsRecorded { by, vm, attached });
        }
    }

    /// Sets `VM.suspend_VDI`: the image that a suspended VM is resumed from.
    pub fn set_image(&mut self, by: MachineId, vm: VmId, image: Option<Image>) {
        if self.db(by).vm(vm).is_some_and(|old| old.image != image)
            && let Some(record) = self.db_mut(by).vms[vm.at()].as_mut()
        {
            record.image = image;
        }
    }

    /// Sets `VM.ha_always_run` of a VM with the priority `restart`: HA keeps it running, or lets it be.
    pub fn set_always_run(&mut self, fx: &mut Effects, by: MachineId, vm: VmId, run: bool) {
        if self.db(by).vm_ha(&self.names, vm).priority == Some(Protection::Restart) && self.db(by).vm(vm).is_some() {
            self.write_always_run(fx, by, vm, run);
        }
    }

    fn write_always_run(&mut self, fx: &mut Effects, by: MachineId, vm: VmId, run: bool) {
        if self.db(by).always_run.get(vm.at()) == Some(&!run) {
            self.db_mut(by).always_run[vm.at()] = run;
            fx.tell(if run { Event::VmProtected { by, vm } } else { Event::VmReleased { by, vm } });
        }
    }

    /// Sets what a VM's record says of HA. A new priority turns the protection of a running VM on or off at once; of one that
    /// is down it leaves alone whether it is meant to run (xapi_vm.ml, set_ha_restart_priority).
    pub fn set_vm_ha(&mut self, fx: &mut Effects, by: MachineId, vm: VmId, ha: VmHa) {
        let old = self.db(by).vm_ha(&self.names, vm);
        let Some(state) = self.db(by).vm(vm).map(|record| record.power_state).filter(|_| old != ha) else { return };
        self.db_mut(by).ha.vms.insert(vm, ha);
        let VmHa { priority, order, start_delay } = ha;
        fx.tell(Event::VmHaSet { by, vm, priority, order, start_delay });
        if old.priority != priority && state.has_domain() {
            self.write_always_run(fx, by, vm, priority == Some(Protection::Restart));
        }
    }

    /// Sets what the pool's record says of the failover plan: `ha-plan-exists-for` and `ha-overcommitted`.
    pub fn set_plan(&mut self, fx: &mut Effects, by: MachineId, exists_for: u32, overcommitted: bool) {
        let ha = &self.db(by).ha;
        if (ha.plan_exists_for, ha.overcommitted) != (exists_for, overcommitted) {
            let ha = &mut self.db_mut(by).ha;
            (ha.plan_exists_for, ha.overcommitted) = (exists_for, overcommitted);
            fx.tell(Event::PlanRecorded { by, exists_for, overcommitted });
        }
    }

    /// Sets how many failures the pool is to tolerate, and whether operations may break the plan. The plan is made anew in any
    /// case (xapi_pool.ml, set_ha_host_failures_to_tolerate).
    pub fn set_tolerance(&mut self, fx: &mut Effects, by: MachineId, failures: u32, allow_overcommit: bool) {
        let ha = &self.db(by).ha;
        if (ha.failures_to_tolerate, ha.allow_overcommit) != (failures, allow_overcommit) {
            let ha = &mut self.db_mut(by).ha;
            (ha.failures_to_tolerate, ha.allow_overcommit) = (failures, allow_overcommit);
            fx.tell(Event::ToleranceSet { by, failures, allow_overcommit });
        }
        if self.db(by).ha.enabled {
            let (exists_for, overcommitted) = Planner::new(self.db(by), &self.names, &self.db(by).live_set(), self.release).status();
            self.set_plan(fx, by, exists_for, overcommitted);
        }
    }

    /// HA is on for the pool, with its statefile on an SR; the plan is made anew.
    pub fn set_ha_on(&mut self, fx: &mut Effects, by: MachineId, sr: SrId) {
        let ha = &mut self.db_mut(by).ha;
        (ha.enabled, ha.statefile, ha.restarts_held_until) = (true, Some(sr), None);
        fx.tell(Event::HaSwitchedOn { by, sr });
        let (exists_for, overcommitted) = Planner::new(self.db(by), &self.names, &self.db(by).live_set(), self.release).status();
        self.set_plan(fx, by, exists_for, overcommitted);
    }

    /// HA is off for the pool.
    pub fn set_ha_off(&mut self, fx: &mut Effects, by: MachineId) {
        if !self.db(by).ha.enabled {
            return;
        }
        let ha = &mut self.db_mut(by).ha;
        (ha.enabled, ha.plan_exists_for, ha.restarts_held_until) = (false, 0, None);
        fx.tell(Event::HaDisabled { by });
    }

    /// The master leaves hosts and VMs alone for a span; none at all lets it go on.
    pub fn hold_restarts(&mut self, fx: &mut Effects, by: MachineId, span: Span) {
        let until = (span > Span::ZERO).then_some(self.now + span);
        if self.db(by).ha.restarts_held_until != until {
            self.db_mut(by).ha.restarts_held_until = until;
            fx.tell(Event::RestartsHeld { by, span });
        }
    }

    /// Adds a lock, the newest of its VDI.
    pub fn set_lock(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId, host: HostId, mode: Mode) {
        if self.db(by).vdi(vdi).is_some_and(|record| record.lock_of(host) != Some(mode)) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.locks.retain(|(holder, _)| *holder != host);
                record.locks.push((host, mode));
            }
            fx.tell(Event::LockSet { by, vdi, host, mode });
        }
    }

    /// Removes a lock, if there is one.
    pub fn remove_lock(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId, host: HostId) {
        if self.db(by).vdi(vdi).is_some_and(|record| record.lock_of(host).is_some()) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.locks.retain(|(holder, _)| *holder != host);
            }
            fx.tell(Event::LockRemoved { by, vdi, host });
        }
    }

    /// Removes the `paused` key of a VDI, if it is there.
    pub fn clear_paused(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_some_and(|record| record.paused) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.paused = false;
            }
            fx.tell(Event::PausedCleared { by, vdi });
        }
    }

    /// Adds the `paused` key to a VDI, if it is not there.
    pub fn set_paused(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_some_and(|record| !record.paused) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.paused = true;
            }
            fx.tell(Event::PausedSet { by, vdi });
        }
    }

    /// Adds the `relinking` key to a VDI, if it is not there.
    pub fn set_relinking(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_some_and(|record| !record.relinking) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.relinking = true;
            }
            fx.tell(Event::RelinkingSet { by, vdi });
        }
    }

    /// Removes the `relinking` key of a VDI, if it is there.
    pub fn clear_relinking(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_some_and(|record| record.relinking) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.relinking = false;
            }
            fx.tell(Event::RelinkingCleared { by, vdi });
        }
    }

    /// Sets or removes the `activating` key of a VDI, for whoever opens it.
    pub fn set_activating(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId, activating: bool) {
        if self.db(by).vdi(vdi).is_some_and(|record| record.activating != activating) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.activating = activating;
            }
            fx.tell(if activating { Event::ActivatingSet { by, vdi } } else { Event::ActivatingCleared { by, vdi } });
        }
    }

    /// Leaves the `activating` key on a VDI.
    pub fn leave_activating(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_some_and(|record| !record.activating) {
            if let Some(record) = self.db_mut(by).vdis[vdi.at()].as_mut() {
                record.activating = true;
            }
            fx.tell(Event::ActivatingLeft { by, vdi });
        }
    }

    /// Sets whether a PBD is plugged; makes the record where there is none.
    pub fn set_pbd(&mut self, fx: &mut Effects, by: MachineId, host: HostId, sr: SrId, plugged: bool) {
        if self.db(by).pbds.get(&(host, sr)) != Some(&plugged) {
            self.db_mut(by).pbds.insert((host, sr), plugged);
            fx.tell(Event::PbdRecorded { by, host, sr, plugged });
        }
    }

    /// Sets `pool.default-SR`.
    pub fn set_default_sr(&mut self, fx: &mut Effects, by: MachineId, sr: Option<SrId>) {
        if self.db(by).default_sr != sr {
            self.db_mut(by).default_sr = sr;
            fx.tell(Event::DefaultSrSet { by, sr });
        }
    }

    /// Forgets a host that is held for dead: nobody tells it.
    pub fn forget_host(&mut self, fx: &mut Effects, by: MachineId, host: HostId) {
        if self.db(by).host(host).is_some() {
            self.remove_host(fx, by, host, Event::HostForgotten { by, host });
            self.note_forgotten(host);
        }
    }

    /// Takes a host out that itself has a part in it: it begins anew, and so may serve again.
    pub fn eject_host(&mut self, fx: &mut Effects, by: MachineId, host: HostId) {
        if self.db(by).host(host).is_some() {
            self.remove_host(fx, by, host, Event::HostEjected { by, host });
        }
    }

    /// Takes a host out of a database, with its PBDs. (In life the PBDs go within 30 s, db_gc.ml; nothing asks for them
    /// in between.)
    fn remove_host(&mut self, fx: &mut Effects, by: MachineId, host: HostId, told: Event) {
        let db = self.db_mut(by);
        db.hosts.remove(&host);
        let gone: Vec<SrId> = db.pbds.numbered(host.at()).map(|((_, sr), _)| *sr).collect();
        db.pbds.retain(|(holder, _), _| *holder != host);
        fx.tell(told);
        for sr in gone {
            fx.tell(Event::PbdGone { by, host, sr });
        }
        let stack = &mut self.stacks[by.at()];
        stack.shutting_down.remove(&host);
        self.heard[by.at()].remove(host);
    }

    /// Takes an SR out of a database, with its PBDs, the records of its disks and the VBDs of those (xapi_sr.ml, forget). A VM
    /// keeps its record when its disks go, and starts without them. (In life the VBDs go within 30 s, db_gc.ml.)
    pub fn forget_sr(&mut self, fx: &mut Effects, by: MachineId, sr: SrId) {
        if self.db(by).sr(sr).is_none() {
            return;
        }
        let vdis = self.vdis_on(sr);
        let vbds: Vec<usize> = (0..self.names.vbds.len()).filter(|at| vdis.contains(&self.names.vbds[*at].vdi)).collect();
        let db = self.db_mut(by);
        db.srs[sr.at()] = None;
        let gone: Vec<HostId> = db.pbds.keys().filter(|(_, of)| *of == sr).map(|(host, _)| *host).collect();
        db.pbds.retain(|(_, of), _| *of != sr);
        db.notes.forget(Noted::Sr(sr));
        gone.iter().for_each(|host| db.notes.forget(Noted::Pbd(*host, sr)));
        for vdi in vdis {
            if let Some(slot) = db.vdis.get_mut(vdi.at()) {
                *slot = None;
            }
            db.notes.forget(Noted::Vdi(vdi));
        }
        for vbd in vbds {
            if let Some(slot) = db.vbds.get_mut(vbd) {
                *slot = None;
            }
        }
        for host in gone {
            fx.tell(Event::PbdGone { by, host, sr });
        }
        fx.tell(Event::SrForgotten { by, sr });
    }
}
