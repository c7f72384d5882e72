//! poolsim: what happens to a XenServer pool when hosts fail, and what the operator's commands then save or destroy.

#![forbid(unsafe_code)]

pub mod base;
pub mod catalog;
pub mod cli;
pub mod command;
pub mod daemon;
pub mod engine;
pub mod fault;
pub mod hazard;
pub mod judge;
pub mod report;
pub mod run;
pub mod scenario;
pub mod search;
pub mod world;
