//! The unit in which work is counted, so that a bound on it ends a run at the same instant on every machine: what a quiet
//! heartbeat takes, some fifty billionths of a second on a core of today. Knows no clock.

/// So many things that are looked at, each for a moment, are a unit.
pub const LOOKS: u64 = 16;
