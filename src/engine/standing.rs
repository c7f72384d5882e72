//! All that the rest of a run hangs on, put into a digest: two runs of one case with the same digest go on alike, whatever came before.

use super::Engine;
use crate::base::digest::Digest;
use crate::scenario::model::Sequence;
use crate::world::effects::Due;
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
        let world = &self.world;
        add(digest, &(world.now, &world.hw, &world.stacks, &world.heard, &world.dumps, world.ruled_last, &world.fallen_sr_masters));
        add(digest, &(&world.names.hosts, &world.names.srs, &world.names.vbds, &world.names.pbds));
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
        for ((sequence, _), record) in self.program.steps.iter().zip(&self.records) {
            if *sequence != Sequence::Recovery {
                add(digest, &(record.began, record.ended, record.status, &record.code, &record.stages));
            }
        }
    }
}
