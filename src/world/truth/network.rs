//! The management network breaks and heals: each move changes what is so and tells it. Whoever calls knows what the pool
//! makes of it. A move that changes nothing tells nothing, and says so.

use crate::base::ids::MachineId;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::truth::{Degraded, Hardware};

/// The side of a partition that reaches all others: a machine whose own links were healed.
pub const EVERY_SIDE: u16 = u16::MAX;

fn same_side(a: u16, b: u16) -> bool {
    a == b || a == EVERY_SIDE || b == EVERY_SIDE
}

// ---- questions

impl Hardware {
    /// Whether the management network carries packets between two machines, both ways.
    pub fn linked(&self, a: MachineId, b: MachineId) -> bool {
        self.carries(a, b) && (self.one_way.is_empty() || !self.one_way.contains(&(b, a)))
    }
    /// Whether the management network carries packets from one machine to another.
    pub fn carries(&self, from: MachineId, to: MachineId) -> bool {
        from == to
            || !self.isolated[from.at()]
                && !self.isolated[to.at()]
                && self.partition.as_ref().is_none_or(|groups| same_side(groups[from.at()], groups[to.at()]))
                && (self.one_way.is_empty() || !self.one_way.contains(&(from, to)))
    }
    /// Whether all management links carry all packets.
    pub fn network_is_whole(&self) -> bool {
        self.partition.is_none() && self.degraded.is_empty() && self.one_way.is_empty() && !self.isolated.contains(&true)
    }
}

// ---- moves

impl Hardware {
    /// A machine's links to all others are cut.
    pub fn isolate(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        let changes = !std::mem::replace(&mut self.isolated[machine.at()], true);
        if changes {
            fx.tell(Event::Isolated { machine });
        }
        changes
    }
    /// They work again.
    pub fn reconnect(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        let changes = std::mem::replace(&mut self.isolated[machine.at()], false);
        if changes {
            fx.tell(Event::Reconnected { machine });
        }
        changes
    }
    /// The network splits; `groups` names each machine's side. A new split replaces the last.
    pub fn split(&mut self, fx: &mut Effects, groups: &[u16]) -> bool {
        let changes = self.partition() != Some(groups);
        if changes {
            self.partition = Some(groups.to_vec());
            fx.tell(Event::Partitioned { groups: groups.to_vec() });
        }
        changes
    }
    /// The split ends.
    pub fn unite(&mut self, fx: &mut Effects) -> bool {
        let changes = self.partition.take().is_some();
        if changes {
            fx.tell(Event::PartitionHealed);
        }
        changes
    }
    /// A machine reaches every side of the split again.
    pub fn reach_every_side(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        let Some(groups) = &mut self.partition else { return false };
        let changes = std::mem::replace(&mut groups[machine.at()], EVERY_SIDE) != EVERY_SIDE;
        if changes {
            fx.tell(Event::Reconnected { machine });
        }
        changes
    }
    /// Every packet from one machine to another is lost.
    pub fn lose_direction(&mut self, fx: &mut Effects, from: MachineId, to: MachineId) -> bool {
        let changes = from != to && self.one_way.insert((from, to));
        if changes {
            fx.tell(Event::OneWay { from, to });
        }
        changes
    }
    /// They arrive again.
    pub fn restore_direction(&mut self, fx: &mut Effects, from: MachineId, to: MachineId) -> bool {
        let changes = self.one_way.remove(&(from, to));
        if changes {
            fx.tell(Event::OneWayHealed { from, to });
        }
        changes
    }
    /// A machine's links turn bad.
    pub fn degrade(&mut self, fx: &mut Effects, machine: MachineId, degraded: Degraded) -> bool {
        let changes = self.degraded.insert(machine, degraded) != Some(degraded);
        if changes {
            fx.tell(Event::Degraded { machine, loss: degraded.loss });
        }
        changes
    }
    /// They are good again.
    pub fn mend_links(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        let changes = self.degraded.remove(&machine).is_some();
        if changes {
            fx.tell(Event::DegradedHealed { machine });
        }
        changes
    }
}
