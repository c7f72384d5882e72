//! What is so: power, links, storage paths, running domains, disks held open, what lies on the disks. Nothing here has to
//! be believed, and nothing here knows what is. Each move of the wing tells its event; its fields are closed to all others.

mod chains;
pub mod disks;
mod domains;
mod hardware;
pub mod network;
mod past;
mod paths;
mod power;
mod reach;
mod relinking;
mod start;
mod statefile;
mod statefile_writes;
mod watchdogs;

pub use chains::{Doing, Pass, Pick};
pub use hardware::{Damage, Degraded, Domain, Hardware, ImageTruth, Io, Machine, Opener, Power, VdiTruth};
pub use statefile::{PoolState, Redo, SLOTS_MAX, Saying, Slot, Slots, Stage, Statefile};
