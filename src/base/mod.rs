//! The ground floor: time, ids, random numbers. Knows nothing of pools.

pub mod digest;
pub mod draw;
pub mod ids;
pub mod time;
