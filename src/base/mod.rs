//! The ground floor: time, ids, random numbers, digests, shares. Knows nothing of pools.

pub mod digest;
pub mod draw;
pub mod ids;
pub mod share;
pub mod time;
