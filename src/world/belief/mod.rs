//! What is believed: a pool database as xapi keeps it, what changes its records, and what is reckoned from it alone.
//! Nothing here has to be so.

mod database;
pub mod evacuation;
pub mod notes;
mod placing;
pub mod plan;
mod protection;
mod records;
mod start;
mod storage;

pub use database::{Database, HostRecord, Image, PowerOn, PowerState, SrRecord, VbdRecord, VdiRecord, VmRecord};
pub use protection::{PoolHa, Protection, VmHa};
