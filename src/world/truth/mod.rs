//! What is so: power, links, storage paths, running domains, disks held open, what lies on the disks. Nothing here has to
//! be believed, and nothing here knows what is.

pub mod disks;
mod hardware;
mod start;
mod statefile;
mod watchdogs;

pub use hardware::{Damage, Degraded, Domain, Hardware, Io, Machine, Opener, Power, VdiTruth};
pub use statefile::{PoolState, Redo, SLOTS_MAX, Saying, Slot, Slots, Stage, Statefile};
