//! What hosts do by themselves: heartbeats and the master's book of them, copies of the database, what xapi does when it
//! starts, machines that boot and go down, VMs that start after a boot, the collector of garbage on SRs, the membership daemon of HA. Knows no command, no fault, no hazard and no scenario.

pub mod autostart;
pub mod collector;
pub mod copies;
pub mod ha;
pub mod heartbeat;
pub mod machine;
pub mod protect;
mod start_vm;
pub mod xapi;
