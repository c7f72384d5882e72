//! From YAML text to a valid [`Scenario`](model::Scenario), or to diagnostics with places. Knows no file and no clock.
//!
//! The text becomes a [`tree`]; readers take the tree apart and collect every diagnostic; what comes out is a plain
//! [`model`] in which nothing is left to refuse.

mod chaos;
mod clash;
mod deeds;
pub mod diagnostic;
pub mod diagnostics;
pub mod draft;
pub mod drill;
mod expect;
mod facts;
mod ha;
mod include;
mod index;
pub mod keys;
mod lint;
mod load;
mod matrix;
pub mod model;
mod options;
pub mod outline;
mod placeless;
mod plain;
mod pool;
mod range;
mod read;
mod run_lines;
mod said;
mod scene;
pub mod schema;
mod start;
mod steps;
#[cfg(test)]
mod tests;
mod tree;
mod waits;
pub mod words;
pub mod write;

pub use include::is_part;
pub use load::{Asked, Loaded, load, load_bytes, load_with};
pub use steps::usual_begin;
