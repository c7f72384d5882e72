//! What lies behind of what is so, left out: see [`crate::world::World::onward`].

use crate::base::time::Time;
use crate::world::truth::{Hardware, VdiTruth};

impl Hardware {
    /// Leaves out what nothing after `now` can see:
    ///
    /// - since when lost VMs are down;
    /// - how often a disk was written: asked is only who saw the last version, and no version returns;
    /// - when a disk was opened and written: asked is only what came before what (`double-writer`);
    /// - who opened it for writing before anybody held back a write (`late-write`);
    /// - when it was first damaged.
    ///
    /// What happened at `now` may still meet with what is due at the same instant, and stays.
    pub(in crate::world) fn leave_out_the_past(&mut self, now: Time) {
        self.lost_vms.values_mut().for_each(|since| *since = Time::ZERO);
        self.vdis.iter_mut().for_each(|vdi| vdi.leave_out_the_past(now));
    }
}

impl VdiTruth {
    fn leave_out_the_past(&mut self, now: Time) {
        let held = self.openers.iter().filter_map(|opener| opener.held_since).min().unwrap_or(now);
        self.opened_rw.retain(|(_, opened)| *opened >= held);
        for opener in self.openers.iter_mut() {
            opener.seen = if opener.seen == self.version { 0 } else { u64::MAX };
        }
        self.version = 0;
        if let Some(damage) = &mut self.damage {
            damage.at = Time::ZERO;
        }
        let mut times: Vec<Time> = self.openers.iter().flat_map(|opener| [Some(opener.opened), opener.wrote]).flatten().collect();
        times.sort_unstable();
        times.dedup();
        if times.last().is_some_and(|last| *last >= now) {
            return;
        }
        let place = |time: Time| Time(times.partition_point(|other| *other < time) as u64);
        for opener in self.openers.iter_mut() {
            (opener.opened, opener.wrote) = (place(opener.opened), opener.wrote.map(place));
        }
    }
}
