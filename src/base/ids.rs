//! Small typed numbers for the things of a pool. Never reused within a run; names live at the edges.

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u16);
        impl $name {
            /// The place in an arena of this kind.
            pub fn at(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

id! {
    /// A physical machine; it keeps its id whatever is installed on it.
    MachineId
    /// A host record of xapi: an installation of a machine. A reinstalled machine is a new host.
    HostId
    /// A VM.
    VmId
    /// A virtual disk.
    VdiId
    /// The connection of a VM to a VDI.
    VbdId
    /// A storage repository.
    SrId
    /// A snapshot of a VM: a record of its own, with the disks that were made for it.
    SnapshotId
    /// A pool UUID: promotion and restore keep it, a fresh installation makes a new one.
    PoolId
}
