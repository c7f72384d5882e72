//! What becomes of a machine's toolstack: xapi's process and role changes. Commands, faults and daemons all move them, so the
//! moves stand here; what a starting xapi then does is the daemons' business.

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::{Autostarts, PoolConf, Restarts, Xapi};

impl World {
    /// xapi stops; domains run on. `false` if it did not run.
    pub fn stop_xapi(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        self.note_fallen_sr_master(machine);
        let ran = self.stop_xapi_silently(machine);
        if ran {
            fx.tell(Event::XapiStopped { machine });
        }
        ran
    }

    /// xapi stops in order: where the release has it so, it disables its host and tells its master before, which holds it for
    /// dead until its next greeting. `false` if it did not run.
    pub fn stop_xapi_in_order(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        self.say_goodbye(fx, machine);
        self.stop_xapi(fx, machine)
    }

    /// What an xapi that stops in order says before (xapi_fuse.ml, light_fuse_and_dont_restart).
    pub fn say_goodbye(&mut self, fx: &mut Effects, machine: MachineId) {
        if !self.release.hosts.stopping_xapi_marks_dead || self.stacks[machine.at()].xapi != Xapi::Up {
            return;
        }
        let host = self.host_on(machine);
        let Some(master) = self.reached_master(machine) else { return };
        self.set_enabled(fx, master, host, false);
        if master != machine && self.db(master).host(host).is_some() {
            self.set_live(fx, master, host, false);
            self.stacks[master.at()].shutting_down.insert(host);
        }
    }

    /// xapi begins to start; [`Due::XapiUp`] follows. `false` if it runs or starts already, or domain 0 does not answer.
    pub fn start_xapi(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        if self.stacks[machine.at()].xapi != Xapi::Stopped || !self.dom0_answers(machine) {
            return false;
        }
        let stack = &mut self.stacks[machine.at()];
        stack.epoch += 1;
        stack.xapi = Xapi::Starting;
        let epoch = stack.epoch;
        self.read_incoming(fx, machine);
        fx.tell(Event::XapiStarting { machine });
        fx.due(self.settings.xapi_start, Due::XapiUp { machine, epoch });
        true
    }

    /// xapi stops and starts again at once (exit 123 and its watchdog, `xe-toolstack-restart`).
    pub fn restart_xapi(&mut self, fx: &mut Effects, machine: MachineId) {
        self.stop_xapi(fx, machine);
        self.start_xapi(fx, machine);
    }

    /// Writes a role to pool.conf and lights the fuse: xapi restarts in the new role after the setting `role-change`
    /// (xapi_fuse.ml). Until then the old process goes on in its old role.
    pub fn change_role(&mut self, fx: &mut Effects, machine: MachineId, conf: PoolConf) {
        self.write_conf(fx, machine, conf);
        let stack = &mut self.stacks[machine.at()];
        stack.fuse = true;
        let epoch = stack.epoch;
        fx.due(self.settings.role_change, Due::XapiRestart { machine, epoch });
    }

    /// Writes pool.conf.
    pub fn write_conf(&mut self, fx: &mut Effects, machine: MachineId, conf: PoolConf) {
        if self.stacks[machine.at()].conf != conf {
            self.stacks[machine.at()].conf = conf;
            fx.tell(Event::ConfWritten { machine, conf });
        }
    }

    /// The xapi process ends without a word: its memory is gone, its files stay.
    pub fn stop_xapi_silently(&mut self, machine: MachineId) -> bool {
        let stack = &mut self.stacks[machine.at()];
        stack.epoch += 1;
        let ran = stack.xapi != Xapi::Stopped;
        stack.xapi = Xapi::Stopped;
        stack.fuse = false;
        stack.stashed = None;
        stack.user_disabled = false;
        stack.watched.clear();
        self.heard[machine.at()].clear();
        stack.copy_turn = None;
        stack.shutting_down.clear();
        stack.busy.clear();
        stack.suspended.clear();
        stack.restarts = Restarts::default();
        stack.autostarts = Autostarts::default();
        stack.ha_ready = false;
        stack.joined = None;
        stack.proposal = None;
        ran
    }
}
