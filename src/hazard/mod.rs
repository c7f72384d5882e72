//! What must never be: one file a hazard. Hazards see `&World` and point at places; [`watch`] counts how long. Knows no
//! engine, no scenario, no command.

/// How bad a hazard is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Against the rules, no harm so far.
    Notice,
    /// Data is whole, but a VM or the pool is not available.
    Outage,
    /// One more ordinary step damages data.
    Danger,
    /// Data is damaged, or the very next write of the other damages it.
    Corruption,
}

impl Severity {
    /// From mild to grave.
    pub const ALL: [Severity; 4] = [Severity::Notice, Severity::Outage, Severity::Danger, Severity::Corruption];
    /// As scenarios and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Outage => "outage",
            Severity::Danger => "danger",
            Severity::Corruption => "corruption",
        }
    }
}

/// A hazard, by its place in [`ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HazardName(pub u8);

/// A hazard's header.
#[derive(Clone, Copy, Debug)]
pub struct HazardDoc {
    /// As scenarios and reports write it.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The sentence: holds when …
    pub holds: &'static str,
    /// What it means, why it is bad, what to do.
    pub doc: &'static str,
}

/// Every hazard, in the contract's order.
pub const ALL: &[HazardDoc] = &[];

impl HazardName {
    /// The hazard of this name.
    pub fn find(name: &str) -> Option<HazardName> {
        ALL.iter().position(|doc| doc.name == name).map(|at| HazardName(at as u8))
    }
    /// Its header.
    pub fn doc(self) -> &'static HazardDoc {
        &ALL[self.0 as usize]
    }
}
