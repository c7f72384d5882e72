//! From YAML text to a valid [`Scenario`](model::Scenario), or to diagnostics with places. Knows no file and no clock.

pub mod model;
pub mod words;
