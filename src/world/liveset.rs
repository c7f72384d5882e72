//! HA as a whole pool has it, over all three wings: the statefile on the disk, what each host keeps of it, and the daemons.
//! Configured, formed, entered, proposed to, left in order.

use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::shared::Shared;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::memory::HaConfig;
use crate::world::memory::xhad::Phase;
use crate::world::truth::{PoolState, SLOTS_MAX, Saying, Slots, Statefile};
use std::sync::Arc;

impl World {
    // ---- questions

    /// Whether HA is on in the database that a machine has.
    pub fn ha_on(&self, machine: MachineId) -> bool {
        self.db(machine).ha.enabled
    }
    /// Whether a machine can't read the statefile that it is configured for; `false` where it is configured for none.
    pub fn ha_lost_statefile(&self, machine: MachineId) -> bool {
        self.stacks[machine.at()].ha.config.as_ref().is_some_and(|config| !self.reaches(machine, config.sr))
    }
    /// The statefile of a machine's configuration, as it lies on the disk, whoever reaches it.
    pub fn ha_statefile(&self, machine: MachineId) -> Option<&Statefile> {
        let config = self.stacks[machine.at()].ha.config.as_ref()?;
        self.hw.statefile(config.sr).filter(|file| file.generation == config.generation)
    }
    /// Whether a machine holds the master lock in the statefile.
    pub fn ha_holds_lock(&self, machine: MachineId) -> bool {
        let slot = self.stacks[machine.at()].ha.config.as_ref().and_then(|config| config.slot_of(self.host_on(machine)));
        slot.is_some() && self.ha_statefile(machine).is_some_and(|file| file.master == slot)
    }

    // ---- moves

    /// What `pool-ha-enable` lays down before any daemon starts: a statefile of the next generation in state init, and
    /// xhad.conf on every member. Daemons that run already keep what they were started with, and exit when they read the
    /// new generation. At most 64 members are configured, in the order of their UUIDs.
    pub fn ha_configure(&mut self, sr: SrId, timeout: Span, members: &[MachineId]) {
        let mut hosts: Vec<HostId> = members.iter().map(|machine| self.host_on(*machine)).collect();
        hosts.sort_by(|a, b| self.names.hosts[a.at()].uuid.cmp(&self.names.hosts[b.at()].uuid));
        hosts.dedup();
        hosts.truncate(SLOTS_MAX);
        let before = self.stacks.iter().filter_map(|stack| stack.ha.config.as_ref().map(|config| config.generation));
        let generation = before.max().unwrap_or(0).max(self.hw.newest_generation()) + 1;
        self.hw.lay_statefile(sr, generation, hosts.len());
        let config = Arc::new(HaConfig { generation, sr, members: hosts, timeout });
        for machine in members {
            self.stacks[machine.at()].ha.config = Some(Arc::clone(&config));
            self.stacks[machine.at()].ha.no_failover = false;
        }
    }

    /// A machine writes into its statefile that HA is off: every daemon that reads it exits. `false` if it can't.
    pub fn ha_invalidate(&mut self, machine: MachineId) -> bool {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return false };
        if !self.reaches(machine, config.sr) {
            return false;
        }
        self.hw.write_pool_state(config.sr, config.generation, PoolState::Invalid)
    }

    /// A machine writes into its slot that it goes down in order, so that nobody need fear it (ha_set_excluded). `false`
    /// if it can't.
    pub fn ha_exclude(&mut self, machine: MachineId) -> bool {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return false };
        let slot = config.slot_of(self.host_on(machine));
        if !self.reaches(machine, config.sr) {
            return false;
        }
        slot.is_some_and(|slot| self.hw.write_excluded(config.sr, config.generation, slot, true))
    }

    /// A machine asks for the master lock in the statefile (ha_propose_master): every member of its liveset has to be
    /// there and at rest. Whether it holds the lock now.
    pub fn ha_propose_master(&mut self, machine: MachineId) -> bool {
        let Some(xhad) = &self.stacks[machine.at()].xhad else { return false };
        let (config, me, liveset) = (Arc::clone(&xhad.config), xhad.me, xhad.says.liveset);
        if !xhad.joined() || !self.reaches(machine, config.sr) {
            return false;
        }
        let at_rest = liveset.iter().all(|slot| {
            let member = self.ha_machine(&config, slot);
            member.is_some_and(|m| {
                self.dom0_answers(m)
                    && self.stacks[m.at()].xhad.as_ref().is_some_and(|x| matches!(x.phase, Phase::Settled | Phase::Closing))
            })
        });
        let file = self.hw.statefile(config.sr).filter(|file| file.generation == config.generation);
        let Some(held) = file.map(|file| file.master) else { return false };
        match held {
            Some(holder) if holder == me => true,
            Some(holder) if liveset.has(holder) => false,
            _ if !at_rest => false,
            _ => {
                self.hw.write_master_lock(config.sr, config.generation, Some(me));
                true
            }
        }
    }

    /// HA as it stands at 0 in a pool that has it on: every known host is configured and armed, those with power are in
    /// one liveset, the others were shut down in order; the master holds the lock and writes the redo log. The clocks
    /// start with the engine.
    pub fn ha_at_start(&mut self, master: MachineId, sr: SrId, timeout: Span) {
        let members: Vec<MachineId> = self.db(master).hosts.keys().filter_map(|host| self.machine_of(*host)).collect();
        self.ha_configure(sr, timeout, &members);
        for machine in self.machines() {
            let stack = &mut self.stacks[machine.at()];
            if stack.db.pool == crate::world::MAIN_POOL && stack.ha.config.is_some() && !stack.db.ha.enabled {
                let ha = &mut Arc::make_mut(&mut stack.db).ha;
                ha.enabled = true;
                ha.statefile = Some(sr);
            }
        }
        let Some(config) = self.stacks[master.at()].ha.config.clone() else { return };
        let up = |world: &World, slot: usize| world.ha_machine(&config, slot).filter(|machine| world.dom0_answers(*machine));
        // Whoever is off and held for alive has just died; only who is held for dead as well went down in order.
        let held_alive = |slot: usize| self.db(master).live(config.members[slot]);
        let liveset = config.all().iter().filter(|slot| up(self, *slot).is_some() || held_alive(*slot)).fold(Slots::NONE, Slots::with);
        for (slot, host) in config.members.iter().enumerate() {
            let Some(machine) = self.machine_of(*host) else { continue };
            self.stacks[machine.at()].ha.armed = true;
            if up(self, slot).is_some()
                && let Some(mut xhad) = self.new_daemon(machine)
            {
                xhad.phase = Phase::Settled;
                self.stacks[machine.at()].xhad = Some(Shared::new(xhad));
            }
        }
        self.ha_enter(&config, liveset, liveset, 0);
        self.hw.write_pool_state(sr, config.generation, PoolState::Active);
        self.hw.write_master_lock(sr, config.generation, config.slot_of(HostId(master.0)));
        for slot in config.all().minus(liveset).iter() {
            self.hw.write_excluded(sr, config.generation, slot, true);
        }
        self.ha_write_redo_log(master);
    }

    /// A liveset is formed, or takes newcomers in: all members have it, and newcomers and the others hear each other. The
    /// number of the last fault becomes the same for all.
    pub fn ha_enter(&mut self, config: &Arc<HaConfig>, liveset: Slots, newcomers: Slots, fault: u32) {
        let now: Time = self.now;
        let says = Saying { liveset, proposed: liveset, hears: liveset, sees: liveset, fault, statefile: true, ..Saying::default() };
        for slot in liveset.iter() {
            let Some(machine) = self.ha_machine(config, slot) else { continue };
            let new = newcomers.has(slot);
            let Some(xhad) = self.stacks[machine.at()].xhad.as_deref_mut() else { continue };
            if new {
                self.hw.is_taken_in(machine);
                xhad.phase = Phase::Settled;
                xhad.beaten = now;
                xhad.read = now;
            }
            xhad.says = says;
            xhad.said = false;
            for peer in liveset.iter() {
                if new || newcomers.has(peer) {
                    xhad.heard[peer] = Some(now);
                }
                xhad.views[peer] = says;
                xhad.slots[peer] = says;
            }
            for peer in liveset.iter().filter(|peer| new || newcomers.has(*peer)) {
                xhad.moved[peer] = now;
            }
            let run = xhad.run;
            self.hw.write_membership(config.sr, config.generation, slot, run, says, new.then_some(now));
        }
        let Some(file) = self.hw.statefile(config.sr) else { return };
        let versions: Vec<u64> = file.slots.iter().map(|slot| slot.version).collect();
        for slot in liveset.iter() {
            let Some(machine) = self.ha_machine(config, slot) else { continue };
            let Some(xhad) = self.stacks[machine.at()].xhad.as_deref_mut() else { continue };
            for peer in liveset.iter().filter(|peer| newcomers.has(slot) || newcomers.has(*peer)) {
                xhad.versions[peer] = versions[peer];
            }
        }
    }
}
