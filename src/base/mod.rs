//! The ground floor: time, ids, random numbers, digests, shares. Knows nothing of pools.

pub mod digest;
pub mod draw;
pub mod ids;
pub mod inert;
pub mod near;
pub mod share;
pub mod time;
pub mod typography;
