//! Each command's refusals and effects, on small worlds built by hand. Why an expectation is so stands in the manual or
//! in the code of the release; the tests name the place.

mod ejecting;
mod evacuating;
mod forget_and_reset;
mod frame;
mod ha;
mod lines;
mod masters;
mod params;
mod power;
mod reading;
mod resetvdis;
mod snapshots;
mod stage;
mod starting;
mod storing;
mod vectors;
