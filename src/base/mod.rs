//! The ground floor: time, ids, random numbers, digests, shares and their intervals. Knows nothing of pools.

pub mod chunks;
pub mod digest;
pub mod draw;
pub mod few;
pub mod ids;
pub mod inert;
pub mod interval;
pub mod near;
pub mod share;
pub mod shared;
pub mod time;
pub mod typography;
pub mod work;
