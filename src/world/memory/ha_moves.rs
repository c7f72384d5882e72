//! What daemons and commands both do to HA: configure, start and stop the daemon, arm, exclude, propose a master, fence.
//! And what they ask of it.

use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::HaConfig;
use crate::world::memory::xhad::{Exit, FenceCause, Phase, Xhad};
use crate::world::truth::{PoolState, Redo, SLOTS_MAX, Saying, Slot, Slots, Stage, Statefile};
use std::sync::Arc;

impl World {
    // ---- questions

    /// Whether HA is on in the database that a machine has.
    pub fn ha_on(&self, machine: MachineId) -> bool {
        self.db(machine).ha.enabled
    }
    /// Whether a machine's daemon runs and is in a liveset.
    pub fn ha_joined(&self, machine: MachineId) -> bool {
        self.stacks[machine.at()].xhad.as_ref().is_some_and(|xhad| xhad.joined())
    }
    /// The liveset that a machine's daemon is in; nobody while it is in none.
    pub fn ha_liveset(&self, machine: MachineId) -> Slots {
        self.stacks[machine.at()].xhad.as_ref().filter(|xhad| xhad.joined()).map_or(Slots::NONE, |xhad| xhad.says.liveset)
    }
    /// Whether a machine's daemon has a host in its liveset.
    pub fn ha_in_liveset(&self, machine: MachineId, host: HostId) -> bool {
        let Some(xhad) = &self.stacks[machine.at()].xhad else { return false };
        xhad.joined() && xhad.config.slot_of(host).is_some_and(|slot| xhad.says.liveset.has(slot))
    }
    /// Whether a machine can't read the statefile that it is configured for; `false` where it is configured for none.
    pub fn ha_lost_statefile(&self, machine: MachineId) -> bool {
        self.stacks[machine.at()].ha.config.as_ref().is_some_and(|config| !self.reaches(machine, config.sr))
    }
    /// The statefile of a machine's configuration, as it lies on the disk, whoever reaches it.
    pub fn ha_statefile(&self, machine: MachineId) -> Option<&Statefile> {
        let config = self.stacks[machine.at()].ha.config.as_ref()?;
        self.hw.statefiles.get(&config.sr).filter(|file| file.generation == config.generation)
    }
    /// Whether a machine holds the master lock in the statefile.
    pub fn ha_holds_lock(&self, machine: MachineId) -> bool {
        let slot = self.stacks[machine.at()].ha.config.as_ref().and_then(|config| config.slot_of(self.host_on(machine)));
        slot.is_some() && self.ha_statefile(machine).is_some_and(|file| file.master == slot)
    }
    /// The machine of a configured host, while it is that host.
    pub fn ha_machine(&self, config: &HaConfig, slot: usize) -> Option<MachineId> {
        config.members.get(slot).and_then(|host| self.machine_of(*host))
    }
    /// The hosts of some slots.
    pub fn ha_hosts(config: &HaConfig, slots: Slots) -> Vec<HostId> {
        slots.iter().filter_map(|slot| config.members.get(slot).copied()).collect()
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
        let on_disk = self.hw.statefiles.values().map(|file| file.generation);
        let generation = before.chain(on_disk).max().unwrap_or(0) + 1;
        let room = self.hw.statefiles.get(&sr).map_or(0, |file| file.slots.len());
        self.hw.statefiles.insert(
            sr,
            Statefile {
                generation,
                state: PoolState::Init,
                master: None,
                // Daemons of the generation before read their own places until they find out.
                slots: vec![Slot::default(); hosts.len().max(room)],
                excluded: Slots::NONE,
                redo: None,
            },
        );
        let config = Arc::new(HaConfig { generation, sr, members: hosts, timeout });
        for machine in members {
            self.stacks[machine.at()].ha.config = Some(Arc::clone(&config));
            self.stacks[machine.at()].ha.no_failover = false;
        }
    }

    /// Starts the daemon of a machine: it looks for a liveset to join or to form, which takes it T + 60 s at most.
    /// `false` if it runs already, if domain 0 does not answer, or if the machine is configured for no statefile.
    pub fn ha_start_daemon(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        if self.stacks[machine.at()].xhad.is_some() || !self.dom0_answers(machine) {
            return false;
        }
        let Some(xhad) = self.new_daemon(machine) else { return false };
        let run = xhad.run;
        self.stacks[machine.at()].xhad = Some(Box::new(xhad));
        fx.tell(Event::HaDaemonStarted { machine });
        self.ha_clocks(machine, run, fx);
        self.ha_rearm(machine, Span::secs(1), fx);
        true
    }

    /// The clocks of a daemon that has just started.
    pub fn ha_clocks(&self, machine: MachineId, run: u32, fx: &mut Effects) {
        let Some(xhad) = &self.stacks[machine.at()].xhad else { return };
        let stream = self.names.machines[machine.at()].stream.derived(0x4a).derived(u64::from(run));
        fx.due(stream.span(0, (Span::millis(1), xhad.times.beat)), Due::HaBeat { machine, run });
        fx.due(stream.span(1, (Span::millis(1), xhad.times.round)), Due::HaDisk { machine, run });
    }

    /// A daemon's timer is set anew; the one that was under way counts no more.
    pub fn ha_rearm(&mut self, machine: MachineId, after: Span, fx: &mut Effects) {
        let Some(xhad) = self.stacks[machine.at()].xhad.as_mut() else { return };
        xhad.timer = xhad.timer.wrapping_add(1);
        fx.due(after, Due::HaTimer { machine, timer: xhad.timer });
    }

    /// What held a daemon's threads up is over: domain 0 runs again, or a request to the statefile comes back.
    pub fn ha_resume(&self, machine: MachineId, fx: &mut Effects) {
        if let Some(xhad) = &self.stacks[machine.at()].xhad {
            fx.due(Span::ZERO, Due::HaResume { machine, run: xhad.run });
        }
    }

    /// A path to an SR is back: requests of daemons that hung there come back.
    pub fn ha_resume_stalled(&self, sr: SrId, fx: &mut Effects) {
        for machine in self.machines() {
            let stalled = self.stacks[machine.at()].xhad.as_ref().is_some_and(|xhad| xhad.config.sr == sr && xhad.stalled.is_some());
            if stalled && self.reaches(machine, sr) {
                self.ha_resume(machine, fx);
            }
        }
    }

    fn new_daemon(&mut self, machine: MachineId) -> Option<Xhad> {
        let config = Arc::clone(self.stacks[machine.at()].ha.config.as_ref()?);
        let me = config.slot_of(self.host_on(machine))?;
        let stack = &mut self.stacks[machine.at()];
        stack.ha_runs += 1;
        let run = stack.ha_runs;
        let count = config.members.len();
        Some(Xhad {
            run,
            times: self.release.ha_times(config.timeout),
            config,
            me,
            started: self.now,
            phase: Phase::Starting,
            fault_since: self.now,
            says: Saying::default(),
            said: false,
            heard: vec![None; count],
            views: vec![Saying::default(); count],
            beaten: self.now,
            read: self.now,
            stalled: None,
            no_statefile: false,
            lingering: Slots::NONE,
            blind: Slots::NONE,
            watched: false,
            // Timers of an earlier run must not count for this one.
            timer: run << 20,
            xapi_restarted: None,
            given_up: false,
        })
    }

    /// The daemon of a machine ends in order: its fencing is disarmed. To the others it falls silent like a dead one,
    /// unless it was excluded before. `false` if it did not run.
    pub fn ha_stop_daemon(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        self.ha_end_daemon(machine, Exit::Ordered, fx)
    }

    /// A daemon ends.
    pub fn ha_end_daemon(&mut self, machine: MachineId, why: Exit, fx: &mut Effects) -> bool {
        let ran = self.stacks[machine.at()].xhad.take().is_some();
        if ran {
            fx.tell(Event::HaDaemonStopped { machine, why });
        }
        ran
    }

    /// From now on xapi starts on this machine only after the daemon has joined, and watches the liveset.
    pub fn ha_arm(&mut self, machine: MachineId, fx: &mut Effects) {
        self.stacks[machine.at()].ha.armed = true;
        self.ha_watch_liveset(machine, fx);
    }

    /// xapi of a machine begins to ask its daemon for the liveset.
    pub fn ha_watch_liveset(&self, machine: MachineId, fx: &mut Effects) {
        let epoch = self.stacks[machine.at()].epoch;
        let stream = self.names.machines[machine.at()].stream.derived(0x4b).derived(u64::from(epoch));
        fx.due(stream.span(0, (Span::millis(1), MONITOR)), Due::HaMonitor { machine, epoch });
    }

    /// Clears `ha.armed` on a machine. `false` if it was not armed.
    pub fn ha_disarm(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        let local = &mut self.stacks[machine.at()].ha;
        local.no_failover = false;
        let armed = std::mem::take(&mut local.armed);
        if armed {
            fx.tell(Event::HaDisarmed { machine });
        }
        armed
    }

    /// A machine writes into its statefile that HA is off: every daemon that reads it exits. `false` if it can't.
    pub fn ha_invalidate(&mut self, machine: MachineId) -> bool {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return false };
        if !self.reaches(machine, config.sr) {
            return false;
        }
        let file = self.hw.statefiles.get_mut(&config.sr).filter(|file| file.generation == config.generation);
        file.map(|file| file.state = PoolState::Invalid).is_some()
    }

    /// A machine writes into its slot that it goes down in order, so that nobody need fear it (ha_set_excluded). `false`
    /// if it can't.
    pub fn ha_exclude(&mut self, machine: MachineId) -> bool {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return false };
        let slot = config.slot_of(self.host_on(machine));
        if !self.reaches(machine, config.sr) {
            return false;
        }
        let file = self.hw.statefiles.get_mut(&config.sr).filter(|file| file.generation == config.generation);
        let Some((file, slot)) = file.zip(slot) else { return false };
        file.set_excluded(slot, true);
        true
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
            member.is_some_and(|m| self.dom0_answers(m) && self.stacks[m.at()].xhad.as_ref().is_some_and(|x| x.phase == Phase::Settled))
        });
        let Some(file) = self.hw.statefiles.get_mut(&config.sr).filter(|file| file.generation == config.generation) else { return false };
        match file.master {
            Some(holder) if holder == me => true,
            Some(holder) if liveset.has(holder) => false,
            _ if !at_rest => false,
            _ => {
                file.master = Some(me);
                true
            }
        }
    }

    /// The master begins to write the redo log: from now on its database is what lies there.
    pub fn ha_write_redo_log(&mut self, machine: MachineId) {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return };
        let sr_lost = self.path_fault(machine, config.sr).is_some();
        let db = Arc::clone(&self.stacks[machine.at()].db);
        if let Some(file) = self.hw.statefiles.get_mut(&config.sr).filter(|file| file.generation == config.generation) {
            file.redo = Some(Redo { by: machine, frozen: sr_lost.then_some(db) });
        }
    }

    /// A new master reads the database from the redo log, if another wrote it, and goes on writing it itself.
    pub fn ha_read_redo_log(&mut self, machine: MachineId, fx: &mut Effects) {
        if self.ha_lost_statefile(machine) {
            return;
        }
        if let Some(Redo { by, frozen }) = self.ha_statefile(machine).and_then(|file| file.redo.clone())
            && by != machine
        {
            let now = self.now;
            let db = frozen.unwrap_or_else(|| Arc::clone(&self.stacks[by.at()].db));
            let stack = &mut self.stacks[machine.at()];
            stack.db = db;
            stack.copy_as_of = now;
            stack.copy_age = Span::ZERO;
            fx.tell(Event::RedoLogRead { machine });
        }
        self.ha_write_redo_log(machine);
    }

    /// Somebody's path to an SR changed: a master that lost it writes no redo log there, one that has it back goes on.
    pub(crate) fn redo_log_follows(&mut self, sr: SrId) {
        let Some(by) = self.hw.statefiles.get(&sr).and_then(|file| file.redo.as_ref()).map(|redo| redo.by) else { return };
        let (lost, rules) = (self.path_fault(by, sr).is_some(), self.is_master(by));
        let db = Arc::clone(&self.stacks[by.at()].db);
        if let Some(redo) = self.hw.statefiles.get_mut(&sr).and_then(|file| file.redo.as_mut()) {
            if lost && redo.frozen.is_none() {
                redo.frozen = Some(db);
            } else if !lost && rules {
                redo.frozen = None;
            }
        }
    }

    /// HA resets a machine: everything on it dies at once, and it boots by itself.
    pub fn fence(&mut self, fx: &mut Effects, machine: MachineId, why: FenceCause) {
        if !self.powered(machine) || !self.guarded(crate::world::guards::Guard::Fence) {
            return;
        }
        fx.tell(Event::Fenced { machine, why });
        self.lose_power(fx, machine);
        self.hw.machines[machine.at()].fenced = true;
        self.power_on(fx, machine);
    }

    // ---- a pool that starts with HA on

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
                self.stacks[machine.at()].xhad = Some(Box::new(xhad));
            }
        }
        self.ha_enter(&config, liveset, liveset, 0);
        if let Some(file) = self.hw.statefiles.get_mut(&sr) {
            file.state = PoolState::Active;
            file.master = config.slot_of(HostId(master.0));
            for slot in config.all().minus(liveset).iter() {
                file.set_excluded(slot, true);
            }
        }
        self.ha_write_redo_log(master);
    }

    /// A liveset is formed, or takes newcomers in: all members have it, and newcomers and the others hear each other. The
    /// number of the last fault becomes the same for all.
    pub fn ha_enter(&mut self, config: &Arc<HaConfig>, liveset: Slots, newcomers: Slots, fault: u32) {
        let now: Time = self.now;
        let says =
            Saying { liveset, proposed: liveset, hears: liveset, sees: liveset, fault, stage: Stage::Done, statefile: true, fence: false };
        for slot in liveset.iter() {
            let Some(machine) = self.ha_machine(config, slot) else { continue };
            let new = newcomers.has(slot);
            let Some(xhad) = self.stacks[machine.at()].xhad.as_mut() else { continue };
            if new {
                self.hw.machines[machine.at()].fenced = false;
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
            }
            let run = xhad.run;
            if let Some(file) = self.hw.statefiles.get_mut(&config.sr) {
                file.set_excluded(slot, false);
                let own = &mut file.slots[slot];
                let written = if new { now } else { own.written };
                *own = Slot { version: own.version + 1, written, incarnation: run, says, excluded: false };
            }
        }
    }
}

/// How often xapi asks the daemon for the liveset (ha_monitor_interval).
pub const MONITOR: Span = Span::secs(20);
