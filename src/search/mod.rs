//! Many runs: each file a way to choose runs; none knows how a run works.

pub mod advice;
pub mod because;
mod history;
pub mod mutants;
pub mod shares;
