//! Many runs: each file a way to choose runs; none knows how a run works.

pub mod advice;
pub mod because;
pub mod debrief;
pub mod desk;
pub mod each;
pub mod explore;
pub mod filter;
pub mod finds;
pub mod follow;
pub mod foresight;
pub mod hint;
mod history;
pub mod mutants;
pub mod no_return;
pub mod orders;
pub mod over_time;
pub mod plan;
#[cfg(feature = "runbooks")]
pub mod rehearse;
pub mod risk;
pub mod shares;
pub mod shrink;
pub mod study;
pub mod suite;
pub mod sweep;
pub mod trial;
