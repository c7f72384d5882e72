//! All that the rest of a run hangs on, put into a digest: two runs of one case with the same digest go on alike, whatever came before.

use super::Engine;
use crate::base::digest::Digest;
use crate::scenario::model::{Sequence, Step};
use crate::world::World;
use crate::world::effects::Due;
use std::collections::BTreeSet;
use std::fmt::{Debug, Write};
use std::hash::Hasher;

/// Text that goes into a digest as it is written.
struct Into<'d>(&'d mut Digest);

impl Write for Into<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Adds a value by all that it holds.
pub fn add(digest: &mut Digest, value: &impl Debug) {
    // A digest takes whatever is written.
    let _ = write!(Into(digest), "{value:?}");
    digest.write_u8(0xff);
}

impl Engine {
    /// Adds the world, what is due, who waits for what, and how the steps of all sequences but the recovery went: what its steps
    /// have done is in the world, and nobody else asks for them by name where the recovery was made up.
    pub fn add_standing(&self, digest: &mut Digest) {
        self.add_with(&self.world, |_| false, digest);
    }

    /// The same without what was and is over ([`World::onward`]), for a recovery of the file's own steps: how those of them went that
    /// anybody asks for by these ids is added, too, and how much is kept of what consoles showed.
    pub fn add_onward(&self, asked: &BTreeSet<String>, digest: &mut Digest) {
        let idle = self.consoles.iter().all(Option::is_none) && self.detached.is_empty();
        let is_asked = |step: &Step| step.id.as_ref().is_some_and(|id| asked.contains(id));
        self.add_with(&self.world.onward(idle), is_asked, digest);
        if !asked.is_empty() {
            add(digest, &self.kept);
        }
    }

    /// Adds how it stands in this world, with the recovery's steps that are asked for.
    fn add_with(&self, world: &World, asked: impl Fn(&Step) -> bool, digest: &mut Digest) {
        add(digest, &(world.now, &world.hw, &world.stacks, &world.heard, &world.dumps, world.ruled_last, &world.fallen_sr_masters));
        add(digest, &(&world.names.hosts, &world.names.srs, &world.names.vbds, &world.names.pbds, &world.names.snapshots));
        // Nobody waits any more for commands and conditions of the recovery that have ended.
        let stale = |due: &Due| {
            let own = Sequence::Recovery.lane();
            matches!(due, Due::CtrlC { slot: lane, .. } | Due::GiveUp { sequence: lane, .. } if usize::from(*lane) == own)
        };
        let pending = self.queue.pending().into_iter().filter(|(_, _, due)| !self.ran_out(Sequence::Recovery) || !stale(due));
        add(digest, &pending.collect::<Vec<_>>());
        for (lane, progression) in self.progressions.iter().enumerate() {
            if lane != Sequence::Recovery.lane() {
                add(digest, progression);
            }
        }
        add(digest, &(&self.consoles, &self.detached, &self.captured, self.last_ended, self.recovery_began, self.cut_short));
        for ((sequence, step), record) in self.program.steps.iter().zip(&self.records) {
            let asked = asked(step);
            if *sequence != Sequence::Recovery || asked {
                add(digest, &(record.began, record.ended, record.status, &record.code, &record.stages));
            }
            if asked {
                add(digest, &(&record.output, record.cut));
            }
        }
    }
}
