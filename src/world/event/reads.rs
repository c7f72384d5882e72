//! Parts of the world that an event changes and a hazard reads: a hazard is asked again only where the two meet.

/// A set of parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reads(u16);

impl Reads {
    /// Nothing that a hazard reads.
    pub const NOTHING: Reads = Reads(0);
    /// Who has a VDI open, and who wrote to it.
    pub const DISKS: Reads = Reads(1);
    /// Who reaches an SR: paths and power.
    pub const PATHS: Reads = Reads(1 << 1);
    /// Domains, and VMs that lost theirs.
    pub const GUESTS: Reads = Reads(1 << 2);
    /// Which toolstacks run, in what role, in which pool, on which installation; which database rules.
    pub const ROLES: Reads = Reads(1 << 3);
    /// Management links.
    pub const LINKS: Reads = Reads(1 << 4);
    /// Which hosts a master knows, and which it holds for alive.
    pub const HOSTS: Reads = Reads(1 << 5);
    /// VM records.
    pub const RECORDS: Reads = Reads(1 << 6);
    /// Locks.
    pub const LOCKS: Reads = Reads(1 << 7);
    /// PBDs and the default SR.
    pub const STORAGE: Reads = Reads(1 << 8);
    /// What the pool's record says of HA.
    pub const HA: Reads = Reads(1 << 9);
    /// All of it.
    pub const ALL: Reads = Reads(u16::MAX);

    /// Both.
    pub const fn and(self, other: Reads) -> Reads {
        Reads(self.0 | other.0)
    }
    /// Whether the two have a part in common.
    pub const fn meets(self, other: Reads) -> bool {
        self.0 & other.0 != 0
    }
}
