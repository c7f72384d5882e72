//! A finding's parts in words, for the sentence with which its hazard tells it: a sentence about the gap between what is so
//! and what is believed. Knows no hazard.

use super::watch::Found;
use crate::world::World;
use crate::world::inventory::Inventory;

/// A finding that is told, with the names of what it is about.
pub struct Telling<'a> {
    /// The finding.
    pub found: &'a Found,
    /// What things are called.
    pub names: &'a Inventory,
    /// Its hosts, as a list.
    pub hosts: String,
    /// Whether it is about one host.
    pub one: bool,
    /// Whose belief or deed it is.
    pub by: &'a str,
    /// Its place.
    pub place: &'a str,
}

impl<'a> Telling<'a> {
    /// A finding in a world that knows its names.
    pub fn new(world: &'a World, found: &'a Found) -> Telling<'a> {
        let names = &*world.names;
        let hosts: Vec<&str> = found.hosts.iter().map(|m| names.machine(*m)).collect();
        let place = found.place.name(names);
        let by = found.by.map_or("the master", |by| names.machine(by));
        Telling { found, names, one: hosts.len() == 1, hosts: list(&hosts, "nobody"), by, place }
    }
}

/// Names as a list; `nobody` where there are none.
pub fn list(names: &[&str], nobody: &str) -> String {
    match names {
        [] => nobody.into(),
        [one] => (*one).into(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
