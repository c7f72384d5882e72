//! Which generations of the storage manager there are. What they answer stands beside this, one file each.

/// A generation of the storage manager (docs/model/locks.md §11), as `settings.storage-manager` names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum StorageManager {
    /// sm of XenServer 6.0 and of 6.1's base.
    #[default]
    G1,
    /// 6.1 with hotfix XS61E015, and 6.2: the newer `resetvdis.py`, the old check.
    G1b,
    /// 6.2's hotfixes and 6.5: the check asks the holder.
    G2,
    /// 7.x: keys of hosts that are unknown are removed.
    G3,
    /// 8.x: disks are marked while they are opened.
    G4,
}

impl StorageManager {
    /// Every generation that is there, in the order of time.
    pub const ALL: &'static [StorageManager] =
        &[StorageManager::G1, StorageManager::G1b, StorageManager::G2, StorageManager::G3, StorageManager::G4];
}
