//! Which SR masters have fallen and are not members again (M13): what was so when they fell, by what they believed then.

use crate::base::ids::{HostId, MachineId};
use crate::world::World;

impl World {
    /// Remembers, for each SR that this machine ruled, that its master fell: stopped or was cut off (M13).
    pub fn note_fallen_sr_master(&mut self, machine: MachineId) {
        let host = self.host_on(machine);
        let rules_shared = self.is_master(machine);
        for sr in self.names.sr_ids() {
            let name = &self.names.srs[sr.at()];
            let rules = match name.machine {
                Some(owner) => owner == machine,
                None => rules_shared && self.db(machine).plugged(host, sr),
            };
            if rules {
                self.fallen_sr_masters.insert((sr, host));
            }
        }
    }

    /// Where a machine that was cut off or stopped is a member (or the master) again, it is no fallen SR master any more.
    pub fn recheck_fallen_sr_master(&mut self, machine: MachineId) {
        if self.stacks[machine.at()].forsaken.is_none() && self.reached_master(machine).is_some() {
            let host = self.host_on(machine);
            self.clear_fallen_sr_master(host);
        }
    }

    /// A host is a member again, or its machine was reinstalled: it is no fallen SR master any more.
    pub fn clear_fallen_sr_master(&mut self, host: HostId) {
        self.fallen_sr_masters.retain(|(_, fallen)| *fallen != host);
    }
}
