//! What the daemons of one machine remember, and what they keep on the machine's own disk: role, copy of the database, who
//! was heard when, HA's configuration and its membership daemon. Knows no other machine's mind.

mod clocks;
pub mod daemon;
mod ha;
pub mod pool;
mod processes;
mod start;
pub mod survival;
mod toolstack;
pub mod xhad;

pub use ha::{HaConfig, HaLocal};
pub use toolstack::{Autostart, Autostarts, Forsaken, Heard, Incoming, PoolConf, Promotion, Restart, Restarts, Toolstack, Watched, Xapi};
